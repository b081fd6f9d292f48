"""What a step needs of another one of its list."""

from msgspec import Struct

from steplane.events import ENDED, OK


class Need(Struct, frozen=True):
    """A step of the same list by its position, and the statuses in which it counts."""

    position: int
    words: frozenset[str]

    @property
    def outcomes(self) -> list[str]:
        """The statuses in the words of the language."""
        return outcomes(self.words)


def outcomes(words: frozenset[str]) -> list[str]:
    """Statuses in the words of the language: `ok` and `done` where they are just that."""
    if words == OK:
        return ["ok"]
    if words == ENDED:
        return ["done"]
    order = ("succeeded", "warning", "failed", "skipped", "blocked", "cancelled", "compensated")
    return [one for one in order if one in words]
