"""From the fates of the instances of a step to what is said of the step."""

from collections.abc import Callable, Sequence

from steplane.forecast.fates import Fate, Instance, Items, Planned, StepForecast, Verdict
from steplane.forecast.walk import Performed, Walk

FIRST = 10
"""Instances of a step that are told one by one, and keys of a loop."""

Ask = Callable[[int, Performed], Planned | None]
"""What a step type says of itself, by the number of the node, for one instance."""


def summed(walk: Walk, ask: Ask) -> dict[int, StepForecast]:
    """All steps but the workflow itself, by their numbers."""
    return {node.number: _step(walk, node.number, ask) for node in walk.plan.nodes[1:] if node.number in walk.fates}


def arms(walk: Walk) -> dict[int, StepForecast]:
    """The branches and arms, by the numbers of their lists."""
    found = {}
    for number, fates in walk.arms.items():
        verdict, reason = _verdict(fates)
        found[number] = StepForecast(verdict, reason, condition=fates[0].condition if len(fates) == 1 else None)
    return found


def _step(walk: Walk, number: int, ask: Ask) -> StepForecast:
    fates = walk.fates[number]
    verdict, reason = _verdict(fates)
    done = walk.performed.get(number, [])
    single = done[0] if len(done) == 1 else None
    requires = walk.requires.get(number, [])
    several = len(fates) > 1
    return StepForecast(
        verdict=verdict,
        reason=reason,
        condition=fates[0].condition if len({fate.condition for fate in fates}) == 1 else None,
        requires=requires[0] if len(requires) == 1 else (),
        fails=any(fate.fails for fate in fates),
        inherited=all(fate.inherited for fate in fates),
        items=_items(walk.items.get(number, [])),
        counts=_counts(fates) if several else None,
        instances=_instances(fates, done, number, ask) if several or len(done) > 1 else (),
        cached=tuple(walk.cached.get(number, ())),
        parameters=single.shown if single else None,
        planned=ask(number, single) if single and verdict != "skip" else None,
    )


def _verdict(fates: Sequence[Fate]) -> tuple[Verdict, str]:
    """One verdict for all: it runs if any instance does; the reason is that of all, or of how many."""
    verdicts = [fate.verdict for fate in fates]
    verdict: Verdict = "run" if "run" in verdicts else "depends" if "depends" in verdicts else "skip"
    reasons = dict.fromkeys(fate.reason for fate in fates if fate.verdict == verdict)
    if len(set(verdicts)) == 1:
        own = next((fate.reason for fate in fates if fate.fails), "")
        return verdict, next(iter(reasons)) if len(reasons) == 1 else own
    known = _known(fates)
    number = sum(fate.verdict == verdict for fate in known)
    if number == 0:
        return verdict, next(iter(reasons))
    more = ", and perhaps in further ones" if len(known) < len(fates) else ""
    of = f"in {number} of {len(known)} instances{more}"
    return verdict, of if verdict == "run" else f"{of}: {next(iter(reasons))}"


def _known(fates: Sequence[Fate]) -> Sequence[Fate]:
    """Those of the items that there are at first, where others may be added to a loop."""
    return [fate for fate in fates if not fate.key.endswith("*")] or fates


def _counts(fates: Sequence[Fate]) -> tuple[int, int, int]:
    verdicts = [fate.verdict for fate in _known(fates)]
    return verdicts.count("run"), verdicts.count("skip"), verdicts.count("depends")


def _items(found: Sequence[Items]) -> Items | None:
    """The items of a loop: those that are the same wherever the loop is met."""
    if not found:
        return None
    first = found[0]
    if all(one == first for one in found):
        return Items(first.number, first.keys[:FIRST], first.unknown)
    number = first.number if len({one.number for one in found}) == 1 else None
    return Items(number, (), () if number is not None else ("the items around it",))


def _instances(fates: Sequence[Fate], done: Sequence[Performed], number: int, ask: Ask) -> tuple[Instance, ...]:
    """The first instances, each with what its step type says."""
    performed = {one.key: one for one in done}
    told = []
    if len(fates) == 1 and len(done) > 1:  # a looped step type: its fate is that of the loop
        fates = [Fate(fates[0].verdict, "", key=one.key) for one in done]
    for fate in fates[:FIRST]:
        one = performed.get(fate.key)
        shown = one.shown if one is not None else None
        planned = ask(number, one) if one is not None and fate.verdict != "skip" else None
        told.append(Instance(fate.key, fate.verdict, fate.reason, shown, planned))
    return tuple(told)
