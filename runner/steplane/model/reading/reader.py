"""Single values: from a node to a name, a number, a duration, a template, a condition.

A node of the wrong kind gives None (or nothing) without a word: the structure check has said what is wrong with it.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from steplane.diagnostics import Diagnostic, Span
from steplane.expressions import ListOf, Literal, MapOf, Template, parse_condition, parse_duration, parse_value
from steplane.expressions.durations import TooLong
from steplane.expressions.templates import Expression
from steplane.model.values import Condition, Count, Duration, Name, Named, Value
from steplane.source import Document, canonical_text
from steplane.source.nodes import Entry, Mapping, Node, Scalar, Sequence, plain


class Reader:
    """Reads the nodes of one document; `diagnostics` grows while it reads."""

    def __init__(self, document: Document, filters: tuple[str, ...] = ()) -> None:
        self.document = document
        self.filters = filters
        self.diagnostics: list[Diagnostic] = []

    def say(self, code: str, message: str, span: Span, help: str = "") -> None:  # noqa: A002
        """Report an error."""
        self.diagnostics.append(Diagnostic(code, message, span, help=help))

    # ---------------------------------------------------------------- static

    def text(self, node: Node | None) -> str | None:
        """The text of a scalar, a number in canonical spelling included."""
        if not isinstance(node, Scalar):
            return None
        return canonical_text(node)

    def name(self, node: Node | None) -> Name | None:
        """The text of a scalar with its place."""
        text = self.text(node)
        return None if text is None or node is None else Name(text, node.span)

    def names(self, node: Node | None) -> tuple[Name, ...]:
        """The texts of a list."""
        found = [self.name(item) for item in node.items] if isinstance(node, Sequence) else []
        return tuple(one for one in found if one is not None)

    def number(self, node: Node | None) -> int | None:
        """A whole number."""
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, node: Node | None) -> bool:
        """Whether the node is `true`."""
        return isinstance(node, Scalar) and node.value is True

    def choice(self, node: Node | None, allowed: tuple[str, ...], default: str) -> Any:
        """One of the words, else the default."""
        text = self.text(node)
        return text if text in allowed else default

    # ---------------------------------------------------------------- evaluated

    def value(self, node: Node | None) -> Value | None:
        """A value that may hold expressions; null is a value."""
        return None if node is None else Value(self._template(node), node)

    def text_value(self, node: Node | None) -> Value | None:
        """A text that may hold expressions; numbers and booleans are taken as their text."""
        if not isinstance(node, Scalar) or node.value is None:
            return None
        if isinstance(node.value, str):
            return self.value(node)
        return Value(Literal(node.text), node)

    def named(self, node: Node | None, *, texts: bool = False, without: str = "") -> tuple[Named, ...]:
        """The entries of a mapping, in order, but for the one named `without`."""
        if not isinstance(node, Mapping):
            return ()
        return tuple(self._named([one for one in node.entries if one.name != without], texts))

    def _named(self, entries: Iterable[Entry], texts: bool) -> Iterator[Named]:
        for entry in entries:
            value = self.text_value(entry.value) if texts else self.value(entry.value)
            if value is not None:
                yield Named(key_name(entry), value)

    def condition(self, node: Node | None) -> Condition | None:
        """A bare expression."""
        if not isinstance(node, Scalar) or node.value is None:
            return None
        if not isinstance(node.value, str):
            return Condition(Expression(node.text, node.span.line, node.span.column), node)
        if not node.text:  # the schema says so
            return None
        expression, found = parse_condition(node.text, lambda *at: self.document.place(node, *at), self.filters)
        self.diagnostics += self._cut_off(node, found)
        return Condition(expression, node)

    def conditions(self, node: Node | None) -> tuple[Condition, ...]:
        """A list of bare expressions."""
        found = [self.condition(item) for item in node.items] if isinstance(node, Sequence) else []
        return tuple(one for one in found if one is not None)

    def duration(self, node: Node | None, *, zero: bool = True) -> Duration | None:
        """A duration; with `zero` false it must be longer than nothing."""
        text = self.text(node)
        if text is None or node is None:
            return None
        if "${" in text:
            return Duration(None, self.value(node), node.span)
        try:
            seconds = parse_duration(text)
        except ValueError as error:
            self._bad_duration(text, error, node.span)
            return None
        if seconds == 0 and not zero:
            self.say(
                "zero-duration",
                f"`{text}` is no time at all: it must be longer than zero",
                node.span,
                "give it more, or leave the key out",
            )
        return Duration(seconds, None, node.span)

    def _bad_duration(self, text: str, reason: ValueError, span: Span) -> None:
        """Report what the schema's pattern lets pass (`30m1h`); it reports the rest."""
        import re

        if re.fullmatch(r"([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+", text):
            help_ = "write a shorter one" if isinstance(reason, TooLong) else "write the larger unit first"
            self.say("duration", str(reason), span, help_)

    def count(self, node: Node | None) -> Count | None:
        """A whole number, or an expression that gives one."""
        number = self.number(node)
        if number is not None and node is not None:
            return Count(number, None, node.span)
        text = self.text(node)
        return Count(None, self.value(node), node.span) if text and "${" in text and node is not None else None

    def _template(self, node: Node) -> Template:
        if isinstance(node, Scalar):
            return self._scalar(node)
        if isinstance(node, Sequence):
            items = tuple(self._template(item) for item in node.items)
            return Literal(plain(node)) if all(isinstance(one, Literal) for one in items) else ListOf(items)
        entries = tuple((entry.name, self._template(entry.value)) for entry in node.entries)
        return Literal(plain(node)) if all(isinstance(one, Literal) for _, one in entries) else MapOf(entries)

    def _scalar(self, node: Scalar) -> Template:
        if not isinstance(node.value, str) or "${" not in node.text:
            return Literal(node.value)
        template, found = parse_value(node.text, lambda *at: self.document.place(node, *at), self.filters)
        self.diagnostics += self._cut_off(node, found)
        return template

    def _cut_off(self, node: Scalar, found: list[Diagnostic]) -> list[Diagnostic]:
        """What is wrong, unless a ` #` has cut the text off: then that is what is wrong."""
        errors = [one for one in found if one.severity == "error"]
        if not errors or not self.document.comment_after(node):
            return found
        message = "` #` begins a comment here and cuts the expression off"
        end = Span(
            node.span.file, node.span.end_line, node.span.end_column, node.span.end_line, node.span.end_column + 2
        )
        return [Diagnostic("comment-in-expression", message, end, help="quote the whole value")]


def key_name(entry: Entry) -> Name:
    """The key of an entry with its place."""
    return Name(entry.name, entry.key.span)
