"""What has surely ended when a step of a list begins: docs/semantics.md, section 4."""

from collections.abc import Sequence

from steplane.events import OK
from steplane.forecast.fates import BLOCKED, CANCELLED, NONE, SKIPPED, Ends
from steplane.plan.nodes import Goto, Node, Plan
from steplane.plan.waits import Reach


class Befores:
    """For each step of a list what has ended when its turn comes or a `goto` leads to it; found when asked for."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._known: dict[int, list[int]] = {}
        reaches = [node.action for node in plan.nodes if isinstance(node.action, Reach)]
        self._cancelled = frozenset[int]().union(*(one.steps for one in reaches if not one.force))
        self._finished = frozenset[int]().union(*(one.steps for one in reaches if one.force))

    def of(self, number: int) -> list[int]:
        """For each position of the list the set (bits) of the positions before it."""
        if number not in self._known:
            nodes = [self.plan.nodes[one] for one in self.plan.lists[number].nodes]
            self._known[number] = _Closure(nodes, self._early(nodes)).sets
        return self._known[number]

    def with_blocked(self, number: int, blocked: Sequence[int]) -> list[int]:
        """The same where the steps at these positions may be blocked: at once, whatever else they wait for."""
        nodes = [self.plan.nodes[one] for one in self.plan.lists[number].nodes]
        early = self._early(nodes)
        for position in blocked:
            early[position] |= BLOCKED
        return _Closure(nodes, _with_blocked(nodes, early)).sets

    def _early(self, nodes: Sequence[Node]) -> list[Ends]:
        """How each step may end before its turn has come, whatever it waits for, where nothing fails."""
        cut = {need.position for node in nodes if node.rest == "cancel" for need in node.needs or ()}
        passed = {
            position
            for node in nodes
            if isinstance(node.action, Goto)
            for position in range(node.position + 1, node.action.target)
        }
        early = []
        for position, node in enumerate(nodes):
            missed = position in passed or (node.milestone is not None and node.milestone.before >= 0)
            skipped = SKIPPED if missed or node.number in self._finished else NONE
            early.append(skipped | (CANCELLED if position in cut or node.number in self._cancelled else NONE))
        return _with_blocked(nodes, early)


def _with_blocked(nodes: Sequence[Node], early: list[Ends]) -> list[Ends]:
    """Also the steps that are blocked at once by one that is cancelled so early."""
    changed = any(not ends <= OK for ends in early)
    while changed:
        changed = above = False
        for position, node in enumerate(nodes):
            named = any(not early[need.position] <= OK for need in node.needs or ())
            if (above if node.needs is None else named) and "blocked" not in early[position]:
                early[position] |= BLOCKED
                changed = True
            above = above or not early[position] <= OK
    return early


class _Closure:
    """`sets`: what each step of a list waits for, at first or second hand.

    `unused`: the same of a step that is skipped because what it needs has ended ok, and not as it asks for it.
    """

    def __init__(self, nodes: Sequence[Node], early: list[Ends]) -> None:
        self.sets, self.unused = [0] * len(nodes), [0] * len(nodes)
        self._early = early
        self._jumps: dict[int, list[int]] = {}
        for node in nodes:
            if isinstance(node.action, Goto):
                self._jumps.setdefault(node.action.target, []).append(node.position)
        while self._grows(nodes):  # needs may name later steps: once more until nothing is new
            pass

    def _grows(self, nodes: Sequence[Node]) -> bool:
        grown, upto = False, 0
        for position, node in enumerate(nodes):
            found = unused = upto
            if node.needs is not None:
                found, unused = self._needed(node)
            if node.milestone is not None and node.milestone.after >= 0:
                found |= self._over(node.milestone.after, OK)
            for jump in self._jumps.get(position, ()):
                if not self.sets[jump] >> position & 1:  # it may come to the step before the turn of that does
                    found &= 1 << jump | self.sets[jump]
            grown = grown or (found, unused) != (self.sets[position], self.unused[position])
            self.sets[position], self.unused[position] = found, unused
            upto |= self._over(position, OK)
        return grown

    def _needed(self, node: Node) -> tuple[int, int]:
        """What has ended when all that the step needs has come, or has ended ok otherwise."""
        needs = node.needs or ()
        if not node.every and (node.wanted is None or node.wanted < len(needs)):
            return 0, 0
        found = unused = 0
        for need in needs:
            found |= self._over(need.position, need.words)
            unused |= self._over(need.position, OK)
        return found, unused

    def _over(self, position: int, words: Ends) -> int:
        """What has ended when the step has, in one of these statuses."""
        one = 1 << position
        if not self._early[position].isdisjoint(words):
            return one
        return one | (self.sets[position] & self.unused[position] if "skipped" in words else self.sets[position])
