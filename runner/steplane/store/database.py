"""The only user of sqlite3: opening, transactions, and what its errors mean to a user."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Literal, NamedTuple

from steplane.errors import StateDamaged, StateError, SteplaneError
from steplane.store.files import free_bytes, has_content, make_file, state_errors, sync_file
from steplane.store.reasons import WHY, reason

Durability = Literal["full", "normal"]
"""`full`: what is committed survives power loss. `normal`: it survives the death of the process."""

Row = tuple[Any, ...]

APPLICATION_ID = 0x53545045
"""Says in the file's header that it is Steplane's (`STPE`)."""

_MAX_VALUE = 256 << 20
_BUSY_SECONDS = 10.0
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH,
            sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_TOOBIG}  # fmt: skip
_SHORT_READ = 522  # SQLITE_IOERR_SHORT_READ: the file ends before its header says
_LOG_ROOM = 128 << 10
"""Bytes that a new database needs with its log and their shared memory."""


class Busy(StateError):
    """Another process holds the database's write lock for longer than is sensible."""


def damaged(path: str, what: str, remedy: str = "") -> StateDamaged:
    """The `StateDamaged` for a file, with the advice that fits most."""
    advice = remedy or "Restore it from a backup, or move it away; it is never repaired or made anew silently."
    return StateDamaged(f"{path} is damaged: {what}", advice)


class Older(NamedTuple):
    """An earlier format: its version, the statements that made it, and what brings it to the next version.

    `forward` runs in a transaction; when it raises, the database stays as it is.
    """

    version: int
    statements: tuple[str, ...]
    forward: Callable[["Database"], None]


class Schema(NamedTuple):
    """What a kind of database holds: `version`, the statements that make it, what to do when it is damaged.

    `older` are the formats that can be brought forward to it, oldest first, without a gap.
    """

    version: int
    statements: tuple[str, ...]
    remedy: str = ""
    older: tuple[Older, ...] = ()


class Database:
    """One connection to one file of the state directory, for one thread at a time; never carried over a fork.

    Every method raises `StateError` (exit 6: full, read-only, no permission) or `StateDamaged` (exit 2: not a
    database, cut off, of another version), naming the file.
    """

    __slots__ = ("_connection", "_new", "_schema", "path", "warning")

    def __init__(self, path: str, schema: Schema, connection: sqlite3.Connection, *, new: bool = False) -> None:
        self.path = path
        self._new = new
        self._schema = schema
        self.warning = ""
        self._connection = connection

    @classmethod
    def create(cls, path: str, schema: Schema) -> "Database":
        """Make a new database of mode 0600; it must not exist. Proves by a real write that WAL works there.

        Where it does not, a rollback journal is used and `warning` says so. The disk is waited for once, by `close`:
        until then the file should have a name that nobody looks for.
        """
        with state_errors(path):
            os.close(make_file(path))
        database = cls(path, schema, _connect(path), new=True)
        try:
            database._write_schema()
        except BaseException:
            database._disconnect()
            raise
        return database

    @classmethod
    def open(cls, path: str, schema: Schema, durability: Durability = "full") -> "Database":
        """Open an existing database for writing; one of an earlier format is brought forward, in one transaction."""
        _must_exist(path, schema)
        database = cls(path, schema, _connect(path))
        try:
            if database._verify() < schema.version:
                database._bring_forward()
            database.set_durability(durability)
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def read(cls, path: str, schema: Schema) -> "Database":
        """Open an existing database for reading only, also on a disk that cannot be written; one of an earlier format
        is read from a copy in memory.
        """
        _must_exist(path, schema)
        try:
            return cls._read(path, schema, "mode=ro")
        except StateError as error:
            # A WAL database on a read-only or a full disk has no shared-memory file and none can be made.
            if isinstance(error, Busy) or has_content(path + "-wal"):
                raise
            if has_content(path + "-journal"):  # a change that was cut off: whoever comes first takes it back
                return cls._read(path, schema, "mode=rw")
            return cls._read(path, schema, "immutable=1")

    @classmethod
    def _read(cls, path: str, schema: Schema, mode: str) -> "Database":
        database = cls(path, schema, _connect(path, mode))
        try:
            if database._verify() < schema.version:
                database._go_on_in_memory()
                database._bring_forward()
            database.run("PRAGMA query_only=ON")
        except BaseException:
            database.close()
            raise
        return database

    def set_durability(self, durability: Durability) -> None:
        """Say what a commit must survive. A rollback journal is always written in full: else it may corrupt."""
        full = durability == "full" or not self.has_log()
        self.run(f"PRAGMA synchronous={'FULL' if full else 'NORMAL'}")

    def has_log(self) -> bool:
        """Whether it is written through a write-ahead log (`-wal`) rather than a rollback journal."""
        return self.one("PRAGMA journal_mode") == ("wal",)

    def run(self, statement: str, values: Row = ()) -> int:
        """Execute one statement; the number of rows that it changed."""
        try:
            return self._connection.execute(statement, values).rowcount
        except sqlite3.Error as error:
            raise self._meaning(error) from error

    def run_many(self, statement: str, rows: Iterable[Row]) -> None:
        """Execute one statement for each row of values."""
        try:
            self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise self._meaning(error) from error

    def one(self, statement: str, values: Row = ()) -> Row | None:
        """The first row of an answer, or None."""
        try:
            row: Row | None = self._connection.execute(statement, values).fetchone()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._meaning(error) from error
        return row

    def all(self, statement: str, values: Row = ()) -> list[Row]:
        """Every row of an answer."""
        try:
            return self._connection.execute(statement, values).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._meaning(error) from error

    def transaction(self) -> "Transaction":
        """A transaction that may write (`BEGIN IMMEDIATE`): committed at the end, undone by any exception."""
        return Transaction(self)

    def integrity(self) -> list[str]:
        """What SQLite's own check finds wrong with the file's structure."""
        return [text for (text,) in self.all("PRAGMA quick_check(20)") if text != "ok"]

    def close(self) -> None:
        """Close the connection; of a last writer this folds the write-ahead log into the file.

        Raises `StateError` where a new database does not get to the disk.
        """
        self._disconnect()
        if self._new:
            with state_errors(self.path):
                sync_file(self.path)

    def _disconnect(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.close()

    def undo(self) -> None:
        """Take back what the open transaction has changed."""
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _write_schema(self) -> None:
        try:
            self.run("PRAGMA synchronous=OFF")
            wal = self.one("PRAGMA journal_mode=WAL") == ("wal",)
            if wal:
                self._define()
        except StateError as error:
            if free_bytes(self.path, _LOG_ROOM) < _LOG_ROOM:  # then it is not the file system that cannot do it
                raise self._full() from error
            wal = False
        if not wal:
            self._leave_wal()
            self._define()

    def _leave_wal(self) -> None:
        """Go back to a rollback journal: some file systems (network, container mounts) have no shared memory."""
        self._disconnect()
        with state_errors(self.path):
            os.truncate(self.path, 0)
        with suppress(OSError):
            os.unlink(self.path + "-wal")  # of what was tried: it would be taken for the file's own
        self._connection = _connect(self.path)
        self.run("PRAGMA synchronous=OFF")
        self.run("PRAGMA journal_mode=TRUNCATE")
        self.warning = (
            f"{self.path}: the file system does not support SQLite's write-ahead log; a rollback journal is used, "
            "which is slower. A local disk is better: name one with `--state DIR`."
        )

    def _define(self) -> None:
        with self.transaction():
            for statement in self._schema.statements:
                self.run(statement)
            self.run(f"PRAGMA application_id={APPLICATION_ID}")
            self.run(f"PRAGMA user_version={self._schema.version}")

    def _verify(self) -> int:
        """The format. Refuses a later one, and any table, view or trigger that is not ours (a hostile store)."""
        (version,) = self.one("PRAGMA user_version") or (0,)
        if version > self._schema.version:
            remedy = "Update Steplane to the release that wrote it, or a later one."
            raise StateDamaged(f"{self.path} was written by a later release (format {version})", remedy)
        known = {one.version: one.statements for one in self._schema.older}
        known[self._schema.version] = self._schema.statements
        found = {sql for (sql,) in self.all("SELECT sql FROM sqlite_master WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'")}
        if found != set(known.get(version, ())):
            raise damaged(self.path, "its tables are not those that Steplane makes", self._schema.remedy)
        return int(version)

    def _bring_forward(self) -> None:
        """Bring an earlier format to the present one: all of it or, whatever happens, nothing."""
        with self.transaction():
            version = self._verify()  # another process may have been faster
            for one in self._schema.older:
                if one.version >= version:
                    one.forward(self)
            self.run(f"PRAGMA user_version={self._schema.version}")
            self._verify()

    def _go_on_in_memory(self) -> None:
        copy = _prepared(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
        try:
            self._connection.backup(copy)
        except sqlite3.Error as error:
            copy.close()
            raise self._meaning(error) from error
        self._disconnect()
        self._connection = copy

    def _full(self) -> StateError:
        why, remedy = WHY[sqlite3.SQLITE_FULL]
        return StateError(f"cannot use {self.path}: {why}", remedy)

    def _meaning(self, error: Exception) -> SteplaneError:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        basic = code & 0xFF
        if basic in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return Busy(f"cannot use {self.path}: another process holds it busy", WHY[sqlite3.SQLITE_BUSY][1])
        if basic in _DAMAGED or code == _SHORT_READ:
            return damaged(self.path, str(error), self._schema.remedy)
        why, remedy = reason(basic, str(error))
        return StateError(f"cannot use {self.path}: {why}", remedy)


class Transaction:
    """See `Database.transaction`. A class, for each event that is recorded goes through it."""

    __slots__ = ("_database",)

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.run("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._database.undo()
            return
        try:
            self._database.run("COMMIT")
        except BaseException:
            self._database.undo()
            raise


def _must_exist(path: str, schema: Schema) -> None:
    with state_errors(path, "read"):
        status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        raise damaged(path, "it is no plain file", schema.remedy)
    if status.st_size == 0:
        raise damaged(path, "it is empty", schema.remedy)


def _connect(path: str, mode: str = "mode=rw") -> sqlite3.Connection:
    address = os.path.abspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    try:
        connection = sqlite3.connect(
            f"file:{address}?{mode}", uri=True, isolation_level=None, timeout=_BUSY_SECONDS, check_same_thread=False
        )
    except sqlite3.Error as error:
        why, remedy = reason(sqlite3.SQLITE_CANTOPEN, str(error))
        raise StateError(f"cannot use {path}: {why}", remedy) from error
    return _prepared(connection)


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    return connection
