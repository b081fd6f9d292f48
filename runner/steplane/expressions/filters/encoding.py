"""Filters between data, text and bytes."""

import json as json_module
from typing import Any, NoReturn

from steplane.expressions.faults import ExpressionError
from steplane.expressions.filters.wanted import text, whole
from steplane.expressions.frames import Frame
from steplane.expressions.limits import SMALL
from steplane.expressions.values import json_text, kind_of, text_of

JSON_PARTS = 2_000_000
"""Lists, mappings and commas of a JSON text; reading more takes longer than an evaluation may."""


def json(frame: Frame, value: Any, indent: Any = None) -> str:
    """The value as JSON, compact or indented."""
    return json_text(value, frame.budget, None if indent is None else whole(indent, "json", 0, 16))


def from_json(frame: Frame, value: Any) -> Any:
    """The data that a JSON text holds."""
    source = text(frame, value, "from_json")
    frame.budget.text(len(source))
    nested = sum(map(source.count, "[{"))
    parts = nested + source.count(",")
    if parts > JSON_PARTS:
        raise ExpressionError(f"the filter `from_json` reads at most {JSON_PARTS:,} items; this text has {parts:,}")
    frame.budget.lists(nested)
    try:
        return json_module.loads(source, parse_constant=_not_json, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ExpressionError(f"the filter `from_json` cannot read this: {error}") from None


def _not_json(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _finite(word: str) -> float:
    number = float(word)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{word} is out of the range of numbers")
    return number


def sha256(frame: Frame, value: Any) -> str:
    """The SHA-256 of the text (UTF-8; of a list or mapping, of its compact JSON) in hexadecimal."""
    import hashlib

    source = text_of(value, frame.budget)
    if len(source) > SMALL:
        frame.budget.text(len(source))
    return hashlib.sha256(source.encode()).hexdigest()


def b64encode(frame: Frame, value: Any) -> str:
    """Base64 of the text in UTF-8."""
    import base64

    data = text(frame, value, "b64encode").encode()
    frame.budget.spend(len(data) * 4 // 3)
    return base64.b64encode(data).decode()


def b64decode(frame: Frame, value: Any) -> str:
    """The UTF-8 text of which this is the Base64."""
    import base64
    import binascii

    try:
        return base64.b64decode("".join(text(frame, value, "b64decode").split()), validate=True).decode()
    except UnicodeDecodeError:
        raise ExpressionError("the filter `b64decode` gives text, and these bytes are no UTF-8") from None
    except (binascii.Error, ValueError):
        raise ExpressionError("the filter `b64decode` cannot read this: it is not Base64") from None


def urlencode(frame: Frame, value: Any) -> str:
    """Text quoted for a part of a URL; of a mapping, or of a list of pairs, a whole query."""
    from urllib.parse import quote

    kind = kind_of(value)
    if kind not in ("object", "list"):
        source = text(frame, value, "urlencode")
        frame.budget.spend(len(source) * 3)
        return quote(source, safe="/")
    pairs = [[key, value[key]] for key in value] if kind == "object" else value
    parts = []
    for pair in pairs:
        frame.budget.tick(4)
        if kind_of(pair) != "list" or len(pair) != 2:
            raise ExpressionError("the filter `urlencode` wants text, a mapping or a list of pairs")
        parts.append("=".join(quote(text(frame, one, "urlencode"), safe="") for one in pair))
    frame.budget.spend(sum(map(len, parts)) + len(parts))
    return "&".join(parts)
