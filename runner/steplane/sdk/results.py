"""From what a step type returned to the plain JSON data that is recorded."""

import math
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, json, to_builtins

from steplane.sdk.describe import marked
from steplane.sdk.failures import InvalidResult
from steplane.sdk.steps import Result

RESULT_LIMIT = 32 << 20
"""The most bytes of JSON that the outputs of one attempt may take; larger things belong into files."""

KEPT = (bytes, bytearray, memoryview)
"""What msgspec would turn into base64 unasked; here it is refused."""

LARGEST = 1 << 1024
"""Whole numbers from here on are refused: no reader of JSON takes them for numbers."""


def to_plain(result: object, source: str, limit: int = RESULT_LIMIT) -> dict[str, Any] | None:
    """The outputs as plain data: None for None, else a mapping with text keys. `source` names step type and plugin.

    Raises `InvalidResult` for what is no JSON (objects, bytes, NaN, infinities, keys that are not text, cycles, text
    that is no Unicode), and for more than `limit` bytes of JSON.
    """
    if result is None:
        return None
    if not isinstance(result, Result | Mapping):
        raise InvalidResult(f"{source} returned {type(result).__name__}, not a mapping of outputs")
    try:
        return _plain(result, source, limit)
    except RecursionError:
        raise InvalidResult(f"{source} returned data that contains itself or is nested too deep") from None
    except UnicodeEncodeError:
        raise InvalidResult(f"{source} returned text that is no Unicode (a lone surrogate)") from None
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidResult(f"{source} returned what is no JSON: {error}") from None


def _plain(result: object, source: str, limit: int) -> dict[str, Any]:
    data = to_builtins(result, builtin_types=KEPT)
    if isinstance(result, Struct):
        for name in marked(type(result), "spread"):
            entries = data.pop(name)
            data = {**data, **entries}
    if wrong := _wrong(data, ""):
        raise InvalidResult(f"{source} returned what is no JSON: {wrong}")
    encoded = json.encode(data)
    if (size := len(encoded)) > limit:
        raise InvalidResult(
            f"{source} returned {_mebibytes(size)} of data, more than the {_mebibytes(limit)} that are kept; "
            "write it to a file and return the path"
        )
    return json.decode(encoded, type=dict[str, Any])  # just what a later reader of the journal gets


def _mebibytes(size: int) -> str:
    return f"{math.ceil(size / (1 << 20))} MiB"


def _wrong(value: Any, path: str) -> str:
    """What is wrong in the data, and where; empty when nothing is."""
    if value is None or isinstance(value, str | bool):
        return ""
    if isinstance(value, int):
        return f"`{path}` is a whole number of too many digits" if abs(value) >= LARGEST else ""
    if isinstance(value, float):
        return "" if math.isfinite(value) else f"`{path}` is {value}, which is no number"
    if isinstance(value, list | tuple):
        places = ((one, f"{path}[{index}]") for index, one in enumerate(value))
        return next((wrong for one, place in places if (wrong := _wrong(one, place))), "")
    if isinstance(value, dict):
        return _wrong_mapping(value, path)
    return f"`{path}` is {type(value).__name__}"


def _wrong_mapping(value: dict[Any, Any], path: str) -> str:
    for key, one in value.items():
        if not isinstance(key, str):
            return f"`{path}` has the key {key!r}, which is not text" if path else f"the key {key!r} is not text"
        if wrong := _wrong(one, f"{path}.{key}" if path else key):
            return wrong
    return ""
