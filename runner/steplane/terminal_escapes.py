"""Escape sequences of a terminal (ECMA-48: CSI, OSC and the like, two-character ones) in what a program wrote."""

import re
from bisect import bisect_right
from itertools import accumulate

_SEQUENCE = rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-OQ-WYZ\\`-~])"
_HALF = rb"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)\Z"

_BREAKS = _SEQUENCE + rb"|\\[nr]|[ \t\r\n]+"
"""White space too, also as JSON and programs in C write the end of a line."""

ESCAPES = 4096
"""Bytes of escape sequences that are looked over in the end of a stream."""


class Unescaped:
    """Bytes without their escape sequences (`joined`: and without what breaks and indents lines), in `data`."""

    __slots__ = ("_ends", "_found", "_starts", "data")

    def __init__(self, data: bytes, *, joined: bool = False) -> None:
        pattern = _BREAKS if joined else _SEQUENCE
        self._found = found = [one.span() for one in re.finditer(pattern, data)]
        self.data = re.sub(pattern, b"", data)
        lengths = [end - start for start, end in found]
        taken = [0, *accumulate(lengths)]
        self._starts = [start - before for (start, _), before in zip(found, taken, strict=False)]
        self._ends = taken

    def origin(self, index: int) -> int:
        """Where the byte of that index stands among all bytes."""
        return index + self._ends[bisect_right(self._starts, index)]

    def outside(self, index: int) -> int:
        """The index among all bytes, or where the escape sequence begins in whose middle it is."""
        place = bisect_right(self._found, (index, index))
        start, end = self._found[place - 1] if place else (index, index)
        return start if index < end else index


def joined(data: bytes) -> bytes:
    """The bytes without white space and escape sequences, fast; where something stands in it `Unescaped` tells."""
    if b"\x1b" in data:
        data = re.sub(_SEQUENCE, b"", data)
    if b"\\" in data:
        data = data.replace(b"\\n", b"").replace(b"\\r", b"")
    return data.translate(None, b" \t\r\n")


def split_escape(data: bytes) -> tuple[bytes, bytes]:
    """The bytes up to an escape sequence that is not ended yet, and that."""
    start = data.rfind(b"\x1b", max(0, len(data) - ESCAPES))
    if start > 0 and data[start - 1 : start] != b"\x1b" and data[start:] == b"\x1b":
        string = data.rfind(b"\x1b", max(0, start - ESCAPES), start)
        start = string if string >= 0 and re.match(_HALF, data[string:]) else start
    half = re.match(_HALF, data[start:]) if start >= 0 else None
    return (data[:start], data[start:]) if half else (data, b"")
