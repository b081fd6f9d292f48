"""What a run is doing, told from its own folder: the lease and the journal, never a stored "running"."""

from typing import Any

import msgspec

from steplane.errors import StateDamaged, StateError
from steplane.events import RunEnded, RunWaiting
from steplane.store.catalogue import RunSummary
from steplane.store.folder import RunFolder
from steplane.store.lease import is_held
from steplane.store.reader import JournalReader
from steplane.store.records import Entry
from steplane.uptime import boot, set_since


def summary_of(run: str, definition_hash: str, header: dict[str, Any]) -> RunSummary:
    """What the catalogue takes of a run's header; a value of another type than it should be is left out."""
    labels, started = header.get("labels"), header.get("started_at")
    return RunSummary(
        id=run,
        definition_hash=definition_hash,
        labels=labels if isinstance(labels, dict) else {},
        started_at=started if isinstance(started, int) else 0,
        workflow=_text(header.get("workflow")),
        file=_text(header.get("file")),
        version=_text(header.get("version")),
        title=_text(header.get("title")),
        case=_text(header.get("case")),
        parent=_text(header.get("parent")),
    )


def observe(folder: RunFolder) -> RunSummary:
    """All of one run from its folder alone; one that cannot be read has the status `damaged`."""
    try:
        with JournalReader.open(folder) as journal:
            recorded = summary_of(folder.run, journal.definitions()[0].hash, journal.header)
    except (StateDamaged, StateError, IndexError):
        return RunSummary(folder.run, status="damaged")
    return with_state(folder, recorded)


def with_state(folder: RunFolder, recorded: RunSummary) -> RunSummary:
    """The summary with the status and the end that the lease and the journal show now."""
    status, ended_at, waits = _state(folder)
    return msgspec.structs.replace(recorded, status=status, ended_at=ended_at, waits=waits)


def _state(folder: RunFolder) -> tuple[str, int, str]:
    if is_held(folder):
        return "running", 0, ""
    try:
        with JournalReader.open(folder) as journal:
            _ = journal.header  # without one that makes sense nobody can go on with the run
            last = journal.last()
    except (StateDamaged, StateError):
        return "damaged", 0, ""
    if last is not None and isinstance(last.event, RunEnded):
        return last.event.status, last.at, ""
    if last is not None and isinstance(last.event, RunWaiting):
        return "waiting", 0, last.event.reason
    return "interrupted", 0, ""


def clock_set(last: Entry | None) -> int:
    """By how many µs the wall clock was set since the run wrote its `last` event. 0 also where that is not known: what
    is not may have been written in another boot, unless the run says that it waits.
    """
    if last is None or not boot() or (isinstance(last.event, RunWaiting) and last.event.boot != boot()):
        return 0
    return set_since(last.at, last.mono)


def _text(value: object) -> str:
    return "" if value is None else str(value)
