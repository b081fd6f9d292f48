"""Other views of a script, for values whose place the whole tree does not tell."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from steplane.scripts import syntax
from steplane.scripts.contexts import is_near_an_error
from steplane.scripts.quoting import Heredoc, Reading
from steplane.scripts.simplifying import Line, body_alone, line_at, lines_of, simplified
from steplane.scripts.words import Word, readers_of

if TYPE_CHECKING:
    from tree_sitter import Node


class View(Struct, frozen=True, eq=False):
    """A tree and its `text`, in which the offsets of the `whole` script are `moved`.

    `readers`: the commands that read the here-document which the text is.
    """

    root: "Node"
    text: bytes
    whole: bytes
    moved: int = 0
    readers: Sequence[list[Word]] = ()


class Again:
    """A script said again: as a whole, and line by line. Nothing is read before it is asked for."""

    def __init__(self, source: bytes, reading: Reading) -> None:
        self._source, self._reading = source, reading
        self._of_lines: dict[int, View] = {}

    def views(self, at: int) -> Iterator[View]:
        """The views in which the value at that offset may be understood, the best first."""
        around = self._around(at)
        if not around:
            yield from self._of_commands(at)
        for heredoc in around:
            yield from self._of_body(heredoc)

    def lost(self, at: int) -> int | None:
        """The number of the line around an offset, if that line is not understood."""
        if self._said is None:
            return 0
        at = min((one.redirection[0] for one in self._around(at)), default=at)
        return line_at(self._lines, at) if self._line(at).root.has_error else None

    def _around(self, at: int) -> list[Heredoc]:
        return [one for line in self._reading.heredocs for one in line if one.body[0] <= at < one.body[1]]

    @cached_property
    def _said(self) -> bytes | None:
        return simplified(self._source, self._reading)

    @cached_property
    def _lines(self) -> list[Line]:
        return [] if self._said is None else lines_of(self._said, self._reading)

    @cached_property
    def _all(self) -> View | None:
        return None if self._said is None else View(syntax.parse(self._said), self._said, self._source)

    def _of_commands(self, at: int) -> Iterator[View]:
        if self._all is not None:
            yield self._all
            yield self._line(at)

    def _line(self, at: int) -> View:
        number = line_at(self._lines, at)
        if number not in self._of_lines:
            line = self._lines[number]
            self._of_lines[number] = View(syntax.parse(line.text), line.text, self._source, -line.start)
        return self._of_lines[number]

    def _of_body(self, heredoc: Heredoc) -> Iterator[View]:
        """The text by itself, where it is certain what reads it."""
        alone = body_alone(self._source, heredoc)
        if alone is None:
            return
        for view in self._of_commands(heredoc.redirection[0]):
            redirect = _redirect_at(view, heredoc.redirection[0] + view.moved)
            if redirect is not None:
                text, moved = alone
                yield View(syntax.parse(text), text, self._source, moved, readers_of(redirect))
                return


def _redirect_at(view: View, at: int) -> "Node | None":
    """The redirection that begins at an offset, if it is one and stands in what was understood."""
    node = syntax.node_at(view.root, at, at + 2)
    for one in (node, *(parent for _, parent in syntax.ancestors(node))):
        if one.type == "file_redirect":
            return one if one.start_byte == at and not (view.root.has_error and is_near_an_error(one)) else None
    return None
