"""Parse events to a tree of nodes with places.

Everything that a hostile file could blow up is counted on the events, before it is built: an alias weighs as much as
what it stands for.
"""

import re
from collections.abc import Iterator

from steplane.diagnostics import Diagnostic, Span
from steplane.source import mistakes
from steplane.source.allowance import Allowance, LimitPassed, Size
from steplane.source.anchors import Anchored, Anchors
from steplane.source.complaint import Around
from steplane.source.events import (
    TOO_DEEP,
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    SyntaxProblem,
)
from steplane.source.limits import DEEPEST, DEPTH, MISTAKES, NODES, SCALAR_CHARACTERS
from steplane.source.marks import Marks
from steplane.source.nodes import Entry, Mapping, Node, Scalar, Sequence
from steplane.source.pairs import BLANK, HIDDEN, Pairs
from steplane.source.scalars import BadNumber, resolve

_ITEM_LINE = re.compile(r"[\r\n][ \t]*(- )")
_OPENS = {MappingStartEvent: 1, SequenceStartEvent: 1, MappingEndEvent: -1, SequenceEndEvent: -1}


class Composer:
    """Builds the tree of one file from its events, and collects what is wrong."""

    def __init__(
        self, events: Iterator[Event], text: str, file: str, restore: dict[int, str] | None, read: Allowance
    ) -> None:
        self.file = file
        self.diagnostics: list[Diagnostic] = []
        self.broken: list[Span] = []
        self.last: Scalar | None = None
        self._outermost: tuple[int, int] | None = None
        self._events = events
        self._marks = Marks(text, file)
        self._restore = restore
        self._read = read
        self._anchors = Anchors(self._read, self.diagnostics)
        self._depth = 0
        self._deepest = 0
        self._flow = 0
        self._path: list[str] = []
        self._item_of: int | None = None  # the column of the dashes, where what is read next is an item behind one
        self._anew: list[Node] = []  # items whose dash is missing, behind the one that was read
        self._hidden = HIDDEN.search(text) is not None or BLANK.search(text) is not None

    def document(self) -> Node | None:
        """The root of the first document, or None where the file holds nothing.

        Raises:
            SyntaxProblem: from the events.
            LimitPassed: the file is too large, or wrong all over.
        """
        next(self._events)
        if type(next(self._events)) is StreamEndEvent:
            return None
        root = self._node(next(self._events))
        next(self._events)
        after = next(self._events)
        if type(after) is DocumentStartEvent:
            self.diagnostics.append(mistakes.several_documents(self._marks.span(after)))
        self.diagnostics += self._anchors.unused()
        self.broken += self._anchors.unclear
        return root

    @property
    def around(self) -> Around:
        """Where the reading has come."""
        return Around(self._depth - self._flow, self._outermost)

    def _node(self, event: Event) -> Node:
        kind = type(event)
        read = self._read
        read.nodes += 1
        if read.nodes > NODES:
            read.look(self._marks.span(event))
        if len(self.diagnostics) > MISTAKES:
            raise LimitPassed(mistakes.too_many_mistakes(self._marks.span(event)), by_aliases=False)
        if kind is ScalarEvent:
            if event.anchor is None and event.tag is None:
                return self._scalar(event)
        elif kind is AliasEvent:
            return self._alias(event)
        return self._with_properties(event) if event.anchor or event.tag else self._collection(event)

    def _with_properties(self, event: Event) -> Node:
        if event.tag:
            written, span = self._marks.property(event, "!")
            self.diagnostics.append(mistakes.tag(written, span))
            self.broken.append(self._marks.span(event))
        if not event.anchor:
            node = self._unadorned(event)
            return Scalar(written, written, span, True) if _is_nothing(node) else node
        _, span = self._marks.property(event, "&")
        name: str = event.anchor
        if type(event) is ScalarEvent and not event.style and not event.value:
            self.diagnostics.append(mistakes.anchor_of_nothing(name, span))
            self.broken.append(span)
            node = Scalar(f"&{name}", f"&{name}", span, True)
            self._anchors.define(name, Anchored(node, span))
            return node
        self._anchors.open(name, span)
        return self._anchored(event, name, span)

    def _anchored(self, event: Event, name: str, span: Span) -> Node:
        read, lost = self._read, len(self.broken) + self._anchors.lost
        before = Size(read.nodes - 1, read.characters, read.expressions)
        deepest, self._deepest = self._deepest, self._depth
        node = self._unadorned(event)
        height = self._deepest - self._depth
        self._deepest = max(deepest, self._deepest)
        is_whole = len(self.broken) + self._anchors.lost == lost
        self._anchors.define(name, Anchored(node, span, read.since(before), height, is_whole))
        return node

    def _unadorned(self, event: Event) -> Node:
        return self._scalar(event) if type(event) is ScalarEvent else self._collection(event)

    def _collection(self, event: Event) -> Node:
        if self._depth >= DEPTH:
            return self._too_deep(event)
        self._depth += 1
        self._deepest = max(self._deepest, self._depth)
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
            line, column = self._marks.behind_properties(event)
        else:
            line, column = start.line + 1, start.column + 1
        plain = not event.style
        if event.style in {"|", ">"}:
            span = Span(self.file, line, column, *self._marks.block_end(event))
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
        self._read.characters += len(text)  # without aliases never more than the file has
        if "${{" in text:
            self._read.expressions += text.count("${{")
            self._read.look(span)
        if len(text) > SCALAR_CHARACTERS:
            self.diagnostics.append(mistakes.too_long_text(span))
        self.last = scalar = Scalar(value, text, span, plain)
        return scalar

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
        return Sequence(tuple(items), self._marks.collection_span(event, following, items[-1] if items else None))

    def _mapping(self, event: Event) -> Node:
        pairs = Pairs(self._hidden, self._anchors.unknown)
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
        span = self._marks.collection_span(event, following, pairs.last_value)
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
        span = self._marks.span(event, following)
        text = self._marks.written(event, following).translate(self._restore or {})
        self.diagnostics.append(mistakes.unquoted_template(span, text, quote=self._flow > 1))
        return Scalar(f"${text}", f"${text}", span, True)

    def _alias(self, event: Event) -> Node:
        node, height = self._anchors.alias(event.anchor, self._marks.span(event), self._depth)
        self._deepest = max(self._deepest, self._depth + height)
        return node

    def _too_deep(self, event: Event) -> Node:
        """What stands for a list or mapping that is too deep inside others, which is passed over.

        One that goes on and on is left to the recovery: for the parser the work grows with the square of the depth.
        """
        span, last, deep = self._marks.span(event), event, 1
        while deep:
            last = next(self._events)
            deep += _OPENS.get(type(last), 0)
            if deep > DEEPEST:
                raise SyntaxProblem(TOO_DEEP, (span.line, span.column), "", None)
        self._anchors.say_too_deep(span)
        whole = self._marks.span(event, last)
        self.broken.append(whole)
        return Scalar(None, "", whole, True)

    def _look_for_items(self, event: Event, span: Span) -> None:
        source = self._marks.written(event, event)
        match = _ITEM_LINE.search(source)
        if match is not None:
            line, column = self._marks.place(event.start_mark.index + match.start(1), event)
            place = Span(self.file, line, column, line, column + 1)
            start = Span(self.file, span.line, span.column, span.line, span.column + 1)
            self.diagnostics.append(mistakes.swallowed_item(place, start))


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and not node.text
