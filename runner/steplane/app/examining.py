"""Whether what is recorded of a run is whole: its journal, what follows from it, and the files that it names."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from steplane.app.history import RunRecord, read_run
from steplane.app.kept import kept_files, verify_file
from steplane.app.recorded import Plans, compiler
from steplane.commands import Record
from steplane.driver.keeping import restored, to_keep
from steplane.errors import StateDamaged, StateError, SteplaneError, UsageError
from steplane.events import AnyEvent, ArtifactsKept, Input, RunWaiting
from steplane.executors.logs import TIMES
from steplane.kernel import Kernel
from steplane.masking import Mask
from steplane.plugins import Registry
from steplane.store import JournalReader, RunFolder, RunStore
from steplane.store.catalogue import ADVICE
from steplane.store.files import no_directory, open_regular
from steplane.store.lease import odd_lock
from steplane.store.locks import LockTable
from steplane.store.requests import Requests

_encode = msgspec.json.Encoder().encode


class Problem(Struct, frozen=True):
    """Something that is not what was recorded: in words that name the file, and how to go on."""

    message: str
    remedy: str = ""


class Examined(Struct):
    """What was looked at of one run, and what is wrong. `notes` say what could not be looked at."""

    run: str
    status: str
    events: int = 0
    artifacts: int = 0
    logs: int = 0
    problems: list[Problem] = []
    notes: list[str] = []


def examine_run(store: RunStore, registry: Registry, run_id: str) -> Examined:
    """Look at all of one run. Raises `UnknownRun`, `StateError` for what cannot be read at all."""
    found = Examined(run_id, store.status(run_id), problems=[], notes=[])
    try:
        with store.read(run_id) as journal:
            found.events = journal.last_seq()
            found.problems += [Problem(one) for one in journal.check()]
            if not found.problems:
                _examine_fold(found, journal, store, registry)
    except StateDamaged as error:
        found.problems.append(Problem(error.message, error.remedy))
    if not found.problems:
        _examine_files(found, store, run_id)
        found.problems += [Problem(one.message, one.remedy) for one in Requests(store.folder(run_id)).damages()]
        _examine_catalogue_entry(found, store, run_id)
    if odd := odd_lock(store.folder(run_id)):
        found.problems.append(Problem(*odd))
    return found


def examined(store: RunStore, registry: Registry, run_id: str) -> Examined:
    """The same; what cannot be read at all is a problem of that run, and does not hide the others."""
    try:
        return examine_run(store, registry, run_id)
    except SteplaneError as error:
        return Examined(run_id, "damaged", problems=[Problem(error.message, error.remedy)], notes=[])


def examine_shared(store: RunStore) -> list[Problem]:
    """What is wrong with the files that all runs share: the catalogue, and the locks of the store."""
    locks = LockTable(store.directory)
    found = []
    if store.catalogue.exists():
        found += _examine_shared(store.directory.database, store.catalogue.integrity, store.catalogue.summaries)
        found += [] if found else _examine_lost(store)
    return found + _examine_shared(locks.path, locks.integrity, locks.claims)


def _examine_lost(store: RunStore) -> Iterator[Problem]:
    """Runs of which the catalogue still knows, and nothing else is there."""
    known, there = store.catalogue.summaries(), set(store.ids())  # in this order: a run that begins now is not lost
    lost = [one for one in known if one.id not in there]
    still = {one.id for one in store.catalogue.summaries()} if lost else set()  # nor is one that is being removed
    for one in lost:
        if one.id in still:
            folder, database = store.directory.run(one.id).path, store.directory.database
            yield Problem(
                f"{folder} is gone: run {one.id} of {one.workflow or 'no name'} was there once",
                f"Put it back from a copy. If that is meant, remove {database}: it is made anew from the runs.",
            )


def _examine_shared(path: str, integrity: Callable[[], list[str]], read: Callable[[], object]) -> list[Problem]:
    try:
        found = [Problem(f"{path} is damaged: {one}") for one in integrity()]
        read()
    except StateDamaged as error:
        return [Problem(error.message, error.remedy)]
    return found


def fault_of_fold(kernel: Kernel, events: Iterable[tuple[int, AnyEvent]]) -> str:
    """Where the recorded facts are not those that follow from the recorded inputs; empty if they are."""
    mask = Mask({})
    due: deque[AnyEvent] = deque()
    seq = 0
    for seq, event in events:
        if isinstance(event, Input):
            if due:
                return f"before event {seq} stands no {_name(due[0])}, which follows from what came before"
            try:
                commands = kernel.step(restored(event))
            except Exception as error:  # noqa: BLE001 - no run gives the kernel such events: it may fail in any way
                return f"event {seq} ({_name(event)}) cannot have followed what came before ({type(error).__name__})"
            facts = (one.fact for one in commands if isinstance(one, Record))
            due.extend(to_keep(fact, kernel.state, mask) for fact in facts)
        elif not isinstance(event, ArtifactsKept | RunWaiting):  # which the kernel knows nothing of
            wanted = due.popleft() if due else None
            if wanted is None or _encode(replace(wanted, at=0)) != _encode(replace(event, at=0)):
                return f"event {seq} ({_name(event)}) does not follow from what came before"
    return f"behind event {seq} stands no {_name(due[0])}, which follows from it" if due else ""


def _name(event: AnyEvent) -> str:
    path = getattr(event, "path", "")
    return f"`{event.__struct_config__.tag}`" + (f" of {path}" if path else "")


def _examine_fold(found: Examined, journal: JournalReader, store: RunStore, registry: Registry) -> None:
    try:
        plans = Plans(journal, compiler(journal, registry, store))
        kernel = Kernel(plans.first, plans.of)
    except UsageError as error:
        found.notes.append(f"what follows from the events was not looked at: {error.message}")
        return
    fault = fault_of_fold(kernel, journal.events())
    if fault:
        remedy = "It was changed by hand, or a fault of Steplane made it; please report it."
        found.problems.append(Problem(f"{journal.folder.journal}: {fault}", remedy))


def _examine_files(found: Examined, store: RunStore, run_id: str) -> None:
    """Artifacts and logs. Those of a live run may change while they are looked at."""
    if found.status == "running":
        found.notes.append("its artifacts and logs were not looked at: it is running")
        return
    record, folder = read_run(store, run_id), store.folder(run_id)
    if os.path.exists(folder.artifacts) and not os.path.isdir(folder.artifacts):
        found.problems.append(Problem(*no_directory(folder.artifacts)))
    for one in kept_files(store, record):
        found.artifacts += 1
        try:
            verify_file(folder, one)
        except SteplaneError as error:
            found.problems.append(Problem(error.message, error.remedy))
    for path in _logs(folder, record):
        found.logs += 1
        try:
            if _is_cut_off(path):
                found.notes.append(f"{path} is shorter than it was: a power loss may take the end of a log")
        except (OSError, ValueError, IndexError) as error:
            why = getattr(error, "strerror", None) or f"the times beside it ({TIMES}) are damaged"
            remedy = "Nothing else depends on it; what can be read is shown."
            found.problems.append(Problem(f"the log {path} cannot be read: {why}", remedy))


def _logs(folder: RunFolder, record: RunRecord) -> Iterator[str]:
    """The logs that there are. A step that wrote nothing has none."""
    for one in record.steps:
        path = folder.log_path(one.path)
        if os.path.lexists(path):
            yield path


def _is_cut_off(path: str) -> bool:
    """Whether more was written to a log than is there, as the times beside it tell. Raises `OSError`, `ValueError`."""
    with open_regular(path) as log:
        size = os.fstat(log.fileno()).st_size
    try:
        with open_regular(path + TIMES) as times:
            times.seek(max(os.fstat(times.fileno()).st_size - 200, 0))
            last = times.read().split(b"\n")[-2:-1]
    except FileNotFoundError:
        return False
    return bool(last) and int(last[0].split()[0]) > size


def _examine_catalogue_entry(found: Examined, store: RunStore, run_id: str) -> None:
    """The catalogue's word on how the run ended is what `runs` shows."""
    try:
        recorded = next((one for one in store.recorded() if one.id == run_id), None)
    except (StateDamaged, StateError):
        return  # that is told of the catalogue
    now = store.summary(run_id)
    if recorded is None or not recorded.ended_at or now.status == "running":
        return
    if replace(recorded, ended_at=now.ended_at) != now:  # the catalogue is told of the end a little later
        database = store.directory.database
        message = f"{database} says other things of run {run_id} than its journal, which rules"
        found.problems.append(Problem(message, ADVICE.replace("it (", "steplane.db (", 1)))
