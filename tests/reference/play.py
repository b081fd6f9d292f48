"""Playing a run by hand in a test: answer, end, let time pass, in short words."""

from typing import Any

import yaml
from tests.reference.interpreter import Reference, Want


class Play:
    """A run of a workflow written as YAML text (without `steplane` and `name`)."""

    def __init__(self, text: str, pool: int = 8) -> None:
        self.run = Reference(yaml.safe_load(text), pool)
        self.run.begin()

    def find(self, kind: str, path: str) -> Want:
        """The one open want of that kind and path."""
        (found,) = [want for want in self.run.wants() if want[:2] == (kind, path)]
        return found

    def ok(self, *paths: str) -> None:
        """The attempts at the paths succeed."""
        for path in paths:
            self.run.feed(("attempt.ended", *self.find("attempt", path)[1:], "succeeded", None))

    def fail(self, path: str, error: str = "shell.exit") -> None:
        """The attempt fails."""
        self.run.feed(("attempt.ended", *self.find("attempt", path)[1:], "failed", error))

    def stop(self, path: str) -> None:
        """The attempt, asked to stop, ends."""
        assert self.find("stop", path)
        self.run.feed(("attempt.ended", *self.find("attempt", path)[1:], "cancelled", None))

    def answer(self, path: str, question: str, value: Any = True, error: str | None = None) -> None:
        """Answer the question."""
        assert self.find("ask", path)[3] == question
        self.run.feed(("answered", *self.find("ask", path)[1:], value, error))

    def loop(self, path: str, *keys: str, concurrency: int | None = 1, allowed: int = 0) -> None:
        """Answer the question for the items."""
        value = {"keys": list(keys), "items": list(keys), "concurrency": concurrency, "allowed": allowed}
        self.answer(path, "loop", value)

    def timer(self, path: str, kind: str) -> None:
        """The timer is due."""
        assert self.find("timer", path)[3] == kind
        self.run.feed(("timer", *self.find("timer", path)[1:]))

    def cancel(self) -> None:
        """Cancel the run."""
        self.run.feed(("cancel",))

    def resume(self, *redo: str, **assume: dict[str, Any]) -> None:
        """Go on in a new process."""
        self.run.feed(("resumed", redo, assume))

    @property
    def running(self) -> list[str]:
        """Paths with an attempt in flight that is not being stopped."""
        stopping = {want[1:3] for want in self.run.wants() if want[0] == "stop"}
        return sorted(want[1] for want in self.run.wants() if want[0] == "attempt" and want[1:3] not in stopping)

    @property
    def stopping(self) -> list[str]:
        """Paths whose attempt is asked to stop."""
        return sorted(want[1] for want in self.run.wants() if want[0] == "stop")

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Open questions as (path, question)."""
        return sorted((want[1], want[3]) for want in self.run.wants() if want[0] == "ask")

    def status(self, path: str) -> str:
        """The status of the latest activation of the path."""
        return max((number, status) for (one, number), status in self.run.statuses().items() if one == path)[1]

    def activations(self, path: str) -> int:
        """How many activations the path has had."""
        return max((number for one, number in self.run.statuses() if one == path), default=0)

    @property
    def ended(self) -> str | None:
        """The run's status once it is over."""
        return self.run.ended
