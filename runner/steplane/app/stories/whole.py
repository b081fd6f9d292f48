"""The story of a whole run: what determined its duration, what failed first and what that blocked, what waited."""

from collections.abc import Iterable, Iterator

from steplane.app.recorded import Held
from steplane.app.stories.awaited import around_of
from steplane.app.stories.causes import blocked_by, link
from steplane.app.stories.critical import critical, live
from steplane.app.stories.replay import Life, Moment, Replay
from steplane.app.stories.shapes import Entry, Failure, Link, Wait, Whole
from steplane.app.stories.timeline import Timeline
from steplane.app.stories.waiting import tell_now, waits_for
from steplane.events import OK, AnyEvent, CancelRequested, ErrorInfo, Redefined, Resumed, StepEnded
from steplane.kernel import Instance
from steplane.plan.nodes import End

LONGEST = 3
"""Waits that are told."""

LEAST = 0.01
"""Seconds, and the share of the run's duration, below which a wait is not worth telling."""

LIVE = 8
"""Instances at work that are told."""


def whole(plans: Held, events: Iterable[AnyEvent], until: int = 0, *, set_by: int = 0) -> tuple[Replay, Whole]:
    """The story of the run. `events` are its journal; `until`: how far it has come, by the clock with which it began;
    `set_by`: see `tell_now`.
    """
    timeline = Timeline()
    replay = Replay(plans.first, plans.of).go(timeline.events(events))
    tell_now(replay, timeline, set_by)
    replay.end = max(replay.end, until)
    return replay, Whole(
        critical=tuple(critical(replay)),
        failures=tuple(_failures(replay)),
        skipped=tuple(_ended(replay, "skipped")),
        cancelled=tuple(_ended(replay, "cancelled")),
        waits=tuple(_waits(replay)),
        waiting=tuple(one for life in live(replay)[:LIVE] for one in waits_for(replay, life)),
        requests=tuple(_requests(replay)),
    )


# ---------------------------------------------------------------- what failed, what was skipped


def _failures(replay: Replay) -> Iterator[Failure]:
    """Those that failed by themselves, in the order of failing."""
    lives = [life for life in replay.lives.values() if life.end is not None]
    for life in sorted(lives, key=lambda life: (life.ended_in or 0, life.instance.order)):
        one, error = life.instance, _error(life)
        if error is None or error.step not in {"", one.path} or error.type == "loop.failures":
            continue
        latest = replay.latest(one.path)
        blocked = blocked_by(replay, one) if latest is life and one.status not in OK else ()
        failed_at = life.attempts[-1].end if life.attempts and life.attempts[-1].end else one.ended_at
        yield Failure(one.path, failed_at, error, blocked, *_caught(one, latest))


def _error(life: Life) -> ErrorInfo | None:
    """Its error, also where a rescue made it good."""
    assert life.end is not None
    if life.end.status in {"failed", "warning"}:
        return life.end.error
    return life.instance.error if life.end.recovered and life.end.status != "reused" else None


def _caught(one: Instance, latest: Life | None) -> tuple[str, str, str]:
    """The path of what made the failure good, how, and what a later activation became."""
    if one.status == "warning":
        return one.path, "warning", ""
    if one.status in OK:
        return one.path, "rescue", ""
    outer = around_of(one)
    while outer is not None and outer.scope is not None:
        if outer.ended and outer.status in OK:
            tolerant = "loop" if outer.loop is not None else "warning"
            return outer.path, "rescue" if outer.recovered else tolerant, ""
        outer = around_of(outer)
    if latest is not None and latest.instance is not one:
        return one.path, "again", latest.instance.status
    return "", "", ""


def _ended(replay: Replay, status: str) -> Iterator[Link]:
    """Those that ended so, by the latest activation; not what is inside of one of them."""
    latest = replay.kernel.state.paths
    for life in replay.lives.values():
        one = life.instance
        around = around_of(one)
        inside = around is not None and around.scope is not None and around.status == status
        if life.end is not None and one.status == status and latest.get(one.path) is one and not inside:
            yield link(life)


# ---------------------------------------------------------------- what waited, and what people asked for


def _waits(replay: Replay) -> Iterator[Wait]:
    """The longest waits for a slot or a lock before a first attempt."""
    least = max(LEAST, (replay.end - replay.begin) / 1e6 * LEAST)
    found: list[tuple[float, int, Wait]] = []
    for serial, life in replay.lives.items():
        one = life.instance
        if life.queued >= least:
            found.append((-life.queued, serial, Wait(one.path, life.slot_since, life.queued)))
        if life.locked >= least:
            found.append((-life.locked, serial, _for_lock(replay, life)))
    for _, __, wait in sorted(found, key=lambda one: one[:2])[:LONGEST]:
        yield wait


def _for_lock(replay: Replay, life: Life) -> Wait:
    """With those that held the lock at some time of the wait, in the order in which they got it."""
    key = life.instance.lock_key
    begin, end = life.lock_since, life.held_at
    holders = [
        other
        for other in replay.lives.values()
        if other is not life
        and other.held_in is not None
        and other.instance.lock_key == key
        and other.held_at <= end
        and (not other.instance.ended_at or other.instance.ended_at > begin)
    ]
    holders.sort(key=lambda other: other.held_in or 0)
    names = (*(other.instance.path for other in holders), *life.others)
    return Wait(life.instance.path, begin, life.locked, key[1], names)


def _requests(replay: Replay) -> Iterator[Entry]:
    """What people asked for meanwhile, cancel and resume; and the step that ended the run."""
    found = [one for one in (_request(moment) for moment in replay.moments) if one is not None]
    ends = [
        life
        for life in replay.lives.values()
        if isinstance(life.instance.node.action, End) and life.end and not _in_child(life.instance)
    ]
    first = min(ends, key=lambda life: life.ended_in or 0, default=None)
    if first is not None and isinstance(first.end, StepEnded) and first.end.status == "succeeded":
        found.append(_by_end(replay, first))
    yield from sorted(found, key=lambda one: one.at)


def _in_child(instance: Instance) -> bool:
    """Whether it stands in a workflow that is called: what it ends is that."""
    scope = instance.scope
    while scope is not None and scope.list.role != "call":
        scope = scope.owner.scope
    return scope is not None


def _request(moment: Moment) -> Entry | None:
    event = moment.event
    if isinstance(event, CancelRequested):
        return Entry(event.at, "cancel", {"actor": event.actor, "reason": event.reason})
    if isinstance(event, Redefined):
        steps = {name: word for found in event.steps.values() for name, word in found.items() if name}
        return Entry(event.at, "redefined", {"actor": event.actor, "steps": steps})
    if isinstance(event, Resumed):
        said = {path: one.get("status") for path, one in event.assume.items()}
        only = list(event.selection.only) if event.selection is not None else []
        more = {"reason": event.reason, "redo": list(event.redo), "assume": said, "only": only}
        return Entry(event.at, "resumed", {"actor": event.actor, "cancel": event.cancel, **more})
    return None


def _by_end(replay: Replay, life: Life) -> Entry:
    action, root = life.instance.node.action, replay.kernel.state.root
    assert isinstance(action, End)
    error = root.error if root is not None and action.status == "failed" else None
    message = error.message if error is not None and error.type == "end" else ""
    path = life.instance.path
    return Entry(life.instance.ended_at, "end", {"of": path, "status": action.status, "message": message})
