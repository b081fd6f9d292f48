"""Which steps run: `--only`, `--from`, `--until`, worked out from the workflow as plain data.

A selection is a list of patterns. A pattern is the way to a step: the ids of the steps around it and its own; after
the id of a looped step stands the item, `[key]` or `[*]` for each. What a pattern leads to runs with all that is in it;
what stands on the way is entered.
"""

import re
from collections.abc import Callable, Iterable

from tests.reference.reading import Step

Pattern = tuple[str, ...]
Beside = Callable[[Step], set[str]]


def select(
    workflow: Step, only: Iterable[str] = (), since: Iterable[str] = (), until: Iterable[str] = ()
) -> list[Pattern]:
    """The patterns of the options."""
    found = [one for word in only for one in spread(workflow, word, lambda _: set())]
    starting = [one for word in since for one in spread(workflow, word, followers)]
    ending = [one for word in until for one in spread(workflow, word, forerunners)]
    if starting and ending:
        both = [common(one, other) for one in starting for other in ending]
        return [one for one in both if one is not None]
    return found + starting + ending


def spread(workflow: Step, word: str, beside: Beside) -> list[Pattern]:
    """The pattern of a word, and those of the steps that go with it in each list on the way."""
    keys = dict(re.findall(r"(?:^|/)([a-z0-9_]+)(?:\[(.*?)\])?(?=/|$)", word))
    way = way_to(workflow, list(keys)[-1])
    assert way is not None, word
    found, here = [], list[str]()
    for step in way:
        found += [(*here, name) for name in beside(step)]
        here.append(step.id)
        if keys.get(step.id):
            here.append(f"[{keys[step.id]}]")
        elif step.loop and step is not way[-1]:
            here.append("[*]")
    return [*found, tuple(here)]


def way_to(around: Step, name: str) -> list[Step] | None:
    """The steps on the way to the step of that id, itself the last; not into `rescue`, `finally`, `compensate`."""
    for branch in around.body:
        for step in branch.steps:
            if step.id == name:
                return [step]
            inner = way_to(step, name)
            if inner is not None:
                return [step, *inner]
    return None


def forerunners(step: Step) -> set[str]:
    """All that the step waits for in its list, near and far."""
    near = set(step.named())
    return near.union(*(forerunners(other) for other in step.siblings if other.id in near))


def followers(step: Step) -> set[str]:
    """All that wait for the step in its list, near and far."""
    return {other.id for other in step.siblings if step.id in forerunners(other)}


# ---------------------------------------------------------------- patterns


def same(one: str, other: str) -> bool:
    """Whether two places of a way can be one and the same."""
    return one == other or (one[0] == other[0] == "[" and "[*]" in {one, other})


def fits(one: Pattern, other: Pattern) -> bool:
    """Whether one of the two stands on the way of the other, or is the same."""
    return all(same(here, there) for here, there in zip(one, other, strict=False))


def common(one: Pattern, other: Pattern) -> Pattern | None:
    """The pattern of what both lead to."""
    if not fits(one, other):
        return None
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    named = [there if here == "[*]" else here for here, there in zip(longer, shorter, strict=False)]
    return (*named, *longer[len(shorter) :])


def verdict(patterns: Iterable[Pattern], way: Pattern) -> str:
    """`run`, `around` or `out`: what becomes of the step (or item) to which that way leads."""
    fitting = [one for one in patterns if fits(one, way)]
    if any(len(one) <= len(way) for one in fitting):
        return "run"
    return "around" if fitting else "out"


def names(workflow: Step) -> list[Step]:
    """All steps that can be selected, outer ones first."""
    found = []
    for branch in workflow.body:
        for step in branch.steps:
            found += [step, *names(step)]
    return found


__all__ = ["Pattern", "names", "select", "verdict", "way_to"]
