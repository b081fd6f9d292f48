"""What a list remembers in which joins can start a step more than once: activations, arrivals, who can still come."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from steplane.plan.nodes import Node, StepList

if TYPE_CHECKING:
    from steplane.kernel.state import Instance, Scope


class Arrivals:
    """The arrivals at one join, by the index of the need. `named` are those that count, `wanted` how many of them.

    `filled`: there is one that is not used up (with `collect`: as many as count as one). `settled`: that step can
    arrive no more. `missing` counts those of `named` that are neither, `unsettled` those that are not settled.
    `awaited`: what is swallowed until the join resets; `round`: what the activation that began last has used up, with
    what was swallowed since.
    """

    __slots__ = (
        "awaited",
        "came",
        "collect",
        "filled",
        "missing",
        "named",
        "round",
        "settled",
        "taken",
        "unsettled",
        "wanted",
    )  # fmt: skip

    def __init__(self, node: Node, named: Sequence[int]) -> None:
        size = len(node.needs or ())
        self.named = tuple(named)
        self.collect = node.collect
        wanted = 1 if node.each or node.active else len(named) if node.wanted is None else node.wanted
        self.wanted = min(wanted, len(named))
        self.came = [0] * size
        self.taken = [0] * size
        counting = set(named)
        self.settled = [index not in counting for index in range(size)]
        self.filled: set[int] = set()
        self.awaited: set[int] = set()
        self.round: list[int] = []
        self.missing = self.unsettled = len(self.named)

    def arrive(self, index: int, count: int) -> bool:
        """So many arrivals have come; whether the join is reset by that."""
        self.came[index] += count
        self._look(index)
        return index in self.awaited and index in self.filled and self._swallow(index)

    def use(self, index: int) -> None:
        """One arrival is used up."""
        self.taken[index] += 1
        self._look(index)

    def settle(self, index: int) -> bool:
        """The step can arrive no more; whether the join is reset by that."""
        if not self.settled[index]:
            self.settled[index] = True
            self.unsettled -= 1
            self.missing -= index not in self.filled
        return self._reset(index)

    def unsettle(self, index: int) -> None:
        """The step can arrive again."""
        if self.settled[index]:
            self.settled[index] = False
            self.unsettled += 1
            self.missing += index not in self.filled

    def forget(self, index: int) -> None:
        """What the step has done counts no more, and it can arrive again."""
        self.came[index] = self.taken[index] = 0
        self._look(index)
        self.unsettle(index)

    def keep(self, old: "Arrivals") -> None:
        """Take over what was used up, and what is swallowed: what came while the list was being cancelled, too."""
        for index, taken in enumerate(old.taken):
            self.taken[index] = taken
        for index in self.named:
            self._look(index)
        self.round = old.round
        self.awaited = {index for index in old.awaited if index in self.named and not self.settled[index]}
        for index in sorted(self.awaited & self.filled):
            self._swallow(index)

    def enough(self) -> bool:
        """Whether as many have arrived as are wanted."""
        return not self.awaited and len(self.filled) >= self.wanted

    def _look(self, index: int) -> None:
        filled = self.came[index] // self.collect > self.taken[index]
        if filled and index not in self.filled:
            self.filled.add(index)
            self.missing -= not self.settled[index]
        elif not filled and index in self.filled:
            self.filled.discard(index)
            self.missing += not self.settled[index]

    def _swallow(self, index: int) -> bool:
        """An arrival is awaited, and starts nothing; whether the join is reset by that."""
        self.use(index)
        self.round.append(index)
        return self._reset(index)

    def _reset(self, index: int) -> bool:
        if index not in self.awaited:
            return False
        self.awaited.discard(index)
        return not self.awaited


class Queues:
    """The activations of one life of a list, and the arrivals at its joins.

    By position: `lives` are the activations that count, `going` those of them that have not ended, by serial number;
    `waiting` has an entry for each that is pending (what it goes on with after a resume); `settled` says that the step
    can arrive no more, `bad` how many of its lives have not ended ok. `used` are the needs whose arrivals an
    activation has used up. A `goto` leads to the next activation at the positions `led`, and has led to those that
    are `forced`, by serial number. `alive` counts those that go on. `todo`
    are positions to be looked at, while that is being done (`busy`); `unwanted` is what a join has no need of and is
    still to be cancelled: position, serial number, the activation, the path of the step that has begun.
    """

    __slots__ = (
        "alive",
        "arrivals",
        "bad",
        "busy",
        "forced",
        "going",
        "led",
        "lives",
        "often",
        "settled",
        "todo",
        "unwanted",
        "used",
        "waiting",
    )

    def __init__(self, steps: StepList) -> None:
        size = len(steps.nodes)
        self.often = steps.often
        self.lives: list[list[Instance]] = [[] for _ in range(size)]
        self.going: list[dict[int, Instance]] = [{} for _ in range(size)]
        self.waiting: list[list[Instance | None]] = [[None] for _ in range(size)]
        self.settled = [False] * size
        self.bad = [0] * size
        self.arrivals: dict[int, Arrivals] = {}
        self.used: dict[int, list[int]] = {}
        self.led: set[int] = set()
        self.forced: set[int] = set()
        self.todo: list[int] = []
        self.unwanted: list[tuple[int, int, Instance, str]] = []
        self.busy = False
        self.alive = 0

    def is_led(self, position: int) -> bool:
        """Whether a `goto` leads to the activation that is to begin next."""
        before = self.waiting[position][0]
        return position in self.led or (before is not None and before.serial in self.forced)

    def lead_first(self, position: int) -> None:
        """What a `goto` has led to begins again before the others that are pending."""
        self.waiting[position].sort(key=lambda before: before is None or before.serial not in self.forced)

    def enter(self, position: int, instance: "Instance") -> "Instance | None":
        """A new activation; what it goes on with."""
        waiting = self.waiting[position]
        if waiting and self.is_led(position):
            self.forced.add(instance.serial)
        before = waiting.pop(0) if waiting else None
        self.led.discard(position)
        self.lives[position].append(instance)
        self.going[position][instance.serial] = instance
        self.alive += 1
        return before

    def bind(self, scope: "Scope") -> None:
        """See which steps can begin more than once where not all of the list runs."""
        if scope.bounds is None:
            self.often = scope.list.often
            return
        from steplane.plan.joining import begins_often

        nodes, here = [scope.plan.nodes[one] for one in scope.list.nodes], scope.bounds
        self.often = begins_often(nodes, lambda position: here.outside(nodes[position].number) != "")

    def renew(self, position: int) -> None:
        """Nothing of the step counts any more; it is pending."""
        self.alive -= len(self.going[position])
        self.lives[position], self.going[position], self.waiting[position] = [], {}, [None]
        self.settled[position], self.bad[position] = False, 0
        self.arrivals.pop(position, None)
        self.led.discard(position)

    def leave(self, position: int, instance: "Instance") -> None:
        """An activation has ended."""
        if self.going[position].pop(instance.serial, None) is not None:
            self.alive -= 1
            self.bad[position] += not instance.ok
