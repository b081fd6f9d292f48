"""The claims of a run to locks of the store, as the coordinator sees them.

After a resume: to the kernel the locks that the run held when its process died stay held, but meanwhile another run may
have taken one. Until it is had again no attempt begins inside the instance that holds it.
"""

from collections.abc import Container

from msgspec import Struct

from steplane.commands import Acquire, Release, SetTimer, Start, Stop
from steplane.driver.locks import LockAnswer, StoreLocks
from steplane.events import AttemptEnded, ErrorInfo, LockAnswered
from steplane.kernel import Instance, State
from steplane.store import Claim


class Answer(Struct, frozen=True):
    """What follows from an answer of the store: news for the kernel, or attempts that begin, with their time limits."""

    event: LockAnswered | None = None
    starts: tuple[Start, ...] = ()
    limits: tuple[SetTimer, ...] = ()


class Claims:
    """The claims that are made, the locks that are not had again yet, and what these hold up."""

    def __init__(self, locks: StoreLocks) -> None:
        self.locks = locks
        self._commands: list[Acquire | Release] = []
        self._missing: set[int] = set()
        self._refused: dict[int, ErrorInfo] = {}
        self._starts: list[tuple[Start, int]] = []  # with the instance whose lock is missing
        self._limits: dict[int, SetTimer] = {}

    @property
    def open(self) -> bool:
        """Whether an answer is to come."""
        return bool(self.locks.open)

    @property
    def unheard(self) -> bool:
        """Whether the store has not been asked yet for all of them: a lock may be free."""
        return bool(self.locks.unheard)

    @property
    def held_up(self) -> set[int]:
        """The instances whose attempts are held up."""
        return {start.instance for start, _ in self._starts}

    def take(self, command: Acquire | Release) -> None:
        """Keep a command until what led to it is durable."""
        self._commands.append(command)

    def execute(self, state: State) -> None:
        """Claim and give back what the commands say."""
        commands, self._commands = self._commands, []
        for command in commands:
            if isinstance(command, Release):
                self._missing.discard(command.instance)
                self._refused.pop(command.instance, None)
                self.locks.give_back(command.instance)
            elif command.instance in state.instances:
                self._want(state.instances[command.instance], at_once=command.at_once)

    def resume(self, state: State) -> None:
        """Ask again for what is held by the journal."""
        held = [one for one in state.instances.values() if one.holding and one.lock_key[0] != "run"]
        self._missing = {one.serial for one in held}
        for one in held:
            self._want(one)

    def answered(self, answer: LockAnswer) -> Answer:
        """A lock is given or refused: to one that waits for it, or to one that held it before the process died."""
        self.locks.heard(answer.instance)
        if answer.instance not in self.locks.open:
            return Answer()  # asked for no longer: it has been given back already
        self.locks.open.discard(answer.instance)
        if answer.instance not in self._missing:
            return Answer(LockAnswered(instance=answer.instance, holders=answer.holders, error=answer.error))
        self._missing.discard(answer.instance)
        if answer.error is not None:
            self._refused[answer.instance] = answer.error
        free = tuple(start for start, missing in self._starts if missing == answer.instance)
        self._starts = [one for one in self._starts if one[1] != answer.instance]
        limits = (self._limits.pop(start.instance, None) for start in free)
        return Answer(None, free, tuple(one for one in limits if one is not None))

    # ------------------------------------------------------------ what is held up

    def limit(self, command: SetTimer) -> None:
        """A time limit has been set: it is kept as long as the attempt may be held up."""
        if self._missing and command.timer == "timeout":
            self._limits[command.instance] = command

    def hold_up(self, start: Start, instance: Instance) -> bool:
        """Whether the attempt has to wait; it is kept then."""
        missing = _around(instance, self._missing)
        if missing is not None:
            self._starts.append((start, missing))
        return missing is not None

    def refusal(self, start: Start, instance: Instance) -> AttemptEnded | None:
        """How the attempt ends whose lock is not to be had again."""
        refused = _around(instance, self._refused.keys())
        if refused is None:
            return None
        error = self._refused[refused]
        return AttemptEnded(instance=start.instance, attempt=start.attempt, outcome="failed", error=error)

    def stop(self, command: Stop) -> None:
        """The attempt never begins."""
        self._starts = [one for one in self._starts if one[0].instance != command.instance]

    def _want(self, instance: Instance, *, at_once: str = "") -> None:
        self.locks.want(
            Claim(shared_name(instance), instance.limit, "", instance.serial, instance.path, at_once=at_once)
        )


def shared_name(instance: Instance) -> str:
    """What the store calls the lock, or the group of runs, that the instance waits for; empty for a lock of the run."""
    scope, name = instance.lock_key
    return {"group": f"group {name}", "store": name}.get(scope, "")


def _around(instance: Instance, serials: Container[int]) -> int | None:
    """Which of these it is, or is inside of."""
    one: Instance | None = instance
    while one is not None:
        if one.serial in serials:
            return one.serial
        one = one.scope.owner if one.scope is not None else None
    return None
