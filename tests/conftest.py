"""Fixtures for all tests, and the smoke set: the quick tests that the release workflow runs."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

SMOKE = (
    "tests/errors/",
    "tests/runner/checks/",
    "tests/runner/expressions/",
    "tests/runner/model/",
    "tests/runner/scripts/",
    "tests/runner/source/",
    "tests/test_architecture.py",
)
"""None of them runs a workflow of this repository."""

if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    # Under `nohup` every program that a test starts would ignore it too, and the tests of hanging up would hang.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

Steplane = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the smoke set; leave the long runs out unless they are asked for."""
    for item in items:
        if item.nodeid.startswith(SMOKE):
            item.add_marker(pytest.mark.smoke)
    if "nightly" not in str(config.getoption("markexpr")):
        long = [item for item in items if item.get_closest_marker("nightly")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in set(long)]


@pytest.fixture(autouse=True, scope="session")
def _own_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The key of the cache is not that of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("own")))
        yield


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this process was told by `STEPLANE_*` (a run of ours, for one) or by a CI system is nothing to the tests."""
    for name in list(os.environ):
        own = name.startswith("STEPLANE_") and not name.startswith("STEPLANE_WRITE_")
        if own or name.startswith(("GITHUB_", "GITLAB_", "CI_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture
def steplane(tmp_path: Path) -> Steplane:
    """Run the command `steplane` of the sources beside the tests, in `tmp_path` unless `cwd` is given."""

    def call(
        *words: object, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout: float = 60
    ) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", COMMAND, *map(str, words)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **(env or {})}
        return subprocess.run(
            command, cwd=cwd or tmp_path, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=timeout, check=False,
        )  # fmt: skip

    return call


COMMAND = "import sys; sys.argv[0] = 'steplane'; from steplane.cli import main; sys.exit(main())"


def blocks(text: str, kind: str) -> list[tuple[int, str]]:
    """The fenced blocks of a page that open with ``` and that kind (`yaml steps`), with their first lines' numbers.

    Behind the kind may stand the file that the reader saves the block as: `file=PATH`.
    """
    found, lines = [], text.split("\n")
    for number, line in enumerate(lines, 1):
        if line.partition(" file=")[0] == f"```{kind}":
            end = lines.index("```", number)
            found.append((number + 1, "\n".join(lines[number:end]) + "\n"))
    return found


def command_of_readme(name: str) -> str:
    """The command in the block under the comment `<!-- command: NAME -->` of the README."""
    readme = (ROOT / "README.md").read_text("utf-8")
    match = re.search(rf"<!-- command: {name} -->\n```bash\n(.*?)```\n", readme, re.DOTALL)
    assert match, f"the README has no command {name}"
    return match[1].strip()
