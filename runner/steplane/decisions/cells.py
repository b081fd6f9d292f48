"""Reads a cell: DMN simple unary tests (S-FEEL, DMN 1.4, 9.2), with the place of every mistake.

    cell   = "-" | "not(" tests ")" | tests          tests = test { "," test }
    test   = ("<" | "<=" | ">" | ">=") value | interval | value
    interval = ("[" | "(" | "]") value ".." value ("]" | ")" | "[")
    value  = number | true | false | null | "text" | word | date("...") | date and time("...") | duration("...")

A bare word is text in a column of text, a date or a duration in a column of these.
"""

import re
from typing import Any

from msgspec import Struct

from steplane.decisions.columns import Column, comparable
from steplane.decisions.guessing import meant_by
from steplane.decisions.literals import FUNCTIONS, NotAValue, literal
from steplane.decisions.unary import ANYTHING, Cell, Is, Range, Test

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<call>(?:date\s+and\s+time|date|duration)\s*\(\s*"(?P<inner>(?:[^"\\]|\\.)*)"\s*\))
      | (?P<dots>\.\.)
      | (?P<sign><=|>=|<|>)
      | (?P<mark>[\[\]\(\),])
      | (?P<word>(?:[^\s,()\[\]<>="'.!]|\.(?!\.))+)
      | (?P<other>\S)
    )""",
    re.VERBOSE | re.DOTALL,
)
_BLANK = "a text with blanks stands in quotes, and values are separated by commas"
_COMMA = "only a comma or the end can follow a value"
_QUOTES = "text stands in double quotes"
_NOT = re.compile(r"\s*not\s*\(", re.ASCII)


class CellError(Exception):
    """A cell that is none. `offset` and `length` are its place in the text; `meant`: the whole cell as it should be.

    `kind`: `syntax`, or `kind` for a test that the column cannot have.
    """

    def __init__(self, message: str, offset: int, length: int = 1, *, meant: str = "", kind: str = "syntax") -> None:
        super().__init__(message)
        self.message, self.offset, self.length, self.meant, self.kind = message, offset, max(length, 1), meant, kind


class Literal(Struct, frozen=True):
    """A value of a cell that stands for itself, and its place in the text."""

    value: Any
    offset: int
    length: int


class CellText(Struct, frozen=True):
    """A cell that was read, and the literal values in it."""

    cell: Cell
    literals: tuple[Literal, ...] = ()


class _Token(Struct, frozen=True):
    kind: str
    text: str
    start: int
    end: int


def read_cell(text: str, column: Column) -> CellText:
    """The cell that the text of a column is. Raises `CellError`."""
    if text.strip() in {"-", ""}:
        return CellText(ANYTHING)
    return _Reader(text, column).cell()


def read_item(text: str, column: Column) -> CellText:
    """One item of a list of values: in a column of text it is the text as it stands, elsewhere one test."""
    if column.kind == "text" and not re.fullmatch(r'\s*"(?:[^"\\]|\\.)*"\s*', text):
        return CellText(Cell((Is(text),)), (Literal(text, 0, len(text)),))
    reader = _Reader(text, column)
    test = reader.test()
    reader.end()
    return CellText(Cell((test,)), tuple(reader.literals))


class _Reader:
    """One text, from left to right."""

    def __init__(self, text: str, column: Column) -> None:
        self.text, self.column = text, column
        self.literals: list[Literal] = []
        self.at = 0
        self.tokens = [
            _Token(kind, one[kind], one.start(kind), one.end(kind))
            for one in _TOKEN.finditer(text)
            if (kind := "call" if one["call"] else str(one.lastgroup)) in one.groupdict()
        ]

    def cell(self) -> CellText:
        negated = _NOT.match(self.text)
        if negated is None:
            tests = self._tests()
        else:
            self.at = 2  # `not` and its bracket
            tests = self._tests()
            self._expect(")", "to close `not(`")
        self.end()
        return CellText(Cell(tuple(tests), negated is not None), tuple(self.literals))

    def end(self) -> None:
        """Nothing may follow."""
        token = self._peek()
        if token is not None:
            raise self._wrong(_COMMA, token)

    def _tests(self) -> list[Test]:
        found = [self.test()]
        while (token := self._peek()) is not None and token.text == "," and token.kind == "mark":
            self.at += 1
            found.append(self.test())
        return found

    def test(self) -> Test:
        """One test."""
        token = self._peek()
        if token is None:
            raise self._wrong("a value belongs here", None)
        if token.kind == "sign":
            return self._comparison(token)
        if token.kind == "mark" and token.text in "[(]":
            return self._interval(token)
        start = token.start
        value = self._value(bound=False)
        following = self._peek()
        if following is not None and following.kind == "dots":
            raise self._wrong("an interval stands in brackets", following)
        self.literals.append(Literal(value, start, self.tokens[self.at - 1].end - start))
        return Is(value)

    def _comparison(self, sign: _Token) -> Range:
        self._ordered(sign)
        self.at += 1
        value = self._value(bound=True)
        opened = len(sign.text) == 1
        return Range(high=value, high_open=opened) if sign.text[0] == "<" else Range(low=value, low_open=opened)

    def _interval(self, opening: _Token) -> Range:
        self._ordered(opening)
        self.at += 1
        low = self._value(bound=True)
        dots = self._peek()
        if dots is None or dots.kind != "dots":
            raise self._wrong("`..` belongs between the two ends of an interval", dots)
        self.at += 1
        high = self._value(bound=True)
        closing = self._peek()
        if closing is None or closing.text not in {"]", ")", "["}:
            raise self._wrong("an interval ends with `]` or `)`", closing)
        self.at += 1
        found = Range(low, opening.text != "[", high, closing.text != "]")
        self._refuse_empty(found, opening, closing)
        return found

    def _refuse_empty(self, one: Range, opening: _Token, closing: _Token) -> None:
        low, high = (comparable(self.column, end) for end in (one.low, one.high))
        where = (opening.start, closing.end - opening.start)
        if low > high:
            inner = self.text[opening.end : closing.start].split("..")
            turned = f"{opening.text}{inner[1].strip()}..{inner[0].strip()}{closing.text}" if len(inner) == 2 else ""
            meant = turned and self.text[: opening.start] + turned + self.text[closing.end :]
            raise CellError("the lower end of an interval stands first", *where, meant=meant)
        if low == high and (one.low_open or one.high_open):
            raise CellError("there is no value in this interval", *where)

    def _value(self, *, bound: bool) -> Any:
        token = self._peek()
        if token is None or token.kind not in {"text", "call", "word"}:
            raise self._wrong(_QUOTES if token is not None and token.text == "'" else "a value belongs here", token)
        following = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None
        if token.kind == "word" and following is not None and following.kind in {"word", "text"}:
            raise self._wrong(_BLANK if self.column.kind in {"text", "any"} else _COMMA, following)
        if token.kind == "word" and following is not None and following.text == "(" and token.text != "not":
            raise self._wrong(f"there is no function `{token.text}` in a cell: there are {FUNCTIONS}", token)
        self.at += 1
        try:
            return literal(token.kind, token.text, self.column, bound=bound)
        except NotAValue as wrong:
            meant = self.text[: token.start] + wrong.meant + self.text[token.end :] if wrong.meant else ""
            meant = meant or meant_by(self.text, self.column)
            length = token.end - token.start
            raise CellError(wrong.message, token.start, length, meant=meant, kind="kind") from None

    def _ordered(self, token: _Token) -> None:
        if not self.column.ordered:
            what = "text has no order" if self.column.kind == "text" else "true and false have no order"
            message = f"{what}: name the values, or all others with `not(...)`"
            raise CellError(message, token.start, len(token.text), kind="kind", meant=meant_by(self.text, self.column))

    def _peek(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _expect(self, mark: str, why: str) -> None:
        token = self._peek()
        if token is None or token.text != mark:
            raise self._wrong(f"`{mark}` belongs here {why}", token)
        self.at += 1

    def _wrong(self, message: str, token: _Token | None) -> CellError:
        end = len(self.text.rstrip())
        meant = meant_by(self.text, self.column)
        if meant:
            try:
                _Reader(meant, self.column).cell()
            except CellError:
                meant = ""
        if token is None:
            return CellError(message, max(end - 1, 0), 1, meant=meant)
        return CellError(message, token.start, token.end - token.start, meant=meant)


__all__ = ["CellError", "CellText", "Literal", "read_cell", "read_item"]
