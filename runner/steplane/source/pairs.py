"""The keys of one mapping: each once, merges applied, text only."""

import re

from steplane.diagnostics import Diagnostic, Span
from steplane.source import mistakes
from steplane.source.blanks import TYPESET
from steplane.source.limits import MISTAKES
from steplane.source.nodes import Entry, Mapping, Node, Scalar, Sequence
from steplane.source.scalars import canonical_text

HIDDEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
"""Characters that show nothing, or turn the direction of the text around them."""
BLANK = re.compile(f"[{TYPESET}]")
"""Blanks of typesetting: YAML takes them for letters, and nobody sees one at the edge of a key."""
_EDGE = re.compile(f"^[{TYPESET}]|[{TYPESET}]$")

_STEP_LISTS = frozenset({"steps", "rescue", "finally", "compensate"})


class Pairs:
    """Collects keys and values in the order of the file.

    `hidden`: the file holds characters that cannot be seen. `unknown`: aliases that stand for nothing.
    """

    __slots__ = (
        "_first",
        "_hidden",
        "_later",
        "_merge",
        "_merge_position",
        "_twice",
        "_unknown",
        "broken",
        "diagnostics",
        "last_value",
    )

    def __init__(self, hidden: bool, unknown: set[Span]) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.broken: list[Span] = []
        self.last_value: Node | None = None
        self._hidden = hidden
        self._unknown = unknown
        self._first: dict[str, Entry] = {}
        self._twice: list[tuple[Entry, Entry]] = []
        self._later: list[Entry] = []  # from the first on that is set twice
        self._merge: Entry | None = None
        self._merge_position = 0

    def add(self, key: Node, value: Node) -> None:
        """Take one key with its value; of a key that is set twice the first stays."""
        self.last_value = value
        if not isinstance(key, Scalar):
            what = "a list" if isinstance(key, Sequence) else "a mapping"
            self.diagnostics.append(mistakes.key_not_text(key.span, what, None))
            self.broken.append(key.span)
            return
        entry = Entry(key, value)
        if key.plain:
            if key.text == "<<":
                self._add_merge(entry)
                return
            if not isinstance(key.value, str) and key.span not in self._unknown:
                self._check_spelling(key)
        if self._hidden:
            self._check_visible(key)
        first = self._first.setdefault(key.text, entry)
        if first is not entry and len(self._twice) <= MISTAKES:
            self._twice.append((first, entry))
        if self._twice:
            self._later.append(entry)

    def begun_anew(self, column: int) -> "Pairs | None":
        """The keys from where those of another item begin, of which the dash is missing; they are no more in this one.

        `column` is that of the keys. A step that has an `id` and a `run` twice is two steps.
        """
        if len(self._twice) < 2 or any(one.key.span.column != column for one in self._later):
            return None
        more = Pairs(self._hidden, self._unknown)
        for entry in self._later:
            more.add(entry.key, entry.value)
        more.diagnostics, more.broken = [], []  # these are told of this one
        later = {id(entry) for entry in self._later}
        self._first = {name: one for name, one in self._first.items() if id(one) not in later}
        self._twice, self._later = [], []
        return more

    @property
    def first_key(self) -> Scalar | None:
        """The first key that is text."""
        return next((entry.key for entry in self._first.values()), None)

    def entries(self, path: list[str]) -> tuple[Entry, ...]:
        """The entries, explicit keys before merged ones of the same name; `path` is the keys around the mapping."""
        for first, second in self._twice:
            self.diagnostics.append(mistakes.set_twice(first, second, self._where(path)))
        own = tuple(self._first.values())
        if self._merge is None:
            return own
        merged: dict[str, Entry] = {}
        for source in self._merged(self._merge.value):
            for entry in source.entries:
                if entry.name not in self._first:
                    merged.setdefault(entry.name, entry)
        return (*own[: self._merge_position], *merged.values(), *own[self._merge_position :])

    def _add_merge(self, entry: Entry) -> None:
        if self._merge is not None:
            self._twice.append((self._merge, entry))
        else:
            self._merge, self._merge_position = entry, len(self._first)

    def _merged(self, value: Node) -> list[Mapping]:
        sources = []
        for node in value.items if isinstance(value, Sequence) else (value,):
            if isinstance(node, Mapping):
                sources.append(node)
            elif node.span not in self._unknown:
                inside = value.span.line <= node.span.line <= value.span.end_line
                span = node.span if inside else value.span  # what an alias stands for is written elsewhere
                if len(self.diagnostics) <= MISTAKES and span not in self.broken:
                    self.diagnostics.append(mistakes.bad_merge(span))
                    self.broken.append(span)
        return sources

    def _where(self, path: list[str]) -> str:
        name = self._first.get("id")
        if name is not None and isinstance(name.value, Scalar) and name.value.text:
            inside = next((key for key in reversed(path) if key), "steps")
            if inside in _STEP_LISTS:
                return f" in step `{name.value.text}`"
        return f" in `{path[-1]}`" if path and path[-1] else ""

    def _check_spelling(self, key: Scalar) -> None:
        if canonical_text(key) is not None:
            return
        self.broken.append(key.span)
        if not key.text:
            self.diagnostics.append(mistakes.key_not_text(key.span, "empty", None))
            return
        what = "null" if key.value is None else "a boolean" if isinstance(key.value, bool) else "a number"
        self.diagnostics.append(mistakes.key_not_text(key.span, what, f'"{key.text}"'))

    def _check_visible(self, key: Scalar) -> None:
        match = HIDDEN.search(key.text) or _EDGE.search(key.text)
        if match is None:
            return
        span = key.span
        self.broken.append(span)
        if span.end_column - span.column == len(key.text) and span.line == span.end_line:
            column = span.column + match.start()
            span = Span(span.file, span.line, column, span.line, column + 1)
        self.diagnostics.append(mistakes.hidden_character(match.group(), span))
