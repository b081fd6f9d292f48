"""Reading the journal of one run: the append-only truth from which everything else is derived."""

from collections.abc import Iterator
from typing import Any

import msgspec

from steplane.errors import StateDamaged
from steplane.events import AnyEvent, Event, Input
from steplane.store.blobs import Blobs
from steplane.store.database import Database, Row, damaged
from steplane.store.folder import RunFolder
from steplane.store.formats import SCHEMA, pages
from steplane.store.lease import Owner, owner_of, refuse_links
from steplane.store.records import FACTS, LATEST, Entry, digest, prove, root, to_entry, to_event

_INSTANCES = (
    "SELECT path, min(seq), max(seq), type, data FROM events WHERE path != '' AND type LIKE 'step.%' "
    "GROUP BY path ORDER BY min(seq)"
)


class Definition(msgspec.Struct, frozen=True):
    """The text that a run executes and its hash, as the caller made them."""

    hash: str
    text: str


_KINDS = {
    "run": str, "file": str, "home": str, "called_in": str, "case": str, "inputs": dict, "vars": dict, "files": dict,
    "labels": dict, "given": dict, "started_at": int,
}  # fmt: skip
"""What a header says of a run that is needed to go on with it."""


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
            refuse_wrong(folder, database, owner)
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
        try:
            header: dict[str, Any] = msgspec.json.decode(row[0], type=dict[str, Any])
        except (msgspec.MsgspecError, RecursionError) as error:
            raise damaged(self.folder.journal, f"its header cannot be understood: {error}") from error
        odd = [name for name, kind in _KINDS.items() if name in header and not isinstance(header[name], kind)]
        if odd or not 0 <= header.get("started_at", 0) <= LATEST:
            raise damaged(self.folder.journal, f"its header makes no sense ({', '.join(odd) or 'started_at'})")
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
        path, blobs, link = self.folder.journal, self._blobs, self._link(since)
        for row in self._rows(since):
            since += 1
            yield since, to_event(row, since, link, path, blobs)
            link = row[11]

    def inputs(self) -> Iterator[Input]:
        """What the kernel took in, in order, for who folds it. What followed is proved to be what was recorded, and
        not looked at: it is three of four events.

        Raises `StateDamaged` at the first gap, wrong checksum or unknown type.
        """
        path, blobs, seq, link = self.folder.journal, self._blobs, 0, self._link(0)
        for page in pages(self._database, 0):
            for row in page:
                seq += 1
                if row[4] in FACTS:
                    prove(row, seq, link, path)
                else:
                    yield to_event(row, seq, link, path, blobs)  # type: ignore[misc]
                link = row[11]

    def entries(self, since: int = 0) -> Iterator[Entry]:
        """As `events`, with the columns: times, epoch, actor."""
        link = self._link(since)
        for row in self._rows(since):
            since += 1
            yield to_entry(row, since, link, self.folder.journal, self._blobs)
            link = row[11]

    def newest_of(self, kind: type[Event]) -> AnyEvent | None:
        """The newest event of that kind, or None. Looks through all events."""
        tag = kind.__struct_config__.tag
        row = self._database.one("SELECT max(seq) FROM events WHERE type = ?", (tag,))
        return next((event for _, event in self.events(row[0] - 1)), None) if row and row[0] else None

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

    def _link(self, seq: int) -> int:
        """What the checksum of the event after that number begins with."""
        if not seq:
            row = self._database.one("SELECT checksum FROM run")
            return root(str(row[0] if row else ""))
        row = self._database.one("SELECT checksum FROM events WHERE seq = ?", (seq,))
        if row is None or not isinstance(row[0], int):
            raise damaged(self.folder.journal, f"event {seq} is missing")
        return row[0]

    def _rows(self, since: int) -> Iterator[Row]:
        for page in pages(self._database, since):
            yield from page

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


def refuse_wrong(folder: RunFolder, database: Database, owner: Owner | None) -> None:
    """Raise `StateDamaged` if the journal is another run's, or older than its last owner, as read before the journal:
    what was committed since stood in a write-ahead log that is gone or damaged.
    """
    refuse_links(folder)
    _refuse_another(folder, database)
    why = _lost(database, owner)
    if why:
        why = _lost(database, owner_of(folder))  # it may have been read while it was being written
    if why:
        remedy = (
            "Put journal.db and journal.db-wal back as they were. Without them the newest events are lost, and what "
            f"they tell of would run again; to go on from what is left: rm {folder.lock}"
        )
        raise damaged(folder.journal, f"its newest events are missing ({why})", remedy)


def _lost(database: Database, owner: Owner | None) -> str:
    """Why the journal is older than its owner; empty if it is not."""
    row = database.one("SELECT epoch FROM run")
    epoch = row[0] if row else None
    if not isinstance(epoch, int) or (owner is not None and epoch < owner.epoch):
        return "they stood in journal.db-wal"
    seq, check = owner.promised if owner is not None else (0, 0)
    if seq and database.one("SELECT checksum FROM events WHERE seq = ?", (seq,)) != (check,):
        row = database.one("SELECT max(seq) FROM events")
        last = (row[0] if row else 0) or 0
        return f"{seq} were recorded, it has {last}" if last < seq else f"event {seq} is another"
    return ""


class _Named(msgspec.Struct):
    run: str


def _refuse_another(folder: RunFolder, database: Database) -> None:
    row = database.one("SELECT header FROM run")
    try:
        run = msgspec.json.decode(row[0] if row else b"", type=_Named).run
    except (msgspec.MsgspecError, TypeError, ValueError):
        return  # that is for who reads the header
    if run != folder.run:
        remedy = f"Give the folder the name {run!r} again, or put the right journal into it."
        raise damaged(folder.journal, f"it is the journal of run {run!r}", remedy)
