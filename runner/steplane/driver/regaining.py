"""After a resume: locks of the store that the run held when its process died, and attempts that wait for them.

To the kernel the locks stay held. Meanwhile another run may have taken one: until it is had again no attempt begins
inside the instance that holds it.
"""

from steplane.commands import Release, SetTimer, Start, Stop
from steplane.driver.locks import LockAnswer
from steplane.events import AttemptEnded, ErrorInfo
from steplane.kernel import Instance, State
from steplane.store.locks import Claim


class Regaining:
    """The locks that are not had again yet, and what they hold up."""

    def __init__(self) -> None:
        self._missing: set[int] = set()
        self._refused: dict[int, ErrorInfo] = {}
        self._starts: list[tuple[Start, int]] = []  # with the instance whose lock is missing
        self._limits: dict[int, SetTimer] = {}

    @property
    def steps(self) -> list[Start]:
        """The attempts that are held up."""
        return [start for start, _ in self._starts]

    def begin(self, state: State) -> list[Instance]:
        """Those that hold a lock of the store by the journal: it is to be asked for again."""
        held = [one for one in state.instances.values() if one.holding and one.lock_key[0] == "store"]
        self._missing = {one.serial for one in held}
        return held

    def answered(self, answer: LockAnswer) -> tuple[list[Start], list[SetTimer]] | None:
        """The attempts that may begin now, with their time limits; None if it is about no lock that was held."""
        if answer.instance not in self._missing:
            return None
        self._missing.discard(answer.instance)
        if answer.error is not None:
            self._refused[answer.instance] = answer.error
        return self._freed(answer.instance)

    def gone(self, command: Release) -> None:
        """The holder has ended."""
        self._missing.discard(command.instance)
        self._refused.pop(command.instance, None)

    def limit(self, command: SetTimer) -> None:
        """A time limit has been set: it is kept as long as the attempt may be held up."""
        if self._missing and command.timer == "timeout":
            self._limits[command.instance] = command

    def holds_up(self, start: Start, instance: Instance) -> bool:
        """Whether the attempt has to wait; it is kept then."""
        missing = self._around(instance, self._missing)
        if missing is None:
            return False
        self._starts.append((start, missing))
        return True

    def refuses(self, start: Start, instance: Instance) -> AttemptEnded | None:
        """How the attempt ends whose lock is not to be had again."""
        refused = self._around(instance, self._refused)
        if refused is None:
            return None
        error = self._refused[refused]
        return AttemptEnded(instance=start.instance, attempt=start.attempt, outcome="failed", error=error)

    def stop(self, command: Stop) -> None:
        """The attempt never begins."""
        self._starts = [one for one in self._starts if one[0].instance != command.instance]

    def _freed(self, serial: int) -> tuple[list[Start], list[SetTimer]]:
        free = [start for start, missing in self._starts if missing == serial]
        self._starts = [one for one in self._starts if one[1] != serial]
        limits = [self._limits.pop(start.instance, None) for start in free]
        return free, [one for one in limits if one is not None]

    @staticmethod
    def _around(instance: Instance, serials: set[int] | dict[int, ErrorInfo]) -> int | None:
        one: Instance | None = instance
        while one is not None:
            if one.serial in serials:
                return one.serial
            one = one.scope.owner if one.scope is not None else None
        return None


def claim_of(instance: Instance) -> Claim:
    """What the instance asks the store for."""
    return Claim(instance.lock_key[1], instance.limit, "", instance.serial, instance.path)
