"""File systems without a write-ahead log; the one place of sqlite3."""

import ast
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import steplane.store
from steplane.errors import StateDamaged, StateError
from steplane.store import reasons
from steplane.store.database import Busy, Database, Schema

SCHEMA = Schema(1, ("CREATE TABLE t (x INTEGER)",))


def test_where_shared_memory_fails_a_rollback_journal_is_used_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Path(f"{path}-shm").mkdir()  # stands for a file system that cannot make the shared-memory file
    made = Database.create(str(path), SCHEMA)
    made.run("INSERT INTO t VALUES (1)")
    made.close()

    assert made.warning == (
        f"{path}: the file system does not support SQLite's write-ahead log; a rollback journal is used, "
        "which is slower. A local disk is better: name one with `--state DIR`."
    )
    opened = Database.open(str(path), SCHEMA, "normal")
    assert not opened.has_log()
    assert opened.one("PRAGMA synchronous") == (2,)
    opened.close()
    reader = Database.read(str(path), SCHEMA)
    assert reader.all("SELECT x FROM t") == [(1,)]
    reader.close()


CUT_OFF = """\
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size=1")
database.execute("BEGIN IMMEDIATE")
database.execute("UPDATE t SET x = 2")
os._exit(0)
"""
"""A change that is partly in the file when its process dies, for the cache holds one page."""


def test_a_reader_takes_back_a_change_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Path(f"{path}-shm").mkdir()  # stands for a file system that cannot make the shared-memory file
    made = Database.create(str(path), SCHEMA)
    made.run_many("INSERT INTO t VALUES (?)", [(1,)] * 10_000)
    made.close()
    before = path.read_bytes()
    subprocess.run([sys.executable, "-c", CUT_OFF, str(path)], check=True)
    assert path.read_bytes() != before, "some of it is there"

    reader = Database.read(str(path), SCHEMA)
    assert reader.all("SELECT DISTINCT x FROM t") == [(1,)]
    with pytest.raises(StateError):
        reader.run("DELETE FROM t")
    reader.close()


def test_on_a_full_disk_nobody_blames_the_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.db"
    Path(f"{path}-shm").mkdir()  # stands for the shared-memory file for which there is no room
    full = list(os.statvfs(tmp_path))
    full[4] = 1  # f_bavail: one block is left
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(full))

    with pytest.raises(StateError, match=r"a\.db: the disk is full$"):
        Database.create(str(path), SCHEMA)


def test_durability_sets_when_the_disk_is_waited_for(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    Database.create(path, SCHEMA).close()
    found = []
    for durability in ("full", "normal"):
        database = Database.open(path, SCHEMA, "full" if durability == "full" else "normal")
        found.append((database.has_log(), database.one("PRAGMA synchronous")))
        database.close()

    assert found == [(True, (2,)), (True, (1,))]


def test_a_transaction_is_undone_by_any_exception(tmp_path: Path) -> None:
    database = Database.create(str(tmp_path / "a.db"), SCHEMA)
    with pytest.raises(StateDamaged), database.transaction():  # noqa: PT012 - the block is what is tried
        database.run("INSERT INTO t VALUES (1)")
        database.run("INSERT INTO missing VALUES (1)")

    assert database.all("SELECT x FROM t") == []
    database.close()


def test_a_writer_that_waits_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steplane.store.database._BUSY_SECONDS", 0.01)
    path = str(tmp_path / "a.db")
    first = Database.create(path, SCHEMA)
    second = Database.open(path, SCHEMA)
    with first.transaction(), pytest.raises(Busy) as caught, second.transaction():
        pass
    second.close()
    first.close()

    assert caught.value.message == f"cannot use {path}: another process holds it busy"


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    path = str(tmp_path / "a?b#c%41.db")
    Database.create(path, SCHEMA).close()
    reader = Database.read(path, SCHEMA)
    with pytest.raises(StateError, match="it cannot be written"):
        reader.run("INSERT INTO t VALUES (1)")
    reader.close()


def test_an_existing_file_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("mine")

    with pytest.raises(StateError, match="File exists"):
        Database.create(str(tmp_path / "a.db"), SCHEMA)


def test_sqlite_is_imported_in_one_module_only() -> None:
    package = Path(os.path.dirname(steplane.store.__file__ or ""))
    users = [path.name for path in package.glob("*.py") if "sqlite3" in imported(path)]

    assert users == ["database.py"]


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}


def test_the_codes_of_the_reasons_are_those_of_sqlite() -> None:
    for name in ("PERM", "BUSY", "NOMEM", "READONLY", "IOERR", "FULL", "CANTOPEN"):
        assert getattr(reasons, name) == getattr(sqlite3, f"SQLITE_{name}")
