"""Parts of a run on what an earlier run recorded (`--of RUN`), in the kernel and in the reference."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference.loop import Loop
from tests.reference.reading import Step, read
from tests.reference.selecting import Pattern, select, verdict
from tests.reference.words import ENDED, OK, holds
from tests.runner.kernel.against_reference import finish
from tests.runner.kernel.choices import words_of
from tests.runner.kernel.sides import Sides
from tests.runner.kernel.test_parts_against_reference import NIGHTLY, SETTINGS, agreed, begin, play

from steplane.app.taking import taken_from
from steplane.errors import UsageError
from steplane.plan.selection import select as selection_of

WELL = [{status for status in ENDED if holds(status, (word,))} for word in ("ok", "succeeded")]
"""The ends that a plain need wants, and one for `succeeded`."""


def begin_after(random: Random) -> Sides | None:
    """A run of a part after another of the same workflow; None where that is refused, in the eyes of both."""
    earlier = play(random, begin(random, selected=False), resumes=random.randint(0, 1), by_hand=False)
    workflow, plan = earlier.workflow, earlier.plan
    words = words_of(random, workflow)
    if not agreed(workflow, words):
        return None
    statuses = {
        path: status for (path, _), status in sorted(earlier.reference.statuses().items(), key=lambda it: it[0][1])
    }
    part = selection_of(plan, words.get("only", ()), words.get("since", ()), words.get("until", ())).recorded
    assert part is not None
    against = [*reasons(read(workflow), select(read(workflow), **words), (), "", Earlier(statuses, items_of(earlier)))]
    try:
        taken = taken_from("earlier", plan, plan, earlier.kernel.state, part.part)
    except UsageError as refusal:
        message = refusal.message
    else:
        assert not against, (against, words, workflow, earlier.trace)
        return Sides(workflow, plan, random.choice([1, 2, 8]), words, taken, statuses)
    assert message.startswith(tuple(against)), (message, against, words, workflow, earlier.trace)
    return None


class Earlier(NamedTuple):
    """What is known of the earlier run: the latest status by path; of the loops whose items were known, those begun."""

    statuses: dict[str, str]
    loops: dict[str, set[str]]


def items_of(earlier: Sides) -> dict[str, set[str]]:
    """The loops that had begun, and the paths of their items of which the turn had come; of several activations of a
    loop the latest counts, and that may have failed before it had items.
    """
    loops = [one for one in earlier.reference.lives if isinstance(one, Loop) and one.number]
    latest = {one.path: one for one in sorted(loops, key=lambda one: one.number)}
    return {path: {item.path for item in one.instances if item.number} for path, one in latest.items() if one.begun}


def reasons(around: Step, patterns: list[Pattern], way: Pattern, path: str, earlier: Earlier) -> Iterator[str]:
    """What of the earlier run keeps the part from running on its results: the beginnings of what is said of it."""
    for branch in around.body:
        for step in branch.steps:
            here = (*way, step.id)
            if verdict(patterns, here) == "out":
                continue
            for name, words in step.named().items():
                well = step.needs is None or {status for status in ENDED if holds(status, words)} in WELL
                outside = verdict(patterns, (*way, name)) == "out"
                if well and outside and earlier.statuses.get(f"{path}{name}", "pending") not in OK:
                    yield f"step `{path}{name}` "
            if verdict(patterns, here) == "around":
                yield from inside(step, patterns, here, f"{path}{step.id}", earlier)


def inside(step: Step, patterns: list[Pattern], way: Pattern, path: str, earlier: Earlier) -> Iterator[str]:
    """The same for the lists of a step that is entered, of a loop for each of its items."""
    if step.loop in {"while", "until"}:
        yield f"`{path}` goes in rounds"
        return
    if step.loop is None:
        yield from reasons(step, patterns, way, f"{path}/", earlier)
        return
    if path not in earlier.loops:
        yield f"run earlier has not come to the loop `{path}`"
        return
    for key in "abc":
        item = f"{path}[{key}]"
        if item in earlier.loops[path] and verdict(patterns, (*way, f"[{key}]")) == "around":
            yield from reasons(step, patterns, (*way, f"[{key}]"), f"{item}/", earlier)


def check_one(seed: int) -> None:
    """Two runs: one of all, one of a part on its results."""
    random = Random(seed)
    sides = begin_after(random)
    if sides is not None:
        finish(play(random, sides, resumes=3, by_hand=random.randint(0, 1) == 1))


@pytest.mark.timeout(600)
@settings(SETTINGS, max_examples=120)
@given(seed=st.integers(0, 2**48))
def test_the_results_of_an_earlier_run(seed: int) -> None:
    check_one(seed)


@pytest.mark.parametrize("seed", [356196, 90428219])
def test_what_a_night_found(seed: int) -> None:
    """A loop that arrivals had begun twice had items the first time, and none the second: that one counts."""
    check_one(seed)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@NIGHTLY
@given(seed=st.integers(0, 2**48))
def test_the_results_of_many_earlier_runs(seed: int) -> None:
    check_one(seed)
