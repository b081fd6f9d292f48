"""The parser's marks to places: where in the text stands what an event is of."""

import re

from steplane.diagnostics import Span
from steplane.source.events import Event
from steplane.source.nodes import Node

_PROPERTIES = re.compile(r"(?:[&!]\S*(?:(?:[ \t]*(?:[ \t]#[^\r\n]*)?(?:\r\n|\r|\n))+[ \t]*|[ \t]+|$))+")
_PROPERTY = re.compile(r"[&!]\S*")
_NAME = re.compile(r"[^\s,\[\]{}]+")


class Marks:
    """Says the places of the events of one text."""

    __slots__ = ("_carriage_returns", "_file", "_text")

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._carriage_returns = "\r" in text

    def property(self, event: Event, sign: str) -> tuple[str, Span]:
        """The anchor's name or the tag as written, with its place."""
        text, index = self._text, event.start_mark.index
        while index < len(text) and text[index] != sign:
            match = _PROPERTY.match(text, index)
            index = match.end() if match else index + 1
        match = _NAME.match(text, index)
        written = match.group() if match else sign
        line, column = self.place(index, event)
        return written.removeprefix("&"), Span(self._file, line, column, line, column + len(written))

    def behind_properties(self, event: Event) -> tuple[int, int]:
        """Line and column of a scalar behind its anchor and tag."""
        match = _PROPERTIES.match(self._text, event.start_mark.index)
        end = event.end_mark
        if match is None or match.end() > end.index:
            return end.line + 1, end.column + 1
        return self.place(match.end(), event)

    def block_end(self, event: Event) -> tuple[int, int]:
        """Behind the last character of a block text: its end mark is the start of what follows."""
        text, index = self._text, event.end_mark.index
        while index > event.start_mark.index + 1 and text[index - 1] in " \t\r\n":
            index -= 1
        return self.place(index, event)

    def place(self, index: int, near: Event) -> tuple[int, int]:
        """Line and column of an index, counted from the start of an event on the same line or above."""
        mark = near.start_mark
        between = self._text[mark.index : index]  # not from the start of the line, which may be the whole file
        if self._carriage_returns:
            between = between.replace("\r\n", " \n").replace("\r", "\n")
        above = between.count("\n")
        column = len(between) - between.rfind("\n") if above else mark.column + len(between) + 1
        return mark.line + above + 1, column

    def written(self, first: Event, last: Event) -> str:
        """The source from the start of one event to the end of another."""
        return self._text[first.start_mark.index : last.end_mark.index]

    def collection_span(self, event: Event, end: Event, last: Node | None) -> Span:
        """Of a list or mapping: without brackets it ends with the `last` node in it, not where the next line begins."""
        if event.flow_style or last is None:
            return self.span(event, end)
        start = event.start_mark
        return Span(self._file, start.line + 1, start.column + 1, last.span.end_line, last.span.end_column)

    def span(self, first: Event, last: Event | None = None) -> Span:
        """From the start of an event to its end, or to that of another."""
        start, end = first.start_mark, (last or first).end_mark
        return Span(self._file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)
