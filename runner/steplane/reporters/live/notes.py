"""What the live view remembers of an event: taken in the coordinating thread, where an instance may be looked at."""

from typing import NamedTuple

from steplane.events import (
    OK,
    AnyEvent,
    CancelRequested,
    Resumed,
    RunStarted,
    RunWaiting,
    StepEnded,
    StepReady,
    StepRetry,
    StepStarted,
)
from steplane.kernel import Instance, Scope
from steplane.plan.nodes import Node

SHOWN = frozenset({RunStarted, Resumed, CancelRequested, RunWaiting, StepReady, StepStarted, StepRetry, StepEnded})
"""The events that change the view."""


class Note(NamedTuple):
    """An event with what it says about the instance.

    `inside` is the path of what the step stands in (a group, its loop, empty for the workflow), None for events of the
    run. `key` is that of an item of a loop. `begun` is when its first attempt has begun (µs), `most` how many attempts
    it has (None: nobody knows), `size` the number of items of a loop that begins. `before` are the steps (or items)
    around it that an earlier process has brought to a good end; told once for each list, or loop, of a resumed run.
    """

    event: AnyEvent
    node: Node | None = None
    inside: str | None = None
    key: str | None = None
    begun: int = 0
    most: int | None = None
    size: int = 0
    before: int = 0
    done: frozenset[str] = frozenset()


class Notes:
    """Makes the notes of one run."""

    def __init__(self) -> None:
        self._resumed_at = 0
        self._known: set[Scope] = set()

    def of(self, event: AnyEvent, instance: Instance | None) -> Note:
        """The note of an event."""
        if isinstance(event, Resumed):
            self._resumed_at = event.at
        if instance is None or instance.scope is None:
            return Note(event)
        around = instance.parent or instance.scope.owner
        current = instance.number == getattr(event, "activation", 0)
        size = before = 0
        if isinstance(event, StepStarted) and instance.loop is not None and instance.parent is None:
            size = len(instance.loop.keys)
            before = sum(self._earlier(one) for one in instance.loop.instances) if self._resumed_at else 0
        return Note(
            event, instance.node, around.path, instance.key if instance.parent is not None else None,
            instance.first_at if current else 0, instance.attempts, size, before, self._done_before(instance),
        )  # fmt: skip

    def _done_before(self, instance: Instance) -> frozenset[str]:
        """The steps of its list that are done since an earlier process, when the list is met first."""
        scope = instance.scope
        if not self._resumed_at or instance.parent is not None or scope is None or scope in self._known:
            return frozenset()
        self._known.add(scope)
        return frozenset(one.node.id for one in scope.current if one is not None and self._earlier(one))

    def _earlier(self, one: Instance | None) -> bool:
        return one is not None and one.ended and one.status in OK and one.ended_at < self._resumed_at
