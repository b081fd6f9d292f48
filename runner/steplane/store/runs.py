"""The store of runs: the one door to a state directory for everything above."""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from steplane.errors import StateError, UnknownRun, UsageError
from steplane.store.cache import Cache
from steplane.store.catalogue import Catalogue, RunSummary
from steplane.store.database import Durability
from steplane.store.directory import StateDirectory
from steplane.store.files import (
    delete_tree,
    make_directory,
    remove_tree,
    restore_directory,
    state_errors,
    sync_directory,
)
from steplane.store.folder import RunFolder
from steplane.store.ids import is_run_id, validate_run_id
from steplane.store.journal import Journal, write_new
from steplane.store.lease import Lease
from steplane.store.nursery import new_folder, temporary_folder
from steplane.store.observed import clock_set, observe, summary_of, with_state
from steplane.store.reader import JournalReader
from steplane.store.records import now, refuse_clock
from steplane.store.requests import Request, Requests

UNFINISHED = frozenset({"running", "waiting", "interrupted"})
"""Statuses of runs that have no recorded end."""

LATEST = "latest"
"""The word for the newest run, where an id may stand."""


class RunStore:
    """The runs of one state directory. Holds no open file itself: any number may be used at once, in any process."""

    __slots__ = ("cache", "catalogue", "directory", "warning")

    def __init__(self, directory: StateDirectory) -> None:
        self.directory = directory
        self.catalogue = Catalogue(directory)
        self.cache = Cache(directory.cache)
        self.warning = ""

    # ------------------------------------------------------------ begin and end

    def create(
        self,
        run_id: str,
        definition: str,
        definition_hash: str,
        header: dict[str, Any],
        durability: Durability = "full",
        *,
        actor: str = "",
    ) -> Journal:
        """Make a run and own it. The header is kept as it is (plain JSON); of it the catalogue takes `workflow`,
        `file`, `version`, `title`, `case`, `parent` (text), `labels` (mapping), `started_at` (µs; else the present).

        The folder appears whole, in one step: a crash leaves a run or none. Raises `UsageError` if the id is not valid
        or taken, `StateError`. A file system without write-ahead log is told in `warning`.
        """
        folder = self.directory.run(validate_run_id(run_id))
        refuse_clock()
        _refuse_taken(folder)
        summary = summary_of(run_id, definition_hash, {"started_at": now(), **header})
        header = {"run": run_id, **header, "started_at": summary.started_at}
        self._build(folder, definition, definition_hash, header)
        journal = Journal.take(folder, durability, actor=actor)
        try:
            self.rebuild()
            self.catalogue.begin(summary)
        except BaseException:
            journal.close()
            remove_tree(folder.path)  # nothing has happened in it yet
            raise
        return journal

    def acquire(self, run_id: str, durability: Durability = "full", *, actor: str = "", force: bool = False) -> Journal:
        """Own a run that exists, to go on with it (or to look before that: nothing is written but the epoch).

        Raises `RunHeld`, `LeaseLost`, `UnknownRun`, `StateError`, `StateDamaged`. `force`: see `Lease.take`.
        """
        refuse_clock()
        journal = Journal.take(self._folder(run_id), durability, actor=actor, force=force)
        try:
            restore_directory(journal.folder.artifacts)
        except BaseException:
            journal.close()
            raise
        return journal

    def reopened(self, run_id: str) -> None:
        """Say in the catalogue that a run with a recorded end goes on."""
        self.rebuild()
        self.catalogue.end(run_id, "", 0)

    def ended(self, run_id: str, status: str, at: int = 0) -> None:
        """Say in the catalogue how a run has ended (µs; else the present). The journal says it first, and rules."""
        self.rebuild()
        self.catalogue.end(run_id, status, at or now())

    def delete(self, run_id: str) -> None:
        """Remove a run that nobody owns, with all its files: at once it is no run any more, then its files go.

        What a crash leaves of these, the next that makes a run removes. Raises `UnknownRun`, `RunHeld`, `UsageError`
        for a folder that is a link or lies elsewhere, `StateError`.
        """
        folder = self._folder(run_id)
        _refuse_elsewhere(self.directory, folder)
        lease = Lease.take(folder)
        try:
            with temporary_folder(self.directory.runs, "deleted") as grave:
                gone = os.path.join(grave, run_id)
                with state_errors(folder.path, "remove"):
                    os.rename(folder.path, gone)
                    sync_directory(self.directory.runs)
                delete_tree(gone)  # first: on a full disk the catalogue needs the room that this makes
                if self.catalogue.exists():
                    with suppress(StateError):  # a row without a folder is no run: whoever reads it knows
                        self.catalogue.forget(run_id)
        finally:
            lease.release()

    def _build(self, folder: RunFolder, definition: str, hashed: str, header: dict[str, Any]) -> None:
        try:
            with new_folder(folder) as new:
                self.warning = write_new(new, definition, hashed, header) or self.warning
                with state_errors(new.path):
                    make_directory(new.artifacts)
        except FileExistsError:
            _refuse_taken(folder)
            raise

    # ------------------------------------------------------------ reading

    def read(self, run_id: str) -> JournalReader:
        """Open a run's journal for reading, also while it is written.

        Raises `UnknownRun`, `StateError`, `StateDamaged`.
        """
        return JournalReader.open(self._folder(run_id))

    def folder(self, run_id: str) -> RunFolder:
        """Where a run's files stand. Raises `UnknownRun`."""
        return self._folder(run_id)

    def ids(self) -> list[str]:
        """The ids of all runs, by their folders, in the order of their names."""
        with state_errors(self.directory.runs, "read"):
            try:
                names = os.listdir(self.directory.runs)
            except FileNotFoundError:
                return []
        runs = self.directory.runs
        return sorted(name for name in names if is_run_id(name) and os.path.isdir(os.path.join(runs, name)))

    def resolve(self, text: str) -> str:
        """The id that a person means: whole, any beginning of it that only one run has, or `latest`.

        Raises `UnknownRun` naming the nearest ids, `UsageError` naming those that a beginning fits.
        """
        ids = self.ids()
        if text in ids:
            return text
        if text == LATEST and ids:
            return self.latest()
        fitting = [one for one in ids if text and one.startswith(text)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            newest = ", ".join(reversed(fitting[-5:]))
            raise UsageError(f"{text!r} fits {len(fitting)} runs: {newest}", "Give more of the id.")
        raise _unknown(text, ids)

    def status(self, run_id: str) -> str:
        """What a run is doing, computed: `running` if a live process holds it, else what its journal says last."""
        return self.summary(run_id).status

    def summary(self, run_id: str) -> RunSummary:
        """All of one run, from its own folder. Raises `UnknownRun`."""
        return observe(self._folder(run_id))

    def clock_set(self, run_id: str) -> int:
        """See `clock_set`. Raises `UnknownRun`, `StateDamaged`, `StateError`."""
        with self.read(run_id) as journal:
            return clock_set(journal.last())

    def list_runs(
        self, *, status: str = "", workflow: str = "", case: str = "", parent: str = "", limit: int = 0
    ) -> list[RunSummary]:
        """List the runs, newest first; each given word must be equal. `limit` 0 is all."""
        found = self.each_run(workflow=workflow, case=case, parent=parent)
        fitting = (one for one in found if status in {"", one.status})
        return list(islice(fitting, limit)) if limit else list(fitting)

    def each_run(self, *, workflow: str = "", case: str = "", parent: str = "", since: int = 0) -> Iterator[RunSummary]:
        """The runs one after the other, newest first: what each does now is found out when it is asked for.

        Each given word must be equal; `since` (µs) leaves out what began before.
        """
        for recorded in self.recorded():
            if recorded.started_at < since:
                return
            words = ((workflow, recorded.workflow), (case, recorded.case), (parent, recorded.parent))
            if all(wanted in {"", found} for wanted, found in words):
                yield self.current(recorded)

    def recorded(self) -> list[RunSummary]:
        """The runs as the catalogue has them, newest first: quick, but of one that has not ended it knows no status."""
        if not os.path.lexists(self.directory.runs):
            return []
        with suppress(StateError):  # a directory that cannot be written is listed all the same
            self.rebuild()
        return self._recorded()

    def current(self, recorded: RunSummary) -> RunSummary:
        """The same with what the run does now."""
        return recorded if recorded.ended_at else with_state(self.directory.run(recorded.id), recorded)

    def latest(self, *, unfinished: bool = False) -> str:
        """The id of the newest run, or of the newest that has not ended. Raises `UnknownRun` if there is none."""
        for one in self.list_runs():
            if not unfinished or one.status in UNFINISHED:
                return one.id
        what = "no unfinished run" if unfinished else "no run"
        raise UnknownRun(f"there is {what} in {self.directory.path}", "Start one: steplane run FILE")

    def requests(self, run_id: str) -> list[Request]:
        """What was asked of a run while it was not live, oldest first. After use: `done`."""
        earlier = self.catalogue.requests(run_id) if self.catalogue.exists() else []
        return earlier + Requests(self.directory.run(run_id)).all()

    def ask(self, run_id: str, kind: str, data: Any = None, actor: str = "") -> Request:
        """Leave a request for a run that is not live."""
        return Requests(self._folder(run_id)).put(kind, data, actor)

    def done(self, run_id: str, requests: list[Request]) -> None:
        """Drop requests of a run, after what came of them is committed in its journal. Raises `StateError`."""
        Requests(self.directory.run(run_id)).done([one for one in requests if one.file])
        self.catalogue.done([one for one in requests if not one.file])

    def rebuild(self) -> None:
        """Make the catalogue from the runs' folders, if it is not there."""
        if not self.catalogue.exists():
            self.catalogue.make([observe(self.directory.run(one)) for one in self.ids()])

    def refuse_link(self, run_id: str) -> None:
        """Raise `UsageError` where the folder of the run is a link: nothing outside is ever removed."""
        _refuse_elsewhere(self.directory, self.directory.run(run_id))

    def _folder(self, run_id: str) -> RunFolder:
        folder = self.directory.run(run_id)
        if not is_run_id(run_id) or not os.path.isdir(folder.path):
            raise _unknown(run_id, self.ids())
        return folder

    def _recorded(self) -> list[RunSummary]:
        """The catalogue, and those runs of the folders that it does not know (a crash just after the begin)."""
        known = {one.id: one for one in self.catalogue.summaries()} if self.catalogue.exists() else {}
        there = set(self.ids())
        strays = [observe(self.directory.run(one)) for one in there - known.keys()]
        listed = [one for one in known.values() if one.id in there] + strays
        return sorted(listed, key=lambda one: (one.started_at, one.id), reverse=True)


def _refuse_elsewhere(directory: StateDirectory, folder: RunFolder) -> None:
    """Links are not followed: nothing outside the state directory is ever removed."""
    for path in (directory.runs, folder.path):
        if os.path.islink(path):
            raise UsageError(f"{path} is a link to {os.readlink(path)}", "It is not followed; remove it by hand.")


def _refuse_taken(folder: RunFolder) -> None:
    if os.path.lexists(folder.path):
        run = folder.run
        raise UsageError(
            f"a run {run!r} exists already in {os.path.dirname(os.path.dirname(folder.path))}",
            f"Go on with it: steplane resume {run}; look at it: steplane show {run}; or give another --id.",
        )


def _unknown(text: str, ids: list[str]) -> UnknownRun:
    if not ids:
        return UnknownRun(f"no run {text!r}: there is no run yet", "Start one: steplane run FILE")
    from difflib import get_close_matches

    near = get_close_matches(text, ids, n=3, cutoff=0.6) or ids[-3:][::-1]
    return UnknownRun(f"no run {text!r}", f"Nearest: {', '.join(near)}. All: steplane runs")
