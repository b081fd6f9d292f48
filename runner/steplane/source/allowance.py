"""What a file may have, counted on the events before anything is built; an alias counts as what it stands for."""

from typing import NamedTuple

from steplane.diagnostics import Diagnostic, Span
from steplane.source import mistakes
from steplane.source.limits import EXPRESSIONS, NODES, SCARCE, TEXT_CHARACTERS


class LimitPassed(Exception):
    """The file has more than a file may. `by_aliases`: with less of what they stand for it might not."""

    def __init__(self, diagnostic: Diagnostic, *, by_aliases: bool) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic
        self.by_aliases = by_aliases


class Size(NamedTuple):
    """What was read: nodes, characters of texts, expressions."""

    nodes: int = 0
    characters: int = 0
    expressions: int = 0

    def plus(self, other: "Size") -> "Size":
        """Both together."""
        return Size(self.nodes + other.nodes, self.characters + other.characters, self.expressions + other.expressions)

    def is_within(self, other: "Size") -> bool:
        """Whether none of it is more."""
        return (
            self.nodes <= other.nodes and self.characters <= other.characters and self.expressions <= other.expressions
        )


_LITTLE = Size(NODES // SCARCE, TEXT_CHARACTERS // SCARCE, EXPRESSIONS // SCARCE)


class Allowance:
    """Counts what was read, and says when it is too much.

    `is_scarce`: of a file that is too large by its aliases already. They may bring about little then, and what the file
    has itself is as before.
    """

    __slots__ = ("_by_aliases", "_is_scarce", "_most", "characters", "expressions", "nodes")

    def __init__(self, *, is_scarce: bool) -> None:
        self.nodes = self.characters = self.expressions = 0
        most = Size(NODES, TEXT_CHARACTERS, EXPRESSIONS)
        self._most = most.plus(_LITTLE) if is_scarce else most
        self._is_scarce = is_scarce
        self._by_aliases = Size()

    def since(self, before: Size) -> Size:
        """What was read since then."""
        nodes, characters, expressions = before
        return Size(self.nodes - nodes, self.characters - characters, self.expressions - expressions)

    def takes(self, size: Size, span: Span) -> bool:
        """Count what the alias at a place stands for; False where so much is not left for it.

        Raises:
            LimitPassed: the file becomes too large.
        """
        more = self._by_aliases.plus(size)
        if self._is_scarce and not more.is_within(_LITTLE):
            return False
        self._by_aliases = more
        self.nodes += size.nodes - 1
        self.characters += size.characters
        self.expressions += size.expressions
        self.look(span)
        return True

    def look(self, span: Span) -> None:
        """Raise `LimitPassed` if what was read up to a place is too much."""
        by_aliases = self._by_aliases != Size() and not self._is_scarce
        if self.nodes > self._most.nodes:
            raise LimitPassed(mistakes.too_many_nodes(span), by_aliases=by_aliases)
        if self.characters > self._most.characters:
            raise LimitPassed(mistakes.too_much_text(span), by_aliases=by_aliases)
        if self.expressions > self._most.expressions:
            raise LimitPassed(mistakes.too_many_expressions(span), by_aliases=by_aliases)
