"""Each value of a script: where it stands, and what is wrong with that."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct

from steplane.diagnostics import Diagnostic, Span
from steplane.expressions.templates import Expression
from steplane.scripts import messages, syntax
from steplane.scripts.again import Again, View
from steplane.scripts.contexts import Context, Fault, context_of, is_compared_as_number, is_near_an_error
from steplane.scripts.evaluators import Finding
from steplane.scripts.quoting import Heredoc, Quoting, Reading, read_quoting
from steplane.scripts.shapes import Place
from steplane.scripts.simplifying import blot
from steplane.scripts.words import position_in

if TYPE_CHECKING:
    from tree_sitter import Node


_QUOTINGS: dict[Place, tuple[Quoting, ...]] = {
    "word": ("bare",),
    "glued": ("bare",),
    "text": ("double", "heredoc"),
    "number": ("arithmetic", "bare", "double", "heredoc"),
}

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
    reading = read_quoting(source.decode("latin-1"), dict(ranges))  # offsets are those of bytes
    again, views = Again(source, reading), _Views(source, reading)
    expressions = [part for part in parts if isinstance(part, Expression)]
    told: set[int] = set()
    found = []
    context: Context | Fault
    for (start, end), expression, place in zip(ranges, expressions, places, strict=True):
        context = "unknown"
        for view in chain(views.of(start), again.views(start)):
            judge_ = _Judge(view, start, end, reading.quotings.get(start))
            context = judge_.context()
            if context != "unknown":
                break
        if context != "unknown":
            found.append(judge_.verdict(context, expression, place, is_number))
            continue
        line = again.lost(start)
        is_new = line is None or line not in told
        raw = messages.as_written(expression)
        found.append(Verdict(None, (messages.fault("unknown", raw, place),) if is_new else ()))
        if line is not None:
            told.add(line)
    syntax.forget()
    return found


class _Views:
    """The views of the script as it is, with one here-document in each line."""

    def __init__(self, source: bytes, reading: Reading) -> None:
        self._source = source
        self._several = [one for one in reading.heredocs if len(one) > 1]
        self._views: dict[int, View] = {}

    def of(self, at: int) -> Iterator[View]:
        """The one that has the here-document around an offset; none where it has too many neighbours."""
        number = _heredoc_of(at, self._several)
        if number not in self._views and number < HEREDOCS:
            self._views[number] = View(_with_one_heredoc(self._source, self._several, number), self._source)
        if number < HEREDOCS:
            yield self._views[number]


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
                blot(text, one.redirection, b" ")
                blot(text, one.body, b"." if position < kept else b" ")
    return bytes(text)


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


class _Judge:
    """The examination of one placeholder."""

    __slots__ = ("end", "quoting", "root", "source", "start", "view")

    def __init__(self, view: View, start: int, end: int, quoting: Quoting | None) -> None:
        self.quoting, self.view = quoting, view
        self.root, self.source, self.start, self.end = view.root, view.source, start + view.moved, end + view.moved

    def context(self) -> Context | Fault:
        """Where the value stands, if that is certain."""
        if syntax.is_deep(self.root, self.start):
            return "unknown"
        context = context_of(self.root, self.source, self.start, self.end)
        return context if self._is_certain(context) else "unknown"

    def verdict(
        self, context: Context | Fault, expression: Expression, place: Span, is_number: Callable[[Expression], bool]
    ) -> Verdict:
        """What is to say of a value in that context."""
        raw = messages.as_written(expression)
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
        if context.construct is not None and self.root.has_error and is_near_an_error(context.construct):
            return False
        return self.quoting in _QUOTINGS[context.place]

    def _finding(self, construct: "Node") -> Finding | None:
        if construct.type == "test_command":
            return self._in_test(construct)
        if construct.type in ("heredoc_body", "herestring_redirect"):
            return self.view.of_readers(construct, of_body=True)
        while construct.type in ("array", "variable_assignment") and construct.parent is not None:
            if construct.type == "variable_assignment" and self._is_declared_a_number(construct):
                return Finding("number", "`declare -i`")
            construct = construct.parent
        command = self.view.command(construct)
        position = position_in(command.words, self.start, self.end)
        found = command.finding(position)
        if found is None and position > 0 and command.words[0].name in ("echo", "printf"):
            found = self.view.of_readers(construct, of_body=False)
        return found

    def _is_declared_a_number(self, assignment: "Node") -> bool:
        name = re.match(rb"[A-Za-z_][A-Za-z0-9_]*", assignment.text or b"")
        declared = rb"\b(?:declare|typeset|local|readonly)(?: +-\w+)* +-\w*i\w*[^\n;&|]* %s\b" % (
            name[0] if name else b"="
        )
        return re.search(declared, self.view.whole) is not None

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
