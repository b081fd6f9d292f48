"""Moments in the lives of steps: which can never come before which, and how long surely passes between two."""

from steplane.checks.context import Context, Position
from steplane.checks.named_steps import EVENTS
from steplane.checks.rules.course import Course, Obstacle
from steplane.model import Moment, Step, Wait


class Moments:
    """Answers about the moments of one file; the steps that they name are known."""

    def __init__(self, course: Course, context: Context) -> None:
        self._course = course
        self._context = context
        self._waits = [
            (one, action.duration.seconds)
            for one in context.positions
            if isinstance(action := one.step.action, Wait) and action.duration is not None
        ]

    def reversed(self, start: Moment, end: Moment) -> Obstacle | None:
        """Why the end never comes after the start; None where it can."""
        first, last = self._context.by_id[start.step.text], self._context.by_id[end.step.text]
        if any(self._course.repeats(last)):
            return None  # the last time may come after the first time of the other
        words = f"`{end.step}.{end.event}` never comes after `{start.step}.{start.event}`"
        place = last.step.span
        if first.step is last.step:
            return (words, place) if EVENTS.index(end.event.text) <= EVENTS.index(start.event.text) else None
        inside = _inside(first, last)
        if self._course.ended_before(last, first) or (inside and end.event.text != "ended"):
            return words, place
        return (words, place) if self._course.holds(first, last) and start.event.text == "ended" else None

    def longest_wait(self, start: Moment, end: Moment) -> tuple[float, Step] | None:
        """The longest wait that surely is between both where nothing fails, in seconds."""
        first, last = self._context.by_id[start.step.text], self._context.by_id[end.step.text]
        if not (self._course.plain(first) and self._course.plain(last)):
            return None
        found: tuple[float, Step] | None = None
        for position, seconds in self._waits:
            if seconds is None or (found is not None and found[0] >= seconds):
                continue
            if self._between(position, first, start, last, end):
                found = seconds, position.step
        return found

    def _between(self, wait: Position, first: Position, start: Moment, last: Position, end: Moment) -> bool:
        """Whether the wait surely begins after the start and ends before the end."""
        if not self._course.plain(wait):
            return False
        own = wait.step is first.step
        begins = start.event.text != "ended" if own else self._course.ended_before(first, wait)
        is_last = wait.step is last.step
        ends = end.event.text == "ended" if is_last else self._course.ended_before(wait, last)
        return begins and ends


def _inside(inner: Position, outer: Position) -> bool:
    return inner.step is not outer.step and any(one is outer.step for _, one in inner.chain)


__all__ = ["Moments"]
