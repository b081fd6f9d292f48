"""A script with its values in it, for reading: what runs has them in variables."""

import shlex
from collections.abc import Sequence

from steplane.scripts.assembly import label_of
from steplane.scripts.shapes import Script, Slot
from steplane.scripts.values import items_at, text_at

_IN_QUOTES = str.maketrans({one: f"\\{one}" for one in '\\"$`'})


def shown(script: Script, values: Sequence[object]) -> str:
    """The script with each value where it arrives, quoted as its place wants it. Raises `ScriptValueError`."""
    numbered = iter(enumerate(values))
    return "".join(one if isinstance(one, str) else _value(one, *next(numbered)) for one in script.pieces)


def _value(piece: Slot, slot: int, value: object) -> str:
    label = label_of(piece.expression)
    if piece.place == "word":
        return " ".join(shlex.quote(one) for one in items_at(value, label, slot))
    text = text_at(value, piece.place, label, slot)
    if piece.place == "number":
        return text
    return shlex.quote(text) if piece.place == "glued" else text.translate(_IN_QUOTES)
