"""Each value of a script: where it stands, and what is wrong with that."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from steplane.diagnostics import Diagnostic, Span
from steplane.expressions.templates import Expression
from steplane.scripts import messages, syntax
from steplane.scripts.contexts import Context, Fault, context_of, is_compared_as_number
from steplane.scripts.evaluators import Command, Finding, of_input
from steplane.scripts.quoting import Heredoc, Quoting, read_quoting
from steplane.scripts.shapes import Place
from steplane.scripts.words import Word, commands_after, position_in, readers_of, words_of

if TYPE_CHECKING:
    from tree_sitter import Node


_QUOTINGS: dict[Place, tuple[Quoting, ...]] = {
    "word": ("bare",),
    "glued": ("bare",),
    "text": ("double", "heredoc"),
    "number": ("arithmetic", "bare", "double", "heredoc"),
}

_OF_ONE_STATEMENT = frozenset(
    ["command", "redirected_statement", "heredoc_redirect", "herestring_redirect", "file_redirect", "pipeline", "list"]
)


HEREDOCS = 16
"""Here-documents that begin in one line: bash knows no more."""


class Verdict(Struct, frozen=True):
    """What is known of one value; without a context it cannot be put into the script."""

    context: Context | None
    diagnostics: tuple[Diagnostic, ...] = ()


def judge(
    parts: Sequence[str | Expression], places: Sequence[Span], is_number: Callable[[Expression], bool]
) -> list[Verdict]:
    """A verdict for each expression, in their order; `places` are theirs in the file."""
    source, ranges = _with_placeholders(parts)
    quotings, several = read_quoting(source.decode("latin-1"), dict(ranges))  # offsets are those of bytes
    expressions = [part for part in parts if isinstance(part, Expression)]
    trees: dict[int, _Tree] = {}
    found = []
    for (start, end), expression, place in zip(ranges, expressions, places, strict=True):
        number = _heredoc_of(start, several)
        if number not in trees and number < HEREDOCS:
            trees[number] = _Tree(_with_one_heredoc(source, several, number))
        if number not in trees or syntax.is_deep(trees[number].root, start):
            found.append(Verdict(None, (messages.fault("unknown", messages.as_written(expression), place),)))
            continue
        judge_ = _Judge(trees[number], start, end, quotings.get(start))
        found.append(judge_.verdict(expression, place, is_number))
    syntax.forget()
    return found


def _heredoc_of(at: int, several: Sequence[Sequence[Heredoc]]) -> int:
    """Which of the here-documents that begin in one line holds an offset, from 0; 0 also where none does."""
    return next((n for one in several for n, each in enumerate(one) if each.body[0] <= at < each.body[1]), 0)


def _with_one_heredoc(source: bytes, several: Sequence[Sequence[Heredoc]], number: int) -> bytes:
    """The script with one here-document in each line, for the parser knows no more.

    Blanks stand for the others, and dots for the text of those before it, which becomes part of its own.
    """
    text = bytearray(source)
    for line in several:
        kept = min(number, len(line) - 1)
        for position, one in enumerate(line):
            if position != kept:
                _blot(text, one.redirection, b" ")
                _blot(text, one.body, b"." if position < kept else b" ")
    return bytes(text)


def _blot(text: bytearray, stretch: tuple[int, int], mark: bytes) -> None:
    start, end = stretch
    text[start:end] = re.sub(rb"[^\n]", mark, text[start:end])


def _with_placeholders(parts: Sequence[str | Expression]) -> tuple[bytes, list[tuple[int, int]]]:
    source = bytearray()
    ranges: list[tuple[int, int]] = []
    for part in parts:
        if isinstance(part, str):
            source += part.encode(errors="replace")
            continue
        start = len(source)
        source += b"${STEPLANE_V%d}" % (len(ranges) + 1)
        ranges.append((start, len(source)))
    return bytes(source) + b"\n", ranges


class _Tree:
    """A parsed script, and what was found of its commands: a thousand values may stand in one of them."""

    __slots__ = ("_commands", "_inputs", "_takes", "_words", "root", "source")

    def __init__(self, source: bytes) -> None:
        self.root, self.source = syntax.parse(source), source
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
            readers = (readers_of if of_body else commands_after)(construct, self._words_of)
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


class _Judge:
    """The examination of one placeholder."""

    __slots__ = ("end", "quoting", "root", "source", "start", "tree")

    def __init__(self, tree: _Tree, start: int, end: int, quoting: Quoting | None) -> None:
        self.quoting, self.tree = quoting, tree
        self.root, self.source, self.start, self.end = tree.root, tree.source, start, end

    def verdict(self, expression: Expression, place: Span, is_number: Callable[[Expression], bool]) -> Verdict:
        raw = messages.as_written(expression)
        context = context_of(self.root, self.source, self.start, self.end)
        if not self._is_certain(context):
            context = "unknown"
        if isinstance(context, str):
            return Verdict(None, (messages.fault(context, raw, place),))
        if context.unused or context.construct is None:
            return Verdict(context)
        found = Finding("number", context.computed) if context.computed else self._finding(context.construct)
        number = is_number(expression)
        if found is not None and found.danger == "number":
            wrong = () if number else (messages.wants_number(found.by, raw, place),)
            return Verdict(Context("number"), wrong)
        if found is not None and (found.danger == "evaluates" or not number):
            return Verdict(context, (messages.danger(found, raw, place),))
        if not number and self._is_whole_command(context.construct):
            return Verdict(context, (messages.value_as_command(raw, place),))
        return Verdict(context)

    def _is_certain(self, context: Context | Fault) -> bool:
        """Whether both opinions agree, and no error of the parser is near."""
        if isinstance(context, str):
            return context not in ("single-quotes", "quoted-heredoc") or self.quoting == "literal"
        if context.unused:
            return self.quoting == "comment"
        if context.construct is not None and self.root.has_error and _is_near_an_error(context.construct):
            return False
        return self.quoting in _QUOTINGS[context.place]

    def _finding(self, construct: "Node") -> Finding | None:
        if construct.type == "test_command":
            return self._in_test(construct)
        if construct.type in ("heredoc_body", "herestring_redirect"):
            return self.tree.of_readers(construct, of_body=True)
        while construct.type in ("array", "variable_assignment") and construct.parent is not None:
            if construct.type == "variable_assignment" and self._is_declared_a_number(construct):
                return Finding("number", "`declare -i`")
            construct = construct.parent
        command = self.tree.command(construct)
        position = position_in(command.words, self.start, self.end)
        found = command.finding(position)
        if found is None and position > 0 and command.words[0].name in ("echo", "printf"):
            found = self.tree.of_readers(construct, of_body=False)
        return found

    def _is_declared_a_number(self, assignment: "Node") -> bool:
        name = re.match(rb"[A-Za-z_][A-Za-z0-9_]*", assignment.text or b"")
        declared = rb"\b(?:declare|typeset|local|readonly)(?: +-\w+)* +-\w*i\w*[^\n;&|]* %s\b" % (
            name[0] if name else b"="
        )
        return re.search(declared, self.source) is not None

    def _in_test(self, command: "Node") -> Finding | None:
        """`[[ ]]` computes with the operands of a numeric comparison; `[ ]` takes nothing but a number for one."""
        operand = self._operand()
        if command.children[0].type == "[[" and is_compared_as_number(self.source, operand):
            return Finding("number", "a numeric comparison")
        if self.source[: operand.start_byte].rstrip().endswith((b" -v", b"\t-v")):
            return Finding("evaluates", "[ -v")
        return None

    def _operand(self) -> "Node":
        node = syntax.node_at(self.root, self.start, self.end)
        for _, parent in syntax.ancestors(node):
            if parent.type not in ("string", "concatenation", "expansion", "translated_string"):
                break
            node = parent
        return node

    def _is_whole_command(self, construct: "Node") -> bool:
        name = construct.child_by_field_name("name") if construct.type == "command" else None
        text = b"" if name is None else (name.text or b"").strip(b'"')
        return name is not None and name.start_byte <= self.start and text == self.source[self.start : self.end]


def _is_near_an_error(construct: "Node") -> bool:
    """Whether the whole statement, what encloses it, or what stands beside it was not understood."""
    statement = construct
    for child, parent in syntax.ancestors(construct):
        if parent.type == "ERROR":
            return True
        if child is statement and parent.type in _OF_ONE_STATEMENT:
            statement = parent
    beside = (statement.prev_sibling, statement.next_sibling)
    return statement.has_error or any(one is not None and one.type == "ERROR" for one in beside)
