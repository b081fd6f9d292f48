"""A run that is not shown: nothing but its failures, when it is over."""

from steplane.events import AnyEvent
from steplane.kernel import Instance
from steplane.reporters.ending import Ending, Write
from steplane.reporters.paint import Paint
from steplane.reporters.signs import ASCII_SIGNS
from steplane.reporters.subject import Result, Subject


class QuietReporter:
    """Writes the failures of a run, and how to go on, to `err`. It hears no line that a step writes: those are in the
    log, and to make text of them that nobody reads would cost a run of many small steps a tenth of its time.
    """

    def __init__(self, subject: Subject, err: Write, *, color: bool = False) -> None:
        self._err = err
        self._ending = Ending(subject, ASCII_SIGNS, Paint(False), Paint(color))

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        """Remember what the last words need."""
        self._ending.event(event, instance.node if instance is not None else None)

    def finish(self, result: Result) -> None:
        """Write the failures and how to go on."""
        self._ending.finish(result, _nowhere, self._err)


def _nowhere(text: str) -> None:
    """Where the summary goes."""
