"""What instances compete for: locks and slots of the pool, first come first served.

Both are given after everything else that follows from an event, locks first. Who came to want with the same event
stands in the order of the document. A lock of the store is asked for by the head of its queue, and given from outside.
"""

from bisect import insort
from itertools import pairwise

from steplane.commands import Acquire, Release, Start, Stop
from steplane.events import ErrorInfo
from steplane.kernel import instances, runs
from steplane.kernel.state import Instance, LockQueue, State


def acquire(state: State, instance: Instance) -> None:
    """Want the instance's lock; an ancestor's lock of the same name is enough."""
    name = instance.lock
    if name is None or instance.holding or _held_around(instance):
        instances.inside(state, instance)
        return
    instance.phase = "lock"
    instance.status = "waiting"
    instance.wanting = (state.moment, instance.place)
    queue = state.locks.setdefault(instance.lock_key, LockQueue())
    insort(queue.waiting, instance, key=lambda one: one.wanting)
    state.lock_waiters += 1


def want_slot(state: State, instance: Instance) -> None:
    """Want a slot for an attempt."""
    instance.phase = "queue"
    state.wanting.append(instance)


def release(state: State, instance: Instance) -> None:
    """Give back the lock, or the place in its queue, and the slot."""
    if instance.phase in {"attempt", "stopping"}:
        state.running -= 1
    if instance.lock is None:
        return
    queue = state.locks.get(instance.lock_key)
    if instance.lock_key[0] != "run" and (instance.asked or instance.holding):
        state.emit(Release(instance.serial))
    if queue is not None and instance.phase == "lock":
        queue.waiting.remove(instance)
        state.lock_waiters -= 1
        instance.asked = False
    elif queue is not None and instance.holding:
        instance.holding = False
        queue.holders -= 1


def given(state: State, instance: Instance, error: ErrorInfo | None) -> None:
    """The store has given the lock, or refuses it."""
    instance.asked = False
    if error is None:
        _hold(state, instance)
    elif instance.scope is None:
        runs.refused(state, instance, error)
    else:
        instance.error = instances.placed(instance, error)
        instances.end(state, instance, "failed")


def ask_again(state: State) -> None:
    """What was asked for died with the process."""
    for instance in state.live("lock"):
        instance.asked = False


def settle(state: State) -> None:
    """Give what can be given, until nothing more follows."""
    while True:
        follow(state)
        while state.lock_waiters and _grant_lock(state):
            follow(state)
        if state.lock_waiters:
            _ask_store(state)
        has_begun = _fill_slots(state)
        if state.over or state.hopeful or state.offered or (has_begun and state.lock_waiters):
            continue  # what has begun was what others waited for, or were waiting to see
        if not state.lock_waiters or not _break_deadlock(state):
            return


def follow(state: State) -> None:
    """Tell the calls whose children have ended, then give the signals that can be given, until nothing more follows."""
    tell_calls(state)
    while state.hopeful or state.offered:
        from steplane.kernel import waiting

        waiting.deliver(state)
        tell_calls(state)


def tell_calls(state: State) -> None:
    """Tell the calls whose children have ended."""
    while state.over:
        instances.list_over(state, state.over.popleft())


def _grant_lock(state: State) -> bool:
    """Give the first lock that can be given, to the head of its queue; whether there was one."""
    heads = [one for one in _heads(state) if one.lock_key[0] == "run"]
    if not heads:
        return False
    _hold(state, min(heads, key=lambda one: one.wanting))
    return True


def _heads(state: State) -> list[Instance]:
    """The heads of the queues that this run itself would let in."""
    queues = state.locks.values()
    return [queue.waiting[0] for queue in queues if queue.waiting and queue.holders < queue.waiting[0].limit]


def _hold(state: State, instance: Instance) -> None:
    queue = state.locks[instance.lock_key]
    queue.waiting.remove(instance)
    queue.holders += 1
    state.lock_waiters -= 1
    instance.holding = True
    instance.status = "ready"
    instances.inside(state, instance)


def _ask_store(state: State) -> None:
    """Each lock of the store is asked for by the head of its queue."""
    for one in _heads(state):
        if one.lock_key[0] != "run" and not one.asked:
            one.asked = True
            full = state.group.when_full if one.scope is None and state.group is not None else "wait"
            state.emit(Acquire(one.serial, one.lock_key[1], one.limit, "" if full == "wait" else full))


def _fill_slots(state: State) -> bool:
    """Start attempts while there are free slots; whether any. What begins may let others want one, or a lock (behind a
    milestone).
    """
    has_begun = False
    while True:
        if state.wanting:
            if not _in_order(state.wanting):
                state.wanting.sort(key=lambda one: one.place)
            state.queue.extend(state.wanting)
            state.wanting.clear()
        if not state.queue or state.running >= state.pool:
            return has_begun
        instance = state.queue.popleft()
        if instance.phase == "queue":
            has_begun = True
            state.running += 1
            instances.begin(state, instance)
            instance.phase = "attempt"
            state.emit(Start(instance.serial, instance.attempt))
            instances.has_begun(state, instance)  # last: what goes on behind a milestone may cancel it


def halt(state: State, instance: Instance, *, timed_out: bool = False) -> None:
    """Tell the running attempt to stop."""
    instance.timed_out = instance.timed_out or timed_out
    instance.phase = "stopping"
    state.emit(Stop(instance.serial, instance.attempt, "timeout" if timed_out else "cancelled"))


def too_late(instance: Instance, error: ErrorInfo | None) -> str:
    """That its time is over, and of a plugin which had to be ended which one."""
    limit = f"{instance.timeout:g}" if instance.timeout is not None else "?"
    killed = f": {error.message}" if error is not None and error.type == "plugin.crash" else ""
    return f"not ended after {limit} s{killed}"


def _in_order(wanting: list[Instance]) -> bool:
    """Whether they are steps of one list, or instances of one loop, already in order: usual, and cheap to tell."""
    if len(wanting) == 1:
        return True
    first = wanting[0]
    if any(one.scope is not first.scope or one.parent is not first.parent for one in wanting):
        return False
    places = [(one.node.position, one.index) for one in wanting]
    return all(before < after for before, after in pairwise(places))


def _break_deadlock(state: State) -> bool:
    """If only lock waiters are left, the one that waits longest fails; whether that was so."""
    if state.running or state.asked or state.timers or state.queue or state.listeners:
        return False
    if any(state.live("undecided")) or any(state.live("sending")):
        return False
    waiting = list(state.live("lock"))
    if any(one.asked for one in waiting):
        return False
    victim = min(waiting, key=lambda one: one.wanting)
    message = f"waits for lock `{victim.lock}`, whose holders wait for others in turn"
    victim.error = ErrorInfo("lock.deadlock", message, step=victim.path)
    instances.end(state, victim, "failed")
    return True


def _held_around(instance: Instance) -> bool:
    around = instance.scope.around if instance.scope else None
    while around is not None:
        if around.holding and around.lock_key == instance.lock_key:
            return True
        around = around.scope.around if around.scope else None
    return False
