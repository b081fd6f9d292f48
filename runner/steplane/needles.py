"""Many byte strings that are looked for at once, in a text and in the end of one that goes on.

A few are looked for one after the other, which is fastest. Of many an automaton (RE2) finds the heads in one pass,
whatever their number, and what stands at a head is looked up. It is made when there is enough to look through.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from typing import Any

from steplane.patterns import compile_words

Span = tuple[int, int]

HEAD = 8
"""Bytes of a needle by which it is found: rare enough that little is looked up in vain."""

LONG = 256
"""Bytes of a needle from which on also its beginning is found by its head: its first byte may stand everywhere."""

FEW = 16
"""Needles that hold no other (`_roots`) up to which they are looked for one by one."""

WORTHWHILE = 1 << 14
"""Bytes looked through from which on an automaton pays: most texts are short."""

LARGE = 1 << 20
"""Bytes looked through from which on one automaton pays for all, where needles have been added."""


class Needles:
    """Byte strings, none of them empty; `longest` is the length of the longest of them.

    Those that were added later are in groups of their own, each at least twice as large as the next, so that adding
    one is cheap; for large texts they are made one.
    """

    __slots__ = ("_groups", "_looked", "longest")

    def __init__(self, found: Collection[bytes] = ()) -> None:
        self._groups = (_group(sorted(found)),) if found else ()
        self._looked = 0
        self.longest = max(map(len, found), default=0)

    def and_more(self, found: Collection[bytes]) -> "Needles":
        """These and others."""
        more = Needles(found)
        groups = [*self._groups, *more._groups]
        while len(groups) > 1 and len(groups[-2].found) < 2 * len(groups[-1].found):
            groups[-2:] = [_merged(groups[-2:])]
        more._groups = tuple(groups)
        more.longest = max(self.longest, more.longest)
        return more

    def stand_in(self, data: bytes) -> bool:
        """Whether one of them stands there."""
        return any(one.stand_in(data) for one in self._of(data))

    def spans(self, data: bytes) -> list[Span]:
        """Where they stand, in any order; they may overlap, and one that holds another may stand for both."""
        return [span for one in self._of(data) for span in one.spans(data)]

    def open_end(self, data: bytes) -> int:
        """Where the longest tail begins that is the beginning of one of them; the length where there is none."""
        return min((one.open_end(data) for one in self._of(data)), default=len(data))

    def _of(self, data: bytes) -> "tuple[_Few | _Many, ...]":
        if len(self._groups) > 1:
            self._looked += len(data)
            if self._looked >= LARGE:
                self._groups = (_merged(self._groups),)
        return self._groups


class _Few:
    """Looked for one by one."""

    __slots__ = ("_largest_first", "_roots", "found")

    def __init__(self, found: list[bytes], roots: list[bytes]) -> None:
        self.found, self._roots = found, roots
        self._largest_first = sorted(found, key=len, reverse=True)

    def stand_in(self, data: bytes) -> bool:
        return any(root in data for root in self._roots)

    def spans(self, data: bytes) -> Iterator[Span]:
        if self.stand_in(data):
            for one in self._largest_first:
                yield from _spans(data, one)

    def open_end(self, data: bytes) -> int:
        best, last = len(data), data[-1:]
        for needle in self._largest_first:
            if last not in needle:
                continue
            start = max(0, len(data) - len(needle) + 1)
            if len(needle) > LONG:
                best = _begun(data, needle, HEAD, start, best)
                start = max(start, len(data) - HEAD + 1)
            best = _begun(data, needle, 1, start, best)
        return best


class _Many:
    """Found by their heads."""

    __slots__ = ("_automaton", "_heads", "_lengths", "_longest", "_looked", "_shorter", "found")

    def __init__(self, found: list[bytes]) -> None:
        self.found = found
        self._longest = max(map(len, found))
        self._heads: frozenset[bytes] = frozenset()
        self._lengths: list[int] = []
        self._automaton: Any = None
        self._looked = 0
        self._shorter: list[int] = []

    def stand_in(self, data: bytes) -> bool:
        return next(self.spans(data), None) is not None

    def spans(self, data: bytes) -> Iterator[Span]:
        for at in self._candidates(data, 0):
            if end := self._longest_at(data, at):
                yield at, end

    def open_end(self, data: bytes) -> int:
        first, last = max(0, len(data) - self._longest + 1), max(0, len(data) - HEAD + 1)
        for at in self._candidates(data, first):
            if at < last and self._goes_on(data[at:]):
                return at
        return next((at for at in range(max(first, last), len(data)) if self._goes_on(data[at:])), len(data))

    def _longest_at(self, data: bytes, at: int) -> int:
        """The end of the longest needle that stands at a place; 0 where none does.

        What stands there begins with the last needle that is not behind it in order, or with one that this begins with.
        """
        text = data[at : at + self._longest]
        place = bisect_right(self.found, text) - 1
        while place >= 0 and not text.startswith(self.found[place]):
            place = self._shorter[place]
        return at + len(self.found[place]) if place >= 0 else 0

    def _prepare(self) -> None:
        self._heads = heads = frozenset(one[:HEAD] for one in self.found)
        self._shorter = _beginnings(self.found)
        self._lengths = sorted({len(one) for one in heads})  # last: it tells other threads that all is there

    def _goes_on(self, tail: bytes) -> bool:
        """Whether a needle begins with the tail, and is longer."""
        found = self.found
        place = bisect_left(found, tail)
        place += place < len(found) and found[place] == tail
        return place < len(found) and found[place].startswith(tail)

    def _candidates(self, data: bytes, first: int) -> Iterator[int]:
        """The places from `first` on where the head of a needle stands."""
        if not self._lengths:
            self._prepare()
        self._looked += len(data) - first
        heads = self._heads  # which another thread may be done with when there is an automaton
        if self._automaton is None and self._looked >= WORTHWHILE:
            self._automaton = compile_words(heads)
            self._heads = frozenset()
        if self._automaton is not None:
            match = self._automaton.search(data, first)
            while match is not None:
                yield match.start()
                match = self._automaton.search(data, match.start() + 1)
            return
        for at in range(first, len(data)):
            for length in self._lengths:
                if data[at : at + length] in heads:
                    yield at
                    break


def _begun(data: bytes, needle: bytes, size: int, start: int, best: int) -> int:
    """The first place from `start` on, before `best`, from which the data goes on as the needle begins; else `best`.

    It is looked for by so many first bytes of the needle.
    """
    head = needle[:size]
    at = data.find(head, start, best + size - 1)
    while at >= 0 and not needle.startswith(data[at:]):
        at = data.find(head, at + 1, best + size - 1)
    return at if at >= 0 else best


def _spans(data: bytes, needle: bytes) -> Iterator[Span]:
    """Where a needle stands, one find for all those that repeat at the shortest distance."""
    size = len(needle)
    at = data.find(needle)
    while at >= 0:
        last, following = at, data.find(needle, at + 1)
        if 0 <= following <= at + size // 2:  # one by one that took the square of a long row of one letter
            period = following - at
            run = _repeated(data, at, period)
            last = at + (run - at - size) // period * period
            following = data.find(needle, last + 1)
        yield at, last + size
        at = following


def _repeated(data: bytes, at: int, period: int) -> int:
    """Up to where the data goes on as in the period that begins at a place: by doubling, then by halving."""
    end, size, more = at + period, period, True
    while size:
        before = end + -(-size // period) * -period
        goes_on = data[end : end + size] == data[before : before + size]  # at the end of all one is shorter
        end += size * goes_on
        more = more and goes_on
        size = 2 * size if more else (size + 1) // 2 * (size > 1)
    return end


def _group(found: list[bytes]) -> _Few | _Many:
    roots = _roots(found) if len(found) <= 4 * FEW else found
    return _Few(found, roots) if len(roots) <= FEW else _Many(found)


def _merged(groups: "Collection[_Few | _Many]") -> _Few | _Many:
    return _group(sorted({one for group in groups for one in group.found}))


def _roots(found: list[bytes]) -> list[bytes]:
    """The needles that contain no other: where none of these stands, none stands."""
    roots: list[bytes] = []
    for one in sorted(found, key=len):
        if not any(root in one for root in roots):
            roots.append(one)
    return roots


def _beginnings(found: list[bytes]) -> list[int]:
    """For each of some byte strings in order the place of the longest other that it begins with; -1 where none is."""
    places: list[int] = []
    for place, one in enumerate(found):
        before = place - 1
        while before >= 0 and not one.startswith(found[before]):
            before = places[before]
        places.append(before)
    return places
