"""Steps that run again on resume because their secret outputs are needed, and who waits for them meanwhile."""

from collections.abc import Collection, Mapping

from steplane.commands import Ask, Start, Stop
from steplane.kernel import Instance, State

PAUSES = frozenset({"backoff", "undecided", "listening", "sending"})
"""Where an instance stands that goes on later, by itself or by what somebody does."""


class Held:
    """Keeps back the questions and attempts of steps that need what is not there yet.

    `needs` gives, by the number of a step, the paths of the instances that run again and of which it needs something.
    """

    def __init__(self, needs: Mapping[int, Collection[str]] | None = None) -> None:
        self._needs = dict(needs or {})
        self._running = {path for paths in self._needs.values() for path in paths}
        self._kept: list[Ask | Start] = []

    def __bool__(self) -> bool:
        """Whether anything is kept back."""
        return bool(self._kept)

    def takes(self, command: Ask | Start, state: State) -> bool:
        """Keep the command back, if its step needs something; whether it is."""
        if not self._running or not self._waits(command, state):
            return False
        self._kept.append(command)
        return True

    def drop(self, stop: Stop) -> None:
        """An attempt that was kept back never begins."""
        stopped = (stop.instance, stop.attempt)
        self._kept = [one for one in self._kept if not isinstance(one, Start) or (one.instance, one.attempt) != stopped]

    def over(self, path: str, state: State) -> list[Ask | Start]:
        """The instance has ended: what was kept back for it alone, in its order."""
        if path not in self._running:
            return []
        self._running.discard(path)
        waiting = [self._waits(one, state) for one in self._kept]
        free = [one for one, waits in zip(self._kept, waiting, strict=True) if not waits]
        self._kept = [one for one, waits in zip(self._kept, waiting, strict=True) if waits]
        return free

    def given_up(self, state: State) -> list[Ask | Start]:
        """Where nothing goes on by itself: all that was kept back, unless what it waits for is only pausing."""
        if any(one.phase in PAUSES for one in state.instances.values() if self._is_within(one)):
            return []
        self._running.clear()
        kept, self._kept = self._kept, []
        return kept

    def _waits(self, command: Ask | Start, state: State) -> bool:
        around = instance = state.instances.get(command.instance)
        if instance is None or self._is_within(instance):
            return False
        while around is not None:
            if not self._running.isdisjoint(self._needs.get(around.node.number, ())):
                return True
            around = around.scope.owner if around.scope is not None else None
        return False

    def _is_within(self, one: Instance) -> bool:
        return any(one.path == path or one.path.startswith((f"{path}/", f"{path}[")) for path in self._running)


__all__ = ["Held"]
