"""Locks and the slots of the pool: first come first served."""

from typing import TYPE_CHECKING

from tests.reference.instance import Instance

if TYPE_CHECKING:
    from tests.reference.interpreter import Reference


def queue_place(one: Instance) -> tuple[int, tuple[int, ...]]:
    """By the event at which it came to want; within one event by the order of the document."""
    return one.wanting_since, one.place


def instances(reference: "Reference") -> list[Instance]:
    """All instances that have not ended."""
    return [one for one in reference.everyone() if isinstance(one, Instance) and not one.ended]


def grant_lock(reference: "Reference") -> bool:
    """Give the first lock that can be given: to the head of its queue."""
    living = instances(reference)
    seen = set()
    for one in sorted((one for one in living if one.lock_wanted), key=queue_place):
        name = one.lock_wanted
        assert name is not None
        holders = sum(other.lock_held == name for other in living)
        if name not in seen and holders < one.lock_limit:
            if name[0] == "run":
                one.lock_wanted, one.lock_held = None, name
                return True
            one.lock_asked = True
        seen.add(name)
    return False


def grant_slot(reference: "Reference") -> bool:
    """Give a free slot to the one that has waited longest: its attempt begins."""
    living = instances(reference)
    waiting = sorted((one for one in living if one.queued and not one.has_slot), key=queue_place)
    if not waiting or sum(one.has_slot for one in living) >= reference.pool:
        return False
    from tests.reference.bodies import start_clock

    waiting[0].has_slot = True
    start_clock(waiting[0])
    return True


def break_deadlock(reference: "Reference") -> bool:
    """Where only waiters for locks are left, the one that has waited longest fails."""
    waiting = sorted((one for one in instances(reference) if one.lock_wanted), key=queue_place)
    if not waiting or any(one.question or one.timers or one.listens or one.sending for one in reference.everyone()):
        return False
    if any(one.has_slot or one.queued or one.lost or one.lock_asked for one in instances(reference)):
        return False
    waiting[0].lock_wanted = None
    waiting[0].deadlocked = True
    return True
