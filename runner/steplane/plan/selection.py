"""Which steps of a workflow are to run: `--only`, `--from`, `--until`.

What a step waits for is what its `needs` name; without `needs` every step above it in its list (docs/semantics.md,
section 19).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from steplane.errors import UsageError
from steplane.parts import Part, Selected
from steplane.plan.nodes import Plan, Rounds, StepList
from steplane.plan.step_names import Named, inside, named

Verdict = Literal["run", "around", "out"]
Choice: TypeAlias = Part | None
"""A part of a step; None is all of it."""

NOTHING = Part()


class Selection(Struct, frozen=True):
    """The steps that run, with all that is inside them, and the steps around those, which are only entered.

    Both are numbers of nodes; the workflow itself (0) is around what is selected, and its `rescue` and `finally` run.
    `recorded` is the same as a run keeps it; None where the whole workflow runs.
    """

    runs: frozenset[int]
    around: frozenset[int]
    recorded: Selected | None = None

    def verdict(self, node: int) -> Verdict:
        """What becomes of the step of that number: it runs, is entered for what is in it, or neither."""
        if node in self.runs:
            return "run"
        return "around" if node in self.around else "out"

    @property
    def keys(self) -> dict[int, tuple[str, ...]]:
        """The looped steps of which only some items run, with the keys of these."""
        found: dict[int, tuple[str, ...]] = {}
        for number, part in _parts(self.recorded.part if self.recorded else None):
            if part is not None and part.keyed:
                found[number] = tuple(dict.fromkeys((*found.get(number, ()), *part.items)))
        return found


def select(plan: Plan, only: Sequence[str] = (), from_: Sequence[str] = (), until: Sequence[str] = ()) -> Selection:
    """What the words select. Without any of them, everything. Raises `UsageError`."""
    for word in (*only, *from_, *until):
        _refuse_rounds(plan, word)
    return _selected(plan, only, from_, until)


def select_again(plan: Plan, only: Sequence[str]) -> Selection:
    """The same at a resume, where a round that there is can be selected. Raises `UsageError`."""
    return _selected(plan, only, (), ())


def _selected(plan: Plan, only: Sequence[str], from_: Sequence[str], until: Sequence[str]) -> Selection:
    if only and (from_ or until):
        other = "--from" if from_ else "--until"
        raise UsageError(
            f"`--only` contradicts `{other}`: the one takes a step alone, the other also what follows or precedes it",
            f"Give `--only`, or `{other}`.",
        )
    if not (only or from_ or until):
        return Selection(frozenset(range(len(plan.nodes))), frozenset())
    part = _all(plan, only, _alone) if only else _between(plan, from_, until)
    runs, entered = _numbers(plan, part)
    return Selection(runs, entered, Selected(part, tuple(only), tuple(from_), tuple(until)))


def _between(plan: Plan, since: Sequence[str], until: Sequence[str]) -> Part:
    if not (since and until):
        return _all(plan, since, followed) if since else _all(plan, until, preceded)
    part = _both(_all(plan, since, followed), _all(plan, until, preceded))
    if part is None or part.nothing:
        raise UsageError(
            f"nothing lies between {_row('--from', since)} and {_row('--until', until)}",
            "What runs then is what waits for the first and what the second waits for, with these two themselves.",
        )
    return part


# ---------------------------------------------------------------- one word


def _all(plan: Plan, words: Sequence[str], beside: Callable[[Plan, StepList, int], Iterable[int]]) -> Part:
    chosen: Choice = NOTHING
    for word in words:
        chosen = _either(chosen, _one(plan, named(plan, word), word, beside))
    assert chosen is not None
    return chosen


def _one(plan: Plan, step: Named, word: str, beside: Callable[[Plan, StepList, int], Iterable[int]]) -> Part:
    """The part of the workflow that one word selects: from inside out, the step and what goes with it in each list."""
    chosen: Choice = None
    for number, key in reversed(step.trail):
        node = plan.nodes[number]
        steps = plan.lists[node.list]
        _refuse_handlers(plan, steps, word)
        if key is not None:
            chosen = Part(items={key: chosen}, keyed=True)
        others = dict.fromkeys(steps.nodes[one] for one in beside(plan, steps, node.position))
        chosen = Part(steps={**others, number: chosen})
    assert chosen is not None
    return chosen


def _refuse_handlers(plan: Plan, steps: StepList, word: str) -> None:
    if steps.role in {"rescue", "finally", "compensate"}:
        owner = plan.nodes[steps.owner]
        whose = f"step `{owner.id}`" if steps.owner else "the workflow"
        remedy = f"Select `{owner.id}`." if steps.owner else "It runs in every run that calls for it."
        raise UsageError(
            f"`{word}` stands in the `{steps.role}` of {whose}: it runs with that, and only when that calls for it",
            remedy,
        )


def _refuse_rounds(plan: Plan, word: str) -> None:
    for number, key in named(plan, word).trail:
        node = plan.nodes[number]
        if key is not None and isinstance(node.loop, Rounds):
            raise UsageError(
                f"`{word}` names a round of `{node.id}`: each follows from the one before, and none runs alone",
                f"Write `{node.id}` without a key.",
            )


def _alone(_plan: Plan, _steps: StepList, _position: int) -> Iterable[int]:
    return ()


def followed(plan: Plan, steps: StepList, position: int) -> set[int]:
    """The positions of all steps of the list that wait for the one at the position, at first or second hand."""
    found: set[int] = set()
    pending = [position]
    below = len(steps.nodes)  # from here on, who waits for everything above is found
    while pending:
        one = pending.pop()
        waiting = [dependent for dependent, _ in steps.dependents[one]] if steps.dependents else []
        waiting += [low for low in range(one + 1, below) if plan.nodes[steps.nodes[low]].needs is None]
        below = min(below, one + 1)
        pending += [new for new in dict.fromkeys(waiting) if new not in found]
        found.update(waiting)
    return found - {position}


def preceded(plan: Plan, steps: StepList, position: int) -> set[int]:
    """The positions of all steps of the list that the one at the position waits for, at first or second hand."""
    found: set[int] = set()
    pending = [position]
    above = 0  # up to here everything is found
    while pending:
        one = pending.pop()
        needs = plan.nodes[steps.nodes[one]].needs
        waited = list(range(above, one)) if needs is None else [need.position for need in needs]
        if needs is None:
            above = max(above, one)
        pending += [new for new in dict.fromkeys(waited) if new not in found]
        found.update(waited)
    return found - {position}


# ---------------------------------------------------------------- parts together


def _either(one: Choice, other: Choice) -> Choice:
    """What is in one of them."""
    if one is None or other is None:
        return None
    steps = {
        number: _either(one.steps.get(number, NOTHING), other.steps.get(number, NOTHING))
        for number in (*one.steps, *(new for new in other.steps if new not in one.steps))
    }
    keys = dict.fromkeys((*one.items, *other.items))
    items = {key: _either(one.item(key), other.item(key)) for key in keys}
    return Part(steps, items, _keyed(one) and _keyed(other))


def _both(one: Choice, other: Choice) -> Choice:
    """What is in both of them."""
    if one is None or other is None:
        return other if one is None else one
    common = {number: _both(part, other.steps[number]) for number, part in one.steps.items() if number in other.steps}
    steps = {number: part for number, part in common.items() if part is None or not part.nothing}
    keys = dict.fromkeys((*one.items, *other.items))
    keyed = one.keyed or other.keyed
    items = {key: _both(one.item(key), other.item(key)) for key in keys}
    if keyed:
        items = {key: part for key, part in items.items() if part is None or not part.nothing}
    both = Part(steps, items, keyed)
    return NOTHING if both.nothing else both


def _keyed(part: Part) -> bool:
    return part.keyed or part.nothing


def _parts(part: Choice) -> Iterator[tuple[int, Choice]]:
    """All steps in the part with their own parts, at every depth."""
    pending: list[Choice] = [part]
    while pending:
        one = pending.pop()
        if one is not None:
            yield from one.steps.items()
            pending += [*one.steps.values(), *one.items.values()]


def _numbers(plan: Plan, part: Choice) -> tuple[frozenset[int], frozenset[int]]:
    """The steps that run, and those that are only entered."""
    runs: set[int] = set()
    entered: set[int] = set()
    for number, inner in ((0, part), *_parts(part)):
        if _is_whole(inner):
            runs.add(number)
            runs.update(inside(plan, number))
        else:
            entered.add(number)
            belongs = [plan.nodes[number].rescue, plan.nodes[number].finally_, plan.nodes[number].compensate]
            for steps in (one for one in belongs if one is not None):
                for one in plan.lists[steps].nodes:
                    runs.add(one)
                    runs.update(inside(plan, one))
    return frozenset(runs), frozenset(entered - runs)


def _is_whole(part: Choice) -> bool:
    """Whether all of the step runs, or all of some items of it."""
    return part is None or any(item is None for item in part.items.values())


def _row(option: str, words: Sequence[str]) -> str:
    return ", ".join(f"`{option} {word}`" for word in words)
