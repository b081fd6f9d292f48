"""Parse events to a tree of nodes with places.

Everything that a hostile file could blow up is counted on the events, before it is built: an alias weighs as much as
what it stands for.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from steplane.diagnostics import Diagnostic, Span
from steplane.source import mistakes
from steplane.source.complaint import Around
from steplane.source.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)
from steplane.source.limits import DEPTH, EXPRESSIONS, MISTAKES, NODES, SCALAR_CHARACTERS, SUGGESTIONS, TEXT_CHARACTERS
from steplane.source.nodes import Entry, Mapping, Node, Scalar, Sequence, moved
from steplane.source.pairs import BLANK, HIDDEN, Pairs
from steplane.source.scalars import BadNumber, resolve
from steplane.suggest import did_you_mean

_PROPERTIES = re.compile(r"(?:[&!]\S*(?:(?:[ \t]*(?:[ \t]#[^\r\n]*)?(?:\r\n|\r|\n))+[ \t]*|[ \t]+|$))+")
_PROPERTY = re.compile(r"[&!]\S*")
_NAME = re.compile(r"[^\s,\[\]{}]+")
_ITEM_LINE = re.compile(r"[\r\n][ \t]*(- )")


class LimitPassed(Exception):
    """The file asks for more than a file may; `diagnostic` says where."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Size(NamedTuple):
    """What was read: nodes, characters of texts, expressions."""

    nodes: int
    characters: int
    expressions: int


class Anchored(NamedTuple):
    """What an anchor stands for; `node` is None while it is still being read."""

    node: Node | None
    size: "Size"
    span: Span


class Composer:
    """Builds the tree of one file from its events, and collects what is wrong."""

    def __init__(self, events: Iterator[Event], text: str, file: str, restore: dict[int, str] | None = None) -> None:
        self.file = file
        self.text = text
        self.diagnostics: list[Diagnostic] = []
        self.broken: list[Span] = []
        self.last: Scalar | None = None
        self._outermost: tuple[int, int] | None = None
        self._events = events
        self._restore = restore
        self._anchors: dict[str, Anchored] = {}
        self._unused: dict[str, Span] = {}
        self._weight = 0
        self._characters = 0
        self._expressions = 0
        self._depth = 0
        self._flow = 0
        self._path: list[str] = []
        self._item_of: int | None = None  # the column of the dashes, where what is read next is an item behind one
        self._anew: list[Node] = []  # items whose dash is missing, behind the one that was read
        self._carriage_returns = "\r" in text
        self._hidden = HIDDEN.search(text) is not None or BLANK.search(text) is not None

    def document(self) -> Node | None:
        """The root of the first document, or None where the file holds nothing.

        Raises:
            SyntaxProblem: from the events.
            LimitPassed: the file is too large or too deep.
        """
        next(self._events)
        if type(next(self._events)) is StreamEndEvent:
            return None
        root = self._node(next(self._events))
        next(self._events)
        after = next(self._events)
        if type(after) is DocumentStartEvent:
            self.diagnostics.append(mistakes.several_documents(self._span(after)))
        unused = islice(self._unused.items(), MISTAKES + 1)  # more would not be told
        self.diagnostics += [mistakes.unused_anchor(name, span) for name, span in unused]
        return root

    @property
    def around(self) -> Around:
        """Where the reading has come."""
        return Around(self._depth - self._flow, self._outermost)

    def _node(self, event: Event) -> Node:
        kind = type(event)
        self._weight += 1
        if self._weight > NODES:
            raise LimitPassed(mistakes.too_many_nodes(self._span(event)))
        if len(self.diagnostics) > MISTAKES:
            raise LimitPassed(mistakes.too_many_mistakes(self._span(event)))
        if kind is ScalarEvent:
            if event.anchor is None and event.tag is None:
                return self._scalar(event)
        elif kind is AliasEvent:
            return self._alias(event)
        return self._with_properties(event) if event.anchor or event.tag else self._collection(event)

    def _with_properties(self, event: Event) -> Node:
        if event.tag:
            written, span = self._property(event, "!")
            self.diagnostics.append(mistakes.tag(written, span))
            self.broken.append(self._span(event))
        if not event.anchor:
            node = self._unadorned(event)
            return Scalar(written, written, span, True) if _is_nothing(node) else node
        _, span = self._property(event, "&")
        name: str = event.anchor
        if type(event) is ScalarEvent and not event.style and not event.value:
            self.diagnostics.append(mistakes.anchor_of_nothing(name, span))
            self.broken.append(span)
            self._anchors[name] = Anchored(Scalar(f"&{name}", f"&{name}", span, True), Size(1, 0, 0), span)
            return Scalar(f"&{name}", f"&{name}", span, True)
        self._anchors[name] = Anchored(None, Size(0, 0, 0), span)
        self._unused[name] = span
        nodes, characters, expressions = self._weight, self._characters, self._expressions
        node = self._unadorned(event)
        size = Size(self._weight - nodes + 1, self._characters - characters, self._expressions - expressions)
        self._anchors[name] = Anchored(node, size, span)
        return node

    def _unadorned(self, event: Event) -> Node:
        return self._scalar(event) if type(event) is ScalarEvent else self._collection(event)

    def _collection(self, event: Event) -> Node:
        self._depth += 1
        if self._depth > DEPTH:
            raise LimitPassed(mistakes.too_deep_at(self._span(event)))
        if event.flow_style:
            if not self._flow:
                self._outermost = (event.start_mark.line + 1, event.start_mark.column + 1)
            self._flow += 1
        node = self._mapping(event) if type(event) is MappingStartEvent else self._sequence(event)
        self._depth -= 1
        if event.flow_style:
            self._flow -= 1
            if not self._flow:
                self._outermost = None
        return node

    def _scalar(self, event: Event) -> Scalar:
        start, end = event.start_mark, event.end_mark
        text: str = event.value
        if self._restore:
            text = text.translate(self._restore)
        if event.anchor or event.tag:
            line, column = self._behind_properties(event)
        else:
            line, column = start.line + 1, start.column + 1
        plain = not event.style
        if event.style in {"|", ">"}:
            span = Span(self.file, line, column, *self._block_end(event))
        else:
            span = Span(self.file, line, column, end.line + 1, end.column + 1)
        value: bool | int | float | str | None = text
        if plain:
            try:
                value = resolve(text)
            except BadNumber as error:
                self.diagnostics.append(mistakes.bad_number(str(error), span))
            if start.line != end.line:
                self._look_for_items(event, span)
        self._characters += len(text)  # without aliases never more than the file has
        if "${{" in text:
            self._count(0, text.count("${{"), span)
        if len(text) > SCALAR_CHARACTERS:
            self.diagnostics.append(mistakes.too_long_text(span))
        self.last = scalar = Scalar(value, text, span, plain)
        return scalar

    def _count(self, characters: int, expressions: int, span: Span) -> None:
        self._characters += characters
        self._expressions += expressions
        if self._characters > TEXT_CHARACTERS:
            raise LimitPassed(mistakes.too_much_text(span))
        if self._expressions > EXPRESSIONS:
            raise LimitPassed(mistakes.too_many_expressions(span))

    def _sequence(self, event: Event) -> Sequence:
        items: list[Node] = []
        following = next(self._events)
        column = None if event.flow_style else event.start_mark.column + 1
        while type(following) is not SequenceEndEvent:
            self._item_of = column
            items.append(self._node(following))
            items += self._anew
            self._anew = []
            following = next(self._events)
        return Sequence(tuple(items), self._collection_span(event, following, items[-1] if items else None))

    def _mapping(self, event: Event) -> Node:
        pairs = Pairs(self._hidden, self.broken)
        dashes, self._item_of = self._item_of, None
        following = next(self._events)
        if self._is_template(event, following):
            return self._template(event, following)
        while type(following) is not MappingEndEvent:
            key = self._node(following)
            self._path.append(key.text if isinstance(key, Scalar) else "")
            value = self._node(next(self._events))
            self._path.pop()
            pairs.add(key, value)
            following = next(self._events)
        span = self._collection_span(event, following, pairs.last_value)
        if dashes is not None and not event.flow_style:
            self._anew = self._begun_anew(pairs, dashes, span)
        return Mapping(self._entries(pairs), span)

    def _entries(self, pairs: Pairs) -> tuple[Entry, ...]:
        entries = pairs.entries(self._path)
        self.diagnostics += pairs.diagnostics
        self.broken += pairs.broken
        return entries

    def _begun_anew(self, pairs: Pairs, dashes: int, whole: Span) -> list[Node]:
        """The items that stand in the keys of another one because their dash is missing, each said."""
        found: list[Node] = []
        more: Pairs | None = pairs
        while more is not None and (first := more.first_key) is not None:
            if more is not pairs:
                self.diagnostics.append(mistakes.no_dash(first.span, dashes, whole))
                start = first.span
                span = Span(self.file, start.line, start.column, whole.end_line, whole.end_column)
                found.append(Mapping(self._entries(more), span))
            more = more.begun_anew(first.span.column) if len(self.diagnostics) <= MISTAKES else None
        return found

    def _is_template(self, event: Event, first: Event) -> bool:
        """Whether a flow mapping is `{{ x }}`: a mapping that is the key of a mapping, brace on brace."""
        adjacent: bool = first.start_mark.index == event.start_mark.index + 1
        return bool(event.flow_style) and adjacent and type(first) is MappingStartEvent and bool(first.flow_style)

    def _template(self, event: Event, following: Event) -> Scalar:
        kept = len(self.diagnostics)
        while type(following) is not MappingEndEvent:
            self._node(following)
            following = next(self._events)
        del self.diagnostics[kept:]
        span = self._span(event, following)
        text = self._written(event, following).translate(self._restore or {})
        self.diagnostics.append(mistakes.unquoted_template(span, text, quote=self._flow > 1))
        return Scalar(f"${text}", f"${text}", span, True)

    def _alias(self, event: Event) -> Node:
        name: str = event.anchor
        span = self._span(event)
        anchored = self._anchors.get(name)
        if anchored is not None:
            self._unused.pop(name, None)
            if anchored.node is not None:
                self._weight += anchored.size.nodes - 1
                if self._weight > NODES:
                    raise LimitPassed(mistakes.too_many_nodes(span))
                self._count(anchored.size.characters, anchored.size.expressions, span)
                return moved(anchored.node, span)
            self.diagnostics.append(mistakes.recursive_alias(name, span, anchored.span))
        else:
            known = self._anchors if len(self.diagnostics) < SUGGESTIONS else ()
            meant = did_you_mean(name, known)
            self._unused.pop(meant or name, None)
            self.diagnostics.append(mistakes.undefined_alias(name, span, meant))
        self.broken.append(span)
        return Scalar(None, "", span, True)

    def _look_for_items(self, event: Event, span: Span) -> None:
        source = self._written(event, event)
        match = _ITEM_LINE.search(source)
        if match is not None:
            line, column = self._place(event.start_mark.index + match.start(1), event)
            place = Span(self.file, line, column, line, column + 1)
            start = Span(self.file, span.line, span.column, span.line, span.column + 1)
            self.diagnostics.append(mistakes.swallowed_item(place, start))

    def _property(self, event: Event, sign: str) -> tuple[str, Span]:
        """The anchor's name or the tag as written, with its place."""
        text, index = self.text, event.start_mark.index
        while index < len(text) and text[index] != sign:
            match = _PROPERTY.match(text, index)
            index = match.end() if match else index + 1
        match = _NAME.match(text, index)
        written = match.group() if match else sign
        line, column = self._place(index, event)
        return written.removeprefix("&"), Span(self.file, line, column, line, column + len(written))

    def _behind_properties(self, event: Event) -> tuple[int, int]:
        match = _PROPERTIES.match(self.text, event.start_mark.index)
        end = event.end_mark
        if match is None or match.end() > end.index:
            return end.line + 1, end.column + 1
        return self._place(match.end(), event)

    def _block_end(self, event: Event) -> tuple[int, int]:
        """Behind the last character of a block text: its end mark is the start of what follows."""
        text, index = self.text, event.end_mark.index
        while index > event.start_mark.index + 1 and text[index - 1] in " \t\r\n":
            index -= 1
        return self._place(index, event)

    def _place(self, index: int, near: Event) -> tuple[int, int]:
        """Line and column of an index, counted from the start of an event on the same line or above."""
        mark = near.start_mark
        between = self.text[mark.index : index]  # not from the start of the line, which may be the whole file
        if self._carriage_returns:
            between = between.replace("\r\n", " \n").replace("\r", "\n")
        above = between.count("\n")
        column = len(between) - between.rfind("\n") if above else mark.column + len(between) + 1
        return mark.line + above + 1, column

    def _written(self, first: Event, last: Event) -> str:
        return self.text[first.start_mark.index : last.end_mark.index]

    def _collection_span(self, event: Event, end: Event, last: Node | None) -> Span:
        if event.flow_style or last is None:
            return self._span(event, end)
        start = event.start_mark
        return Span(self.file, start.line + 1, start.column + 1, last.span.end_line, last.span.end_column)

    def _span(self, first: Event, last: Event | None = None) -> Span:
        start, end = first.start_mark, (last or first).end_mark
        return Span(self.file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and not node.text
