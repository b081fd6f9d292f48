"""What a run asks of recorded results, and how it does without."""

from collections.abc import Collection
from typing import Any, Protocol

from msgspec import Struct

from steplane.commands import Ask
from steplane.events import Answered, ErrorInfo, StepEnded


class CacheLooked(Struct, frozen=True):
    """What has been found of a recorded result: the value of the answer, or the error that the step fails with."""

    instance: int
    value: dict[str, Any] | None
    error: ErrorInfo | None = None


class Recall(Protocol):
    """The recorded results of steps with `cache`."""

    @property
    def open(self) -> Collection[int]:
        """The instances whose question is not answered yet."""

    def ask(self, command: Ask) -> list[Answered]:
        """Look for a result; the answer, if there is one already."""

    def answered(self, message: CacheLooked) -> list[Answered]:
        """The answer that has come."""

    def ended(self, fact: StepEnded, here: Any) -> None:
        """A step has ended: what it gave may be recorded. `here` is its instance."""

    def close(self) -> None:
        """Answer nothing more."""


class Uncached:
    """Without a workflow that has any: nothing is found."""

    open: Collection[int] = ()

    def ask(self, command: Ask) -> list[Answered]:
        """Nothing is recorded."""
        return [Answered(instance=command.instance, question="cache", value={"hit": False, "why": []})]

    def answered(self, message: CacheLooked) -> list[Answered]:
        """Nothing was looked for."""
        return []

    def ended(self, fact: StepEnded, here: Any) -> None:
        """Nothing is recorded."""

    def close(self) -> None:
        """There is nothing to close."""
