"""What a list remembers once a `goto` in it has been reached."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from steplane.kernel.state import Instance


class Course:
    """The jumps of one life of a list.

    `made`: how many each `goto` has made, by its position. `asked`: the goto that has ended, while a resume still
    goes through the list. `target`: from here on nothing begins until all `leaving` (superseded, not yet ended) is
    over. `forced`: where a goto leads, whose needs are taken as held, with the goto; `latest`: the one that jumped
    last. `before`: the latest superseded activation by position. `going`: what follows from a jump is being worked out.
    """

    __slots__ = ("asked", "before", "forced", "going", "latest", "leaving", "made", "target")

    def __init__(self) -> None:
        self.made: dict[int, int] = {}
        self.asked: Instance | None = None
        self.target: int | None = None
        self.going = False
        self.leaving: list[Instance] = []
        self.forced: dict[int, Instance] = {}
        self.latest: Instance | None = None
        self.before: dict[int, Instance] = {}

    def holds(self, position: int) -> bool:
        """Whether the step at the position may not begin yet."""
        return self.target is not None and position >= self.target
