"""What the journal can hold: JSON that reads back as it was written."""

import math
from collections.abc import Mapping
from typing import Any

DEEPEST = 200
"""Lists and mappings inside each other that can be recorded; no real data has as many."""

LARGEST = 1 << 1024
"""Whole numbers from here on are refused: no reader of JSON takes them for numbers."""


def unrecordable(value: Any, depth: int = 0) -> str:
    """Why the data cannot be recorded, as the rest of a sentence; empty if it can."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return "holds a whole number of too many digits" if abs(value) >= LARGEST else ""
    if isinstance(value, float):
        return "" if math.isfinite(value) else "holds a number that is not finite"
    if depth > DEEPEST:
        return f"is nested deeper than {DEEPEST} levels"
    if isinstance(value, list | tuple):
        return next((why for one in value if (why := unrecordable(one, depth + 1))), "")
    if isinstance(value, Mapping):
        return next((why for name, one in value.items() if (why := _key(name) or unrecordable(one, depth + 1))), "")
    return f"holds {type(value).__name__}, which is no plain data"


def _key(name: Any) -> str:
    return _text(name) if isinstance(name, str) else "has a key that is not text"


def _text(text: str) -> str:
    if text.isascii():
        return ""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds text that is no Unicode (a lone surrogate)"
    return ""
