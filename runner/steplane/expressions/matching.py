"""Regular expressions within the limits: linear time, and no more than a moment of it.

The engine is linear in the text, but a pattern may be large and the text too. What may take long is done in a thread,
for the engine cannot be interrupted: it works without Python's lock, and who waits for it gives up in time.
"""

import re
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from msgspec import Struct

from steplane.expressions.faults import ExpressionError
from steplane.expressions.frames import Frame
from steplane.expressions.limits import SECONDS, TEXT, too_long
from steplane.patterns import compile_pattern

T = TypeVar("T")


class _Group(Struct, frozen=True):
    """A group of the pattern, by number or name."""

    which: int | str


WORK = 50_000_000
"""Instructions of a pattern, for each of its groups, times characters: done at once, in less than a second."""

REFERENCES = 1000
"""Groups that one replacement may name."""

_REFERENCE = re.compile(r"\\(?:(?P<number>[1-9][0-9]?)|g<(?P<name>\w+)>|(?P<other>.?))", re.DOTALL)
_ESCAPES = {"\\": "\\", "n": "\n", "t": "\t", "r": "\r"}
_LEFT_BEHIND = threading.BoundedSemaphore(4)  # engines that go on though nobody waits any more; a process bears no more


def matches(frame: Frame, pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text. Raises `ValueError` for a wrong pattern, ExpressionError."""
    compiled = compile_pattern(pattern)
    frame.budget.text(len(text))
    return _in_time(compiled, text, lambda: compiled.search(text) is not None)


def replaced(frame: Frame, pattern: str, text: str, replacement: str) -> str:
    """The text with every match replaced. Raises as `matches`."""
    compiled = compile_pattern(pattern)
    parts = _parts(replacement)
    for part in parts:
        if not isinstance(part, str):
            _known_group(compiled, part)
    return _in_time(compiled, text, lambda: _replace(frame, compiled, text, parts))


def _in_time(compiled: Any, text: str, action: Callable[[], T]) -> T:
    if compiled.programsize * (1 + compiled.groups) * len(text) <= WORK:
        return action()
    if not _LEFT_BEHIND.acquire(blocking=False):
        raise ExpressionError("too many patterns are being looked for that take too long")
    ended: list[tuple[T | None, BaseException | None]] = []

    def work() -> None:
        try:
            ended.append((action(), None))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            ended.append((None, error))
        finally:
            _LEFT_BEHIND.release()

    thread = threading.Thread(target=work, name="steplane-pattern", daemon=True)
    thread.start()
    thread.join(SECONDS)
    if not ended:
        raise too_long()
    result, error = ended[0]
    if error is not None:
        raise error
    return result  # type: ignore[return-value]


def _replace(frame: Frame, compiled: Any, text: str, parts: tuple[str | _Group, ...]) -> str:
    pieces: list[str] = []
    budget = frame.budget
    size = end = 0
    each = 1 + (len(text) >> 10)  # to look for one match may go through the whole text
    may_be_large = _most(text, parts) > TEXT
    for match in compiled.finditer(text):
        budget.left -= each
        if budget.left < 0:
            budget.look()
        new = [part if isinstance(part, str) else match.group(part.which) or "" for part in parts]
        if may_be_large:
            size += match.start() - end + sum(map(len, new))
            budget.text(size)
        pieces.append(text[end : match.start()])
        pieces += new
        end = match.end()
    pieces.append(text[end:])
    budget.spend(sum(map(len, pieces)))
    return "".join(pieces)


def _most(text: str, parts: tuple[str | _Group, ...]) -> int:
    """The most characters that may come of it: a match at each place, and each group as long as all of them."""
    literal = sum(len(part) for part in parts if isinstance(part, str))
    groups = sum(not isinstance(part, str) for part in parts)
    return len(text) * (1 + groups) + (len(text) + 1) * literal


def _known_group(compiled: Any, group: _Group) -> None:
    """Raise `ValueError` for a group that the pattern has not."""
    which = group.which
    if not (1 <= which <= compiled.groups if isinstance(which, int) else which in compiled.groupindex):
        raise ValueError(f"the pattern has no group `{which}`")


@lru_cache(maxsize=256)
def _parts(replacement: str) -> tuple[str | _Group, ...]:
    """The texts of a replacement, and between them its groups. Raises `ValueError` for too many."""
    parts: list[str | _Group] = []
    end = 0
    for found in _REFERENCE.finditer(replacement):
        word = found["number"] or found["name"]
        parts.append(replacement[end : found.start()])
        if word:
            parts.append(_Group(int(word) if word.isdecimal() else word))
        else:
            parts.append(_ESCAPES.get(found["other"], found[0]))
        end = found.end()
        if len(parts) > REFERENCES * 2:
            raise ValueError(f"the replacement has more than {REFERENCES} backslashes")
    return tuple(part for part in (*parts, replacement[end:]) if part != "")
