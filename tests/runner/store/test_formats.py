"""A store of an earlier format is brought forward whole or not at all, and one of a later format is refused."""

import os
import shutil
import signal
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest
from tests.conftest import ROOT

from steplane.errors import StateDamaged, StateError
from steplane.store.database import Database, Older, Schema
from steplane.store.folder import RunFolder
from steplane.store.formats import SCHEMA
from steplane.store.journal import Journal
from steplane.store.reader import JournalReader

Start = Callable[..., Popen[str]]

FIRST = ("CREATE TABLE t (x INTEGER)",)
SECOND = ("CREATE TABLE t (x INTEGER, doubled INTEGER NOT NULL)",)
THIRD = (*SECOND, "CREATE TABLE sums (total INTEGER NOT NULL)")


def double(database: Database) -> None:
    database.run("ALTER TABLE t RENAME TO old")
    database.run(SECOND[0])
    database.run("INSERT INTO t SELECT x, 2 * x FROM old")
    database.run("DROP TABLE old")


def add_up(database: Database) -> None:
    database.run(THIRD[1])
    database.run("INSERT INTO sums SELECT sum(doubled) FROM t")


NEWEST = Schema(3, THIRD, older=(Older(1, FIRST, double), Older(2, SECOND, add_up)))

KILLED = """
import os, signal, sys
from steplane.store.database import Database
from steplane.store.formats import SCHEMA
from tests.runner.store.test_formats import NEWEST
left = int(sys.argv[3])
run, run_many = Database.run, Database.run_many
def counted(method):
    def call(self, *values):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(self, *values)
    return call
Database.run, Database.run_many = counted(run), counted(run_many)
Database.open(sys.argv[2], {"newest": NEWEST, "journal": SCHEMA}[sys.argv[1]]).close()
"""
"""Opens a database and is killed before its statement of that number."""


def content(path: Path) -> tuple[int, list[tuple[int, ...]]]:
    connection = sqlite3.connect(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    rows = connection.execute("SELECT * FROM t ORDER BY x").fetchall()
    connection.close()
    return version, rows


def made(path: Path, version: int) -> Path:
    schema = {1: Schema(1, FIRST), 2: Schema(2, SECOND)}[version]
    database = Database.create(str(path), schema)
    database.run_many(f"INSERT INTO t VALUES ({', '.join('?' * version)})", [(n, 2 * n)[:version] for n in range(3)])
    database.close()
    return path


OLD = (1, [(0,), (1,), (2,)])
NEW = (3, [(0, 0), (1, 2), (2, 4)])


@pytest.mark.parametrize("version", [1, 2])
def test_each_earlier_format_is_brought_forward_step_by_step(tmp_path: Path, version: int) -> None:
    path = made(tmp_path / "a.db", version)

    database = Database.open(str(path), NEWEST)
    assert database.one("SELECT total FROM sums") == (6,)
    database.close()
    assert content(path) == NEW


@pytest.mark.parametrize("version", [1, 2])
def test_reading_an_earlier_format_writes_nothing(tmp_path: Path, version: int) -> None:
    path = made(tmp_path / "a.db", version)
    before = path.read_bytes()

    database = Database.read(str(path), NEWEST)
    assert database.one("SELECT total FROM sums") == (6,)
    with pytest.raises(StateError, match="it cannot be written"):
        database.run("DELETE FROM t")
    database.close()
    assert path.read_bytes() == before


def test_killed_before_any_statement_it_is_the_old_or_the_new(tmp_path: Path, start: Start) -> None:
    seen, number = [], 0
    while True:
        path = made(tmp_path / f"{number}.db", 1)
        process = start(KILLED, "newest", path, number)
        code = process.wait()
        seen.append(content(path))
        number += 1
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert number > 8
    assert {str(one) for one in seen} == {str(OLD), str(NEW)}
    Database.open(str(tmp_path / "3.db"), NEWEST).close()
    assert content(tmp_path / "3.db") == NEW


@pytest.mark.parametrize(
    ("tables", "version", "words"),
    [
        (SECOND, 1, "its tables are not those"),
        (FIRST, 3, "its tables are not those"),
        (FIRST, 0, "its tables are not those"),
        (THIRD, 4, "was written by a later release"),
    ],
)
def test_what_no_release_made_is_refused(tmp_path: Path, tables: tuple[str, ...], version: int, words: str) -> None:
    path = tmp_path / "a.db"
    Database.create(str(path), Schema(version, tables)).close()
    before = path.read_bytes()

    for way in (Database.open, Database.read):
        with pytest.raises(StateDamaged, match=words):
            way(str(path), NEWEST)
    assert path.read_bytes() == before


def test_a_failure_on_the_way_leaves_the_old(tmp_path: Path) -> None:
    def fail(database: Database) -> None:
        double(database)
        raise StateError("the disk is full")

    path = made(tmp_path / "a.db", 1)
    with pytest.raises(StateError, match="the disk is full"):
        Database.open(str(path), Schema(2, SECOND, older=(Older(1, FIRST, fail),)))
    assert content(path) == OLD


# ---------------------------------------------------------------- journals of format 1


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """The runs that were written in format 1."""
    with tarfile.open(ROOT / "tests" / "golden" / "0.1.0.dev1.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "state" / "runs"


def format_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(version)


@pytest.mark.parametrize("run", ["done", "cut"])
def test_a_journal_killed_on_the_way_is_still_whole(first: Path, tmp_path: Path, start: Start, run: str) -> None:
    formats, number = [], 0
    with JournalReader.open(RunFolder(str(first / run))) as reader:
        right = list(reader.events())
    while True:
        folder = tmp_path / str(number) / run
        shutil.copytree(first / run, folder)
        code = start(KILLED, "journal", folder / "journal.db", number).wait()
        with JournalReader.open(RunFolder(str(folder))) as reader:
            assert reader.check() == []
            assert list(reader.events()) == right
            assert reader.header["run"] == run
        formats.append(format_of(folder / "journal.db"))
        number += 1
        if code == 0:
            break
    assert formats == [1] * (len(formats) - 1) + [SCHEMA.version] or set(formats) == {1, SCHEMA.version}
    assert formats[0] == 1
    assert formats[-1] == SCHEMA.version


@pytest.mark.parametrize("change", ["at = at + 1", "path = x'00'", "data = x'00'"])
def test_damage_is_not_brought_forward(first: Path, change: str) -> None:
    path = first / "done" / "journal.db"
    connection = sqlite3.connect(path)
    connection.execute(f"UPDATE events SET {change} WHERE seq = 9")
    connection.commit()
    connection.close()

    folder = RunFolder(str(first / "done"))
    with pytest.raises(StateDamaged, match="event 9 is not what was recorded"):
        JournalReader.open(folder)
    with pytest.raises(StateDamaged, match="event 9 is not what was recorded"):
        Journal.take(folder)
    assert format_of(path) == 1
    assert not any(name.startswith(".new") for name in os.listdir(folder.path))
