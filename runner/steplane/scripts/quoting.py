"""A second opinion on quoting: what POSIX 2.2 says of quotes, comments and here-documents, and nothing of commands.

The syntax tree decides what a value is to a command. Where the tree has errors elsewhere, or is wrong without saying
so, a value might be thought inside quotes that are not there; it is put into a script only where both agree.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

Quoting: TypeAlias = Literal["bare", "double", "heredoc", "arithmetic", "literal", "comment"]

_HEREDOC = re.compile(r"<<(-?)[ \t]*((?:\\.|'[^']*'|\"[^\"]*\"|[^\s;&|<>()'\"\\])+)", re.ASCII)
_DESCRIPTOR = re.compile(r"(?:(?<=[\s;&|(])|^)(?:\d+|\{\w+\})$")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACKET = re.compile(r"\[[ \t]")
_BEFORE_COMMAND = frozenset(["then", "do", "else", "elif", "if", "while", "until", "time"])
_BLANK_OR_OPERATOR = " \t\r\n;&|()<>`"


class Heredoc(Struct, frozen=True):
    """A here-document: from where to where its redirection stands, and its text with the line that ends it.

    `ends`: there is such a line.
    """

    redirection: tuple[int, int]
    body: tuple[int, int]
    delimiter: str = ""
    ends: bool = True


class Reading(Struct):
    """What is known of the quoting in a script, by offset.

    `quotings` are those at the placeholders (one left out was not reached), `heredocs` are line by line. Outside quotes
    stand the `escapes` (backslashes), `both_ways` (`<>`), `brackets` (`[` in the place of a command) and `patterns`
    (the parenthesis of `!(a|b)`). `breaks`: where a line begins that continues nothing that is open.
    """

    quotings: dict[int, Quoting] = {}
    heredocs: list[tuple[Heredoc, ...]] = []
    escapes: list[int] = []
    both_ways: list[int] = []
    brackets: list[int] = []
    patterns: list[int] = []
    breaks: list[int] = []


def quoting_of(source: str, placeholders: Mapping[int, int]) -> dict[int, Quoting]:
    """The quoting at each placeholder (start → end offset); one left out was not reached."""
    return read_quoting(source, placeholders).quotings


def read_quoting(source: str, placeholders: Mapping[int, int]) -> Reading:
    """Besides, what stands outside quotes. Nothing is known of what is nested too deep."""
    scanner = _Scanner(source, placeholders)
    try:
        scanner.code(0, "")
    except RecursionError:
        return Reading()
    return scanner.reading


def _is_after_for(source: str, at: int) -> bool:
    while at and source[at - 1].isspace():
        at -= 1
    return source.endswith("for", 0, at)


class _Scanner:
    __slots__ = ("depth", "found", "pending", "placeholders", "reading", "source", "starts")

    def __init__(self, source: str, placeholders: Mapping[int, int]) -> None:
        self.source, self.placeholders, self.starts = source, placeholders, sorted(placeholders)
        self.reading = Reading()
        self.found = self.reading.quotings
        self.pending: list[tuple[str, bool, bool, tuple[int, int]]] = []  # delimiter, tabs are stripped, quoted, place
        self.depth = 0

    def code(self, at: int, close: str) -> int:
        """Commands up to the closing character; the offset after it."""
        self.depth += 1
        at = self._commands(at, close)
        self.depth -= 1
        return at

    def _commands(self, at: int, close: str) -> int:  # noqa: C901 - a branch for each sign of the shell
        source, cases, command = self.source, 0, True
        while at < len(source):
            character = source[at]
            if character in "(<[":
                self._note(at, command=command)
            if character == close and not (character == ")" and cases):
                return at + 1
            if character == "\n":
                at, command = self._bodies(at + 1), True
            elif character == "#" and (at == 0 or source[at - 1] in _BLANK_OR_OPERATOR):
                at = self._comment(at, close)
            elif source.startswith("((", at) and (command or _is_after_for(source, at)):
                at, command = self._arithmetic(at + 2, "))"), False
            elif character == "(":
                at, command = self.code(at + 1, ")"), True
            elif source.startswith("<<", at):
                at = self._heredoc(at)
            elif character in ";&|)":
                at, command = at + 1, True
            elif (name := _NAME.match(source, at)) is not None:
                cases += command and name[0] == "case"
                cases -= command and name[0] == "esac"
                at, command = name.end(), name[0] in _BEFORE_COMMAND
            else:
                command &= character in " \t{!"
                at = self._quoted(at, "bare")
        return at

    def _note(self, at: int, *, command: bool) -> None:
        """What the parser may not know."""
        if self.source.startswith("<>", at):
            self.reading.both_ways.append(at)
        elif command and _BRACKET.match(self.source, at):
            self.reading.brackets.append(at)
        elif not command and self.source[at] == "(" and self.source[at - 1] in "?*+@!":
            self.reading.patterns.append(at)

    def _quoted(self, at: int, quoting: Quoting) -> int:
        """One character, escape, quoted string or expansion."""
        character = self.source[at]
        if character == "\\":
            if quoting == "bare":
                self.reading.escapes.append(at)
            return at + 2
        if character == "$":
            return self._dollar(at, quoting)
        if character == "`":
            return self.code(at + 1, "`")
        if character == '"' and quoting != "heredoc":
            return self._until(at + 1, '"', "double")
        if character == "'" and quoting == "bare":
            return self._literal(at, self.source.find("'", at + 1) + 1)
        return at + 1

    def _until(self, at: int, close: str, quoting: Quoting, end: int | None = None) -> int:
        end = len(self.source) if end is None else end
        while at < end:
            if close and self.source[at] == close:
                return at + 1
            at = self._quoted(at, quoting)
        return at

    def _dollar(self, at: int, quoting: Quoting) -> int:
        source = self.source
        if at in self.placeholders:
            self.found[at] = quoting
            return self.placeholders[at]
        if source.startswith("$((", at):
            return self._arithmetic(at + 3, "))")
        if source.startswith("$[", at):
            return self._arithmetic(at + 2, "]")
        if source.startswith("$(", at):
            return self.code(at + 2, ")")
        if source.startswith("${", at):
            return self._until(at + 2 + source.startswith("${#", at), "}", quoting)
        if source.startswith("$'", at) and quoting == "bare":
            end = re.compile(r"(?:\\.|[^\\'])*'", re.DOTALL).match(source, at + 2)
            return self._literal(at, end.end() if end else 0)
        return at + 1 + source.startswith("$$", at)

    def _arithmetic(self, at: int, close: str) -> int:
        depth = 0
        while at < len(self.source):
            if not depth and self.source.startswith(close, at):
                return at + len(close)
            depth += {"(": 1, ")": -1}.get(self.source[at], 0)
            at = self._quoted(at, "arithmetic")
        return at

    def _literal(self, start: int, end: int, quoting: Quoting = "literal") -> int:
        end = end or len(self.source)
        inside = self.starts[bisect_left(self.starts, start) : bisect_left(self.starts, end)]
        self.found.update(dict.fromkeys(inside, quoting))
        return end

    def _comment(self, at: int, close: str) -> int:
        end = self.source.find("\n", at)
        end = end if end >= 0 else len(self.source)
        tick = self.source.find("`", at, end) if close == "`" else -1
        return self._literal(at, tick if tick >= 0 else end, "comment")

    def _heredoc(self, at: int) -> int:
        if self.source.startswith("<<<", at):
            return at + 3
        match = _HEREDOC.match(self.source, at)
        if match is None:
            return at + 2
        delimiter = re.sub(r"\\(.)|['\"]", r"\1", match[2])
        descriptor = _DESCRIPTOR.search(self.source[max(0, at - 80) : at])
        place = at - (len(descriptor[0]) if descriptor else 0), match.end()
        self.pending.append((delimiter, match[1] == "-", delimiter != match[2], place))
        return self._literal(at, match.end())

    def _bodies(self, at: int) -> int:
        pending, self.pending = self.pending, []
        found = []
        for delimiter, stripped, quoted, redirection in pending:
            start, after, ends = at, at, False
            while at < len(self.source):
                end = self.source.find("\n", at) + 1 or len(self.source) + 1
                line, after = self.source[at : end - 1], min(end, len(self.source))
                if (line.lstrip("\t") if stripped else line) == delimiter:
                    ends = True
                    break
                at = after
            if quoted:
                self._literal(start, at or len(self.source))
            else:
                self._until(start, "", "heredoc", at)
            at = after
            found.append(Heredoc(redirection, (start, after), delimiter, ends))
        if found:
            self.reading.heredocs.append(tuple(found))
        if self.depth == 1:
            self.reading.breaks.append(at)
        return at
