"""Locks over all runs of a state directory: who holds them, who waits, first come first served.

The table lives in a database of its own: nothing in it outlives the processes that it speaks of, so it is part of no
history, and its writers do not stand in the way of the catalogue. A row counts only while a live process holds the
lease of its run; what a dead run held is free.
"""

import os
import time
from collections.abc import Callable
from contextlib import closing, suppress

import msgspec

from steplane.store.database import Database, Row, Schema, damaged
from steplane.store.directory import StateDirectory
from steplane.store.files import state_errors
from steplane.store.ids import is_run_id
from steplane.store.lease import is_held
from steplane.store.nursery import temporary_folder
from steplane.store.records import now

_LOCKS = (
    "CREATE TABLE locks (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, most INTEGER NOT NULL, "
    "run TEXT NOT NULL, epoch INTEGER NOT NULL, instance INTEGER NOT NULL, path TEXT NOT NULL, "
    "held INTEGER NOT NULL, since INTEGER NOT NULL, looked REAL NOT NULL, UNIQUE (run, epoch, instance))"
)
SCHEMA = Schema(1, (_LOCKS,), "Move it away when no run is live: it holds nothing but the locks of live runs.")
_SELECT = "SELECT number, name, most, run, epoch, instance, path, held, since, looked FROM locks ORDER BY number"

_KINDS = (int, str, int, str, int, int, str, int, int, float)

LOOK = 1.0
"""Seconds between two looks of one who waits, if nobody tells it before that something is free."""

_SUSPENDED = 5 * LOOK
"""One who waits and has not looked for so long lets others pass: its process may have been stopped."""


class Claim(msgspec.Struct, frozen=True):
    """A lock wanted, or held, by an instance of a run: at most `limit` may hold the name. `since` is in µs."""

    name: str
    limit: int
    run: str
    instance: int
    path: str
    held: bool = False
    since: int = 0
    epoch: int = 0
    number: int = 0
    looked: float = 0.0
    at_once: str = ""

    @property
    def holder(self) -> str:
        """As people are told of it."""
        return f"{self.run}/{self.path}" if self.path else self.run


class Reply(msgspec.Struct, frozen=True):
    """What became of a claim: `given`; or it waits for `holders`; or it never can, for these wait in a `ring`."""

    given: bool = False
    ring: tuple[Claim, ...] = ()
    holders: tuple[Claim, ...] = ()


class LockTable:
    """The locks of a state directory, for one process that owns a run (or, without, only to look).

    Every method opens the database for itself and raises `StateError`, `StateDamaged`.
    """

    __slots__ = ("_bury", "_directory", "epoch", "run")

    def __init__(
        self, directory: StateDirectory, run: str = "", epoch: int = 0, bury: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._directory = directory
        self._bury = bury  # ends what a dead run has left, so that nothing of it works on; False: it lives again
        self.run = run
        self.epoch = epoch

    @property
    def path(self) -> str:
        """The database."""
        return os.path.join(self._directory.path, "locks.db")

    def claims(self) -> list[Claim]:
        """What live runs hold and wait for, in the order in which they came to want it."""
        if not os.path.exists(self.path):
            return []
        with closing(Database.read(self.path, SCHEMA)) as database:
            found = _claims(database)
        dead = self._dead(found)
        return [one for one in found if one.run not in dead]

    def integrity(self) -> list[str]:
        """What is wrong with the file's structure."""
        if not os.path.exists(self.path):
            return []
        with closing(Database.read(self.path, SCHEMA)) as database:
            return database.integrity()

    def begin(self) -> None:
        """Forget what earlier processes of the run held and wanted."""
        if os.path.exists(self.path):
            with closing(self._open()) as database:
                database.run("DELETE FROM locks WHERE run = ? AND epoch <> ?", (self.run, self.epoch))

    def ask(self, claims: list[Claim]) -> dict[int, Reply]:
        """Ask for locks, for the first time or again; the reply by instance."""
        with closing(self._open()) as database:
            self._forget_dead(database)
            with database.transaction():
                return {claim.instance: self._ask(database, claim) for claim in claims}

    def give_back(self, instances: list[int]) -> set[str]:
        """Drop what these hold or wait for; the other runs that should look again."""
        if not os.path.exists(self.path):
            return set()
        with closing(self._open()) as database, database.transaction():
            rows = _claims(database)
            own = [one for one in rows if self._is_own(one) and one.instance in instances]
            database.run_many("DELETE FROM locks WHERE number = ?", [(one.number,) for one in own])
        names = {one.name for one in own}
        return {one.run for one in rows if one.name in names and not one.held and one.run != self.run}

    def end(self) -> set[str]:
        """Drop all that this process holds or waits for; the other runs that should look again."""
        return self.give_back([one.instance for one in self.claims() if self._is_own(one)])

    # ------------------------------------------------------------ asking

    def _ask(self, database: Database, claim: Claim) -> Reply:
        rows = _claims(database)
        mine = next((one for one in rows if self._is_own(one) and one.instance == claim.instance), None)
        if mine is None:
            mine = self._put(database, claim)
            rows.append(mine)
        database.run("UPDATE locks SET looked = ? WHERE number = ?", (time.monotonic(), mine.number))
        same = [one for one in rows if one.name == claim.name]
        holders = tuple(one for one in same if one.held and one.number != mine.number)
        ahead = [one for one in same if not one.held and one.number < mine.number and _is_awake(one)]
        if mine.held or (len(holders) < claim.limit and not ahead):
            database.run("UPDATE locks SET held = 1, since = ? WHERE number = ?", (now(), mine.number))
            return Reply(given=True)
        ring = ring_of(mine, rows)
        if ring:
            database.run("DELETE FROM locks WHERE number = ?", (mine.number,))
        return Reply(ring=ring, holders=holders or tuple(ahead))

    def _put(self, database: Database, claim: Claim) -> Claim:
        values = (claim.name, claim.limit, self.run, self.epoch, claim.instance, claim.path, now(), time.monotonic())
        database.run(
            "INSERT INTO locks (name, most, run, epoch, instance, path, held, since, looked) "
            "VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)", values,
        )  # fmt: skip
        return next(one for one in _claims(database) if self._is_own(one) and one.instance == claim.instance)

    def _is_own(self, one: Claim) -> bool:
        return one.run == self.run and one.epoch == self.epoch

    # ------------------------------------------------------------ the dead

    def _forget_dead(self, database: Database) -> None:
        """Drop the rows of dead runs, once nothing that they have left works on."""
        for run in self._dead(_claims(database)):
            if self._bury(run):
                database.run("DELETE FROM locks WHERE run = ?", (run,))

    def _dead(self, found: list[Claim]) -> set[str]:
        runs = {one.run for one in found} - {self.run}
        return {run for run in runs if not is_held(self._directory.run(run))}

    # ------------------------------------------------------------ the file

    def _open(self) -> Database:
        if not os.path.exists(self.path):
            self._make()
        return Database.open(self.path, SCHEMA, "normal")

    def _make(self) -> None:
        """Make it in one step: whoever comes at the same time finds none or the whole."""
        with temporary_folder(self._directory.runs, "locks") as folder:
            temporary = os.path.join(folder, "locks.db")
            Database.create(temporary, SCHEMA).close()
            with state_errors(self.path), suppress(FileExistsError):
                os.link(temporary, self.path)


def ring_of(claim: Claim, rows: list[Claim]) -> tuple[Claim, ...]:
    """What a claim waits for if that can never come: locks whose holders wait, inside, for others in turn.

    What is in the ring is found from above: all that wait are taken to be stuck, until one is found that is not.
    """
    waiting = {one.number: one for one in rows if not one.held}
    while True:
        stuck = [one for one in rows if one.held and any(_inside(each, one) for each in waiting.values())]
        free = [
            number for number, one in waiting.items() if sum(each.name == one.name for each in stuck) < one.limit
        ]  # fmt: skip
        if not free:
            return tuple(one for one in stuck if one.name == claim.name) if claim.number in waiting else ()
        for number in free:
            del waiting[number]


def _inside(one: Claim, holder: Claim) -> bool:
    """Whether the holder cannot end before the other has got what it waits for."""
    if (one.run, one.epoch) != (holder.run, holder.epoch):
        return False
    return not holder.path or one.path.startswith((f"{holder.path}/", f"{holder.path}["))


def _is_awake(one: Claim) -> bool:
    return 0 <= time.monotonic() - one.looked <= _SUSPENDED


def _claims(database: Database) -> list[Claim]:
    return [_claim(row, database.path) for row in database.all(_SELECT)]


def _claim(row: Row, file: str) -> Claim:
    number, name, most, run, epoch, instance, path, held, since, looked = row
    if tuple(map(type, row)) != _KINDS or not is_run_id(run):
        raise damaged(file, "one of its rows is no lock of a run", SCHEMA.remedy)
    return Claim(name, most, run, instance, path, bool(held), since, epoch, number, looked)
