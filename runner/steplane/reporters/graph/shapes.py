"""What a graph is made of. Keys are ours (`n3`, `l2`): nothing of a file ever becomes one."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

Kind = Literal[
    "group", "loop", "parallel", "switch", "branch", "arm", "rescue", "finally", "compensate", "step", "peers",
]  # fmt: skip


class State(Struct, frozen=True, kw_only=True):
    """What became of a step in a run: the status that counts most, of how many instances by status, the time that it
    took (seconds), attempts.
    """

    status: str
    counts: tuple[tuple[str, int], ...] = ()
    seconds: float | None = None
    attempts: int = 0
    recovered: bool = False

    @property
    def instances(self) -> int:
        """How many there were."""
        return sum(number for _, number in self.counts)


class Box(Struct, kw_only=True):
    """One step that is drawn as a box. `does` is its action in a line; `notes` are what holds of it beside that.

    `rule`: it decides by a table (BPMN's business rule task).
    """

    key: str
    id: str
    does: str = ""
    title: str = ""
    end: str = ""
    rule: bool = False
    loop: str = ""
    condition: str = ""
    lane: str = ""
    notes: tuple[str, ...] = ()
    line: int = 0
    state: State | None = None


class Cluster(Struct, kw_only=True):
    """Boxes and clusters in a frame. `role` says what the frame is: of a step, a branch, `rescue`, or `peers`, steps
    that wait for the same and are waited for by the same.
    """

    key: str
    role: Kind
    id: str = ""
    label: str = ""
    title: str = ""
    loop: str = ""
    condition: str = ""
    lane: str = ""
    notes: tuple[str, ...] = ()
    line: int = 0
    state: State | None = None
    items: list["Box | Cluster"] = []

    def boxes(self) -> Iterator[Box]:
        """The boxes in it, at any depth, in order."""
        for one in self.items:
            if isinstance(one, Box):
                yield one
            else:
                yield from one.boxes()


class Arrow(Struct, frozen=True, kw_only=True):
    """From one box or cluster to another. `dashed`: not the usual way, but where something failed. `jump`: a `goto`'s,
    which may lead back; without these the arrows form no cycle.
    """

    before: str
    after: str
    label: str = ""
    dashed: bool = False
    jump: bool = False


class Graph(Struct, kw_only=True):
    """The whole of it: `items` at the top, arrows of all depths, the lanes in the order of their appearance.

    `run` and `status` are those of the run that is shown, if any; `note` is what holds of all runs of the workflow.
    """

    name: str
    title: str = ""
    version: str = ""
    file: str = ""
    note: str = ""
    items: list[Box | Cluster]
    arrows: list[Arrow]
    run: str = ""
    status: str = ""
    seconds: float | None = None

    def boxes(self) -> Iterator[Box]:
        """All boxes, in order."""
        for one in self.items:
            if isinstance(one, Box):
                yield one
            else:
                yield from one.boxes()

    def clusters(self) -> Iterator[Cluster]:
        """All clusters, each before those in it."""
        yield from _clusters(self.items)

    @property
    def lanes(self) -> list[str]:
        """The lanes, each once."""
        found = [one.lane for one in self.boxes()] + [one.lane for one in self.clusters()]
        return list(dict.fromkeys(one for one in found if one))


def _clusters(items: list[Box | Cluster]) -> Iterator[Cluster]:
    for one in items:
        if isinstance(one, Cluster):
            yield one
            yield from _clusters(one.items)
