"""The story of a whole run: what determined its duration, what failed first and what that blocked, what waited."""

from collections.abc import Callable, Iterable, Iterator

from steplane.app.stories.causes import blocked_by, link
from steplane.app.stories.instances import Watch
from steplane.app.stories.replay import Life, Replay, around_of
from steplane.app.stories.shapes import Entry, Failure, Link, Stretch, Wait, Whole
from steplane.app.stories.waiting import waits_for
from steplane.events import OK, AnyEvent, CancelRequested, Resumed
from steplane.kernel import Instance
from steplane.plan.nodes import Perform, Plan

LONGEST = 3
"""Waits that are told."""

LEAST = 0.01
"""Seconds, and the share of the run's duration, below which a wait is not worth telling."""

LIVE = 8


def whole(plan: Plan, events: Callable[[], Iterable[AnyEvent]], until: int = 0) -> tuple[Replay, Whole]:
    """The story of the run. `events` gives its journal, as often as it is asked for; `until`: how far it has come."""
    replay = Replay(plan).go(events())
    replay.end = max(replay.end, until)
    waits = _waits(replay)
    if waits:  # once more, for who held the locks
        again = Replay(plan)
        watch = Watch(again, lambda one: one.serial in waits)
        again.go(events(), watch)
        told = tuple(_wait(life, watch.watchers[serial].entries) for serial, life in waits.items())
    else:
        told = ()
    return replay, Whole(
        critical=tuple(critical(replay)),
        failures=tuple(_failures(replay)),
        skipped=tuple(_skipped(replay)),
        waits=told,
        waiting=tuple(one for life in _live(replay) for one in waits_for(replay, life)),
        requests=tuple(_requests(events())),
    )


# ---------------------------------------------------------------- the critical path


def critical(replay: Replay) -> list[Stretch]:
    """What determined the duration of the run, from its begin to its end, or to now.

    From the instance that ended last one goes back to that whose end let it start, and from the first step of a list to
    what let the step around it start.
    """
    found: list[Stretch] = []
    life = _last(replay)
    while life is not None and len(found) < 100_000:
        found.append(_stretch(replay, life))
        life = _before(replay, life, found)
    return found[::-1]


def _last(replay: Replay) -> Life | None:
    """The instance that ended last; of a run that has not ended the one that is at work longest."""
    root = replay.kernel.state.root
    if root is None:
        return None
    if root.ended:
        return _innermost(replay, replay.life(root).closer)
    live = _live(replay)
    return replay.life(live[0]) if live else _innermost(replay, replay.life(root).closer)


def _innermost(replay: Replay, one: Instance | None) -> Life | None:
    """The instance in it whose end was its end, at every depth."""
    if one is None:
        return None
    life = replay.life(one)
    while life.closer is not None:
        life = replay.life(life.closer)
    return life


def _before(replay: Replay, life: Life, found: list[Stretch]) -> Life | None:
    """What let it start: a step beside it, or beside what is around it."""
    at = life
    while True:
        if at.after is not None:
            return _innermost(replay, at.after)
        around = around_of(at.instance)
        if around is None or around.scope is None:
            return _before_resume(replay, found)
        outer = replay.life(around)
        if outer.instance.ready_at and found[-1].begin > outer.instance.ready_at:
            found.append(_overhead(outer, found[-1].begin))
        at = outer


def _before_resume(replay: Replay, found: list[Stretch]) -> Life | None:
    """What ended last before the run was resumed; None where it began so."""
    begin = found[-1].begin
    before = [life for life in replay.lives.values() if 0 < life.instance.ended_at < begin and life.attempts]
    if begin <= replay.begin or not before:
        return None
    last = max(before, key=lambda life: (life.instance.ended_at, life.instance.order))
    found.append(Stretch("", last.instance.ended_at, begin))
    return last


def _overhead(life: Life, until: int) -> Stretch:
    """The time of a composite step before the attempt in which something in it let the run go on."""
    one = life.instance
    done = [each for each in life.attempts if each.end and each.end <= until]
    first = life.attempts[0].begin if life.attempts and life.lock_since else one.ready_at
    return Stretch(
        path=one.path, begin=one.ready_at, end=until, waited=max(0, first - one.ready_at) / 1e6,
        waited_for=one.lock or "", attempts=len(done), pauses=sum(each.pause for each in done),
    )  # fmt: skip


def _stretch(replay: Replay, life: Life) -> Stretch:
    one = life.instance
    begin = one.ready_at or one.ended_at
    waits = isinstance(one.node.action, Perform) or life.lock_since
    first = life.attempts[0].begin if life.attempts and waits else 0
    return Stretch(
        path=one.path,
        begin=begin,
        end=one.ended_at or replay.end,
        waited=max(0, first - begin) / 1e6 if first else 0.0,
        waited_for=(one.lock or "") if life.lock_since else "",
        attempts=len(life.attempts),
        pauses=sum(each.pause for each in life.attempts),
        status=one.status,
    )


# ---------------------------------------------------------------- what failed, what was skipped


def _failures(replay: Replay) -> Iterator[Failure]:
    """Those that failed by themselves, in the order of failing."""
    for life in sorted(replay.lives.values(), key=lambda life: (life.instance.ended_at, life.instance.order)):
        end, one = life.end, life.instance
        own = end is not None and end.error is not None and end.error.step in {"", one.path}
        if end is None or not own or end.status not in {"failed", "warning"} or one.loop is not None:
            continue
        is_latest = replay.kernel.state.paths.get(one.path) is one
        yield Failure(one.path, one.ended_at, end.error, blocked_by(replay, one) if is_latest else (), _caught(one))


def _caught(one: Instance) -> str:
    """The path of what made the failure good: `on_error`, a `rescue` around it, a loop that tolerates it."""
    if one.status == "warning":
        return one.path
    outer = around_of(one)
    while outer is not None and outer.scope is not None:
        if outer.ended and outer.status in OK:
            return outer.path
        outer = around_of(outer)
    return ""


def _skipped(replay: Replay) -> Iterator[Link]:
    """Those that were skipped, by the latest activation; not what is in them, which never came about."""
    latest = replay.kernel.state.paths
    for life in replay.lives.values():
        if life.instance.status == "skipped" and latest.get(life.instance.path) is life.instance:
            yield link(life)


# ---------------------------------------------------------------- what waited, and waits


def _waits(replay: Replay) -> dict[int, Life]:
    """The instances that waited longest for a slot or a lock before their first attempt."""
    least = max(LEAST, (replay.end - replay.begin) / 1e6 * LEAST)
    found = []
    for serial, life in replay.lives.items():
        if life.attempts and (isinstance(life.instance.node.action, Perform) or life.lock_since):
            seconds = (life.attempts[0].begin - life.instance.ready_at) / 1e6
            if life.instance.ready_at and seconds >= least and life.instance.loop is None:
                found.append((-seconds, serial))
    return {serial: replay.lives[serial] for _, serial in sorted(found)[:LONGEST]}


def _wait(life: Life, entries: list[Entry]) -> Wait:
    one = life.instance
    seconds = (life.attempts[0].begin - one.ready_at) / 1e6
    holders = next((entry.data["holders"] for entry in entries if entry.kind == "lock.waits"), ())
    return Wait(one.path, one.ready_at, seconds, (one.lock or "") if life.lock_since else "", tuple(holders))


def _live(replay: Replay) -> list[Instance]:
    """The innermost instances that have not ended, those that have been at it longest first."""
    live = [one for one in replay.kernel.state.instances.values() if one.scope is not None and not one.ended]
    outer = {id(around_of(one)) for one in live}
    inner = [one for one in live if id(one) not in outer]
    return sorted(inner, key=lambda one: (one.ready_at, one.serial))[:LIVE]


def _requests(events: Iterable[AnyEvent]) -> Iterator[Entry]:
    """What people asked for meanwhile: cancel, resume."""
    for event in events:
        if isinstance(event, CancelRequested):
            yield Entry(event.at, "cancel", {"actor": event.actor, "reason": event.reason})
        elif isinstance(event, Resumed):
            yield Entry(event.at, "resumed", {"actor": event.actor, "cancel": event.cancel})
