"""A file as it is mended: its lines, its tree, and the edits that take something out or put something in."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache

from msgspec import Struct

from steplane.diagnostics import Edit, Span
from steplane.source import Document
from steplane.source.nodes import WIDE, Entry, Mapping, Node, Scalar, Sequence


class Found(Struct, frozen=True, eq=False):
    """A part of the tree: an entry of a mapping or an item of a list, in what holds it."""

    holder: Mapping | Sequence
    index: int
    part: Entry | Node

    @property
    def start(self) -> tuple[int, int]:
        """Line and column where it begins."""
        span = self.part.key.span if isinstance(self.part, Entry) else self.part.span
        return span.line, span.column

    @property
    def end(self) -> tuple[int, int]:
        """Line and column behind its end."""
        span = self.part.value.span if isinstance(self.part, Entry) else self.part.span
        if isinstance(self.part, Entry) and (span.end_line, span.end_column) < self.start:  # an alias, or nothing
            span = self.part.key.span
        return span.end_line, span.end_column

    @property
    def entry(self) -> Entry | None:
        """It, where it is an entry."""
        return self.part if isinstance(self.part, Entry) else None


class Source:
    """One document that is mended."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.lines = document.lines
        self._numbers: dict[str, int] = {}

    def line(self, number: int) -> str:
        """A line's text; empty behind the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(re.findall(r"\w+", self.document.text))

    def new_word(self, name: str) -> str:
        """The word with the next number behind it that makes one which the file does not have; each is given once."""
        number = self._numbers.get(name, 2)
        while f"{name}_{number}" in self._words:
            number += 1
        self._numbers[name] = number + 1
        return f"{name}_{number}"

    def text(self, span: Span) -> str:
        """What stands in a stretch of one line."""
        return self.line(span.line)[span.column - 1 : span.end_column - 1] if span.line == span.end_line else ""

    def edit(self, line: int, column: int, length: int, text: str) -> Edit:
        """A change within one line."""
        return Edit(Span(self.document.file, line, column, line, column + length), text)

    def insert(self, line: int, column: int, text: str) -> Edit:
        """Text put in."""
        return self.edit(line, column, 0, text)

    def path(self, span: Span) -> list[Found]:
        """The parts around a place, the innermost last."""
        place = (span.line, span.column)
        node: Node | None = self.document.root
        path: list[Found] = []
        while isinstance(node, Mapping | Sequence):
            found = next((one for one in _near(node, place) if one.start <= place < max(one.end, one.start)), None)
            if found is None:
                return path
            path.append(found)
            node = found.part.value if isinstance(found.part, Entry) else found.part
        return path

    def entry_at(self, span: Span) -> Found | None:
        """The innermost entry around a place."""
        return next((one for one in reversed(self.path(span)) if one.entry is not None), None)

    def item_at(self, span: Span) -> Found | None:
        """The innermost item of a list around a place."""
        return next((one for one in reversed(self.path(span)) if one.entry is None), None)

    def mapping_around(self, span: Span) -> Mapping | None:
        """The mapping that the innermost entry at a place stands in."""
        found = self.entry_at(span)
        return found.holder if found is not None and isinstance(found.holder, Mapping) else None

    # ---------------------------------------------------------------- taking out

    @staticmethod
    def is_only(found: Found) -> bool:
        """Whether what holds a part holds no other."""
        return len(_inner(found.holder)) == 1

    def without(self, found: Found) -> tuple[Edit, ...]:
        """The edit that takes a part out. Empty where nothing would be left of what holds it."""
        if self.is_only(found):
            return self._without_last(found)
        if self.is_flow(found.holder):
            return (self._out_of_brackets(found),)
        return (self._out_of_lines(*found.start, is_item=found.entry is None),)

    def without_key(self, line: int, column: int) -> tuple[Edit, ...]:
        """The edit that takes out a key with all that is indented below it, as far as lines tell."""
        before = self.line(line)[: column - 1]
        if before.strip(" -"):
            return ()  # within brackets
        return (self._out_of_lines(line, column, is_item=False),)

    def is_flow(self, holder: Mapping | Sequence) -> bool:
        """Whether a list or mapping stands in brackets."""
        return self.line(holder.span.line)[holder.span.column - 1 : holder.span.column] in ("{", "[")

    def _without_last(self, found: Found) -> tuple[Edit, ...]:
        owner = next((one for one in reversed(self._all(found)) if _value(one) is found.holder), None)
        return () if owner is None else self.without(owner)

    def _all(self, found: Found) -> list[Found]:
        line, column = found.start
        return self.path(Span(self.document.file, line, column, line, column + 1))

    def _out_of_brackets(self, found: Found) -> Edit:
        parts, place = _inner(found.holder), found.index
        start, end = found.start, found.end
        if place + 1 < len(parts):
            end = Found(found.holder, place + 1, parts[place + 1]).start
        else:
            start = Found(found.holder, place - 1, parts[place - 1]).end
        return Edit(Span(self.document.file, *start, *end), "")

    def _out_of_lines(self, line: int, column: int, *, is_item: bool) -> Edit:
        dash = self.line(line)[: column - 1].rfind("-") if is_item else -1
        indent = dash + 1 if dash >= 0 else column
        last = self._last_line(line, indent, is_item=is_item)
        before = self.line(line)[: indent - 1]
        if before.strip():  # the first key behind a `- `: the next one takes its place
            following = self.line(last + 1)
            kept = len(following) - len(following.lstrip())
            return Edit(Span(self.document.file, line, indent, last + 1, kept + 1), "")
        return Edit(Span(self.document.file, line, 1, last + 1, 1), "")

    def _last_line(self, line: int, column: int, *, is_item: bool) -> int:
        last = line
        for number in range(line + 1, len(self.lines) + 1):
            text = self.line(number)
            indent = len(text) - len(text.lstrip(" ")) + 1
            if not text.strip():
                continue
            belongs = indent > column or (indent == column and not is_item and text.lstrip().startswith("- "))
            if not belongs:
                break
            last = number
        return last

    # ---------------------------------------------------------------- putting in

    def with_entry(self, mapping: Mapping, name: str, value: str) -> tuple[Edit, ...]:
        """The edit that adds a key at the end of a mapping."""
        if not mapping.entries:
            return ()
        if self.is_flow(mapping):
            end = _parts_end(mapping)
            return (self.insert(*end, f", {name}: {value}"),)
        first = mapping.entries[0].key.span
        last = self._last_line(mapping.entries[-1].key.span.line, mapping.entries[-1].key.span.column, is_item=False)
        indent = " " * (first.column - 1)
        return (self.insert(last, len(self.line(last)) + 1, f"\n{indent}{name}: {value}"),)

    def quoted(self, span: Span) -> Edit:
        """Quotes around the rest of a line's value."""
        rest = self.line(span.line)[span.column - 1 :].rstrip()
        return self.edit(span.line, span.column, len(rest), in_quotes(rest))


def in_quotes(text: str) -> str:
    """The text as a quoted scalar on one line."""
    return "'" + text.replace("'", "''") + "'" if '"' in text or "\\" in text else f'"{text}"'


def number_in(pattern: str, text: str) -> int | None:
    """The whole number that stands in a message; the pattern has a group for it."""
    match = re.search(pattern, text)
    return int(match[1]) if match else None


def _value(found: Found) -> Node:
    return found.part.value if isinstance(found.part, Entry) else found.part


def _parts_end(mapping: Mapping) -> tuple[int, int]:
    return Found(mapping, len(mapping.entries) - 1, mapping.entries[-1]).end


def _inner(holder: Mapping | Sequence) -> tuple[Entry | Node, ...]:
    return holder.entries if isinstance(holder, Mapping) else holder.items


@lru_cache(maxsize=4)
def _in_order(mapping: Mapping) -> list[tuple[tuple[int, int], int]]:
    """Where the entries of a wide mapping begin, in the order of the file, with their numbers."""
    return sorted((Found(mapping, number, one).start, number) for number, one in enumerate(mapping.entries))


def _near(holder: Mapping | Sequence, place: tuple[int, int]) -> Iterator[Found]:
    """The parts among which one is to be looked for; the items of a list stand in order."""
    if isinstance(holder, Mapping) and len(holder.entries) > WIDE:
        order = _in_order(holder)
        for _, number in order[max(bisect_right(order, (place, len(order))) - 1, 0) :][:1]:
            yield Found(holder, number, holder.entries[number])
        return
    if isinstance(holder, Mapping):
        yield from (Found(holder, number, part) for number, part in enumerate(holder.entries))
        return
    number = bisect_right(holder.items, place, key=lambda one: (one.span.line, one.span.column)) - 1
    if number >= 0:
        yield Found(holder, number, holder.items[number])


__all__ = ["Found", "Scalar", "Source", "in_quotes", "number_in"]
