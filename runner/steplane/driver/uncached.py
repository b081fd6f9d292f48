"""What a run asks of recorded results, and how it does without."""

from collections.abc import Collection
from typing import Any, Protocol

from msgspec import Struct

from steplane.commands import Ask
from steplane.events import Answered, ErrorInfo, StepEnded
from steplane.parts import Artifact


class CacheLooked(Struct, frozen=True):
    """What has been found of a recorded result: the value of the answer, or the error that the step fails with; and the
    `artifacts` that are in their place again.
    """

    instance: int
    value: dict[str, Any] | None
    error: ErrorInfo | None = None
    artifacts: tuple[Artifact, ...] = ()


class Recall(Protocol):
    """The recorded results of steps with `cache`."""

    @property
    def open(self) -> Collection[int]:
        """The instances whose question is not answered yet."""

    def ask(self, command: Ask) -> list[Answered]:
        """Look for a result; the answer, if there is one already."""

    def answered(self, message: CacheLooked) -> list[Answered]:
        """The answer that has come."""

    def ended(self, fact: StepEnded, here: Any, artifacts: tuple[Artifact, ...] = ()) -> None:
        """A step has ended: what it gave may be recorded. `here` is its instance, `artifacts` the files
        that are kept of it.
        """

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

    def ended(self, fact: StepEnded, here: Any, artifacts: tuple[Artifact, ...] = ()) -> None:
        """Nothing is recorded."""

    def close(self) -> None:
        """There is nothing to close."""
