"""What a run is of, as data: which steps run, which of their items; which runs count together; what steps leave."""

from typing import Literal

from msgspec import Struct, field


class Part(Struct, frozen=True, omit_defaults=True):
    """What is selected inside a step that is not wholly selected; with nothing in it, nothing is.

    `steps` are the numbers of the steps in its lists that run, each with its own part (None: all of it). Of a looped
    step they are those of every item; `items` are the items, by key, of which it is something else. With `keyed` only
    the items that are named there run.
    """

    steps: dict[int, "Part | None"] = {}
    items: dict[str, "Part | None"] = {}
    keyed: bool = False

    @property
    def nothing(self) -> bool:
        """Whether nothing is selected."""
        return not self.steps and all(one is not None and one.nothing for one in self.items.values())

    def item(self, key: str) -> "Part | None":
        """The part of one item of a looped step."""
        if key in self.items:
            return self.items[key]
        return Part() if self.keyed else Part(self.steps)


class Selected(Struct, frozen=True, omit_defaults=True):
    """Which steps of the workflow run, and the words of the options that said so."""

    part: Part = Part()
    only: tuple[str, ...] = ()
    since: tuple[str, ...] = field(default=(), name="from")
    until: tuple[str, ...] = ()


class Group(Struct, frozen=True, omit_defaults=True):
    """Of the runs of one group at most `limit` are under way at once; what a further one does `when_full`."""

    name: str
    limit: int = 1
    when_full: Literal["wait", "fail", "skip"] = "wait"


class Hit(Struct, frozen=True, omit_defaults=True):
    """A rule of a decision table that an answer follows from: its id or number, and why it is there."""

    rule: str
    because: str = ""


class Artifact(Struct, frozen=True):
    """A file that is kept with the run: its path in the folder of its instance, its size in bytes, its digest."""

    name: str
    size: int
    sha256: str
