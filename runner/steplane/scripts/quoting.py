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
_BEFORE_COMMAND = frozenset(["then", "do", "else", "elif", "if", "while", "until", "time"])
_BLANK_OR_OPERATOR = " \t\r\n;&|()<>`"


class Heredoc(Struct, frozen=True):
    """A here-document: from where to where its redirection stands, and its text with the line that ends it."""

    redirection: tuple[int, int]
    body: tuple[int, int]


def quoting_of(source: str, placeholders: Mapping[int, int]) -> dict[int, Quoting]:
    """The quoting at each placeholder (start → end offset); one left out was not reached."""
    return read_quoting(source, placeholders)[0]


def read_quoting(
    source: str, placeholders: Mapping[int, int]
) -> tuple[dict[int, Quoting], tuple[tuple[Heredoc, ...], ...]]:
    """Besides, the here-documents of each line that begins more than one."""
    scanner = _Scanner(source, placeholders)
    try:
        scanner.code(0, "")
    except RecursionError:
        return {}, ()
    return scanner.found, tuple(scanner.several)


def _is_after_for(source: str, at: int) -> bool:
    while at and source[at - 1].isspace():
        at -= 1
    return source.endswith("for", 0, at)


class _Scanner:
    __slots__ = ("found", "pending", "placeholders", "several", "source", "starts")

    def __init__(self, source: str, placeholders: Mapping[int, int]) -> None:
        self.source, self.placeholders, self.starts = source, placeholders, sorted(placeholders)
        self.found: dict[int, Quoting] = {}
        self.pending: list[tuple[str, bool, bool, tuple[int, int]]] = []  # delimiter, tabs are stripped, quoted, place
        self.several: list[tuple[Heredoc, ...]] = []

    def code(self, at: int, close: str) -> int:
        """Commands up to the closing character; the offset after it."""
        source, cases, command = self.source, 0, True
        while at < len(source):
            character = source[at]
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

    def _quoted(self, at: int, quoting: Quoting) -> int:
        """One character, escape, quoted string or expansion."""
        character = self.source[at]
        if character == "\\":
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
            start = at
            while at < len(self.source):
                end = self.source.find("\n", at) + 1 or len(self.source) + 1
                line, after = self.source[at : end - 1], min(end, len(self.source))
                if (line.lstrip("\t") if stripped else line) == delimiter:
                    break
                at = after
            else:
                after = at
            if quoted:
                self._literal(start, at or len(self.source))
            else:
                self._until(start, "", "heredoc", at)
            at = after
            found.append(Heredoc(redirection, (start, after)))
        if len(found) > 1:
            self.several.append(tuple(found))
        return at
