"""The times of a run by the clock with which it began, wherever that was set between two of its processes.

So what lies between two of them is how long it took, and what came later has the later time.
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate

from msgspec.structs import replace

from steplane.app.records import RunRecord
from steplane.events import AnyEvent, Clocked
from steplane.store.records import LATEST


class Timeline:
    """Of one run. `set_by`: by how many microseconds the clock has been set since it began, so far."""

    def __init__(self) -> None:
        self.set_by = 0

    def events(self, events: Iterable[AnyEvent]) -> Iterator[AnyEvent]:
        """Those of its journal."""
        for event in events:
            if isinstance(event, Clocked):
                self.set_by += event.set_by
            yield self._told(event) if self.set_by or (isinstance(event, Clocked) and event.set_by) else event

    def _told(self, event: AnyEvent) -> AnyEvent:
        at = _before(event.at, self.set_by)
        return replace(event, at=at, set_by=0) if isinstance(event, Clocked) else replace(event, at=at)


def by_first_clock(record: RunRecord) -> RunRecord:
    """The record, with the times of the run and of its processes; those of its steps are as they were recorded."""
    sets = list(accumulate(one.set_by for one in record.sessions))
    if not any(sets):
        return record
    sessions = [
        replace(one, begin=_before(one.begin, by), end=_before(one.end, by), set_by=0)
        for one, by in zip(record.sessions, sets, strict=True)
    ]
    ended_at = record.summary.ended_at and _before(record.summary.ended_at, sets[-1])
    return replace(record, summary=replace(record.summary, ended_at=ended_at), sessions=sessions)


def _before(at: int, set_by: int) -> int:
    """The time by the clock as it was before it was set; one that can be told, whatever a journal says."""
    return min(max(0, at - set_by), LATEST)
