"""Many byte strings that are looked for at once, in a text and in the end of one that goes on."""

from collections.abc import Collection, Iterator

Span = tuple[int, int]


class Needles:
    """Byte strings, none of them empty; `longest` is the length of the longest of them."""

    __slots__ = ("_found", "_roots", "longest")

    def __init__(self, found: Collection[bytes] = ()) -> None:
        self._found = sorted(found, key=lambda one: (-len(one), one))
        self._roots = _roots(self._found)
        self.longest = len(self._found[0]) if self._found else 0

    def and_more(self, found: Collection[bytes]) -> "Needles":
        """These and others."""
        more = Needles(found)
        more._found, more._roots = [*self._found, *more._found], [*self._roots, *more._roots]
        more.longest = max(self.longest, more.longest)
        return more

    def stand_in(self, data: bytes) -> bool:
        """Whether one of them stands there."""
        return any(root in data for root in self._roots)

    def spans(self, data: bytes) -> list[Span]:
        """Where they stand, in any order; they may overlap."""
        return [span for one in self._found for span in _finds(one, data)] if self.stand_in(data) else []

    def open_end(self, data: bytes) -> int:
        """Where the longest tail begins that is the beginning of one of them; the length where there is none."""
        start = max(0, len(data) - self.longest + 1)
        best, last = len(data), data[-1:]
        for needle in self._found:
            if last not in needle:
                continue
            at = data.find(needle[:1], max(start, len(data) - len(needle) + 1), best)
            while at >= 0 and not needle.startswith(data[at:]):
                at = data.find(needle[:1], at + 1, best)
            best = at if at >= 0 else best
        return best


def _roots(found: list[bytes]) -> list[bytes]:
    """The needles that contain no other: where none of these stands, none stands."""
    roots: list[bytes] = []
    for one in reversed(found):
        if not any(root in one for root in roots):
            roots.append(one)
    return roots


def _finds(needle: bytes, data: bytes) -> Iterator[Span]:
    at = data.find(needle)
    while at >= 0:
        yield at, at + len(needle)
        at = data.find(needle, at + 1)
