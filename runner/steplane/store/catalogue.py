"""The catalogue: which runs there are. Small, shared, made again at need: nothing is in it that is nowhere else."""

import os
from contextlib import closing
from typing import Any

import msgspec

from steplane.store.database import Database, Row, Schema, damaged
from steplane.store.directory import StateDirectory
from steplane.store.files import state_errors
from steplane.store.nursery import temporary_folder
from steplane.store.records import LATEST
from steplane.store.requests import Request

_RUNS = (
    "CREATE TABLE runs (id TEXT PRIMARY KEY, workflow TEXT NOT NULL, file TEXT NOT NULL, "
    "version TEXT NOT NULL, definition_hash TEXT NOT NULL, title TEXT NOT NULL, started_at INTEGER NOT NULL, "
    'ended_at INTEGER NOT NULL, status TEXT NOT NULL, "case" TEXT NOT NULL, labels TEXT NOT NULL, '
    "parent TEXT NOT NULL)"
)
_RUNS_BY_START = "CREATE INDEX runs_by_start ON runs (started_at)"
_REQUESTS = (
    "CREATE TABLE requests (number INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, kind TEXT NOT NULL, "
    "data TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL)"
)
_REQUESTS_BY_RUN = "CREATE INDEX requests_by_run ON requests (run)"
ADVICE = "Move it (and its -wal) away: it is made again from the runs' own folders at the next command."
SCHEMA = Schema(1, (_RUNS, _RUNS_BY_START, _REQUESTS, _REQUESTS_BY_RUN), ADVICE)


_STATUSES = frozenset(
    {"", "succeeded", "warning", "failed", "cancelled", "running", "waiting", "interrupted", "damaged"}
)


class RunSummary(msgspec.Struct, frozen=True):
    """One run. Times are µs since the epoch, UTC; `ended_at` is 0 while there is no end. `status` as the store computes
    it: `running` (a live process holds it), `waiting`, `interrupted`, `damaged`, or its end. `waits`: what it waits
    for, in words; the catalogue does not know that.
    """

    id: str
    workflow: str = ""
    file: str = ""
    version: str = ""
    definition_hash: str = ""
    title: str = ""
    started_at: int = 0
    ended_at: int = 0
    status: str = ""
    case: str = ""
    labels: dict[str, Any] = {}
    parent: str = ""
    waits: str = ""


_COLUMNS = RunSummary.__struct_fields__[:12]


class Catalogue:
    """`steplane.db`, opened for each use. Transactions are short and rare: one at a run's begin, one at its end."""

    __slots__ = ("_directory",)

    def __init__(self, directory: StateDirectory) -> None:
        self._directory = directory

    def exists(self) -> bool:
        """Whether there is one; a lost one is made again by the store."""
        return os.path.exists(self._directory.database)

    def make(self, summaries: list[RunSummary]) -> None:
        """Make it, holding these runs, in one step: a reader finds none or the whole."""
        with temporary_folder(self._directory.runs, "catalogue") as folder:
            temporary = os.path.join(folder, "steplane.db")
            with closing(Database.create(temporary, SCHEMA)) as database, database.transaction():
                for summary in summaries:
                    _put(database, summary)
            with state_errors(self._directory.database):
                _give_name(temporary, self._directory.database)

    def put(self, summary: RunSummary) -> None:
        """Add a run, or replace what is said of it."""
        with closing(self._open()) as database, database.transaction():
            _put(database, summary)

    def begin(self, summary: RunSummary) -> None:
        """Add a new run. What was asked of an earlier one of the same id, which is gone, is not asked of it."""
        with closing(self._open()) as database, database.transaction():
            database.run("DELETE FROM requests WHERE run = ?", (summary.id,))
            _put(database, summary)

    def end(self, run: str, status: str, at: int) -> None:
        """Record how a run has ended, and when (µs); `at` 0 takes the end back: the run goes on."""
        with closing(self._open()) as database:
            database.run("UPDATE runs SET status = ?, ended_at = ? WHERE id = ?", (status, at, run))

    def forget(self, run: str) -> None:
        """Drop a run and what waits for it."""
        with closing(self._open()) as database, database.transaction():
            database.run("DELETE FROM runs WHERE id = ?", (run,))
            database.run("DELETE FROM requests WHERE run = ?", (run,))

    def summaries(self) -> list[RunSummary]:
        """Every run as last recorded, newest first; without those of which what is said makes no sense.

        Whoever asks looks for these in their own folders: one odd run must not hide all others.
        """
        with closing(self._read()) as database:
            rows = database.all("SELECT * FROM runs ORDER BY started_at DESC, id DESC")
        return [one for one in map(self._summary, rows) if _makes_sense(one)]

    def requests(self, run: str) -> list[Request]:
        """What an earlier release left here for a run, oldest first; now it stands in the run's own folder."""
        with closing(self._read()) as database:
            statement = "SELECT number, run, kind, data, actor, at FROM requests WHERE run = ? ORDER BY number"
            rows = database.all(statement, (run,))
        return [Request(row[0], row[1], row[2], self._decoded(row[3]), row[4], row[5]) for row in rows]

    def done(self, requests: list[Request]) -> None:
        """Drop requests, after what came of them is committed in the journal."""
        if requests:
            with closing(self._open()) as database:
                database.run_many("DELETE FROM requests WHERE number = ?", [(one.number,) for one in requests])

    def integrity(self) -> list[str]:
        """What is wrong with the file's structure."""
        with closing(self._read()) as database:
            return database.integrity()

    def _open(self) -> Database:
        return Database.open(self._directory.database, SCHEMA, "normal")

    def _read(self) -> Database:
        return Database.read(self._directory.database, SCHEMA)

    def _summary(self, row: Row) -> RunSummary:
        try:
            return msgspec.convert(
                dict(zip(_COLUMNS, (*row[:10], self._decoded(row[10]), row[11]), strict=True)),
                RunSummary,
            )
        except msgspec.ValidationError as error:
            raise damaged(self._directory.database, str(error), ADVICE) from error

    def _decoded(self, text: str) -> Any:
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, TypeError, ValueError, RecursionError) as error:
            raise damaged(self._directory.database, str(error), ADVICE) from error


def _makes_sense(one: RunSummary) -> bool:
    return 0 <= one.started_at <= LATEST and 0 <= one.ended_at <= LATEST and one.status in _STATUSES


def _put(database: Database, one: RunSummary) -> None:
    values = (
        one.id, one.workflow, one.file, one.version, one.definition_hash, one.title, one.started_at, one.ended_at,
        one.status, one.case, msgspec.json.encode(one.labels).decode(), one.parent,
    )  # fmt: skip
    database.run(f"INSERT OR REPLACE INTO runs VALUES ({', '.join('?' * 12)})", values)  # noqa: S608 - no user text


def _give_name(temporary: str, path: str) -> None:
    """Link rather than rename: never over a catalogue that another process has just made."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        os.rename(temporary, path)
