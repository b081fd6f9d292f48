"""The anchors of a file, and what their aliases stand for."""

from itertools import islice
from typing import NamedTuple

from steplane.diagnostics import Diagnostic, Span
from steplane.source import mistakes
from steplane.source.allowance import Allowance, Size
from steplane.source.limits import DEPTH, MISTAKES, SUGGESTIONS
from steplane.source.nodes import Node, Scalar, moved
from steplane.suggest import did_you_mean


class Anchored(NamedTuple):
    """What an anchor stands for; `node` is None while it is still being read.

    `height`: lists and mappings inside each other; `is_whole`: all of it could be read.
    """

    node: Node | None
    span: Span
    size: Size = Size(1, 0, 0)
    height: int = 0
    is_whole: bool = True


class Anchors:
    """What the anchors above stand for. `read` is told of what aliases add, `diagnostics` takes what is wrong.

    `unknown`: aliases that stand for nothing; `unclear`: the places of those, and of aliases of what could not be read
    as a whole; `lost`: how many they are.
    """

    def __init__(self, read: Allowance, diagnostics: list[Diagnostic]) -> None:
        self.unknown: set[Span] = set()
        self.unclear: list[Span] = []
        self.lost = 0
        self._read = read
        self._diagnostics = diagnostics
        self._is_too_deep = False
        self._anchors: dict[str, Anchored] = {}
        self._unused: dict[str, Span] = {}

    def open(self, name: str, span: Span) -> None:
        """An anchor of which the value is still to be read."""
        self._anchors[name] = Anchored(None, span)
        self._unused[name] = span

    def define(self, name: str, anchored: Anchored) -> None:
        """What an anchor stands for from here on."""
        self._anchors[name] = anchored

    def unused(self) -> list[Diagnostic]:
        """The anchors that no alias has named, as far as they would be told."""
        return [mistakes.unused_anchor(name, span) for name, span in islice(self._unused.items(), MISTAKES + 1)]

    def alias(self, name: str, span: Span, depth: int) -> tuple[Node, int]:
        """What an alias stands for that is so deep inside lists and mappings, and its own height."""
        anchored = self._anchors.get(name)
        if anchored is None:
            known = self._anchors if len(self._diagnostics) < SUGGESTIONS else ()
            meant = did_you_mean(name, known)
            self._unused.pop(meant or name, None)
            self._diagnostics.append(mistakes.undefined_alias(name, span, meant))
            return self._nothing(span)
        self._unused.pop(name, None)
        if anchored.node is None:
            self._diagnostics.append(mistakes.recursive_alias(name, span, anchored.span))
            return self._nothing(span)
        if depth + anchored.height > DEPTH:
            self.say_too_deep(span)
            return self._nothing(span)
        if not self._read.takes(anchored.size, span):
            return self._nothing(span)
        if not anchored.is_whole:
            self._make_unclear(span)
        return moved(anchored.node, span), anchored.height

    def say_too_deep(self, span: Span) -> None:
        """Tell where the file is first too deep."""
        self._diagnostics += [] if self._is_too_deep else [mistakes.too_deep_at(span)]
        self._is_too_deep = True

    def _nothing(self, span: Span) -> tuple[Node, int]:
        self.unknown.add(span)
        self._make_unclear(span)
        return Scalar(None, "", span, True), 0

    def _make_unclear(self, span: Span) -> None:
        """Note the place of an alias; of very many the last ones are one stretch, so that it costs little to ask."""
        self.lost += 1
        if len(self.unclear) > MISTAKES:
            last = self.unclear.pop()
            span = Span(span.file, last.line, last.column, span.end_line, span.end_column)
        self.unclear.append(span)
