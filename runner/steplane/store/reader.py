"""Reading the journal of one run: the append-only truth from which everything else is derived."""

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from steplane.errors import StateDamaged
from steplane.events import AnyEvent
from steplane.store.blobs import Blobs
from steplane.store.database import Database, Row, Schema, damaged
from steplane.store.folder import RunFolder
from steplane.store.lease import Owner, owner_of
from steplane.store.records import COLUMNS, Entry, to_entry, to_event

_RUN = (
    "CREATE TABLE run (one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL, header TEXT NOT NULL, "
    "checksum TEXT NOT NULL)"
)
_DEFINITIONS = (
    "CREATE TABLE definitions (number INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, text TEXT NOT NULL, "
    "checksum TEXT NOT NULL)"
)
_EVENTS = (
    "CREATE TABLE events (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, mono INTEGER NOT NULL, "
    "epoch INTEGER NOT NULL, type TEXT NOT NULL, path TEXT NOT NULL, activation INTEGER NOT NULL, "
    "attempt INTEGER NOT NULL, actor TEXT NOT NULL, data TEXT NOT NULL, blob TEXT NOT NULL, "
    "checksum INTEGER NOT NULL)"
)
SCHEMA = Schema(1, (_RUN, _DEFINITIONS, _EVENTS))

_PAGE = 4096
_SELECT = f"SELECT {COLUMNS} FROM events WHERE seq > ? ORDER BY seq LIMIT {_PAGE}"  # noqa: S608 - no user text

_INSTANCES = (
    "SELECT path, min(seq), max(seq), type, data FROM events WHERE path != '' AND type LIKE 'step.%' "
    "GROUP BY path ORDER BY min(seq)"
)


class Definition(msgspec.Struct, frozen=True):
    """The text that a run executes and its hash, as the caller made them."""

    hash: str
    text: str


class JournalReader:
    """A journal open for reading, by anyone, also while its owner writes. Close it, or use it with `with`."""

    __slots__ = ("_blobs", "_database", "folder")

    def __init__(self, folder: RunFolder, database: Database) -> None:
        self.folder = folder
        self._database = database
        self._blobs = Blobs(folder.blobs)

    @classmethod
    def open(cls, folder: RunFolder) -> "JournalReader":
        """Open it. Raises `StateError`, `StateDamaged`."""
        owner = owner_of(folder)
        database = Database.read(folder.journal, SCHEMA)
        try:
            refuse_lost_log(folder, database, owner)
        except BaseException:
            database.close()
            raise
        return cls(folder, database)

    @property
    def run(self) -> str:
        """The run's id."""
        return self.folder.run

    @property
    def header(self) -> dict[str, Any]:
        """What was said of the run when it was made. Raises `StateDamaged`."""
        row = self._database.one("SELECT header, checksum FROM run")
        if row is None or digest(row[0]) != row[1]:
            raise damaged(self.folder.journal, "its header is not what was recorded (checksum)")
        header: dict[str, Any] = msgspec.json.decode(row[0])
        return header

    def definitions(self) -> list[Definition]:
        """Every definition that the run was begun or resumed with, oldest first. Raises `StateDamaged`."""
        found = []
        for hashed, text, check in self._database.all("SELECT hash, text, checksum FROM definitions ORDER BY number"):
            if digest(hashed, text) != check:
                raise damaged(self.folder.journal, "a definition is not what was recorded (checksum)")
            found.append(Definition(hashed, text))
        return found

    def events(self, since: int = 0) -> Iterator[tuple[int, AnyEvent]]:
        """The committed events after number `since`, in order, each with its number.

        Raises `StateDamaged` at the first gap, wrong checksum or unknown type.
        """
        path, blobs = self.folder.journal, self._blobs
        for row in self._rows(since):
            since += 1
            yield since, to_event(row, since, path, blobs)

    def entries(self, since: int = 0) -> Iterator[Entry]:
        """As `events`, with the columns: times, epoch, actor."""
        for row in self._rows(since):
            since += 1
            yield to_entry(row, since, self.folder.journal, self._blobs)

    def last(self) -> Entry | None:
        """The newest event, or None."""
        seq = self.last_seq()
        return next(self.entries(seq - 1)) if seq else None

    def last_seq(self) -> int:
        """The number of the newest committed event; 0 if there is none."""
        row = self._database.one("SELECT max(seq) FROM events")
        return int(row[0] or 0) if row else 0

    def instances(self) -> list[tuple[str, str]]:
        """The paths of all instances, in the order in which they became ready, each with what was said of it last:
        its status at the end, else `ready`, `started` or `retry`. Nothing is checked: this is for a quick look.
        """
        rows = self._database.all(_INSTANCES)
        return [(path, _status(kind, data)) for path, _, _, kind, data in rows]

    def check(self) -> list[str]:
        """Everything that is wrong with the journal, in sentences: structure, header, definitions, each event."""
        problems: list[str] = []
        for look in (self._structure, self._descriptions, self._every_event):
            try:
                problems += look()
            except StateDamaged as error:
                problems.append(error.message)
        return problems

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> "JournalReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, since: int) -> Iterator[Row]:
        # Page by page: bounded memory, and no long read that would keep the writer's log from being folded in.
        while rows := self._database.all(_SELECT, (since,)):
            yield from rows
            since = rows[-1][0]

    def _structure(self) -> list[str]:
        return [f"{self.folder.journal} is damaged: {text}" for text in self._database.integrity()]

    def _descriptions(self) -> list[str]:
        return [] if self.header is not None and self.definitions() else [f"{self.folder.journal} has no definition"]

    def _every_event(self) -> list[str]:
        for _ in self.events():
            pass
        return []


def _status(kind: str, data: str) -> str:
    if kind != "step.ended":
        return kind.removeprefix("step.")
    try:
        return str(msgspec.json.decode(data).get("status", ""))
    except (msgspec.MsgspecError, AttributeError):
        return ""


def digest(*texts: str) -> str:
    """The checksum of the texts of a header or a definition."""
    text = "\n".join(f"{len(str(text))}:{text}" for text in texts)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def refuse_lost_log(folder: RunFolder, database: Database, owner: Owner | None) -> None:
    """Raise `StateDamaged` if the journal is older than its last owner, as read before the journal: what was committed
    since stood in a write-ahead log that is gone or damaged.
    """
    row = database.one("SELECT epoch FROM run")
    epoch = row[0] if row else None
    if not isinstance(epoch, int) or (owner is not None and epoch < owner.epoch):
        remedy = (
            "Put journal.db-wal back beside the journal as it was. Without it the newest events are lost; to go on "
            f"from what is left: rm {folder.lock}"
        )
        raise damaged(folder.journal, "its newest events are missing (they stood in journal.db-wal)", remedy)
