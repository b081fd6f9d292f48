"""The values that stand in cells."""

import re
from typing import Any

from steplane.decisions.columns import WORDS, Column
from steplane.decisions.times import date_of, moment_of, seconds

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_CALL = re.compile(r'(date\s+and\s+time|date|duration)\s*\(\s*("(?:[^"\\]|\\.)*")\s*\)', re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
FUNCTIONS = '`date("...")`, `date and time("...")`, `duration("...")` and `not(...)`'
_LONGEST = 300
"""Digits of a number; a longer one is no number that a file can give."""

_TIMES = {
    "date": ("date", date_of, 'date("2026-01-31")'),
    "date-time": ("date and time", moment_of, 'date and time("2026-01-31T12:00:00Z")'),
    "duration": ("duration", seconds, 'duration("1h30m")'),
}  # fmt: skip


class NotAValue(Exception):
    """No value that the column can take; `meant` is what was probably meant."""

    def __init__(self, message: str, meant: str = "") -> None:
        super().__init__(message)
        self.message, self.meant = message, meant


def literal(kind: str, text: str, column: Column, *, bound: bool = False) -> Any:
    """The plain value of a `text` in quotes, a `call` or a bare `word`. With `bound` it is the end of a comparison.

    Raises `NotAValue`.
    """
    if kind == "word" and text == "null":
        if not column.null or bound:
            raise NotAValue(f"`{column.name}` is never null" if not bound else "null has no order")
        return None
    if column.kind in _TIMES:
        return _time(kind, text, column)
    if kind == "call":
        raise NotAValue(f"`{column.name}` takes {WORDS[column.kind]}: it has no `format` of dates or durations")
    if kind == "text":
        return _quoted(text, column, bound=bound)
    return _word(text, column, bound=bound)


def _quoted(text: str, column: Column, *, bound: bool) -> str:
    value = unquoted(text)
    if column.kind not in {"text", "any"} or bound:
        bare = value if _fits(value, column) else ""
        raise NotAValue(f"`{column.name}` takes {WORDS[column.kind]}, and {text} is text", bare)
    return value


def _fits(value: str, column: Column) -> bool:
    return value in {"true", "false"} if column.kind == "boolean" else _NUMBER.fullmatch(value) is not None


def _word(text: str, column: Column, *, bound: bool) -> Any:
    if column.kind == "text":
        return text
    number = number_of(text)
    if column.kind in {"number", "integer", "any"} and number is not None:
        if column.kind == "integer" and not bound and number != int(number):
            raise NotAValue(f"`{column.name}` takes whole numbers, and {text} is none")
        return number
    if column.kind in {"boolean", "any"} and text in {"true", "false"} and not bound:
        return text == "true"
    quoted = f'"{text}"' if column.kind == "any" and not bound else ""
    lower = text.lower() if column.kind == "boolean" and text.lower() in {"true", "false"} else ""
    raise NotAValue(f"`{column.name}` takes {WORDS[column.kind]}, and `{text}` is none", quoted or lower)


def _time(kind: str, text: str, column: Column) -> str:
    name, read, example = _TIMES[column.kind]
    value = text
    if kind == "text":
        value = unquoted(text)
    elif kind == "call":
        call = _CALL.fullmatch(text)
        assert call is not None
        value = unquoted(call[2])
        if " ".join(call[1].split()) != name:
            raise NotAValue(f"`{column.name}` takes {WORDS[column.kind]}: write `{example}`")
    if read(value) is None:
        raise NotAValue(f"`{column.name}` takes {WORDS[column.kind]} such as `{example}`, and `{value}` is none")
    return value


def number_of(text: str) -> int | float | None:
    """The number that a text is, or None."""
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        return None
    if re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        return int(text)
    value = float(text)
    return value if abs(value) != float("inf") else None


def unquoted(text: str) -> str:
    """The text that stands in quotes."""
    return _ESCAPE.sub(_unescaped, text[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    what = match[1]
    return chr(int(what[1:], 16)) if len(what) == 5 else _ESCAPED.get(what, what)


__all__ = ["FUNCTIONS", "NotAValue", "literal", "number_of", "unquoted"]
