"""What can be proved of a table: rules that overlap, rules that never fire, inputs that no rule matches.

Each column is compressed into atoms (`domains`), so that a rule is a box: a bit set for each column. The proof is exact
over numbers, dates, enumerations, booleans and texts. What would take more than `EFFORT` steps is not claimed.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from steplane.decisions.columns import shown
from steplane.decisions.domains import Domain, Valid
from steplane.decisions.tables import Rule, Table, rank
from steplane.decisions.unary import Cell

Box = tuple[int, ...]

EFFORT = 150_000
"""Pairs of a rule and a region (or of two rules) that each of the three questions looks at; one takes about 2 µs."""


_LOOKS = 10
"""So many times as many rules are looked at for those that have something in common: one takes about a µs."""

_NARROW = 64
"""Values of a column that a cell takes, up to which the rule is kept by each of them."""


class Overlap(Struct, frozen=True):
    """Two rules that match the same inputs, such as `witness`; `others` overlap with the later one too."""

    later: int
    earlier: int
    witness: dict[str, Any]
    others: tuple[int, ...] = ()


class Never(Struct, frozen=True):
    """A rule that never fires: nothing passes its cell of `column`, or `before` have what it matches, as `witness`."""

    rule: int
    column: str = ""
    before: tuple[int, ...] = ()
    witness: dict[str, Any] = {}


class _GaveUpError(Exception):
    """The question costs too much."""


class Proof:
    """One table. Rules are told by their position."""

    def __init__(self, table: Table, valid: Valid, effort: int = EFFORT) -> None:
        self.table, self.effort = table, effort
        self._spent = 0
        columns: list[list[Cell]] = [[] for _ in table.inputs]
        for rule in table.rules:
            for own, cell in zip(columns, rule.cells, strict=True):
                own.append(cell)
        self.tested = [any(not cell.anything for cell in own) for own in columns]
        self.domains = [Domain(column, own, valid) for column, own in zip(table.inputs, columns, strict=True)]
        made: list[dict[Cell, int]] = [{} for _ in columns]
        self.boxes: list[Box] = [tuple(map(self._mask, self.domains, rule.cells, made)) for rule in table.rules]

    @staticmethod
    def _mask(domain: Domain, cell: Cell, made: dict[Cell, int]) -> int:
        if cell not in made:
            made[cell] = domain.mask(cell)
        return made[cell]

    # ---------------------------------------------------------------- overlaps

    def overlaps(self) -> Iterator[Overlap]:
        """Under `unique` the rules that overlap, under `any` those that answer differently; one for each later rule."""
        if self.table.hit not in {"unique", "any"} or len(self.boxes) ** 2 / 2 > self.effort:
            return
        for later, box in enumerate(self.boxes):
            met = [
                earlier
                for earlier in range(later)
                if self._meet(box, self.boxes[earlier]) and self._contradict(later, earlier)
            ]
            if met:
                common = self._sure(tuple(map(int.__and__, box, self.boxes[met[0]])))
                yield Overlap(later, met[0], self._witness(common, later, met[0]), tuple(met[1:]))

    def _meet(self, one: Box, other: Box) -> bool:
        return all(a & b & domain.sure for a, b, domain in zip(one, other, self.domains, strict=True))

    def _contradict(self, one: int, other: int) -> bool:
        if self.table.hit == "unique":
            return True
        left, right = (self.table.rules[place].answers for place in (one, other))
        return left != right or [type(value) for value in left] != [type(value) for value in right]

    # ---------------------------------------------------------------- rules that never fire

    def never(self) -> Iterator[Never]:
        """The rules that never fire, whatever the inputs."""
        order, asked, self._spent = self._order(), _Asked(self.boxes), 0
        for place in order or range(len(self.boxes)):
            box = self.boxes[place]
            empty = next((one for one, mask in enumerate(box) if not mask), None)
            if empty is not None:
                yield Never(place, self.table.inputs[empty].name)
            elif order is not None:
                near = asked.near(box)
                if asked.looked_at > _LOOKS * self.effort:
                    order = None  # of the rest only cells that nothing passes are told
                    continue
                before = [one for one in near if self._touch(self.boxes[one], box)]
                yield from self._covered(place, before)
                asked.add(place, box)

    def _covered(self, place: int, before: list[int]) -> Iterator[Never]:
        box = self.boxes[place]
        try:
            left = self._left(box, [self.boxes[one] for one in before]) if before else box
        except _GaveUpError:
            return
        if left is None:
            alone = next((one for one in before if _within(box, self.boxes[one])), None)
            named = (alone,) if alone is not None else tuple(sorted(before))
            common = self._sure(tuple(map(int.__and__, box, self.boxes[named[0]])))
            witness = self._witness(common, place, named[0]) if all(common) else {}
            yield Never(place, before=named, witness=witness)

    @staticmethod
    def _touch(one: Box, other: Box) -> bool:
        return all(a & b for a, b in zip(one, other, strict=True))

    def _order(self) -> list[int] | None:
        """The rules in the order in which they are asked; None where every rule that matches counts."""
        places = list(range(len(self.boxes)))
        if self.table.hit == "first":
            return places
        if self.table.hit == "priority":
            rules: Sequence[Rule] = self.table.rules
            return sorted(places, key=lambda one: rank(self.table.outputs, rules[one].answers))
        return None

    # ---------------------------------------------------------------- gaps

    def gap(self) -> dict[str, Any] | None:
        """Inputs that no rule matches, None where there are none (or nobody can tell)."""
        whole = tuple(domain.sure for domain in self.domains)
        if not all(whole):
            return None
        self._spent = 0
        try:
            found = self._left(whole, self.boxes)
        except _GaveUpError:
            return None
        return None if found is None else self._witness(found)

    def _left(self, box: Box, boxes: Sequence[Box]) -> Box | None:
        """A part of the box that none of the others covers, None where they cover it all. Raises `_GaveUpError`."""
        stack: list[tuple[Box, Sequence[Box]]] = [(box, boxes)]
        while stack:
            rest, others = stack.pop()
            self._spent += len(others)
            if self._spent > self.effort:
                raise _GaveUpError
            meeting, cut = _met(rest, others)
            if cut is None:
                return rest
            for place, mask in enumerate(cut):
                outside = rest[place] & ~mask
                if outside:
                    stack.append(((*rest[:place], outside, *rest[place + 1 :]), meeting))
                    rest = (*rest[:place], rest[place] & mask, *rest[place + 1 :])
        return None

    # ---------------------------------------------------------------- witnesses

    def _sure(self, box: Box) -> Box:
        return tuple(mask & domain.sure for mask, domain in zip(box, self.domains, strict=True))

    def _witness(self, box: Box, *rules: int) -> dict[str, Any]:
        """Values of a box, in the columns that the rules test (without rules: that any does)."""
        cells = [self.table.rules[one].cells for one in rules]
        return {
            domain.column.name: domain.witness(mask)
            for place, (domain, mask) in enumerate(zip(self.domains, box, strict=True))
            if (any(not one[place].anything for one in cells) if cells else self.tested[place])
        }


class _Asked:
    """The rules that were asked already, found by what they test: most tables tell most of their rows apart by one
    column. In the one with the most narrow cells the rules are kept by the values that they take.
    """

    def __init__(self, boxes: Sequence[Box]) -> None:
        narrow = [sum(one.bit_count() <= _NARROW for one in masks) for masks in zip(*boxes, strict=True)]
        self._column = narrow.index(max(narrow)) if narrow else -1
        self._by_atom: dict[int, list[int]] = {}
        self._wide: list[int] = []
        self._all: list[int] = []
        self.looked_at = 0

    def add(self, place: int, box: Box) -> None:
        """One more that is asked before those to come."""
        number, atoms = len(self._all), self._atoms(box)
        self._all.append(place)
        if atoms is None:
            self._wide.append(number)
        for atom in atoms or ():
            self._by_atom.setdefault(atom, []).append(number)

    def near(self, box: Box) -> list[int]:
        """Those that may match what the box does, in the order in which they are asked."""
        atoms, found = self._atoms(box), self._all
        if atoms is not None:
            numbers = {number for atom in atoms for number in self._by_atom.get(atom, ())}
            found = [self._all[number] for number in sorted(numbers.union(self._wide))]
        self.looked_at += len(found)
        return found

    def _atoms(self, box: Box) -> list[int] | None:
        mask = box[self._column] if self._column >= 0 else 0
        if self._column < 0 or mask.bit_count() > _NARROW:
            return None
        atoms = []
        while mask:
            lowest = mask & -mask
            atoms.append(lowest.bit_length() - 1)
            mask ^= lowest
        return atoms


def _met(box: Box, others: Sequence[Box]) -> tuple[list[Box], Box | None]:
    """Those of the others that have something of the box, and the one of them that cuts it in the fewest columns."""
    meeting: list[Box] = []
    best, fewest = None, len(box) + 1
    for other in others:
        cuts = 0
        for a, b in zip(box, other, strict=True):
            if not a & b:
                break
            cuts += (a & b) != a
        else:
            meeting.append(other)
            if cuts < fewest:
                best, fewest = other, cuts
    return meeting, best


def _within(box: Box, other: Box) -> bool:
    return all(not a & ~b for a, b in zip(box, other, strict=True))


def in_words(witness: dict[str, Any]) -> str:
    """A witness as it stands in a message: `weight = 30, region = "eu"`."""
    return ", ".join(f"{name} = {shown(value)}" for name, value in witness.items())


__all__ = ["EFFORT", "Never", "Overlap", "Proof", "in_words"]
