"""The stories of instances: what happened to each activation, and why."""

from collections.abc import Callable, Iterable

from steplane.app.recorded import Held
from steplane.app.stories.causes import blocked_by, chain
from steplane.app.stories.replay import Replay
from steplane.app.stories.shapes import Story
from steplane.app.stories.timeline import Timeline
from steplane.app.stories.waiting import tell_now, waits_for
from steplane.app.stories.watching import Watcher
from steplane.events import AnyEvent, Input, StepFact
from steplane.kernel import Instance

Wanted = Callable[[Instance], bool]
"""Whether an instance is looked at."""


class Watch:
    """Looks at the instances that are wanted while the run is gone through."""

    def __init__(self, replay: Replay, wanted: Wanted) -> None:
        self.watchers: dict[int, Watcher] = {}
        self._replay, self._wanted = replay, wanted
        self._known = 0

    def __call__(self, at: int, event: Input, facts: list[StepFact]) -> None:
        """Take in an event."""
        state = self._replay.kernel.state
        fresh = [state.instances.get(serial) for serial in range(self._known, state.next_serial)]
        self._known = state.next_serial
        for one in [*fresh, *(self._replay.lives[fact.instance].instance for fact in facts)]:
            if one is not None and one.serial not in self.watchers and self._wanted(one):
                self.watchers[one.serial] = Watcher(self._replay.life(one), state)
        by_instance: dict[int, list[StepFact]] = {}
        for fact in facts:
            by_instance.setdefault(fact.instance, []).append(fact)
        for serial, watcher in self.watchers.items():
            if not watcher.over or serial in by_instance:
                watcher.take(at, event, by_instance.get(serial, []))


def stories(
    plans: Held, events: Iterable[AnyEvent], wanted: Wanted, *, live: bool, set_by: int = 0
) -> tuple[Replay, list[Story]]:
    """The stories of all activations of the wanted instances, in the order of the run. `live`: somebody runs it now;
    `set_by`: see `tell_now`.
    """
    replay = Replay(plans.first, plans.of)
    watch = Watch(replay, wanted)
    timeline = Timeline()
    replay.go(timeline.events(events), watch)
    tell_now(replay, timeline, set_by)
    return replay, [_story(replay, watcher, live=live) for watcher in watch.watchers.values()]


def _story(replay: Replay, watcher: Watcher, *, live: bool) -> Story:
    one = watcher.instance
    life = replay.life(one)
    is_latest = replay.kernel.state.paths.get(one.path) is one
    bad = one.ended and one.status in {"failed", "cancelled", "blocked"}
    return Story(
        path=one.path,
        step=one.node.id,
        activation=one.number,
        status=_status(one, live=live),
        entries=tuple(watcher.entries),
        chain=chain(replay, life),
        blocks=blocked_by(replay, one) if bad and is_latest else (),
        waiting=() if one.ended else waits_for(replay, one),
        begin=watcher.entries[0].at if watcher.entries else 0,
        end=one.ended_at if one.ended else 0,
        node=one.node,
    )


def _status(one: Instance, *, live: bool) -> str:
    if one.undone == "undone":  # it stays in its list as it had ended
        return "compensated"
    if one.ended or live:
        return one.status
    return "pending" if one.status in {"pending", "ready"} else "interrupted" if one.status == "running" else one.status
