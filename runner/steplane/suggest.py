"""The name that was probably meant."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from itertools import islice

_CANDIDATES = 10_000
_POOL = 1000
_LENGTHS = 4
_LONG = 80
_LISTED = 10

OTHER_WORDS = {
    "success": "succeeded",
    "completed": "succeeded",
    "passed": "succeeded",
    "failure": "failed",
    "error": "failed",
    "complete": "succeeded",
    "always": "done",
    "any": "done",
    "ended": "done",
    "finished": "done",
    "ignore": "warn",
    "warning": "warn",
    "canceled": "cancelled",
    "fixed": "constant",
    "exp": "exponential",
    "int": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "str": "string",
    "text": "string",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
    "map": "object",
    "mapping": "object",
}
"""What other tools call an outcome, a policy or a type."""

_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


@contextmanager
def no_more_than(comparisons: int) -> Iterator[None]:
    """So many names are compared within, and no more: a file of a thousand wrong names among a thousand is not worth
    a million comparisons. Beyond it only what differs in its writing is found.
    """
    token = _left.set([comparisons])
    try:
        yield
    finally:
        _left.reset(token)


class Names:
    """Names to choose from, made ready once where many are to be asked for."""

    def __init__(self, names: Iterable[str]) -> None:
        self.by_fold: dict[str, list[str]] = {}
        self.closest: dict[tuple[str, str], str | None] = {}
        """What was found for a name, and one that cannot be meant: a file may have a mistake a thousand times."""
        for one in dict.fromkeys(islice(names, _CANDIDATES)):
            self.by_fold.setdefault(_fold(one), []).append(one)


@lru_cache(maxsize=16)
def _ready(names: tuple[str, ...]) -> Names:
    """The names of a file are asked for as often as it has mistakes."""
    return Names(names)


def did_you_mean(name: str, candidates: Iterable[str] | Names, *, but: str = "") -> str | None:
    """The candidate closest to `name`, or None when none is close; `but` is one that cannot be meant.

    Names that differ only in case, `-`, `_`, `.` and blanks come first; then the best match of difflib, with a cut-off
    that is stricter for short names (a wrong suggestion is worse than none).
    """
    known = candidates if isinstance(candidates, Names) else _ready(tuple(islice(candidates, _CANDIDATES)))
    folded = _fold(name)
    if not folded or len(folded) > _LONG:
        return None
    for candidate in known.by_fold.get(folded, ()):
        if candidate not in (name, but):
            return candidate
    if (folded, but) in known.closest:
        return known.closest[folded, but]
    left = _left.get()
    if left is not None:
        if left[0] <= 0:
            return None
        left[0] -= min(len(known.by_fold), _POOL)
    found = known.closest[folded, but] = _closest(folded, known.by_fold, but)
    return found


def _closest(folded: str, by_fold: dict[str, list[str]], but: str) -> str | None:
    import difflib

    cutoff = {3: 0.66}.get(len(folded), 0.75 if len(folded) <= 4 else 0.67)  # of three or four one letter may be wrong
    near = (one for one in reversed(by_fold) if one not in ("", folded) and abs(len(one) - len(folded)) <= _LENGTHS)
    close = difflib.get_close_matches(
        folded, list(islice((one for one in near if by_fold[one] != [but]), _POOL)), n=1, cutoff=cutoff
    )
    return next(one for one in by_fold[close[0]] if one != but) if close else None


SHORTEST = 5
"""Shorter names are too like each other for a slip to be told from another name."""


def is_slip(name: str, meant: str) -> bool:
    """Whether the letters are the same in another order, or one within is too many or left out."""
    if min(len(name), len(meant)) < SHORTEST or name[0] != meant[0] or name[-1] != meant[-1]:
        return False
    if len(name) == len(meant):
        return sorted(name) == sorted(meant)
    longer, shorter = sorted((name, meant), key=len, reverse=True)
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(1, len(longer) - 1))


def nearness(name: str, other: str) -> float:
    """How like each other two names are, from 0 to 1, as `did_you_mean` has it."""
    import difflib

    return difflib.SequenceMatcher(None, _fold(other), _fold(name)).ratio()


def word_meant(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that is meant by a word of another tool for an outcome or a policy, or that is close to it."""
    known = list(candidates)
    others = {one: meant for one, meant in OTHER_WORDS.items() if meant in known}
    return others.get(word.lower()) or did_you_mean(word, known) or others.get(did_you_mean(word, others) or "")


def nearest_of(name: str, known: Iterable[str], title: str, more: str) -> str:
    """A remedy: the nearest of the known names, if one is near, then all of them.

    `title` stands before the list; of a long one only the beginning is told, and `more` is the command that shows all.
    """
    distinct = list(dict.fromkeys(known))
    near = did_you_mean(name, distinct)
    words = f"Did you mean `{near}`? " if near else ""
    rest = len(distinct) - _LISTED
    return f"{words}{title}: {', '.join(distinct[:_LISTED])}" + (f", and {rest} more: {more}" if rest > 0 else ".")


@lru_cache(maxsize=2 * _CANDIDATES)
def _fold(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter not in "-_. ")
