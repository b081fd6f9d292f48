"""The instances of a run as a tree, and what of it may be left out where it is long."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from steplane.app.history import RunRecord, StepRecord, around

LIMIT = 40
"""A run of so many instances is shown whole."""

_QUIET = frozenset({"succeeded", "reused", "skipped"})
_KEPT = {True: 2, False: 5}  # of like ones that follow each other, by whether they are quiet
_SLOWEST = 5


class Branch(Struct, kw_only=True):
    """One instance with those inside. `name` is its path without that of what is around it."""

    record: StepRecord
    name: str
    inside: list["Branch"] = []

    def all(self) -> Iterator["Branch"]:
        """It and everything below."""
        yield self
        for one in self.inside:
            yield from one.all()


class Row(Struct, frozen=True, kw_only=True):
    """One line of the timeline: an instance, or the `left` ones that a line stands for.

    `hidden` is how many instances below are not shown.
    """

    depth: int
    branch: Branch | None = None
    left: tuple[Branch, ...] = ()
    hidden: int = 0


def tree(record: RunRecord) -> list[Branch]:
    """The instances of a run in their order."""
    known = {one.path: one for one in record.steps}
    branches: dict[str, Branch] = {}
    roots: list[Branch] = []
    for one in record.steps:
        outer = around(one.path, known)
        name = one.path[len(outer) :].removeprefix("/") if outer else one.path
        branch = branches[one.path] = Branch(record=one, name=name)
        (branches[outer].inside if outer in branches else roots).append(branch)
    return roots


def rows(roots: Sequence[Branch], *, everything: bool) -> list[Row]:
    """What to show. Unless `everything`: groups in which all went well are folded, and of many like ones that follow
    each other only the first are told, the slowest steps, and how many more there are.
    """
    whole = [one for root in roots for one in root.all()]
    if everything or len(whole) <= LIMIT:
        return list(_whole(roots, 0))
    leaves = sorted((one for one in whole if not one.inside), key=lambda one: -(one.record.seconds or 0))
    return list(_folded(roots, 0, {one.record.path for one in leaves[:_SLOWEST]}))


def _whole(branches: Sequence[Branch], depth: int) -> Iterator[Row]:
    for one in branches:
        yield Row(depth=depth, branch=one)
        yield from _whole(one.inside, depth + 1)


def _folded(branches: Sequence[Branch], depth: int, slow: set[str]) -> Iterator[Row]:
    for kind, group in groupby(branches, key=lambda one: _kind(one, slow)):
        like = list(group)
        kept = _KEPT[_quiet(like[0])] if kind else len(like)
        if len(like) <= kept + 1:
            kept = len(like)
        for one in like[:kept]:
            yield from _one(one, depth, slow)
        if like[kept:]:
            yield Row(depth=depth, left=tuple(like[kept:]))


def _one(one: Branch, depth: int, slow: set[str]) -> Iterator[Row]:
    below = sum(1 for _ in one.all()) - 1
    if below and _quiet(one):
        yield Row(depth=depth, branch=one, hidden=below)
    else:
        yield Row(depth=depth, branch=one)
        yield from _folded(one.inside, depth + 1, slow)


def _kind(one: Branch, slow: set[str]) -> str:
    """What may be told together; empty for what is told for itself."""
    if one.record.path in slow:
        return ""
    if _quiet(one):
        return "quiet"
    return one.record.status if not one.inside or one.record.status == "failed" else ""


def _quiet(one: Branch) -> bool:
    """Whether nothing in it is worth a word."""
    return all(
        each.record.status in _QUIET and each.record.attempts <= 1 and not each.record.recovered for each in one.all()
    )


def counted(branches: Sequence[Branch]) -> str:
    """`180 succeeded, 2 skipped`."""
    found = Counter(one.record.status for one in branches)
    return ", ".join(f"{number} {status}" for status, number in found.most_common())
