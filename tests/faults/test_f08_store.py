"""F08: a store that is truncated, overwritten, junk, incomplete, of a later release, read-only or another user's.

It is refused with advice, by every command, with the exit code of the manual; nothing is ever made anew in its place,
and `runs export` saves what can be read.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.faults.rig import Rig, until

from steplane.app.examining import examine_run
from steplane.app.exporting import export_run
from steplane.cli.application import start
from steplane.errors import StateDamaged, StateError
from steplane.events import AnyEvent
from steplane.plugins import Registry, read_index

FLOW = """\
steplane: 1
name: stored
secrets: {token: {env: F08_TOKEN}}
steps:
  - id: tell
    env: {TOKEN: "${{ secrets.token }}"}
    run: echo "the token is $TOKEN"
  - id: large
    run: head -c 100000 /dev/zero | tr '\\0' x
  - id: item
    foreach: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    concurrency: 1
    run: echo "$STEPLANE_IDEMPOTENCY_KEY" >> "$LEDGER"
  - id: file
    run: echo kept > "$STEPLANE_ARTIFACTS/a.txt"
  - {id: last, run: 'test ! -e "$DIE" || sleep 3600'}
"""
TOKEN = "tok-7QzGh81k"


class Templates:
    """State directories that are made once: of a run that is done, and of one that was killed in its last step."""

    def __init__(self, folder: Path) -> None:
        (folder / "done").mkdir()
        (folder / "cut").mkdir()
        self.done, self.cut = Rig(folder / "done"), Rig(folder / "cut")
        flag = folder / "die"
        for rig in (self.done, self.cut):
            rig.env |= {"F08_TOKEN": TOKEN, "DIE": str(flag)}
            rig.write(FLOW)
        assert self.done.run().wait() == 0, self.done.outputs()
        flag.touch()
        life = self.cut.run()
        until(self.begun, what=self.cut.outputs)
        life.kill("both")
        self.cut.end()
        flag.unlink()

    def begun(self) -> bool:
        """Whether the last step of the run that will be killed runs."""
        if not self.cut.exists():
            return False
        with self.cut.store.read("one") as journal:
            return ("last", "started") in journal.instances()


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("f08"))


@pytest.fixture
def stored(rig: Rig) -> Callable[[Rig], Path]:
    """Lay a copy of a template into the rig; the journal's path."""

    def lay(template: Rig) -> Path:
        shutil.copytree(template.state, rig.state, symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
        rig.env |= {name: template.env[name] for name in ("F08_TOKEN", "DIE")}
        return rig.state / "runs" / "one" / "journal.db"

    return lay


def call(rig: Rig, capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """A command in this process: its exit code, what it wrote."""
    code = start([*map(str, words), "--state", str(rig.state)])
    said = capsys.readouterr()
    return code, said.out, said.err


def change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def cut_to(path: Path, part: float) -> None:
    os.truncate(path, int(path.stat().st_size * part))


FAULTS: dict[str, tuple[Callable[[Path], Any], int, str]] = {
    "truncated": (lambda path: cut_to(path, 0.5), 2, "is damaged"),
    "emptied": (lambda path: cut_to(path, 0), 2, "is damaged: it is empty"),
    "junk": (lambda path: path.write_bytes(b"this is no database " * 2000), 2, "is damaged: file is not a database"),
    "gone": (lambda path: path.rename(f"{path}.x"), 6, "cannot read"),
    "a pipe": (lambda path: replace(path, os.mkfifo, path), 2, "is damaged: it is no plain file"),
    "a link": (lambda path: replace(path, os.symlink, f"{path}.x", path), 2, "it is no plain file"),
    "first page": (lambda path: overwrite(path, range(100)), 2, "is damaged"),
    "later": (lambda path: change(path, "PRAGMA user_version=99"), 2, "was written by a later release (format 99)"),
    "other tables": (lambda path: change(path, "CREATE TABLE t (x)"), 2, "its tables are not those"),
    "row changed": (lambda path: change(path, "UPDATE events SET at = at + 1 WHERE seq = 9"), 2, "event 9 is not what"),
    "row gone": (lambda path: change(path, "DELETE FROM events WHERE seq = 9"), 2, "event 9 is missing"),
    "end gone": (lambda path: change(path, "DELETE FROM events WHERE seq > 9"), 2, "its newest events are missing"),
    "header": (lambda path: change(path, "UPDATE run SET header = '{\"run\":\"one\"}'"), 2, "its header is not what"),
    "blob gone": (lambda path: shutil.rmtree(path.parent / "blobs"), 2, "the journal names it, but"),
    "another's": (
        lambda path: shutil.move(path.parent, path.parent.parent / "two") and None, 2, "the journal of run 'one'",
    ),
}  # fmt: skip


def replace(path: Path, make: Callable[..., None], *words: object) -> None:
    path.rename(f"{path}.x")
    make(*words)


def overwrite(path: Path, places: range) -> None:
    content = bytearray(path.read_bytes())
    for place in places:
        content[place] ^= 0xA5
    path.write_bytes(content)


READABLE = {"row changed", "row gone", "header", "blob gone"}
"""Faults that are met when the events are read: by then the journal names a new owner, as it should."""


def contents(state: Path, fault: str) -> dict[str, bytes]:
    """All files of the runs, without those that readers and owners make."""
    without = ("-shm", "owner.lock", *(["journal.db", "journal.db-wal"] if fault in READABLE else []))
    return {
        str(path): path.read_bytes()
        for path in sorted((state / "runs").rglob("*"))
        if path.is_file() and not path.name.endswith(without) and path.stat().st_size
    }


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_refused_with_advice_and_nothing_is_made_anew(
    rig: Rig, templates: Templates, stored: Callable[[Rig], Path], capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    path = stored(templates.done)
    rig.spoiled = True
    break_it, code, words = FAULTS[fault]
    break_it(path)
    run = "two" if fault == "another's" else "one"
    before = contents(rig.state, fault)

    resumed = rig.resume(run, "--redo", "last")
    assert resumed.wait() == code, resumed.text
    said = resumed.text
    assert words in said
    assert "\n help: " in said or fault == "gone"
    assert "Traceback" not in said
    assert call(rig, capsys, "runs", "--format", "json")[0] == 0
    shown = call(rig, capsys, "show", run)
    assert (shown[0], words in shown[2]) == (code, True)
    checked = call(rig, capsys, "runs", "check", run)
    assert (checked[0], words in checked[1] + checked[2]) == (2, True), checked
    exported = call(rig, capsys, "runs", "export", run)
    assert exported[0] == 2
    assert json.loads(exported[1].splitlines()[-1])["complete"] is False
    assert contents(rig.state, fault) == before


def test_a_missing_log_is_refused_until_it_is_back(
    rig: Rig, templates: Templates, stored: Callable[[Rig], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = stored(templates.cut)
    log, kept = path.with_name("journal.db-wal"), rig.folder / "kept"
    log.rename(kept)

    refused = rig.resume()
    assert refused.wait() == 2
    assert "its newest events are missing" in refused.text
    assert call(rig, capsys, "runs", "check")[0] == 2
    for name in ("journal.db-wal", "journal.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    kept.rename(log)
    assert call(rig, capsys, "runs", "check")[0] == 0
    assert rig.resume().wait() == 0, rig.outputs()
    assert templates.cut.counts() == templates.done.counts()
    assert rig.ledger.read_text() == "", "what had ended did not run again"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_state_directory_of_another_user_is_refused(
    rig: Rig, templates: Templates, stored: Callable[[Rig], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    stored(templates.done)
    os.chown(rig.state, 65534, 65534)

    for words in (("show", "one"), ("runs", "check"), ("runs", "prune", "--keep", "0"), ("resume", "one")):
        resumed = rig.resume() if words[0] == "resume" else None
        code, _, said = call(rig, capsys, *words) if resumed is None else (resumed.wait(), "", resumed.text)
        assert code == 6
        assert f"the state directory {rig.state} belongs to another user (uid 65534)" in said
        assert "help: Name one of your own with `--state DIR`" in said
    assert rig.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_read_only_disk_is_read_and_refuses_to_go_on(
    rig: Rig, templates: Templates, stored: Callable[[Rig], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    import subprocess

    stored(templates.cut)
    command = ["mount", "--bind", "-o", "ro", str(rig.state), str(rig.state)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(rig.state)], check=True)
        refused = rig.resume()
        assert refused.wait() == 6, refused.text
        assert "Read-only file system" in refused.text
        assert "help: Name a directory on a writable disk with `--state DIR`." in refused.text
        assert call(rig, capsys, "runs", "prune", "--keep", "0", "--unfinished")[0] == 6
        last = call(rig, capsys, "runs", "export", "one")[1].splitlines()[-1]
        assert json.loads(last)["complete"] is True, "the log beside the journal is read all the same"
    finally:
        subprocess.run(["umount", "-l", str(rig.state)], check=True)
    assert rig.exists()


# ---------------------------------------------------------------- random bytes


def random_bytes(rig: Rig, path: Path, log: Path | None, seeds: range) -> None:
    """Overwrite bytes at random places, again and again: what is read is right, or it is refused."""
    registry = Registry(read_index(None))
    right = rig.events()
    rig.spoiled = True
    files = {one: one.read_bytes() for one in (path, log) if one is not None}
    found = {"whole": 0, "refused": 0, "saved": 0}
    for seed in seeds:
        random = Random(seed)
        victim = random.choice(list(files))
        for one, content in files.items():
            one.write_bytes(damaged(content, random) if one is victim else content)
        path.with_name("journal.db-shm").unlink(missing_ok=True)
        before = victim.read_bytes()
        seen: list[AnyEvent] = []
        refusal: StateDamaged | StateError | None = None
        try:
            with rig.store.read("one") as journal:
                seen.extend(event for _, event in journal.events())
        except (StateDamaged, StateError) as error:
            refusal = error
        if refusal is None:
            found["whole"] += 1
            assert seen == right, seed
        else:
            found["refused"] += 1
            assert refusal.remedy, (seed, refusal.message)
            assert seen == right[: len(seen)], seed
            assert examine_run(rig.store, registry, "one").problems, seed
        lines = list(export_run(rig.store, registry, "one", {}))
        for line in lines:
            if line["type"] == "event" and line["verified"]:
                found["saved"] += 1
                assert line["at"] == right[line["seq"] - 1].at, seed
        assert victim.read_bytes() == before, seed
    assert found["refused"] > len(seeds) / 4
    assert found["saved"] > len(seeds)


def damaged(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice([1, 20, 200, 200])):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("part", range(2))
def test_random_bytes(rig: Rig, templates: Templates, stored: Callable[[Rig], Path], part: int) -> None:
    random_bytes(rig, stored(templates.done), None, range(50 * part, 50 * part + 50))


def test_random_bytes_with_a_log(rig: Rig, templates: Templates, stored: Callable[[Rig], Path]) -> None:
    path = stored(templates.cut)
    random_bytes(rig, path, path.with_name("journal.db-wal"), range(100))


def test_a_log_whose_pages_have_mad_numbers_is_saved_in_time(
    rig: Rig, templates: Templates, stored: Callable[[Rig], Path]
) -> None:
    """Each frame of the log says which page it is: 4,294,967,295 is no reason to look at all of them."""
    path = stored(templates.cut)
    log = path.with_name("journal.db-wal")
    frame = (2**32 - 1).to_bytes(4, "big") + bytes(20) + bytes(4096)
    log.write_bytes(log.read_bytes() + frame)
    path.write_bytes(b"no database" + path.read_bytes()[11:])
    lines = list(export_run(rig.store, Registry(read_index(None)), "one", {}))
    found = [line for line in lines if line["type"] == "event" and line["verified"]]
    assert len(found) == len(templates.cut.events())


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("which", ["done", "cut"])
def test_many_random_bytes(rig: Rig, templates: Templates, stored: Callable[[Rig], Path], which: str) -> None:
    path = stored(getattr(templates, which))
    random_bytes(rig, path, path.with_name("journal.db-wal") if which == "cut" else None, range(1000, 1400))
