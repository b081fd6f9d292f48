"""Small readings of values: outcome words, durations, whether an expression is inside."""

import re
from typing import Any, TypeAlias

OK = frozenset({"succeeded", "warning", "reused", "skipped"})
NOT_OK = frozenset({"failed", "blocked", "cancelled", "compensated"})
ENDED = OK | NOT_OK

Words: TypeAlias = tuple[str, ...]

_MEANING: dict[str, frozenset[str]] = {
    "ok": OK,
    "done": ENDED,
    "succeeded": frozenset({"succeeded", "reused"}),
}
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def words_of(value: Any) -> Words:
    """One outcome word or several."""
    return (value,) if isinstance(value, str) else tuple(value)


def holds(status: str, words: Words) -> bool:
    """Whether a step that ended so is what the words ask for."""
    return any(status in _MEANING.get(word, frozenset({word})) for word in words)


def dynamic(value: Any) -> bool:
    """Whether there is an expression in it."""
    if isinstance(value, dict):
        return any(dynamic(one) for one in value.values())
    if isinstance(value, list):
        return any(dynamic(one) for one in value)
    return isinstance(value, str) and "${{" in value


def seconds(duration: Any) -> float:
    """A duration in seconds."""
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([0-9.]+)(ms|s|m|h|d)", str(duration)))
