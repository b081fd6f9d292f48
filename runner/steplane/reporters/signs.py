"""The signs and colours of what can become of a step or a run: the same in every view for people."""

from collections.abc import Iterable

from steplane.reporters.paint import Paint

SIGNS = {
    "started": "▸", "succeeded": "✓", "reused": "✓", "warning": "!", "failed": "✗", "skipped": "○", "blocked": "⊘",
    "cancelled": "■", "compensated": "↩", "retry": "↻", "waiting": "…", "interrupted": "■",
}  # fmt: skip
"""What a line about a step begins with."""

ASCII_SIGNS = {
    "started": ">", "succeeded": "+", "reused": "+", "warning": "!", "failed": "x", "skipped": "o", "blocked": "-",
    "cancelled": "#", "compensated": "<", "retry": "~", "waiting": "~", "interrupted": "#",
}  # fmt: skip
"""The same where the stream takes ASCII only."""

_ORDER = ("succeeded", "reused", "warning", "failed", "skipped", "blocked", "cancelled", "compensated")
_BAD = {"failed": "error", "blocked": "error", "cancelled": "warning", "warning": "warning", "interrupted": "warning"}


def colored(paint: Paint, status: str, text: str) -> str:
    """The text in the colour of a status."""
    if status in {"succeeded", "reused"}:
        return paint.good(text)
    return paint.severity(_BAD[status], text) if status in _BAD else paint.faint(text)


def counted(statuses: Iterable[str]) -> str:
    """How many there are of each, in a fixed order: `3 succeeded, 1 failed`; empty for none."""
    found = list(statuses)
    return ", ".join(f"{found.count(word)} {word}" for word in _ORDER if word in found)
