"""Durations as they are written: `250ms`, `30s`, `5m`, `4h`, `2d`, or a sum such as `1h30m`."""

import re

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_WHOLE = r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|[dhms]))+"
_PART = r"([0-9]+(?:\.[0-9]+)?)(ms|[dhms])"
_CHARACTERS = 64
LONGEST = 3_153_600_000.0
"""Seconds of the longest duration: 100 years, or 36,500 days. A time so far ahead can still be reckoned and shown."""


class TooLong(ValueError):
    """A duration longer than any is."""


def parse_duration(text: str) -> float:
    """Seconds of a duration; raises ValueError, in words, for anything else (a bare number, more than `LONGEST`).

    Units stand in falling order and each once: `1h30m`, not `30m1h`.
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a duration: write a number with a unit, such as `30s` or `1h30m`")  # noqa: TRY004
    if len(text) > _CHARACTERS or not re.fullmatch(_WHOLE, text):
        raise ValueError(_complaint(text[:_CHARACTERS]))
    total = 0.0
    before = float("inf")
    for number, unit in re.findall(_PART, text):
        if _UNITS[unit] >= before:
            raise ValueError(f"`{text}` is not a duration: the larger unit stands first, each unit once (`1h30m`)")
        before = _UNITS[unit]
        total += float(number) * before
    if total > LONGEST * 1000:
        raise TooLong(f"`{text}` is longer than 100 years: a duration is `36500d` at most")
    return total / 1000


def _complaint(text: str) -> str:
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text.strip(), re.ASCII):
        return f"`{text}` has no unit: write `{text.strip()}s` for seconds (units: ms, s, m, h, d)"
    if text.startswith("-"):
        return f"`{text}` is negative: a duration is not"
    return f"`{text}` is not a duration: write a number with a unit (ms, s, m, h, d), such as `30s` or `1h30m`"


def format_duration(seconds: float) -> str:
    """The shortest spelling of a number of seconds, to the millisecond; `parse_duration` reads it back."""
    rest = round(seconds * 1000)
    if rest <= 0:
        return "0s"
    parts = []
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
