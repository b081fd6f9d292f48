"""Parts of runs in the kernel and in the reference: selections, and what a resume is told by hand."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from tests.reference import selecting
from tests.reference.reading import read
from tests.runner.kernel.against_reference import COMMON, SEED, drive, finish, held_of
from tests.runner.kernel.choices import Words, say, words_of
from tests.runner.kernel.compiled import plan_of
from tests.runner.kernel.sides import Sides
from tests.runner.kernel.workflows import for_good, workflow_of

from steplane.errors import UsageError
from steplane.plan.selection import select

SEEDS = 250
NIGHTLY_SEEDS = 10_000
SETTINGS = settings(COMMON, max_examples=SEEDS, derandomize=True)
NIGHTLY = settings(COMMON, max_examples=NIGHTLY_SEEDS)


def begin(random: Random, *, selected: bool) -> Sides:
    """A random workflow, with a random selection."""
    while True:
        workflow = for_good(workflow_of(random))  # what is undone is tested with whole runs
        plan = plan_of(workflow)
        words = words_of(random, workflow) if selected else {}
        if selected and not agreed(workflow, words):
            continue
        return Sides(workflow, plan, random.choice([1, 2, 8]), words)


def agreed(workflow: dict[str, Any], words: Words) -> bool:
    """Whether the words select something, in the eyes of both."""
    patterns = selecting.select(read(workflow), **words)
    try:
        select(plan_of(workflow), words.get("only", ()), words.get("since", ()), words.get("until", ()))
        refused = ""
    except UsageError as refusal:
        refused = refusal.message
    assert bool(patterns) == (not refused), (workflow, words, patterns)
    assert not refused or refused.startswith("nothing lies between")
    return not refused


def play(random: Random, sides: Sides, *, resumes: int, by_hand: bool) -> Sides:
    """Reply in a random order until nothing is wanted."""
    return drive(random, sides, lambda: resume(random, sides, by_hand=by_hand), resumes=resumes, often=3)


def resume(random: Random, sides: Sides, *, by_hand: bool) -> None:
    """Go on; what may run only once is decided."""
    held = held_of(sides)
    if not by_hand:
        sides.resume(tuple(held), {})
        return
    said = say(random, sides.plan, sides.kernel)
    decided = [*said.redo, *said.assume]
    said.redo += [path for path in held if path not in decided and random.randint(0, 3) and not said.only]
    sides.resume(tuple(said.redo), said.assume, tuple(said.only))


@pytest.mark.timeout(600)
@SETTINGS
@given(seed=SEED)
def test_a_selection(seed: int) -> None:
    random = Random(seed)
    finish(play(random, begin(random, selected=True), resumes=2, by_hand=False))


@pytest.mark.timeout(600)
@SETTINGS
@given(seed=SEED)
def test_what_a_resume_is_told(seed: int) -> None:
    random = Random(seed)
    finish(play(random, begin(random, selected=False), resumes=4, by_hand=True))


@pytest.mark.timeout(600)
@SETTINGS
@given(seed=SEED)
def test_both(seed: int) -> None:
    random = Random(seed)
    finish(play(random, begin(random, selected=True), resumes=4, by_hand=True))


@pytest.mark.parametrize(
    "seed",
    [
        2094,
        2654,
        5341,
        11712,
        11887,
        13546,
        42144,
        43798,
        46597,
        49484,
        50105,
        75191,
        149749,
        42130,
        65999,
        74600,
        700190,
        702099,
        380781944478,
    ],
)
def test_what_a_night_found(seed: int) -> None:
    """A later resume goes on with a branch that one before had left; a round that is due never begins where what is
    taken as failed cancels its loop; a `finish` that follows from a stopped attempt does not end the list around it
    while more is to come; a body that is left is not opened again; of a list that is put down an arrival that waits
    for its turn is not an activation; a resume of a part leaves out the round of another activation; a list is gone
    through also where what was taken as failed cancels it before the resume comes to it; what is said of a step with
    several activations is of the one that was cut off; a branch that arrives often ends in its turn; nobody asks
    whether a loop is complete of which a resume leaves more failed than may; a loop that had not begun has no round
    to go on with; an `end` ends before what stands below it; a group that runs whole again is cancelled before it
    begins; what is blocked by a failure of a part is not what a resume leaves; what is cancelled with others is so
    before anything follows.
    """
    random = Random(seed)
    finish(play(random, begin(random, selected=False), resumes=4, by_hand=True))


@pytest.mark.parametrize("seed", [196, 1245, 24482, 50796, 55996, 1329749165])
def test_what_a_night_found_with_both(seed: int) -> None:
    """A step is named by `--redo`, and the one behind its milestone is taken as failed; more items of a loop are taken
    as failed than may, while it is asked whether it is complete; a branch ended well but for a step whose child ended
    itself as cancelled; enough branches had arrived while a resume of a part left the others; what is around an `end`
    cleans up before what stands below it.
    """
    random = Random(seed)
    finish(play(random, begin(random, selected=True), resumes=4, by_hand=True))


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("selected", "by_hand"), [(True, False), (False, True), (True, True)])
@NIGHTLY
@given(seed=SEED)
def test_many(seed: int, selected: bool, by_hand: bool) -> None:
    random = Random(seed)
    finish(play(random, begin(random, selected=selected), resumes=4, by_hand=by_hand))
