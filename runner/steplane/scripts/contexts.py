"""Where in a shell script a value stands, read off the syntax tree."""

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from steplane.scripts import syntax
from steplane.scripts.shapes import Place

if TYPE_CHECKING:
    from tree_sitter import Node

Fault: TypeAlias = Literal["single-quotes", "quoted-heredoc", "backslash", "dollar", "unknown"]


class Context(Struct, frozen=True):
    """A value's place. `quotes`: double quotes must stand around it in the script. `computed`: it must be a number.

    `construct` is the node that takes the value as a word (a command, a redirection, …); None for an unused value.
    """

    place: Place
    quotes: bool = False
    computed: str = ""
    construct: "Node | None" = None
    unused: bool = False


_DEFAULT = frozenset([":-", "-", ":=", "=", ":+", "+", ":?", "?"])
_PATTERN = frozenset(["#", "##", "%", "%%", "/", "//", "/#", "/%", "^", "^^", ",", ",,"])
_INNER_NODES = (
    "string translated_string concatenation regex extglob_pattern number brace_expression command_name "
    "binary_expression unary_expression ternary_expression postfix_expression parenthesized_expression"
)
_THROUGH = frozenset(_INNER_NODES.split())
_ARITHMETIC = {
    "arithmetic_expansion": "`$(( ))`",
    "c_style_for_statement": "`for (( ))`",
    "subscript": "an array subscript",
}
_OF_ONE_STATEMENT = frozenset(
    ["command", "redirected_statement", "heredoc_redirect", "herestring_redirect", "file_redirect", "pipeline", "list"]
)
_ALONE_BEFORE, _ALONE_AFTER = frozenset(b" \t\r\n;|&()`"), frozenset(b" \t\r\n;|&)<>`")
_NUMERIC_NEXT = re.compile(rb"(?:\s|\\\n)+-(eq|ne|lt|le|gt|ge)\s")
_NUMERIC_BEFORE = re.compile(rb"\s-(eq|ne|lt|le|gt|ge)")


def context_of(root: "Node", source: bytes, start: int, end: int) -> Context | Fault:
    """The context of the placeholder in `source[start:end]`, or why a value cannot stand there."""
    node = syntax.node_at(root, start, end)
    # Between two expansions in one string the parser gives the blanks to the second.
    blanks = source[node.start_byte : start]
    if node.end_byte == end and not blanks.strip() and node.type in ("expansion", "regex"):
        return _Walk(node, source, start, end).context()
    return _opaque(node, source, start, end)


class _Walk:
    """One way up from an expansion to the construct that takes it as a word."""

    __slots__ = ("child", "end", "in_string", "node", "parent", "patterned", "source", "start")

    def __init__(self, node: "Node", source: bytes, start: int, end: int) -> None:
        self.node, self.source, self.start, self.end = node, source, start, end
        self.child, self.parent = node, node
        self.in_string = self.patterned = False

    def context(self) -> Context | Fault:
        for child, parent in syntax.ancestors(self.node):
            self.child, self.parent = child, parent
            kind = self.parent.type
            if kind == "expansion":
                found = self._expansion()
                if found is not None:
                    return found
            elif kind == "heredoc_body":
                if _in_backticks(self.source[self.parent.start_byte : self.start]):
                    return "unknown"
                return Context("text", quotes=self.patterned, construct=self.parent)
            else:
                computed = self._computed()
                if computed:
                    return Context("number", computed=computed, construct=self.parent)
                self.in_string |= kind in ("string", "translated_string")
                if kind not in _THROUGH:
                    return self._at_construct()
        return "unknown"

    def _expansion(self) -> Context | Fault | None:
        operator = _operator(self.parent, self.child)
        if operator == ":":
            return Context("number", computed="`${NAME:OFFSET:LENGTH}`", construct=self.parent)
        if operator in _PATTERN:
            self.patterned |= not self.in_string
        elif operator not in _DEFAULT:
            return "unknown"
        return None

    def _computed(self) -> str:
        kind = self.parent.type
        if kind in _ARITHMETIC:
            return _ARITHMETIC[kind]
        if kind == "compound_statement" and self.source.startswith(b"((", self.parent.start_byte):
            return "`(( ))`"
        if kind not in _THROUGH and _in_misread_arithmetic(self.child):
            return "`$(( ))`"
        above = self.parent.parent if kind == "concatenation" else None
        if above is not None and above.type == "array" and _in_key(self.source, self.parent.start_byte, self.start):
            return _ARITHMETIC["subscript"]
        return ""

    def _at_construct(self) -> Context | Fault:
        if self.in_string:
            place: Place = "text"
        else:
            place = "word" if self._is_a_word() else "glued"
        return Context(place, quotes=self.patterned and self.in_string, construct=self.parent)

    def _is_a_word(self) -> bool:
        takes_words = ("command", "for_statement", "array", "declaration_command", "unset_command", "heredoc_redirect")
        further = self.parent.type == "file_redirect" and _destination_number(self.parent, self.child) > 0
        if self.parent.type not in takes_words and not further:
            return False
        if self.child is not self.node and self.child.type != "command_name":
            return False
        return stands_alone(self.source, self.start, self.end)


def stands_alone(source: bytes, start: int, end: int) -> bool:
    """Whether nothing is joined to these bytes, seen as a word outside quotes."""
    while source[:start].endswith(b"\\\n"):
        start -= 2
    return (start == 0 or source[start - 1] in _ALONE_BEFORE) and (end == len(source) or source[end] in _ALONE_AFTER)


def _in_backticks(before: bytes) -> bool:
    """Whether a command substitution in backticks is open, which the parser does not see in a here-document."""
    return len(re.findall(rb"(?<!\\)(?:\\\\)*`", before)) % 2 == 1


def _in_misread_arithmetic(node: "Node") -> bool:
    """In a here-document the parser takes `$(( ))` for a command substitution with a subshell in it."""
    for _, parent in syntax.ancestors(node):
        if parent.type == "command_substitution":
            return (parent.text or b"").startswith(b"$((")
    return False


def _operator(expansion: "Node", child: "Node") -> str:
    for one in expansion.children:
        if one.start_byte >= child.start_byte:
            break
        if one.type in _DEFAULT or one.type in _PATTERN or one.type == ":":
            return str(one.type)
    return ""


def _in_key(source: bytes, start: int, at: int) -> bool:
    before = source[start:at]
    return before.startswith(b"[") and b"]" not in before


def _destination_number(redirect: "Node", child: "Node") -> int:
    return [one.start_byte for one in redirect.children_by_field_name("destination")].index(child.start_byte)


def _opaque(node: "Node", source: bytes, start: int, end: int) -> Context | Fault:
    """A placeholder that the parser did not take for an expansion."""
    around = [node, *(parent for _, parent in syntax.ancestors(node))]
    kinds = [one.type for one in around[:2]]
    if node.type == "comment":
        return Context("text", unused=True)
    if node.type in ("raw_string", "ansi_c_string", "ansii_c_string"):
        return "single-quotes"
    if "heredoc_body" in kinds and _is_quoted_heredoc(around[kinds.index("heredoc_body")]):
        return "quoted-heredoc"
    before = source[:start]
    if (len(before) - len(before.rstrip(b"\\"))) % 2:
        return "backslash"
    if before.endswith(b"$"):
        return "dollar"
    if node.type in ("regex", "extglob_pattern") and not re.search(rb"""["'\\`]""", source[node.start_byte : end]):
        return _Walk(node, source, start, end).context()
    return "unknown"


def _is_quoted_heredoc(body: "Node") -> bool:
    redirect = body.parent
    if redirect is None:
        return False
    starts = [one for one in redirect.children if one.type == "heredoc_start"]
    return any(mark in syntax.text_of(one) for one in starts for mark in "\"'\\")


def is_compared_as_number(source: bytes, operand: "Node") -> bool:
    """Whether a numeric operator stands before or after the operand."""
    if _NUMERIC_NEXT.match(source, operand.end_byte):
        return True
    before = source[: operand.start_byte].rstrip()
    while before.endswith(b"\\") and source[len(before) : len(before) + 1] == b"\n":
        before = before[:-1].rstrip()
    return len(before) < operand.start_byte and _NUMERIC_BEFORE.fullmatch(before[-4:]) is not None


def is_near_an_error(construct: "Node") -> bool:
    """Whether the whole statement, what encloses it, or what stands beside it was not understood."""
    statement = construct
    for child, parent in syntax.ancestors(construct):
        if parent.type == "ERROR":
            return True
        if child is statement and parent.type in _OF_ONE_STATEMENT:
            statement = parent
    beside = (statement.prev_sibling, statement.next_sibling)
    return statement.has_error or any(one is not None and one.type == "ERROR" for one in beside)
