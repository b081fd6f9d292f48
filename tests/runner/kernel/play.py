"""Playing a run of the kernel by hand in a test: answer, end, let time pass, in short words."""

from typing import Any

import yaml
from msgspec.structs import replace
from tests.runner.kernel.compiled import plan_of

from steplane.commands import Ask, Command, Record
from steplane.events import (
    Answered,
    AttemptEnded,
    CancelRequested,
    ErrorInfo,
    Input,
    Resumed,
    RunStarted,
    SignalCame,
    StepEnded,
    StepRetry,
    StepStarted,
    TimerFired,
)
from steplane.kernel import Instance, Kernel
from steplane.kernel.instances import asks


class Play:
    """A run of a workflow written as YAML text (without `steplane` and `name`)."""

    def __init__(self, text: str, pool: int = 8) -> None:
        self.kernel = Kernel(plan_of(yaml.safe_load(text)))
        self.seconds = 1000.0
        self.commands: list[Command] = []
        self.feed(RunStarted(pool=pool))

    def feed(self, event: Input) -> None:
        """Give the kernel an event at the present second."""
        self.commands += self.kernel.step(replace(event, at=round(self.seconds * 1_000_000)))

    def live(self, path: str) -> Instance:
        """The instance of the path that has not ended."""
        (found,) = [one for one in self.kernel.state.instances.values() if one.path == path]
        return found

    # ------------------------------------------------------------ what happens

    def ok(self, *paths: str) -> None:
        """The attempts at the paths succeed."""
        for path in paths:
            one = self.live(path)
            self.feed(AttemptEnded(instance=one.serial, attempt=one.attempt, outcome="succeeded"))

    def fail(self, path: str, error: str = "shell.exit") -> None:
        """The attempt fails."""
        one = self.live(path)
        self.feed(AttemptEnded(instance=one.serial, attempt=one.attempt, outcome="failed", error=ErrorInfo(error)))

    def stop(self, path: str) -> None:
        """The attempt, asked to stop, ends."""
        assert path in self.stopping
        one = self.live(path)
        self.feed(AttemptEnded(instance=one.serial, attempt=one.attempt, outcome="cancelled"))

    def answer(self, path: str, question: Any, value: Any = True, error: str | None = None) -> None:
        """Answer the question."""
        assert (path, question) in self.asked
        info = None if error is None else ErrorInfo(error)
        self.feed(Answered(instance=self.live(path).serial, question=question, value=value, error=info))

    def loop(self, path: str, *keys: str, concurrency: int | None = 1, allowed: int = 0) -> None:
        """Answer the question for the items."""
        value = {"keys": list(keys), "items": list(keys), "concurrency": concurrency, "allowed": allowed}
        self.answer(path, "loop", value)

    def timer(self, path: str, kind: Any) -> None:
        """The timer is due."""
        assert (self.live(path).serial, kind) in self.kernel.state.timers
        self.feed(TimerFired(instance=self.live(path).serial, timer=kind))

    def signal(self, name: str, data: Any = None, *, key: str = "", transient: bool = False) -> None:
        """Ann sends a signal."""
        self.feed(SignalCame(name=name, data=data, sender="ann", time="now", id=key, transient=transient))

    def cancel(self) -> None:
        """Cancel the run."""
        self.feed(CancelRequested())

    def resume(self, *redo: str, **assume: dict[str, Any]) -> None:
        """Go on in a new process."""
        self.feed(Resumed(redo=redo, assume=assume))

    # ------------------------------------------------------------ what is seen

    @property
    def running(self) -> list[str]:
        """Paths with an attempt in flight that is not being stopped."""
        return sorted(one.path for one in self.kernel.state.live("attempt"))

    @property
    def stopping(self) -> list[str]:
        """Paths whose attempt is asked to stop."""
        return sorted(one.path for one in self.kernel.state.live("stopping"))

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Open questions as (path, question)."""
        found = {one.instance: one.question for one in self.commands if isinstance(one, Ask)}
        living = self.kernel.state.instances.values()
        return sorted((one.path, found[one.serial]) for one in living if asks(one))

    @property
    def facts(self) -> list[Any]:
        """All facts so far."""
        return [one.fact for one in self.commands if isinstance(one, Record)]

    @property
    def started(self) -> list[str]:
        """Paths in the order in which they were started."""
        return [fact.path for fact in self.facts if isinstance(fact, StepStarted)]

    @property
    def delays(self) -> list[float]:
        """Seconds of back-off so far."""
        return [fact.delay for fact in self.facts if isinstance(fact, StepRetry)]

    def end_of(self, path: str) -> StepEnded:
        """How the latest activation of the path ended."""
        return [fact for fact in self.facts if isinstance(fact, StepEnded) and fact.path == path][-1]

    def status(self, path: str) -> str:
        """The status of the latest activation of the path."""
        return self.kernel.state.paths[path].status

    def activations(self, path: str) -> int:
        """How many activations the path has had."""
        return self.kernel.state.paths[path].number

    @property
    def ended(self) -> str | None:
        """The run's status once it is over."""
        return self.kernel.status if self.kernel.ended else None
