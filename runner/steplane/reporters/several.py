"""Several reporters of one run: the one that is shown, and those that write files."""

from collections.abc import Sequence
from typing import Any, Protocol

from steplane.events import AnyEvent
from steplane.kernel import Instance
from steplane.reporters.subject import Result


class Shown(Protocol):
    """A reporter that is told the end too. `event` and `log` may be called by several threads."""

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        """Something was recorded."""

    def log(self, path: str, stream: str, text: str) -> None:
        """A step wrote whole lines."""

    def finish(self, result: Result) -> None:
        """The run, or the part of it in this process, is over. Called once, however it ended."""


class Several:
    """Tells all of them, in order. One that breaks hears of the end only, and keeps nothing from the others."""

    def __init__(self, reporters: Sequence[Shown]) -> None:
        self._reporters = list(reporters)
        self._listening = list(reporters)

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        """Pass on what was recorded."""
        self._tell("event", event, instance)

    def log(self, path: str, stream: str, text: str) -> None:
        """Pass on what a step wrote."""
        self._tell("log", path, stream, text)

    def progress(self, path: str, done: float, total: float | None, text: str) -> None:
        """Pass on how far a step is, to those who want to know."""
        self._tell("progress", path, done, total, text)

    def interrupted(self) -> None:
        """Pass on that a signal stops the run, to those who want to know."""
        self._tell("interrupted")

    def finish(self, result: Result) -> None:
        """Let each say its last words; the first exception is raised when all have."""
        failures = []
        for one in self._reporters:
            try:
                one.finish(result)
            except Exception as error:  # noqa: BLE001 - one that breaks keeps nothing from the others
                failures.append(error)
        if failures:
            raise failures[0]

    def _tell(self, name: str, *what: Any) -> None:
        for one in tuple(self._listening):
            try:
                getattr(one, name, _nothing)(*what)
            except Exception:  # noqa: BLE001 - a bug in one is no reason to stop the run or to blind the others
                self._listening.remove(one)


def _nothing(*_: Any) -> None:
    """Not every reporter wants to know everything."""
