"""The text of a value in a script, or why it has none."""

from collections.abc import Mapping

from steplane.scripts.shapes import Place

_WHOLE_MINIMUM, _WHOLE_MAXIMUM = -(2**63), 2**63 - 1  # what shells compute with (POSIX: signed long)


class ScriptValueError(Exception):
    """A value that cannot stand where it is used: `message` says why and what to do, `slot` which one (from 0)."""

    def __init__(self, message: str, slot: int) -> None:
        super().__init__(message)
        self.message = message
        self.slot = slot


def text_at(value: object, place: Place, label: str, slot: int) -> str:
    """The text that arrives for `value` at a place; `label` is how the author wrote it. Raises `ScriptValueError`."""
    if place == "number":
        return _whole_number(value, label, slot)
    if value is None:
        raise ScriptValueError(
            f"{label} is null, which has no text; give it a value with `default`, or leave the step out with `if`",
            slot,
        )
    if isinstance(value, (list, tuple, Mapping)) and place != "text":
        raise ScriptValueError(_no_word(value, place, label), slot)
    return _without_nul(_plain(value, label, slot), label, slot)


def items_at(value: object, label: str, slot: int) -> list[str]:
    """The words of a value that stands alone: one, or one per item of a list. Raises `ScriptValueError`."""
    if not isinstance(value, (list, tuple)):
        return [text_at(value, "word", label, slot)]
    return [_item(item, number, label, slot) for number, item in enumerate(value)]


def _item(item: object, number: int, label: str, slot: int) -> str:
    if item is None or isinstance(item, (list, tuple, Mapping)):
        raise ScriptValueError(
            f"item {number} of {label} is {_kind(item)}, which is no word; "
            "drop nulls with `| present`, or put the expression in double quotes to get JSON",
            slot,
        )
    return text_at(item, "word", label, slot)


def _no_word(value: object, place: Place, label: str) -> str:
    kind = _kind(value)
    if place == "glued" and not isinstance(value, Mapping):
        return (
            f"{label} is a list where the shell takes one word; let it stand alone for one word per item, "
            "join it with `| join(',')`, or put it in double quotes to get JSON"
        )
    return f"{label} is {kind}, which is no word; put it in double quotes to get JSON, or use one of its fields"


def _plain(value: object, label: str, slot: int) -> str:
    if isinstance(value, str):
        return str(value)
    import json

    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError):
        raise ScriptValueError(f"{label} is not plain data and has no text; turn it into text first", slot) from None


def _without_nul(text: str, label: str, slot: int) -> str:
    if "\0" in text:
        raise ScriptValueError(
            f"{label} holds a NUL character, which no shell can carry; pass it through a file or `| b64encode`", slot
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ScriptValueError(
            f"{label} holds half a surrogate pair, which is no text; pass it on with `| json`", slot
        ) from None
    return text


def _whole_number(value: object, label: str, slot: int) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        shown = str(value).lower() if isinstance(value, (float, bool)) else _kind(value)
        raise ScriptValueError(f"{label} is {shown}, but the shell computes with it: it must be a whole number", slot)
    if not _WHOLE_MINIMUM <= value <= _WHOLE_MAXIMUM:
        raise ScriptValueError(f"{label} is {value}, more than the 64 bits that a shell computes with", slot)
    return str(value)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, (list, tuple)) else f"a {type(value).__name__}"
