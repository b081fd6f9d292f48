"""What a condition saw, as short texts: `inputs.region = "eu"`."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from steplane.expressions.faults import ExpressionError, Missing
from steplane.expressions.values import kind_of

MOST = 12
"""Parts of one condition that are told."""

Part: TypeAlias = tuple[str, Any]
"""The source of a part and its value."""

SMALL = 10**15
LONGEST = 80
"""Characters of a value, and of the source of a part, that are told."""


class Hides(Protocol):
    """What takes secrets out of data and of text; `longest`: characters of the longest thing that it looks for."""

    @property
    def longest(self) -> int:
        """Characters."""

    def data(self, data: Any) -> Any:
        """The data without secrets."""

    def text(self, text: str) -> str:
        """The text without secrets."""


def seen_texts(parts: Sequence[Part], mask: Hides | None = None) -> tuple[str, ...]:
    """A text for each part, each once, without secrets; what cannot be told is left out."""
    return _told(parts, mask or None, "{} = {}", "{} is missing: {}")


def sentences(parts: Sequence[Part], mask: Hides | None = None) -> tuple[str, ...]:
    """The same as parts of a sentence: "`inputs.amount` is 250"."""
    return _told(parts, mask or None, "`{}` is {}", "`{}` is missing: {}")


def _told(parts: Sequence[Part], mask: Hides | None, present: str, missing: str) -> tuple[str, ...]:
    told: dict[str, None] = {}
    for source, value in parts:
        if value.__class__ is Missing:
            shown, form = cut(mask.text(value.reason) if mask else value.reason), missing
        else:
            shown, form = (mask is None and _simple(value)) or preview(value, LONGEST, mask), present
        if shown:
            text = form.format(source if len(source) <= LONGEST else cut(source), shown)
            told[text if text.isascii() else _recordable(text)] = None
        if len(told) == MOST:
            break
    return tuple(told)


def _simple(value: Any) -> str:
    """The text of a short plain value, which most are; empty for any other."""
    kind = value.__class__
    if kind is str:
        plain = len(value) < LONGEST - 2 and value.isascii() and value.isprintable()
        return f'"{value}"' if plain and '"' not in value and "\\" not in value else ""
    if kind is int:
        return str(value) if -SMALL < value < SMALL else ""
    return "true" if value is True else "false" if value is False else ""


def _recordable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def cut(text: str, limit: int = LONGEST) -> str:
    """The text, its end replaced by `…` where it is longer."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def preview(value: Any, limit: int, mask: Hides | None = None) -> str:
    """The beginning of a value as JSON, `limit` characters at most; empty for what cannot be told.

    No more of the value is looked at than is needed, whatever its size. A secret that begins within the limit is looked
    at whole before anything is cut off.
    """
    room = limit + 1 + (mask.longest if mask else 0)
    pieces: list[str] = []
    length = 0
    try:
        for piece in _written(value, room, mask):
            pieces.append(piece)
            length += len(piece)
            if length > room:
                break
    except (ExpressionError, RecursionError, KeyError, ValueError):
        return ""
    text = "".join(pieces)
    return cut(mask.text(text) if mask else text, limit)


def _written(value: Any, room: int, mask: Hides | None) -> Iterator[str]:
    kind = kind_of(value)
    if kind == "list":
        yield "["
        for index, one in enumerate(value):
            yield ", " if index else ""
            yield from _written(one, room, mask)
        yield "]"
    elif kind == "object":
        yield from _mapping(value, room, mask)
    else:
        short = value[:room] if kind == "string" else value
        yield _scalar(mask.data(short) if mask else short)


def _mapping(value: Mapping[str, Any], room: int, mask: Hides | None) -> Iterator[str]:
    yield "{"
    for index, name in enumerate(value):
        yield ", " if index else ""
        yield _scalar(mask.data(name[:room]) if mask else name[:room])
        yield ": "
        one = value[name]
        if one.__class__ is Missing:
            yield "missing"
        else:
            yield from _written(one, room, mask)
    yield "}"


def _scalar(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
