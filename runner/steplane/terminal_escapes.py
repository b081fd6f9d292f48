r"""Escape sequences of a terminal (ECMA-48: CSI, OSC and the like, two-character ones) in what a program wrote.

Where a string (OSC, DCS, SOS, PM, APC) ends is seen in different ways: `ESC X` in a binary begins none that anybody
meant, and a title is shown. So there are several readings of the same bytes, and what is a secret in one is a secret: a
string goes with all that it holds, up to its own end or the next escape; it goes where its own end follows, and is text
where another sequence breaks it off; it is text, and only the two bytes go that begin it.
"""

import re
from bisect import bisect_right
from itertools import accumulate

ESCAPES = 4096
"""Bytes of escape sequences that are looked over in the end of a stream; no single one is longer."""

_HELD = 4000
"""Bytes that a string holds at most. Longer ones are pictures and files, and stand in no secret; a limit is needed, for
what a stream has given out cannot be taken back.
"""

_MOST = 1000
"""Parameters, and intermediate bytes, of a sequence at most."""

_TWO = rb"\[[0-?]{0,%d}[ -/]{0,%d}[@-~]|[ -/]{1,%d}[0-~]|[0-Z\\-~]" % (_MOST, _MOST, _MOST)
_STRING = rb"[\]PX^_][^\x07\x1b]{0,%d}" % _HELD

_READINGS = (
    rb"\x1b(?:" + _STRING + rb"(?:\x07|\x1b\\|(?=\x1b))|" + _TWO + rb")",
    rb"\x1b(?:" + _STRING + rb"(?:\x07|\x1b\\)|" + _TWO + rb")",
    rb"\x1b(?:" + _TWO + rb")",
)
"""What goes, in each reading. What goes in one goes in those before it too, as a whole or as a part of more."""

_BREAKS = rb"|\\[nr]|[ \t\r\n]+"
"""White space too, also as JSON and programs in C write the end of a line."""

_WRITTEN_BREAK = re.compile(rb"\\[nr]")

_JOINED = dict(zip(_READINGS, (one + _BREAKS for one in _READINGS), strict=True))

_HALF = re.compile(rb"\x1b(?:\[[0-?]{0,%d}[ -/]{0,%d}|" % (_MOST, _MOST) + _STRING + rb"\x1b?|[ -/]{0,%d})\Z" % _MOST)
_OPENS = re.compile(rb"\x1b[\]PX^_]")
_BROKEN_OFF = re.compile(rb"\x1b" + _STRING + rb"\x1b(?!\\)")
_LONGEST = re.compile(_READINGS[0])


class Unescaped:
    """Bytes up to `end` without their escape sequences in a reading (`joined`: and without what breaks and indents
    lines), in `data`. Where they stood is worked out when it is asked for: most often nothing is found.
    """

    __slots__ = ("_all", "_end", "_pattern", "_reading", "_starts", "_taken", "data")

    def __init__(
        self, data: bytes, reading: bytes = _READINGS[-1], *, joined: bool = False, end: int | None = None
    ) -> None:
        self._reading, self._end = reading, end
        self._pattern = _JOINED[reading] if joined else reading
        cut = end is not None and end < len(data)
        self._all = data[: end + 1] if end is not None and cut else data  # the escape there ends a string
        left = re.sub(self._pattern, b"", self._all)
        self.data = left[:-1] if cut else left
        self._starts: list[int] = []
        self._taken: list[int] = []

    def joined(self, data: bytes, start: int = 0) -> "Unescaped":
        """The same bytes from `start` on in the same reading, joined."""
        end = None if self._end is None else self._end - start
        return Unescaped(data[start:], self._reading, joined=True, end=end)

    def origin(self, index: int) -> int:
        """Where the byte of that index stands among all bytes."""
        if not self._taken:
            found = [one.span() for one in re.finditer(self._pattern, self._all)]
            self._taken = [0, *accumulate(end - start for start, end in found)]
            self._starts = [start - before for (start, _), before in zip(found, self._taken, strict=False)]
        return index + self._taken[bisect_right(self._starts, index)]


def readings(data: bytes, end: int | None = None) -> list[Unescaped]:
    """The bytes up to `end`, which is the end or an escape, without their sequences in each reading that differs."""
    if not _OPENS.search(data):
        return [Unescaped(data, end=end)]
    long, own, short = _READINGS
    return [
        Unescaped(data, one, end=end) for one in ((long, own, short) if _BROKEN_OFF.search(data) else (long, short))
    ]


def outside(data: bytes, index: int) -> int:
    r"""The index, or where the escape sequence begins in whose middle it is, in any reading.

    What ends a string (`ESC \`) is a sequence by itself too: without the string before it, it goes all the same.
    """
    start = data.rfind(b"\x1b", max(0, index - ESCAPES), index)
    found = _LONGEST.match(data, start) if start >= 0 else None
    return start if found and found.end() > index else index


def joined(data: bytes) -> bytes:
    """Bytes without escape sequences also without white space, fast; where something stands in it `Unescaped` tells."""
    if b"\\" in data:
        data = _WRITTEN_BREAK.sub(b"", data)
    return data.translate(None, b" \t\r\n")


def half_escape(data: bytes) -> int:
    """Where the escape sequence begins that is not ended yet; the length where there is none."""
    last = data.rfind(b"\x1b", max(0, len(data) - ESCAPES))
    if last < 0:
        return len(data)
    before = data.rfind(b"\x1b", max(0, len(data) - ESCAPES), last)  # the last may be half of what ends a string
    half = _HALF.search(data, before if before >= 0 else last)
    return half.start() if half else len(data)
