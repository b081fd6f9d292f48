"""What is said of a run that stops because it only waits."""

from steplane.events import RunWaiting
from steplane.kernel import Instance, State
from steplane.moments import spoken
from steplane.plan.waits import awaited

MOST = 100
"""Paths that are named of all that wait."""

_WAITING = frozenset({"backoff", "undecided", "lock", "listening"})


def waiting_fact(state: State, held_up: set[int]) -> RunWaiting:
    """What waits, for what, and when the next of it is due. `held_up` are those whose lock is not had again."""
    found = [one for one in state.instances.values() if _waits(one) or one.serial in held_up]
    due = min(state.timers.values(), default=0)
    words = [f"`{one.path}` {awaited_words(state, one)}" if one.path else _let_in(one) for one in found[:3]]
    more = len(found) - len(words)
    reason = "; ".join(words) + (f"; and {more:,} more" if more > 0 else "")
    steps = tuple(one.path for one in found[:MOST] if one.path)
    return RunWaiting(steps=steps, reason=reason or "nothing is due", due=due, boot=state.boot)


def _let_in(root: Instance) -> str:
    return f"the run waits to be let into the group {root.lock}"


def _waits(one: Instance) -> bool:
    """Whether it goes on only when something comes; a loop that is kept open too, unless an instance of it goes on."""
    if one.loop is None:
        return one.phase in _WAITING
    return bool(one.listens) and all(each is None or each.ended for each in one.loop.instances)


def awaited_words(state: State, one: Instance) -> str:
    """What an instance waits for, in words that follow its path."""
    if one.phase == "undecided":
        return "waits for somebody to say what became of it"
    if one.phase == "backoff":
        return f"is tried again at {when(state.timers.get((one.serial, 'retry'), 0))}"
    if one.phase != "listening" and not one.listens:
        return "waits for a lock"
    names = " or ".join(f"`{name}`" for name in dict.fromkeys(name for _, name in one.listens))
    parts = [f"for {'further items by ' if one.loop is not None else ''}the signal {names}"] if names else []
    due = _due(state, one)
    parts += [f"until {when(min(due))}"] if due else []
    limit = state.timers.get((one.serial, "timeout"))
    return f"waits {' or '.join(parts)}" + (f", at most until {when(limit)}" if limit is not None else "")


def _due(state: State, one: Instance) -> list[int]:
    """When the times come that it waits for."""
    keys = [(one.serial, f"wait.{rank}") for rank in range(len(awaited(one.node.action)))]
    return [state.timers[key] for key in keys if key in state.timers]


def when(at: int) -> str:
    """A time for people."""
    return spoken(at)
