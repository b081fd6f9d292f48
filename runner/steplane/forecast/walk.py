"""What is gathered while the plan is gone through."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from steplane.events import Recorded, Taken
from steplane.expressions import Expression
from steplane.forecast.befores import Befores
from steplane.forecast.environment import Environment
from steplane.forecast.fates import BLOCKED, SKIPPED, Certainty, Condition, Ends, Fate, Items
from steplane.forecast.judging import Judge
from steplane.forecast.names import Basis, Names
from steplane.plan.nodes import Node, Plan, inner_lists
from steplane.plan.selection import Selection
from steplane.plan.waits import Reach

EACH = 100
"""Items of a loop that are looked at one by one."""

STEPS = 20_000
"""Instances of steps that are looked at in all; beyond that a loop's steps are looked at once for all items."""


class Place(Struct, frozen=True):
    """Where a step is looked at: whether what is around it surely begins (else `reason`), and the names there.

    `key`: the keys of the loops around it. `trouble`: it is reached only after a failure, or also after one, so that
    nothing is certain of the steps before. `around`: the steps around it from outside in, each with its names.
    """

    names: Names
    certain: Certainty = "yes"
    reason: str = ""
    key: str = ""
    trouble: bool = False
    around: tuple[tuple[Node, Names], ...] = ()

    def inside(self, node: Node) -> "Place":
        """The same within a step."""
        return replace(self, around=(*self.around, (node, self.names)))


class Performed(Struct, frozen=True):
    """One step type that would run: its parameters (None: not all are known), where, and the variables that are known.

    `folder` is None where the working directory is not known.
    """

    key: str
    parameters: dict[str, Any] | None
    shown: dict[str, Any] | None
    folder: str | None
    place: Place


class Outcome(Struct, frozen=True):
    """How the inside of a step ends: the statuses, whether (and which step of) it ends the run, why it surely fails.

    `begun`: whether it begins at all before it fails.
    """

    ends: Ends
    stops: Certainty = "no"
    ender: str = ""
    failing: str = ""
    begun: bool = True


def reached(plan: Plan) -> dict[int, list[Node]]:
    """The steps that a `cancel` or `finish` step may end, by number, with all such steps."""
    found: dict[int, list[Node]] = {}
    for node in plan.nodes:
        if isinstance(node.action, Reach):
            for number in node.action.steps:
                found.setdefault(number, []).append(node)
    return found


class Walk:
    """The plan, what evaluates, and what was found so far."""

    def __init__(
        self, plan: Plan, judge: Judge, basis: Basis, selection: Selection, taken: Taken | None = None
    ) -> None:
        self.plan = plan
        self.taken = taken
        self.recorded: dict[str, Recorded] = {}  # by the id of the step: what is taken from an earlier run
        self.selection = selection
        self.selected_keys = selection.keys
        self.judge = judge
        self.basis = basis
        self._by_id = {node.id: node for node in plan.nodes[1:]}
        self.fates: dict[int, list[Fate]] = {}
        self.arms: dict[int, list[Fate]] = {}
        self.requires: dict[int, list[tuple[Condition, ...]]] = {}
        self.items: dict[int, list[Items]] = {}
        self.performed: dict[int, list[Performed]] = {}
        self.undone: dict[int, Ends] = {}  # how the `compensate` list of a step may end
        self.cached: dict[int, list[tuple[bool | None, str]]] = {}  # whether a recorded result stands for it, and why
        self.latest: dict[str, Fate] = {}  # by the id of the step, of the instance looked at last
        self.now = 0  # so many fates are recorded
        self._when: dict[int, list[int]] = {}  # for each fate, how many there were before
        self.befores = Befores(plan)
        self.reached = reached(plan)
        self.in_trouble = False
        self.here: tuple[tuple[Node, Names], ...] = ()

    def names(self, place: Place) -> Names:
        """The names within the innermost step around the place."""
        self.in_trouble, self.here = place.trouble, place.around
        return place.names.with_(env=Environment(self.judge.engine, self.basis, place.around))

    def condition(self, expression: Expression, place: Place) -> Condition:
        """A condition there."""
        return self.judge.condition(expression, self.names(place))

    def is_skipped(self, name: str) -> bool:
        """Whether the step of that id has surely been skipped, as seen from where an expression is looked at."""
        fate = self.latest.get(name)
        if fate is None or fate.ends != SKIPPED or not fate.trouble <= SKIPPED | BLOCKED or self.in_trouble:
            return False
        return self._is_over(name)

    def _is_over(self, name: str) -> bool:
        """Whether the step has ended by then: the one here, or one around it, waits for it, or for one around that."""
        around = {node.list: node.position for node, _ in self.here if node.number}
        other = self._by_id[name]
        while other.number:
            if other.list in around:
                return bool(self.befores.of(other.list)[around[other.list]] >> other.position & 1)
            other = self.plan.nodes[self.plan.lists[other.list].owner]
        return False

    def record(self, node: Node, fate: Fate) -> Fate:
        """Keep the fate of a step."""
        self.fates.setdefault(node.number, []).append(fate)
        self._when.setdefault(node.number, []).append(self.now)
        self.latest[node.id] = fate
        self.now += 1
        return fate

    def record_arm(self, number: int, fate: Fate) -> None:
        """Keep whether a branch or an arm is taken, by the number of its list."""
        self.arms.setdefault(number, []).append(fate)

    def inside(self, node: Node) -> Iterator[int]:
        """The numbers of the step's own lists: those of its action, then rescue, finally, compensate."""
        yield from inner_lists(node)
        yield from (one for one in (node.rescue, node.finally_, node.compensate) if one is not None)

    def below(self, numbers: Iterator[int] | list[int]) -> Iterator[Node]:
        """All steps in the lists, at every depth."""
        for number in numbers:
            for one in self.plan.lists[number].nodes:
                node = self.plan.nodes[one]
                yield node
                yield from self.below(self.inside(node))

    def shut(self, numbers: Iterator[int] | list[int], reason: str, key: str) -> None:
        """Nothing in these lists runs."""
        for node in self.below(numbers):
            self.record(node, Fate("skip", reason, ends=SKIPPED, trouble=SKIPPED, inherited=True, key=key))

    def doubt(self, numbers: Iterator[int] | list[int], reason: str, since: int) -> None:
        """What was said to run in these lists, when so many fates were recorded or later, may not come to it."""
        for node in self.below(numbers):
            self.doubt_one(node, reason, since)

    def doubt_one(self, node: Node, reason: str, since: int) -> None:
        """The same of one step."""
        fates, when = self.fates.get(node.number, []), self._when.get(node.number, [])
        for index in range(len(fates) - 1, -1, -1):
            if when[index] < since:
                break
            fate = fates[index]
            if fate.verdict == "run":
                fates[index] = replace(fate, verdict="depends", reason=reason, ends=fate.ends | {"skipped"})
        if fates:
            self.latest[node.id] = fates[-1]
