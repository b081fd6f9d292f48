"""When the turn of a step comes in its list, as far as that is known before the run: docs/semantics.md, section 4."""

from collections.abc import Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from steplane.events import OK
from steplane.forecast.befores import Befores
from steplane.forecast.fates import BLOCKED, CANCELLED, FAILED, NONE, SKIPPED, Certainty, Ends, Fate
from steplane.plan.needing import Need
from steplane.plan.nodes import Goto, Node, Plan
from steplane.plan.selection import Selection
from steplane.plan.waits import Milestone


class Turn(Struct, frozen=True):
    """Whether a step's turn comes where nothing fails by itself, and why not.

    `otherwise`: how it ends if its turn does not come. `trouble`: its turn may come where something fails. `stops`:
    whether the run has ended by then, by the step `ender`.
    """

    certain: Certainty = "yes"
    reason: str = ""
    otherwise: Ends = NONE
    trouble: bool = False
    stops: Certainty = "no"
    ender: str = ""


COMES = Turn()


class Order:
    """One list: the fates of its steps, filled in as they become known."""

    def __init__(self, plan: Plan, number: int, befores: Befores, selection: Selection) -> None:
        self._befores, self._selection = befores, selection
        self.steps = plan.lists[number]
        self.nodes = [plan.nodes[one] for one in self.steps.nodes]
        self.fates: list[Fate | None] = [None] * len(self.nodes)
        self.policy = plan.nodes[self.steps.owner].failure
        self._decided = 0  # so many leading steps have a fate
        self._notable: list[int] = []  # the positions that do not simply end well
        self._jumps = [node for node in self.nodes if isinstance(node.action, Goto)]
        joins = [node for node in self.nodes if node.rest == "cancel"]
        self.cut = {need.position: node for node in joins for need in node.needs or ()}  # what a join may cancel

    def enter(self, position: int, fate: Fate) -> None:
        """The fate of a step is known, but for what others in the list may make of it before it has ended."""
        fate = replace(fate, ends=fate.ends | self._cut_short(position))
        self.fates[position] = fate
        while self._decided < len(self.fates) and self.fates[self._decided] is not None:
            self._decided += 1
        if fate.stops != "no" or not fate.ends <= OK:
            self._notable.append(position)

    def _cut_short(self, position: int) -> Ends:
        """How the step may end by a join that has enough without it, or by a `goto` that leads past it."""
        if self.is_out(self.nodes[position]):
            return NONE
        passed = any(jump.position < position and self._may_jump(jump, position) for jump in self._jumps)
        return (CANCELLED if position in self.cut else NONE) | (SKIPPED if passed else NONE)

    def _may_jump(self, jump: Node, past: int) -> bool:
        """Whether a `goto` may lead to what stands further down than a position."""
        fate = self.fates[jump.position]
        further = isinstance(jump.action, Goto) and jump.action.target > past
        return further and not self.is_out(jump) and (fate is None or fate.verdict != "skip")

    def fate(self, position: int) -> Fate:
        """The fate of a step that is known."""
        found = self.fates[position]
        assert found is not None
        return found

    def is_due(self, node: Node) -> bool:
        """Whether the fates of all that the step waits for are known."""
        if node.milestone is not None and node.milestone.after >= 0 and self.fates[node.milestone.after] is None:
            return False
        if node.needs is None:
            return self._decided >= node.position
        return all(self.fates[need.position] is not None for need in node.needs)

    def is_out(self, node: Node) -> bool:
        """Whether the step is not selected: nothing asks for it then."""
        return self._selection.verdict(node.number) == "out"

    def turn(self, node: Node) -> Turn:
        """Whether the step's turn comes, by what it waits for or by a `goto`."""
        turn = self._awaited(node)
        if turn.certain != "no" or turn.stops == "yes":
            return turn
        jump = next((one for one in self._jumps if self._may_lead(one, node, turn)), None)
        return turn if jump is None else replace(turn, certain="maybe", reason=f"only if `{jump.id}` leads here")

    def _may_lead(self, jump: Node, node: Node, turn: Turn) -> bool:
        """Whether a `goto` leads to the step, whose turn does not come; it may wait for that to be known itself."""
        if not isinstance(jump.action, Goto) or jump.action.target != node.position or self.is_out(jump):
            return False
        fate = self.fates[jump.position]
        if fate is not None:
            return fate.verdict != "skip"
        return turn.otherwise != BLOCKED or not self._follows(jump, node)

    def _follows(self, jump: Node, node: Node) -> bool:
        """Whether the jump comes only after the step has ended ok, or been skipped."""
        before = self.before()
        after = [one for one in self.nodes if before[one.position] >> node.position & 1]
        between = before[jump.position] | 1 << jump.position
        return jump in after and not any(one.handler and between >> one.position & 1 for one in after)

    def _awaited(self, node: Node) -> Turn:
        """Whether what the step waits for comes."""
        if node.needs is None:
            turn = self._below(node.position)
        else:
            needs = [need for need in node.needs if not self.is_out(self.nodes[need.position])]
            turn = self._needing(needs, len(needs) if node.every else min(node.wanted or 1, len(needs)))
            if node.collect > 1 and turn.certain == "yes":
                turn = Turn("maybe", f"only if {node.collect} arrivals come of each step that it needs", SKIPPED)
        if node.milestone is not None:
            turn = self._between(node.milestone, turn)
        return turn if node.handler or self.policy == "continue" else self._unless_stopped(node.position, turn)

    def _between(self, milestone: Milestone, turn: Turn) -> Turn:
        """Of a step whose needs may hold: whether it is after one step, and still before another.

        Where they do not hold, it may still end by its milestone, which may be decided sooner.
        """
        if milestone.after >= 0 and not self.is_out(self.nodes[milestone.after]):
            after = self._needing([Need(milestone.after, OK)], 1)
            if turn.certain != "no" and (after.certain == "no" or turn.certain == "yes"):
                turn = after
            else:
                turn = replace(turn, otherwise=turn.otherwise | after.otherwise)
        if milestone.before < 0:
            return turn
        if turn.certain == "no":
            return replace(turn, otherwise=turn.otherwise | SKIPPED)
        reason = turn.reason or f"only if it begins before `{self.nodes[milestone.before].id}`"
        return replace(turn, certain="maybe", reason=reason, otherwise=turn.otherwise | SKIPPED)

    def _unless_stopped(self, position: int, turn: Turn) -> Turn:
        """The turn that its needs give a step which a failure before it blocks, whether or not they hold."""
        stopped = self._stopped(position)
        if turn.certain == "yes":
            return stopped
        otherwise = turn.otherwise | stopped.otherwise
        if turn.certain == "maybe" and stopped.certain == "no":
            return replace(stopped, otherwise=otherwise, stops=turn.stops, ender=turn.ender)
        return replace(turn, otherwise=otherwise)

    def _stopped(self, position: int) -> Turn:
        """A failure before it, which its needs allow for, stops the list all the same."""
        before = self.before()[position]
        failed = [one for one in self._notable if before >> one & 1 and "failed" in self.fate(one).ends]
        for one in failed:
            if self.fate(one).ends == FAILED:
                return Turn("no", self._blocked(one), BLOCKED)
        return self._doubtful(failed) if failed else COMES

    def _below(self, position: int) -> Turn:
        """Of a step that waits for all above it."""
        above = sorted(one for one in self._notable if one < position)
        for one in above:
            if self.fate(one).stops == "yes":
                ender = self._ender(one)
                return Turn("no", f"`{ender}` ends the run", SKIPPED, stops="yes", ender=ender)
            if self.fate(one).ends.isdisjoint(OK):
                return Turn("no", self._blocked(one), BLOCKED)
        if not above:
            return COMES
        return self._doubtful(above)

    def _doubtful(self, positions: Sequence[int]) -> Turn:
        """It is not known how these end."""
        ender = next((self._ender(one) for one in positions if self.fate(one).stops != "no"), "")
        reason = "; ".join(dict.fromkeys(self._open(one) for one in positions))
        return Turn("maybe", reason, SKIPPED | BLOCKED, stops="maybe" if ender else "no", ender=ender)

    def _needing(self, needs: Sequence[Need], wanted: int) -> Turn:
        if sum(self._holds(need) for need in needs) >= wanted:
            return COMES
        possible = [need for need in needs if self._may_hold(need)]
        if len(possible) >= wanted:
            return self._doubtful([need.position for need in possible if not self._holds(need)])
        found = {self.fate(need.position).stops for need in needs}
        stops: Certainty = "yes" if "yes" in found else "maybe" if "maybe" in found else "no"
        ender = next((self._ender(need.position) for need in needs if self.fate(need.position).stops == stops), "")
        trouble = [need for need in needs if need in possible or self._may_hold_in_trouble(need)]
        if len(trouble) >= wanted:
            reason = self._only_if(trouble, every=wanted == len(needs))
            return Turn("no", reason, self._lost(needs), trouble=True, stops=stops, ender=ender)
        return Turn("no", self._why_lost(needs), self._lost(needs), stops=stops, ender=ender)

    def _ends(self, position: int) -> Ends:
        """How the step may end; also blocked, where one beside it may fail before it begins."""
        ends = self.fate(position).ends
        if self.nodes[position].handler or self.policy == "continue":
            return ends
        before = self.before()
        failing = (one for one in self._notable if "failed" in self.fate(one).ends and one != position)
        beside = any(not before[one] >> position & 1 and not before[position] >> one & 1 for one in failing)
        return ends | BLOCKED if beside else ends

    def _holds(self, need: Need) -> bool:
        return self._ends(need.position) <= need.words and self.fate(need.position).stops == "no"

    def _may_hold(self, need: Need) -> bool:
        return not self._ends(need.position).isdisjoint(need.words) and self.fate(need.position).stops != "yes"

    def _may_hold_in_trouble(self, need: Need) -> bool:
        return not self.fate(need.position).trouble.isdisjoint(need.words)

    def _lost(self, needs: Sequence[Need]) -> Ends:
        ends = [self._ends(need.position) for need in needs]
        if any(one.isdisjoint(OK) for one in ends):
            return BLOCKED
        return SKIPPED if all(one <= OK for one in ends) else SKIPPED | BLOCKED

    def _why_lost(self, needs: Sequence[Need]) -> str:
        for need in needs:
            if self.fate(need.position).stops == "yes":
                return f"`{self._ender(need.position)}` ends the run"
        for need in needs:
            if self.fate(need.position).ends.isdisjoint(OK):
                return self._blocked(need.position)
        lost = next(need for need in needs if not self._may_hold(need))
        is_ = " or ".join(sorted(self.fate(lost.position).ends))
        return f"`{self.nodes[lost.position].id}` is {is_}, and this wants it {' or '.join(lost.outcomes)}"

    def _only_if(self, needs: Sequence[Need], *, every: bool) -> str:
        open_ = [need for need in needs if not self._holds(need)]
        said = [f"`{self.nodes[need.position].id}` {_ending(need.outcomes)}" for need in open_]
        return f"only if {(' and ' if every else ' or ').join(said)}"

    def _blocked(self, position: int) -> str:
        fate, name = self.fate(position), self.nodes[position].id
        return f"blocked by `{name}`{', which fails' if fate.fails else ''}"

    def _open(self, position: int) -> str:
        """What has to be known of a step before it is known what becomes of those that wait for it."""
        name = self.nodes[position].id
        if self.fate(position).stops != "no":
            return f"depends on whether `{self._ender(position)}` ends the run"
        return f"depends on how `{name}` ends"

    def _ender(self, position: int) -> str:
        """The step that ends the run."""
        return self.fate(position).ender or self.nodes[position].id

    def rivals(self, position: int) -> list[int]:
        """The positions of the steps that neither wait for the one at the position nor are waited for by it, now that
        the fates of all are known.
        """
        passed_on = self.turn(self.nodes[position]).stops != "no"  # by a step before it, whose rivals count
        before = self.before() if passed_on else self.settled
        return [
            other
            for other in range(len(self.nodes))
            if other != position and not before[other] >> position & 1 and not before[position] >> other & 1
        ]

    @cached_property
    def settled(self) -> list[int]:
        """As `before`, now that the fates of all are known."""
        blocked = [one for one in self._notable if "blocked" in self.fate(one).ends]
        return self._befores.with_blocked(self.steps.number, blocked) if blocked else self.before()

    def before(self) -> list[int]:
        """For each position the set (bits) of those that have surely ended when its turn comes."""
        return self._befores.of(self.steps.number)


def _ending(outcomes: Sequence[str]) -> str:
    """How a step ends, as a verb."""
    known = {"failed": "fails", "done": "ends", "ok": "ends ok"}
    return known.get(outcomes[0], f"is {outcomes[0]}") if len(outcomes) == 1 else f"is {' or '.join(outcomes)}"
