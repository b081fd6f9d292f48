"""Writing the journal of one run: made whole, then appended to by the owner of its lease only."""

from functools import cache
from itertools import chain
from typing import Any

import msgspec

from steplane.errors import LeaseLost
from steplane.events import AnyEvent
from steplane.store.database import Busy, Database, Durability, Row
from steplane.store.folder import RunFolder
from steplane.store.formats import SCHEMA
from steplane.store.lease import Lease, held_by, owner_of
from steplane.store.presence import LAST, Presence
from steplane.store.reader import JournalReader, refuse_wrong
from steplane.store.records import COLUMNS, digest, to_row
from steplane.store.room import LogRoom

_AT_ONCE = 16
"""Events that one statement writes; more take several, in one transaction."""


class Journal(JournalReader):
    """A journal open for writing by the owner of its lease.

    `append` gathers, `commit` writes what was gathered in one transaction that proves the lease's epoch. A commit that
    failed with `StateError` (full disk) keeps what was gathered: call it again when there is room.
    """

    __slots__ = ("_actor", "_last", "_next", "_pending", "_presence", "_room", "_unsure", "epoch", "lease")

    def __init__(self, folder: RunFolder, database: Database, lease: Lease, epoch: int, actor: str = "") -> None:
        super().__init__(folder, database)
        self.lease = lease
        self.epoch = epoch
        self._actor = actor
        self._pending: list[Row] = []
        self._unsure = False
        self._room: LogRoom | None = None
        self._presence = Presence(folder, log=database.has_log())
        self._next = self.last_seq() + 1
        self._last = self._link(self._next - 1)

    @classmethod
    def take(
        cls, folder: RunFolder, durability: Durability = "full", *, actor: str = "", force: bool = False
    ) -> "Journal":
        """Take the lease, raise the epoch, open for writing. `actor` stands with each event that names none.

        Raises `RunHeld`, `StateError`, `StateDamaged`. `force`: see `Lease.take`.
        """
        lease = Lease.take(folder, force=force)
        try:
            return cls._open(folder, lease, durability, actor)
        except Busy as busy:
            lease.release()
            raise held_by(folder) from busy
        except BaseException:
            lease.release()
            raise

    @classmethod
    def _open(cls, folder: RunFolder, lease: Lease, durability: Durability, actor: str) -> "Journal":
        # In full, whatever was asked: the owner file names an epoch only once it survives a power loss.
        database = Database.open(folder.journal, SCHEMA, "full")
        try:
            refuse_wrong(folder, database, owner_of(folder))
            epoch = _raise_epoch(database)
            journal = cls(folder, database, lease, epoch, actor)
            lease.sign(epoch, journal.newest, durability)
            database.set_durability(durability)
            if durability == "full" and database.has_log():
                journal._room = LogRoom(database.path + "-wal")
        except BaseException:
            database.close()
            raise
        journal._blobs.sweep()
        return journal

    @property
    def newest(self) -> tuple[int, int]:
        """The number and the checksum of the newest event, gathered ones included; (0, 0) before the first."""
        return (self._next - 1, self._last) if self._next > 1 else (0, 0)

    def append(self, event: AnyEvent, path: str = "") -> int:
        """Gather an event for the next commit; its number. `path` stands for events that have none of their own.

        Raises `ValueError` for what JSON cannot hold, `StateError` if a large value cannot be written; the event is
        then not gathered.
        """
        seq = self._next
        row = to_row(event, seq, self._last, self.epoch, self._blobs, actor=self._actor, path=path)
        self._pending.append(row)
        self._next, self._last = seq + 1, row[11]
        return seq

    def commit(self) -> None:
        """Write what was gathered, all or nothing.

        Raises `LeaseLost` (nothing is written, and never will be again), `StateError` (it may be tried again),
        `RunGone` (it was written to what is no longer there, or what is there was cut off).
        """
        if self._pending:
            _, _, mono, _, kind, *_ = self._pending[-1]
            if self._unsure:  # the last commit was broken off: by an error, or by an interrupt after it was done
                done = self.last_seq()
                self._pending = [row for row in self._pending if row[0] > done]
            self._presence.refuse_cut()
            self._unsure = True
            if len(self._pending) <= _AT_ONCE:  # a statement is a transaction of its own
                self._insert(self._pending)
            else:
                with self._database.transaction():
                    for start in range(0, len(self._pending), _AT_ONCE):
                        self._insert(self._pending[start : start + _AT_ONCE])
            self._presence.committed()
            self._pending.clear()
            self._unsure = False
            self.lease.mark(self._next - 1, self._last)
            if self._room is not None:
                self._room.ahead()
            if mono >= self._presence.due or kind in LAST:
                self._presence.look(mono)
                self.lease.restore()

    def add_definition(self, text: str, hashed: str) -> None:
        """Record at once a changed definition that the run goes on with. One that is known is left alone."""
        with self._database.transaction():
            self._refuse_successor()
            _put_definition(self._database, text, hashed)

    def close(self) -> None:
        """Drop what was gathered and not committed, close the file, give the run free."""
        self._pending.clear()
        if self._room is not None:
            self._room.close()
        super().close()
        self._presence.close()
        self.lease.release()

    def __enter__(self) -> "Journal":
        return self

    def _insert(self, rows: list[Row]) -> None:
        """Write the rows if this process owns the run; else raise `LeaseLost`. One statement asks and writes."""
        written = self._database.run(_insertion(len(rows)), (*chain.from_iterable(rows), self.epoch))
        if written != len(rows):
            self._refuse_successor()

    def _refuse_successor(self) -> None:
        """Raise `LeaseLost` if another process owns the run by now."""
        epoch = self._database.one("SELECT epoch FROM run")
        if epoch != (self.epoch,):
            raise LeaseLost(
                f"run {self.run} was taken over by another process",
                f"This process stops here and has written nothing; follow the run with: steplane show {self.run}",
            )


def write_new(folder: RunFolder, definition: str, hashed: str, header: dict[str, Any]) -> str:
    """Make the journal of a new run, closed again; the warning of its file system, if any. Raises `StateError`."""
    database = Database.create(folder.journal, SCHEMA)
    try:
        text = msgspec.json.encode(header).decode()
        with database.transaction():
            database.run("INSERT INTO run VALUES (1, 0, ?, ?)", (text, digest(text)))
            _put_definition(database, definition, hashed)
    finally:
        database.close()
    return database.warning


@cache
def _insertion(count: int) -> str:
    """The statement that writes so many events while the epoch is the one that is given last."""
    rows = ", ".join([f"({', '.join('?' * 12)})"] * count)
    return f"INSERT INTO events ({COLUMNS}) SELECT * FROM (VALUES {rows}) WHERE (SELECT epoch FROM run) = ?"  # noqa: S608


def _put_definition(database: Database, text: str, hashed: str) -> None:
    row = (hashed, text, digest(hashed, text))
    database.run("INSERT OR IGNORE INTO definitions (hash, text, checksum) VALUES (?, ?, ?)", row)


def _raise_epoch(database: Database) -> int:
    with database.transaction():
        database.run("UPDATE run SET epoch = epoch + 1")
        row = database.one("SELECT epoch FROM run")
    return int(row[0]) if row else 0
