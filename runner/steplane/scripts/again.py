"""Other views of a script, for values whose place the whole tree does not tell."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from steplane.scripts import syntax
from steplane.scripts.contexts import is_near_an_error
from steplane.scripts.evaluators import Command, Finding, of_input
from steplane.scripts.quoting import Heredoc, Reading
from steplane.scripts.simplifying import Line, body_alone, lines_of, simplified
from steplane.scripts.words import Word, commands_after, readers_of, words_of

if TYPE_CHECKING:
    from tree_sitter import Node


class View:
    """A parsed text, and what was found of its commands: a thousand values may stand in one of them.

    The offsets of the `whole` script are `moved` in it. `readers`: the commands that read the here-document which the
    text is.
    """

    __slots__ = ("_commands", "_inputs", "_takes", "_words", "moved", "readers", "root", "source", "whole")

    def __init__(self, source: bytes, whole: bytes, moved: int = 0, readers: Sequence[list[Word]] = ()) -> None:
        self.root, self.source, self.whole, self.moved, self.readers = (
            syntax.parse(source),
            source,
            whole,
            moved,
            readers,
        )
        self._words: dict[int, list[Word]] = {}
        self._commands: dict[int, Command] = {}
        self._inputs: dict[int, Finding | None] = {}
        self._takes: dict[int, Finding | None] = {}

    def command(self, construct: "Node") -> Command:
        """The command that `construct` is or belongs to."""
        if construct.id not in self._commands:
            self._commands[construct.id] = Command(self._words_of(construct))
        return self._commands[construct.id]

    def of_readers(self, construct: "Node", *, of_body: bool) -> Finding | None:
        """What the commands that read a here-document, or what a command writes, make of it."""
        if construct.id not in self._inputs:
            own = self.readers if construct.type == "heredoc_body" else ()
            readers = own or (readers_of if of_body else commands_after)(construct, self._words_of)
            self._inputs[construct.id] = next(filter(None, map(self._of_input, readers)), None)
        return self._inputs[construct.id]

    def _of_input(self, words: list[Word]) -> Finding | None:
        if id(words) not in self._takes:  # the words are kept
            self._takes[id(words)] = of_input(words)
        return self._takes[id(words)]

    def _words_of(self, construct: "Node") -> list[Word]:
        if construct.id not in self._words:
            self._words[construct.id] = words_of(construct)
        return self._words[construct.id]


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
        return self._number(at) if self._line(at).root.has_error else None

    def _around(self, at: int) -> list[Heredoc]:
        """The here-documents around an offset, the innermost first."""
        heredocs, ends = self._heredocs
        number = bisect_right(heredocs, at, key=lambda one: one.body[0]) - 1
        found = []
        while number >= 0 and ends[number] > at:  # one up to here reaches so far
            if at < heredocs[number].body[1]:
                found.append(heredocs[number])
            number -= 1
        return found

    @cached_property
    def _heredocs(self) -> tuple[list[Heredoc], list[int]]:
        """All in order, and how far those up to each reach."""
        heredocs = sorted((one for line in self._reading.heredocs for one in line), key=lambda one: one.body)
        return heredocs, list(accumulate((one.body[1] for one in heredocs), max))

    @cached_property
    def _said(self) -> bytes | None:
        return simplified(self._source, self._reading)

    @cached_property
    def _lines(self) -> list[Line]:
        return [] if self._said is None else lines_of(self._said, self._reading)

    @cached_property
    def _starts(self) -> list[int]:
        return [one.start for one in self._lines]

    def _number(self, at: int) -> int:
        return bisect_right(self._starts, at) - 1

    @cached_property
    def _all(self) -> View | None:
        return None if self._said is None else View(self._said, self._source)

    def _of_commands(self, at: int) -> Iterator[View]:
        if self._all is not None:
            yield self._all
            yield self._line(at)

    def _line(self, at: int) -> View:
        number = self._number(at)
        if number not in self._of_lines:
            line = self._lines[number]
            self._of_lines[number] = View(line.text, self._source, -line.start)
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
                yield View(text, self._source, moved, readers_of(redirect))
                return


def _redirect_at(view: View, at: int) -> "Node | None":
    """The redirection that begins at an offset, if it is one and stands in what was understood."""
    if syntax.is_deep(view.root, at):
        return None
    node = syntax.node_at(view.root, at, at + 2)
    for one in (node, *(parent for _, parent in syntax.ancestors(node))):
        if one.type == "file_redirect":
            return one if one.start_byte == at and not (view.root.has_error and is_near_an_error(one)) else None
    return None
