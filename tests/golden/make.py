"""Make the golden state directory of this release: `python tests/golden/make.py`. Run once, when a release is cut.

Later releases must read, show and go on with what this one wrote (`tests/golden/test_golden.py`). A file that is there
is never made anew: it is what that release left behind, and nothing can write it again.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from steplane import __version__

HERE = Path(__file__).resolve().parent
RUNS = {"done": "", "failed": "fail", "cut": "die"}
"""The runs of `orders.yaml` by id, and what the step `pay` of each is told to do; the last is killed in it."""

LETTERS: dict[str, list[list[str]]] = {
    "waiting": [],
    "stopped": [],
    "answered": [["signal", "answered", "answer", "--data", '{"word": "yes"}'], ["resume", "answered"]],
    "cancelled": [["cancel", "cancelled", "--reason", "enough"]],
    "undone": [
        ["signal", "undone", "answer", "--data", '{"word": "no"}'],
        ["resume", "undone"],
        ["compensate", "undone"],
    ],
}
"""The runs of `letters.yaml` by id: each begins and waits, but `stopped`, which cancels itself; then come
these commands.
"""

EDITED = "edited"
"""A run of `orders.yaml` that fails in `pay`, and goes on with another `pay`."""

TOKEN = "a-secret-token-9"


def main() -> None:
    target = HERE / f"{sys.argv[1] if len(sys.argv) > 1 else __version__}.tar.gz"
    if target.exists():
        raise SystemExit(f"{target} is there: what a release wrote is not written again")
    with tempfile.TemporaryDirectory(prefix="golden-") as place:
        state = Path(place, "state")
        shown = {run: _run(Path(place), state, run, told) for run, told in RUNS.items()}
        shown |= {run: _letters(Path(place), state, run, commands) for run, commands in LETTERS.items()}
        shown[EDITED] = _edited(Path(place), state)
        (Path(place) / "shown.json").write_text(json.dumps(shown, indent=1))
        _anonymous(state)
        _pack(Path(place), target)
    sys.stdout.write(f"{target}: {target.stat().st_size:,} bytes\n")


def _run(place: Path, state: Path, run: str, told: str) -> object:
    """Begin a run; what `show` says of it."""
    file = place / "orders.yaml"
    file.write_text((HERE / "orders.yaml").read_text("utf-8"), "utf-8")
    words = ["run", "orders.yaml", "--id", run, "-i", f"token={TOKEN}"]
    _command(place, state, *words, told=told)
    return json.loads(_command(place, state, "show", run, "--format", "json"))


def _edited(place: Path, state: Path) -> object:
    """A run that has gone on under another definition; what `show` says of it."""
    _run(place, state, EDITED, "fail")
    file = place / "orders.yaml"
    file.write_text(file.read_text("utf-8").replace('echo "paid ', 'echo "paid at last '), "utf-8")
    _command(place, state, "resume", EDITED, "-i", f"token={TOKEN}", "--accept-changes")
    return json.loads(_command(place, state, "show", EDITED, "--format", "json"))


def _letters(place: Path, state: Path, run: str, commands: list[list[str]]) -> object:
    """Begin a run that waits, and do with it what is said; what `show` says of it."""
    file = place / "letters.yaml"
    file.write_text((HERE / "letters.yaml").read_text("utf-8"), "utf-8")
    begin = ["run", "letters.yaml", "--id", run, "--patience", "300ms"]
    itself = f"{sys.executable} -m steplane cancel stopped --state {state}" if run == "stopped" else ""
    for words in (begin, *commands):
        _command(place, state, *words, told=itself)
    return json.loads(_command(place, state, "show", run, "--format", "json"))


def _command(place: Path, state: Path, *words: str, told: str = "") -> str:
    command = [sys.executable, "-m", "steplane", *words, "--state", str(state)]
    env = {**os.environ, "GOLDEN": told}
    return subprocess.run(command, cwd=place, env=env, stdout=subprocess.PIPE, text=True, check=False).stdout


def _anonymous(state: Path) -> None:
    """Take out the name of this machine; what else is written of it is the folder, which is gone by now."""
    for lock in state.glob("runs/*/owner.lock"):
        owner = json.loads(lock.read_text())
        lock.write_text(json.dumps({**owner, "host": "golden"}))


def _pack(place: Path, target: Path) -> None:
    def plain(one: tarfile.TarInfo) -> tarfile.TarInfo | None:
        one.uid = one.gid = 0
        one.uname = one.gname = ""
        left_out = one.name.endswith(("-shm", ".sock")) or "/cache/" in one.name or not (one.isfile() or one.isdir())
        return None if left_out else one

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in ("state", "shown.json"):
            archive.add(place / name, name, filter=plain)
    target.write_bytes(packed.getvalue())


if __name__ == "__main__":
    main()
