"""Dates, moments and durations as a table compares them."""

import re
from datetime import date, datetime
from fractions import Fraction

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_SIMPLE = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[dhms])", re.ASCII)
_CHARACTERS = 64
_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)


def date_of(text: str) -> date | None:
    """The date that a text is (`2026-01-31`), or None."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def moment_of(text: str) -> datetime | None:
    """The moment that a text is (RFC 3339: `2026-01-31T12:00:00Z`), or None; one without an offset is none."""
    if "T" not in text.upper() or not _DATE.match(text):
        return None
    try:
        found = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def seconds(text: str) -> Fraction | None:
    """The seconds of a duration as workflows write it (`1h30m`) or as ISO 8601 does (`PT1H30M`), or None."""
    if len(text) > _CHARACTERS:
        return None
    iso = _ISO.fullmatch(text)
    if iso is not None and text[-1] not in "PT":
        return sum(
            (Fraction(part or 0) * size for part, size in zip(iso.groups(), _UNITS.values(), strict=True)), Fraction()
        )
    total, position = Fraction(), 0
    while match := _SIMPLE.match(text, position):
        total += Fraction(match[1]) * (Fraction(1, 1000) if match[2] == "ms" else _UNITS[match[2]])
        position = match.end()
    return total if text and position == len(text) else None


def duration_text(value: Fraction | float) -> str:
    """The shortest text for that many seconds: 90 is `1m30s`."""
    rest, text = round(value * 1000), ""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


__all__ = ["date_of", "duration_text", "moment_of", "seconds"]
