"""What instances compete for: slots of the pool and locks, first come first served."""

from steplane.commands import Start
from steplane.events import ErrorInfo
from steplane.kernel import instances
from steplane.kernel.state import Instance, LockQueue, State


def acquire(state: State, instance: Instance) -> None:
    """Take the instance's lock, or wait for it; an ancestor's lock of the same name is enough."""
    name = instance.lock
    if name is None or _held_around(instance, name):
        instances.inside(state, instance)
        return
    queue = state.locks.setdefault(name, LockQueue())
    if not queue.waiting and queue.holders < instance.limit:
        _grant(state, queue, instance)
        return
    instance.phase = "lock"
    instance.status = "waiting"
    instance.ticket = state.ticket
    state.ticket += 1
    queue.waiting.append(instance)


def release(state: State, instance: Instance) -> None:
    """Give back the lock and the place in a queue; the next in the queue goes on."""
    if instance.phase in {"attempt", "stopping"}:
        state.running -= 1
    if instance.lock is None:
        return
    queue = state.locks.get(instance.lock)
    if queue is None:
        return
    if instance.phase == "lock":
        queue.waiting.remove(instance)
    elif instance.holding:
        instance.holding = False
        queue.holders -= 1
    instance.phase = "ended"
    while queue.waiting and queue.holders < queue.waiting[0].limit:
        _grant(state, queue, queue.waiting.popleft())


def fill_slots(state: State) -> None:
    """Start attempts while there are free slots."""
    while state.queue and state.running < state.pool:
        instance = state.queue.popleft()
        if instance.phase == "queue":
            state.running += 1
            instances.begin(state, instance)
            instance.phase = "attempt"
            state.emit(Start(instance.serial, instance.attempt))


def break_deadlock(state: State) -> bool:
    """If only lock waiters are left, the one that waits longest fails; whether that was so."""
    if state.running or state.asked or state.timers or state.queue:
        return False
    waiting = [instance for queue in state.locks.values() for instance in queue.waiting]
    if not waiting:
        return False
    victim = min(waiting, key=lambda one: one.ticket)
    message = f"waits for lock `{victim.lock}`, whose holders wait for others in turn"
    victim.error = ErrorInfo("lock.deadlock", message, step=victim.path)
    instances.end(state, victim, "failed")
    return True


def _grant(state: State, queue: LockQueue, instance: Instance) -> None:
    queue.holders += 1
    instance.holding = True
    instances.inside(state, instance)


def _held_around(instance: Instance, name: str) -> bool:
    around = instance.parent or (instance.scope.owner if instance.scope else None)
    while around is not None:
        if around.holding and around.lock == name:
            return True
        around = around.parent or (around.scope.owner if around.scope else None)
    return False
