"""What the live view remembers of an event: taken in the coordinating thread, where an instance may be looked at."""

from typing import Any, NamedTuple, TypeAlias

from msgspec.structs import replace

from steplane.events import (
    OK,
    AnyEvent,
    CancelRequested,
    ItemAdded,
    Resumed,
    RunStarted,
    RunWaiting,
    StepEnded,
    StepReady,
    StepRetry,
    StepStarted,
    StepWaiting,
    StepWoken,
)
from steplane.kernel import Instance, Scope
from steplane.plan.nodes import Node, Rounds
from steplane.reporters.activations import shown_name

SHOWN = frozenset({RunStarted, Resumed, CancelRequested, RunWaiting, StepReady, StepStarted, StepRetry, StepEnded})
SHOWN |= {StepWaiting, StepWoken, ItemAdded}
"""The events that change the view."""


Waits: TypeAlias = StepWaiting | StepWoken | ItemAdded
"""What becomes of a step that waits, and of a loop that waits for items."""
_Step: TypeAlias = StepReady | StepStarted | StepRetry | StepWaiting | StepWoken | ItemAdded | StepEnded


class Note(NamedTuple):
    """An event with what it says about the instance.

    `inside` is the path of what the step stands in (a group, its loop, empty for the workflow), None for events of
    the run. `key` is that of an item of a loop. `begun` is when its first attempt has begun (µs), or this process
    to go on with it, `most` how many attempts it has (None: nobody knows), `size` the number of items of a loop
    that begins (None: it goes in rounds). `before` are the steps (or items) around it that an earlier process has
    brought to a good end; told once for each list, or loop, of a resumed run. `again`: it has not happened now, but
    goes on since then. `path` is the instance's, where the event has a name of its further activation in its place.
    """

    event: AnyEvent
    node: Node | None = None
    inside: str | None = None
    key: str | None = None
    begun: int = 0
    most: int | None = None
    size: int | None = 0
    before: int = 0
    done: frozenset[str] = frozenset()
    again: bool = False
    path: str = ""


class Notes:
    """Makes the notes of one run."""

    def __init__(self) -> None:
        self._resumed_at = 0
        self._lists: set[Scope] = set()
        self._told: set[str] = set()

    def of(self, event: AnyEvent, instance: Instance | None) -> list[Note]:
        """The note of an event; before it, in a resumed run, those of what is around it and had begun before."""
        if isinstance(event, Resumed):
            self._resumed_at = event.at
        if instance is None or instance.scope is None or not isinstance(event, _Step):
            return [Note(event)]
        note = self._note(event, instance, current=instance.number == event.activation)
        if not self._resumed_at:
            return [note]
        self._told.add(event.path)
        return [*self._around(instance), note]

    def _around(self, instance: Instance) -> list[Note]:
        """What goes on around the instance without a word of it in this process: nothing of it has begun anew."""
        found: list[Note] = []
        one = _outer(instance)
        while one.scope is not None and one.path not in self._told:
            self._told.add(one.path)
            found.append(self._note(_latest(one), one)._replace(again=True))
            one = _outer(one)
        return found[::-1]

    def _note(self, event: _Step, instance: Instance, *, current: bool = True) -> Note:
        size: int | None = 0
        before = 0
        if isinstance(event, StepStarted | ItemAdded) and instance.loop is not None and instance.parent is None:
            size = None if isinstance(instance.node.loop, Rounds) else len(instance.loop.keys)
            before = sum(map(self._earlier, instance.loop.instances)) if self._resumed_at else 0
        begun = max(instance.first_at, self._resumed_at) if current and instance.first_at else 0
        event, inside, path = _numbered(event, instance)
        return Note(
            event, instance.node, inside, instance.key if instance.parent is not None else None,
            begun, instance.attempts, size, before, self._done(instance), path=path,
        )  # fmt: skip

    def _done(self, instance: Instance) -> frozenset[str]:
        """The steps of its list that are done since an earlier process, when the list is met first."""
        scope = instance.scope
        if not self._resumed_at or instance.parent is not None or scope is None or scope in self._lists:
            return frozenset()
        self._lists.add(scope)
        return frozenset(one.node.id for one in scope.current if one is not None and self._earlier(one))

    def _earlier(self, one: Instance | None) -> bool:
        return one is not None and one.ended and one.status in OK and one.ended_at < self._resumed_at


def _numbered(event: _Step, instance: Instance) -> tuple[_Step, str, str]:
    """The event with what the instance is called, what that is called which it stands in, and the path."""
    name = shown_name(instance)
    if name == event.path:
        return event, _outer(instance).path, event.path
    return replace(event, path=name), shown_name(_outer(instance)), event.path


def _latest(one: Instance) -> StepReady | StepStarted:
    """The event that made it what it is now."""
    name: dict[str, Any] = {
        "step": one.node.id, "path": one.path, "activation": one.number, "instance": one.serial,
    }  # fmt: skip
    if not one.attempt:
        return StepReady(at=one.ready_at, **name)
    return StepStarted(at=one.started_at, attempt=one.attempt, **name)


def _outer(instance: Instance) -> Instance:
    """The loop that it is an item of, else the group that its list belongs to."""
    assert instance.scope is not None
    return instance.parent or instance.scope.owner
