"""Looks through lists and mappings in brackets that YAML cannot read, for expressions that nobody quoted.

An expression (`${{ x }}`) outside of quotes is a syntax error in a flow collection wherever it stands: YAML takes its
braces for a mapping. What its author meant is plain all the same, so each value that holds one is found as a whole:
with the quotes, commas and colons of the text around it, and with further expressions.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from steplane.source.pieces import indent_of

_MARKS = ("${{", "${%", "${#")
_CLOSERS = {"${{": "}}", "${%": "%}", "${#": "#}"}
_LINE = re.compile(r"[ \t]*(?:-[ \t]|-$|(?:- +)*[A-Za-z_][\w.-]*:(?:[ \t]|$))", re.MULTILINE)
_OWNER = re.compile(r"(?P<dashes>[ \t]*(?:-[ \t]+)*)(?P<key>\S.*)?", re.DOTALL)
_PROPERTY = re.compile(r"[&!][^\s,\[\]{}]*(?=[ \t\n])")
_IN_CODE = re.compile(r""""(?:\\.|[^"\\\n]){0,200}"|'(?:\\.|[^'\\\n]){0,200}'|\$\{[{%#]|[{}%#]""")
_BLANK = re.compile(r"\s*")
_QUOTED = re.compile(r""""(?:\\.|[^"\\])*"|'(?:''|[^'])*'""", re.DOTALL)
_OPENERS = re.compile(r"[ \t]*(?:-[ \t]+)*(?:[A-Za-z_][\w.-]*:[ \t]+)?(?:[&!]\S+[ \t]+)?(?=[\[{])")
_BRACKET = re.compile(r""""(?:\\.|[^"\\])*"|'(?:''|[^'])*'|[\[\]{}]""")
_PARTNER = {"[": "]", "{": "}"}


class Unquoted(NamedTuple):
    """A value that must be quoted, and the first expression in it; offsets into the text.

    `closed`: the expressions in it end, so that it is known where the value does.
    """

    start: int
    end: int
    expression: int
    expression_end: int
    closed: bool


def unquoted_values(text: str, opener: int) -> list[Unquoted]:
    """The values with unquoted expressions in the list or mapping that opens at an offset."""
    return _Flow(text, opener).values()


def value_in_brackets(
    lines: Sequence[str], line: int, column: int, quoted: int = 0, *, colons: bool = False
) -> str | None:
    """The unquoted value that begins at a place in a list or mapping in brackets; None where the place is in none.

    `quoted`: the column of the quote that closes those that the value begins with, if it does; `colons`: it is a text
    with `: ` in it.
    """
    first = line
    while first > 1 and lines[first - 2].rstrip().endswith((",", "[", "{")):
        first -= 1
    head = _OPENERS.match(lines[first - 1])
    if head is None:
        return None
    before = "\n".join([*lines[first - 1 : line - 1], lines[line - 1][: column - 1]])
    signs = [match[0] for match in _BRACKET.finditer(before, head.end())]
    if sum((sign in "[{") - (sign in "]}") for sign in signs) <= 0:
        return None
    text = "\n".join(lines[line - 1 :])
    return text[column - 1 : _Flow(text, column - 1).value(column - 1, max(column, quoted), colons=colons).end]


def region_end(text: str, opener: int) -> int:
    """Where a list or mapping in brackets ends at the latest: before a line that is of the block around it."""
    first = text.rfind("\n", 0, opener) + 1
    match = _OWNER.match(text[first:opener])
    dashes = match["dashes"] if match else ""
    column = len(dashes) if match and match["key"] else max(dashes.rfind("-"), 0)
    at = text.find("\n", opener)
    while at >= 0:
        end = text.find("\n", at + 1)
        line = text[at + 1 : end if end >= 0 else len(text)]
        if line.strip() and indent_of(line) <= column and _LINE.match(line):
            return at
        at = end
    return len(text)


def offset_of(lines: Sequence[str], line: int, column: int) -> int:
    """The offset of a place in the lines joined by one line feed each."""
    return sum(len(one) + 1 for one in lines[: line - 1]) + column - 1


class _Part:
    """Where in the entry of a mapping, or in the item of a list, the look has come."""

    __slots__ = ("colon", "in_braces", "start")

    def __init__(self, *, in_braces: bool) -> None:
        self.in_braces = in_braces
        self.colon, self.start = False, -1

    def passed(self, sign: str, at: int) -> int:
        """Note a sign between values; the start of the value that a second colon stands in, else -1."""
        if sign == ",":
            self.colon, self.start = False, -1
        elif sign == ":" and self.in_braces:
            if self.colon and 0 <= self.start < at:
                return self.start
            self.colon, self.start = True, -1
        return -1

    def begin(self, at: int) -> None:
        """Note where a key or a value begins."""
        if self.start < 0:
            self.start = at


class _Flow:
    """One list or mapping in brackets, with all that is in it."""

    def __init__(self, text: str, opener: int) -> None:
        self.text = text
        self.opener = opener
        self.end = region_end(text, opener)
        self.unclosed: dict[str, int] = {}  # up to where nothing closes what this sign would

    def values(self) -> list[Unquoted]:
        found: list[Unquoted] = []
        around: list[_Part] = []
        at = self.bracket()
        while at < self.end:
            sign = self.text[at]
            if sign in "[{":
                around.append(_Part(in_braces=sign == "{"))
                at += 1
            elif sign in "]}":
                around.pop()
                at += 1
                if not around:
                    return self.as_one(found, at)
            elif (behind := self.skipped(at)) > at:
                start = around[-1].passed(sign, at)
                at = behind if start < 0 else self.with_colons(found, start, behind)
            else:
                around[-1].begin(at)
                behind = at if sign not in "\"'" else self.behind_quotes(at)
                if behind < 0:
                    return found
                value = self.value(at, behind)
                at = max(value.end, behind, at + 1)
                if value.expression >= 0:
                    found.append(value)
        return found

    def bracket(self) -> int:
        """Where the bracket stands: at the opener, or behind the anchor and tag that do; the end where none does."""
        at = self.opener
        while at < self.end and self.text[at] not in "[{":
            behind = self.skipped(at)
            at = behind if behind > at else self.end
        return at

    def with_colons(self, found: list[Unquoted], start: int, behind: int) -> int:
        """Read the value from `start` with a second colon in it as one text; gives where it ends."""
        value = self.value(start, start, colons=True)
        while found and found[-1].start >= start:
            found.pop()
        if value.expression >= 0:
            found.append(value)
        return max(value.end, behind)

    def skipped(self, at: int) -> int:
        """Behind what stands between values (blanks, commas, comments, anchors), or `at` where a value begins."""
        sign = self.text[at]
        if sign in " \t\n,":
            return at + 1
        if sign == "#":
            return self.line_end(at)
        if sign in ":?" and self.text[at + 1 : at + 2] in {" ", "\n", ",", ""}:
            return at + 1
        match = _PROPERTY.match(self.text, at)
        return match.end() if match else at

    def as_one(self, found: list[Unquoted], end: int) -> list[Unquoted]:
        """What was found; the whole line where text follows the last bracket: it was meant as text (`[ x ] && y`)."""
        stop = self.line_end(end)
        rest = re.split(r"(?:^|[ \t])#", self.text[end:stop], maxsplit=1)[0].rstrip()
        if not found or not rest.strip() or rest.lstrip()[0] in ":,]}" or "\n" in self.text[self.opener : end]:
            return found
        return [found[0]._replace(start=self.opener, end=end + len(rest))]

    def value(self, start: int, at: int, *, colons: bool = False) -> Unquoted:
        """The value from `start`, of which `at` is the first character that is not quoted as a whole.

        `colons`: it is a text with `: ` in it.
        """
        expression, expression_end, closed = -1, -1, True
        while at < self.end:
            if self.text[at : at + 3] in _MARKS:
                end = self.code_end(at)
                if expression < 0:
                    expression, expression_end = at, end if end >= 0 else at + 3
                closed = closed and end >= 0
                at = end if end >= 0 else at + 3
                continue
            if self.is_end(at) and not (colons and self.text[at] == ":"):
                break
            after = self.group_end(start, at)
            if after > at + 1 and expression < 0:
                inside = next((one for one in range(at, after) if self.text[one : one + 3] in _MARKS), -1)
                if inside >= 0:
                    end = self.code_end(inside)
                    expression, expression_end = inside, end if end >= 0 else inside + 3
                    closed = end >= 0
            at = after
        end = start + len(self.text[start:at].rstrip())
        return Unquoted(start, end, expression, expression_end, closed)

    def is_end(self, at: int) -> bool:
        """Whether an unquoted value ends here."""
        sign, following = self.text[at], self.text[at + 1 : at + 2]
        if sign in ",]}":
            return True
        if sign == ":":
            return following in {" ", "\t", "\n", ",", "]", "}", ""}
        if sign == "#":
            return self.text[at - 1] in " \t\n"
        if sign == "\n":
            start = _BLANK.match(self.text, at, self.end).end()  # type: ignore[union-attr]  # it matches anything
            return self.text[start : start + 1] in ",]}[{#\"'" or _LINE.match(self.text, start, self.end) is not None
        return False

    def group_end(self, start: int, at: int) -> int:
        """Behind the quotes or brackets of a text that open at an offset, or behind the one character there."""
        sign = self.text[at]
        before = self.text[at - 1] if at > start else " "
        if sign in "\"'" and not (before.isalnum() or before == "_"):
            return self.closing(at, sign)
        if sign in "[{" and at > start:
            return self.closing(at, _PARTNER[sign])
        return at + 1

    def closing(self, opener: int, closer: str) -> int:
        """Behind the `closer` on the same line, or behind the opener where there is none; expressions are skipped."""
        at, stop = opener + 1, self.line_end(opener)
        if opener < self.unclosed.get(closer, 0):
            return opener + 1
        while at < stop:
            if self.text[at : at + 3] in _MARKS:
                end = self.code_end(at)
                at = end if end >= 0 else at + 3
                stop = max(stop, self.line_end(at))
            elif self.text[at] == closer:
                return at + 1
            else:
                at += 2 if self.text[at] == "\\" and closer != "'" else 1
        self.unclosed[closer] = stop
        return opener + 1

    def code_end(self, start: int) -> int:
        """Behind the end of an expression, or -1 where it is never closed."""
        closer, depth, at = _CLOSERS[self.text[start : start + 3]], 0, start + 3
        while match := _IN_CODE.search(self.text, at, self.end):
            word, at = match.group(), match.end()
            if depth == 0 and self.text.startswith(closer, match.start()):
                return match.start() + 2
            if word in _MARKS:
                return -1
            depth += (word == "{") - (word == "}")
            if depth < 0:
                return -1
        return -1

    def behind_quotes(self, at: int) -> int:
        """Behind a quoted value, or -1 where its quote is not closed within the brackets."""
        match = _QUOTED.match(self.text, at, self.end)
        return match.end() if match else -1

    def line_end(self, at: int) -> int:
        end = self.text.find("\n", at, self.end)
        return end if end >= 0 else self.end
