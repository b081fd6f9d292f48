"""Several reporters of one run: the one that is shown, and those that write files."""

from collections.abc import Sequence
from typing import Protocol

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
        for one in tuple(self._listening):
            try:
                one.event(event, instance)
            except Exception:  # noqa: BLE001 - a bug in one is no reason to stop the run or to blind the others
                self._listening.remove(one)

    def log(self, path: str, stream: str, text: str) -> None:
        """Pass on what a step wrote."""
        for one in tuple(self._listening):
            try:
                one.log(path, stream, text)
            except Exception:  # noqa: BLE001 - the same
                self._listening.remove(one)

    def finish(self, result: Result) -> None:
        """Let each say its last words; the first exception is raised when all have."""
        failures = []
        for one in self._reporters:
            try:
                one.finish(result)
            except Exception as error:  # noqa: BLE001 - the same; the caller tells it
                failures.append(error)
        if failures:
            raise failures[0]
