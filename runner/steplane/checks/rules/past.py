"""How steps of one list have ended: facts about thousands of steps, as numbers with a bit for each step."""

from typing import NamedTuple, TypeAlias

Statuses: TypeAlias = frozenset[str]

DONE = frozenset({"succeeded", "reused"})
OK = DONE | {"warning", "skipped"}
ANY = OK | {"failed", "blocked", "cancelled", "compensated"}
_ORDER = tuple(sorted(ANY))
_EVERY = (-1,) * len(_ORDER)


class Past(NamedTuple):
    """What is known to have happened.

    `known` has the bits of the steps that have ended; `may` has for each status the bits of those that may have ended
    with it, and the bits of all of which nothing is known.
    """

    known: int = 0
    may: tuple[int, ...] = _EVERY

    @classmethod
    def of_one(cls, number: int, ends: Statuses) -> "Past":
        """That the step of that number has ended in one of these ways."""
        return cls._of(1 << number, ends)

    @classmethod
    def of_first(cls, count: int, ends: Statuses) -> "Past":
        """That the first steps of the list have ended in one of these ways each."""
        return cls._of((1 << count) - 1, ends)

    @classmethod
    def _of(cls, bits: int, ends: Statuses) -> "Past":
        others = ~bits
        return cls(bits, tuple(-1 if one in ends else others for one in _ORDER))

    def both(self, other: "Past") -> "Past":
        """That this and the other has happened."""
        may = tuple(one & two for one, two in zip(self.may, other.may, strict=True))
        return Past(self.known | other.known, may)

    def either(self, other: "Past") -> "Past":
        """That this or the other has happened."""
        known = self.known & other.known
        unknown = ~known
        return Past(known, tuple(one | two | unknown for one, two in zip(self.may, other.may, strict=True)))

    def ends(self, number: int) -> Statuses | None:
        """How the step of that number may have ended; None where it need not have ended."""
        if not self.known >> number & 1:
            return None
        return frozenset(name for name, bits in zip(_ORDER, self.may, strict=True) if bits >> number & 1)


__all__ = ["ANY", "DONE", "OK", "Past", "Statuses"]
