"""Durations as authors write them: `250ms 30s 5m 4h 2d` or a sum such as `1h30m`."""

import re

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
"""Seconds of each unit."""

LONGEST = 3_153_600_000.0
"""Seconds of the longest duration, as in workflows: 100 years, or 36,500 days."""

PART = r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)"


def seconds(text: str) -> float | None:
    """The seconds that a duration lasts; None when the text is none, or is longer than 100 years."""
    total = _total(text)
    return total if total is not None and total <= LONGEST else None


def is_too_long(text: str) -> bool:
    """Whether the text is a duration, but for its being longer than 100 years."""
    total = _total(text)
    return total is not None and total > LONGEST


def _total(text: str) -> float | None:
    total, position, part = 0.0, 0, re.compile(PART)
    while match := part.match(text, position):
        total += float(match[1]) * UNITS[match[2]]
        position = match.end()
    return total if position == len(text) and text else None


def duration_text(value: float) -> str:
    """The shortest text for that many seconds: 90.0 is `1m30s`."""
    rest, text = round(value * 1000), ""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"
