"""Several reporters of one run: the one that is shown, and those that write files."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from steplane.events import AnyEvent
from steplane.kernel import Instance
from steplane.reporters.subject import Result

_TOLD = ("event", "log", "progress", "interrupted")


class Shown(Protocol):
    """A reporter that is told the end. It may have the other methods of a `Reporter` too: what it does not have, it is
    not told. `event` and `log` may be called by several threads.
    """

    def finish(self, result: Result) -> None:
        """The run, or the part of it in this process, is over. Called once, however it ended."""


class Several:
    """Tells all of them, in order. One that breaks hears of the end only, and keeps nothing from the others; why each
    broke is in `failures`.
    """

    def __init__(self, reporters: Sequence[Shown]) -> None:
        self._reporters = list(reporters)
        self._broken: list[Shown] = []
        self.failures: list[Exception] = []
        self._listening: dict[str, list[tuple[Shown, Callable[..., None]]]] = {
            name: [(one, getattr(one, name)) for one in reporters if hasattr(one, name)] for name in _TOLD
        }

    @property
    def hears_lines(self) -> bool:
        """Whether any of them wants to know what steps write."""
        return bool(self._listening["log"])

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        """Pass on what was recorded. Spelt out, for it is called some times for each step."""
        for one, tell in self._listening["event"]:
            if one not in self._broken:
                try:
                    tell(event, instance)
                except Exception as error:  # noqa: BLE001 - as in `_tell`
                    self._breaks(one, error)

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
        for one, tell in self._listening[name]:
            if one not in self._broken:
                try:
                    tell(*what)
                except Exception as error:  # noqa: BLE001 - a bug in one is no reason to stop the run or blind the others
                    self._breaks(one, error)

    def _breaks(self, one: Shown, error: Exception) -> None:
        self._broken.append(one)
        self.failures.append(error)
