"""Stretches of one file, and which places they touch: a file that is wrong everywhere has thousands of both."""

from bisect import bisect_right
from collections.abc import Iterable

from steplane.diagnostics import Span

_Place = tuple[int, int]


class Stretches:
    """Stretches of a file, made ready to be asked often; those that overlap count as one."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, spans: Iterable[Span]) -> None:
        self._starts: list[_Place] = []
        self._ends: list[_Place] = []
        for start, end in sorted(((one.line, one.column), (one.end_line, one.end_column)) for one in spans):
            if self._ends and start < self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def touches(self, span: Span) -> bool:
        """Whether one of them has something in common with the span, or an empty span stands in one."""
        start, end = (span.line, span.column), (span.end_line, span.end_column)
        at = bisect_right(self._ends, start)
        return at < len(self._ends) and (self._starts[at] < end or self._starts[at] <= start)

    def holds(self, span: Span) -> bool:
        """Whether the span begins in one of them."""
        start = (span.line, span.column)
        at = bisect_right(self._ends, start)
        return at < len(self._ends) and self._starts[at] <= start
