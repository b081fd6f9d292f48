"""What each release has written is read, shown, checked and gone on with by this one."""

import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import pytest
from tests.golden.make import RUNS, TOKEN

from steplane import __version__
from steplane.events import AnyEvent
from steplane.store.formats import SCHEMA

HERE = Path(__file__).parent
RELEASES = sorted(path.name.removesuffix(".tar.gz") for path in HERE.glob("*.tar.gz"))

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=RELEASES)
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with what a release wrote: `state/`, and what it showed of each run in `shown.json`."""
    with tarfile.open(HERE / f"{request.param}.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "state").chmod(0o700)
    return tmp_path


@pytest.fixture
def command(golden: Path) -> Command:
    def call(*words: str) -> "subprocess.CompletedProcess[str]":
        line = [sys.executable, "-m", "steplane", *words, "--state", "state"]
        env = {**os.environ, "GOLDEN": ""}
        return subprocess.run(line, cwd=golden, env=env, capture_output=True, text=True, timeout=60, check=False)

    return call


def journals(golden: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in golden.glob("state/runs/*/journal.db*") if "-shm" not in path.name}


def version(golden: Path, run: str) -> int:
    connection = sqlite3.connect(golden / "state" / "runs" / run / "journal.db")
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(found)


def within(known: Any, now: Any) -> bool:
    """Whether all that was told then is told now; there may be more."""
    if isinstance(known, dict):
        return isinstance(now, dict) and all(name in now and within(one, now[name]) for name, one in known.items())
    if isinstance(known, list):
        return isinstance(now, list) and len(known) == len(now) and all(map(within, known, now))
    return bool(known == now)


def test_this_release_has_left_what_later_ones_must_read() -> None:
    assert __version__ in RELEASES, "python tests/golden/make.py"


def test_it_is_shown_as_it_was_and_nothing_is_written(golden: Path, command: Command) -> None:
    before = {path: content for path, content in journals(golden).items() if content}
    shown = json.loads((golden / "shown.json").read_text())

    for run, known in shown.items():
        done = command("show", run, "--format", "json")
        assert done.returncode == 0, done.stderr
        assert within(known, json.loads(done.stdout)), run
        assert command("explain", run).returncode == 0
        assert run not in RUNS or "hello eu" in command("logs", run, "first").stdout
    assert {path: content for path, content in journals(golden).items() if content} == before


def test_it_is_whole_and_can_be_exported(golden: Path, command: Command) -> None:
    runs = json.loads((golden / "shown.json").read_text())
    checked = command("runs", "check")
    assert (checked.returncode, checked.stdout.splitlines()[-1]) == (0, f"{len(runs)} runs: nothing wrong")
    for run in runs:
        done = command("runs", "export", run)
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert all(one.get("verified", True) for one in lines)
        assert lines[-1]["complete"]
        assert TOKEN not in done.stdout


@pytest.mark.parametrize("run", ["failed", "cut"])
def test_it_is_gone_on_with(golden: Path, command: Command, run: str) -> None:
    done = command("resume", run, "-i", f"token={TOKEN}", "--format", "json")

    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["outputs"] == {"paid": "paid 7"}
    begun = [one["path"] for one in events if one["type"] == "step.started"]
    assert begun == ["pay"], "what had succeeded stays"
    assert version(golden, run) == SCHEMA.version
    assert command("runs", "check").returncode == 0
    assert all(TOKEN.encode() not in path.read_bytes() for path in golden.rglob("*") if path.is_file())


def test_one_that_waited_is_answered(golden: Path, command: Command) -> None:
    if "waiting" not in json.loads((golden / "shown.json").read_text()):
        pytest.skip("that release could not wait")
    done = command("signal", "waiting", "answer", "--data", '{"word": "late"}', "--resume", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["outputs"] == {"said": "late"}


def test_there_is_one_of_each_kind_of_event(tmp_path: Path) -> None:
    found = set()
    for release in RELEASES:
        with tarfile.open(HERE / f"{release}.tar.gz") as archive:
            archive.extractall(tmp_path / release, filter="data")
        for journal in tmp_path.glob(f"{release}/state/runs/*/journal.db"):
            with closing(sqlite3.connect(journal)) as connection:
                found |= {kind for (kind,) in connection.execute("SELECT DISTINCT type FROM events")}
    assert found == {kind.__struct_config__.tag for kind in get_args(AnyEvent)}, "extend tests/golden/make.py"


def test_a_finished_one_is_left_alone(golden: Path, command: Command) -> None:
    done = command("resume", "done", "-i", f"token={TOKEN}")
    assert (done.returncode, done.stdout) == (0, "run done has already ended with warnings: nothing to do\n"), (
        done.stderr
    )
