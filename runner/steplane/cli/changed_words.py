"""What a changed definition means for the steps of a run, in a few words."""

from collections.abc import Mapping

from steplane.reporters.paint import visible
from steplane.reporters.words import count

_OF_STEP = {
    "changed": "its definition has changed",
    "after": "what it depends on has changed",
    "around": "what is in it has changed",
}
_MOST = 3
_ORDER = ("changed", "new", "gone", "after")


def changed_words(steps: Mapping[str, str]) -> str:
    """`load changed, more new; 2 steps run after one of them`. `steps`: what became of each, by its name."""
    named = [f"`{visible(name)}` {word}" for word in _ORDER[:3] for name, one in steps.items() if one == word]
    more = f" and {len(named) - _MOST} more" if len(named) > _MOST else ""
    after = sum(one == "after" for one in steps.values())
    said = ", ".join(named[:_MOST]) + more or "the workflow's own keys changed"
    return f"{said}; {count(after, 'step')} after {'it' if len(named) == 1 else 'them'}" if after else said


def under_change(ready: str, change: str, *, alone: bool) -> str:
    """What let a step start, with what has changed of it since it began before; `alone`: nothing else let it."""
    words = _OF_STEP.get(change, "")
    if not words:
        return ready
    return f"ready anew, as {words}" if alone else f"{ready}; {words}"
