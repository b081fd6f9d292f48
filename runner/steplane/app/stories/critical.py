"""The critical path of a run: the chain of what waited for each other that determined when the run was over."""

from itertools import zip_longest

from msgspec.structs import replace

from steplane.app.stories.awaited import around_of
from steplane.app.stories.replay import Life, Replay
from steplane.app.stories.shapes import Stretch
from steplane.events import Answered, CancelRequested, Redefined, Resumed, RunStarted
from steplane.kernel import Instance
from steplane.plan.nodes import Perform


def critical(replay: Replay) -> list[Stretch]:
    """What determined the duration of the run, from its begin to its end, or to now, without a gap.

    From the input with which the run ended one goes back: from the end of a step to that which let it start, and from
    what a group, a loop or a rescue asked for to what made it ask.
    """
    found: list[Stretch] = []
    at = _end(replay, found)
    while at is not None:
        at = _back(replay, at, found)
    return _joined(found[::-1])


def live(replay: Replay) -> list[Instance]:
    """The innermost instances that have not ended, those that have been at it longest first."""
    alive = [one for one in replay.kernel.state.instances.values() if one.scope is not None and not one.ended]
    outer = {id(around_of(one)) for one in alive}
    inner = [one for one in alive if id(one) not in outer]
    return sorted(inner, key=lambda one: (one.ready_at, one.serial))


def _end(replay: Replay, found: list[Stretch]) -> int | None:
    """The moment from which one goes back; of a run that goes on, after what has been at work longest."""
    if replay.over is not None:
        return replay.over
    for one in live(replay):
        life = replay.life(one)
        if life.ready_in is not None:
            return _begun(replay, life, life.ready_in, replay.end, found)
    return len(replay.moments) - 1 if replay.moments else None


def _back(replay: Replay, number: int, found: list[Stretch]) -> int | None:
    """From what happened in a moment to the moment that it goes back to, with the stretch between them; None: begun."""
    moment = replay.moments[number]
    if number == 0 or isinstance(moment.event, RunStarted):
        return None
    if isinstance(moment.event, Redefined | Resumed):
        before = number - 1
        while before and isinstance(replay.moments[before].event, Redefined):
            before -= 1
        found.append(Stretch("", replay.moments[before].at, moment.at, nobody=True))
        return before
    life = moment.of
    if isinstance(moment.event, CancelRequested) or life is None:
        life = _at_work(replay, number)
        if life is None or life.ready_in is None:
            found.append(Stretch("", replay.moments[number - 1].at, moment.at))
            return number - 1
        return _begun(replay, life, life.ready_in, moment.at, found)
    since = life.ready_in if _is_whole(moment.event, life) else moment.since
    if since is None or since >= number:
        since = number - 1
    return _begun(replay, life, since, moment.at, found)


def _is_whole(event: object, life: Life) -> bool:
    """Whether all of the life of a step is one stretch: that of a step type is, up to its rescue."""
    rescued = isinstance(event, Answered) and event.question == "outputs"
    return isinstance(life.instance.node.action, Perform) and not rescued


def _begun(replay: Replay, life: Life, since: int, until: int, found: list[Stretch]) -> int:
    """Add the stretch of a life from that moment on, and before it that of what around it had to wait for a lock."""
    found.append(_stretch(life, replay.moments[since].at, until))
    one: Instance | None = life.instance
    while one is not None:
        around = replay.life(one)
        if around.ready_in is None or around.ready_in > since:
            break
        if around.ready_in < since:
            if around.held_in != since or not around.lock_since:
                break
            found.append(_stretch(around, around.ready_at, replay.moments[since].at))
            since = around.ready_in
        if around.after is not None:
            break
        one = around_of(one)
    return since


def _at_work(replay: Replay, number: int) -> Life | None:
    """What was at work longest before that moment, innermost."""
    alive = [
        life
        for life in replay.lives.values()
        if life.ready_in is not None
        and life.ready_in < number
        and (life.ended_in is None or life.ended_in >= number)
        and isinstance(life.instance.node.action, Perform)
        and life.instance.loop is None
    ]
    return min(alive, key=lambda life: (life.ready_in or 0, life.instance.serial), default=None)


def _stretch(life: Life, begin: int, until: int) -> Stretch:
    one = life.instance
    own = isinstance(one.node.action, Perform) and one.loop is None
    made = [each for each in life.attempts if each.begin < until or each.begin == begin]
    attempts = [each for each in made if own or (each.end and each.end <= until)]
    return Stretch(
        path=one.path,
        begin=begin,
        end=until,
        slot=life.queued if own and begin <= life.slot_since <= until else 0.0,
        lock=(one.lock or "") if life.locked and begin <= life.lock_since <= until else "",
        locked=life.locked if begin <= life.lock_since <= until else 0.0,
        attempts=len({each.number for each in attempts}),
        pauses=_pauses(life, begin, until),
        status=one.status if own else "",
    )


def _pauses(life: Life, begin: int, until: int) -> float:
    """The seconds between the attempts, as long as they really were."""
    found = 0
    for each, after in zip_longest(life.attempts, life.attempts[1:]):
        if each is not None and each.pause and begin <= each.end <= until:
            found += max(0, min(after.begin if after is not None else until, until) - each.end)
    return found / 1e6


def _joined(found: list[Stretch]) -> list[Stretch]:
    """Stretches of one instance that follow each other are one; those of no time at all are left out."""
    joined: list[Stretch] = []
    for one in found:
        last = joined[-1] if joined else None
        if last is not None and last.path == one.path and last.nobody == one.nobody:
            joined[-1] = replace(
                one, begin=last.begin, slot=last.slot + one.slot, locked=last.locked + one.locked,
                lock=one.lock or last.lock, pauses=last.pauses + one.pauses,
            )  # fmt: skip
        else:
            joined.append(one)
    return [one for one in joined if one.end > one.begin] or joined[-1:]
