"""Names and values of a workflow file, each with its place."""

from msgspec import Struct

from steplane.diagnostics import Span
from steplane.expressions.templates import Expression, Literal, Template
from steplane.source.nodes import Node


class Name(Struct, frozen=True):
    """A static text that says what something is called, at its place."""

    text: str
    span: Span

    def __str__(self) -> str:
        return self.text


class Value(Struct, frozen=True):
    """What may hold expressions. `node` is its source, for places inside it."""

    template: Template
    node: Node

    @property
    def span(self) -> Span:
        """Its place in the file."""
        return self.node.span

    @property
    def is_static(self) -> bool:
        """Whether no expression stands in it."""
        return isinstance(self.template, Literal)


class Duration(Struct, frozen=True):
    """A stretch of time: `seconds` where static, else `value`, which gives a duration as text when evaluated."""

    seconds: float | None
    value: Value | None
    span: Span


class Count(Struct, frozen=True):
    """A whole number: `number` where the file says it, else `value`, which gives it when evaluated."""

    number: int | None
    value: Value | None
    span: Span


class Condition(Struct, frozen=True):
    """A bare expression that must give true or false."""

    expression: Expression
    node: Node

    @property
    def span(self) -> Span:
        """Its place in the file."""
        return self.node.span


class Named(Struct, frozen=True):
    """One `name: value` of `with`, `env`, `vars` and their like."""

    name: Name
    value: Value
