"""Lists in which arrivals are counted, in the kernel and in the reference: random nets, random orders of events."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runner.kernel.against_reference import finish
from tests.runner.kernel.compiled import plan_of
from tests.runner.kernel.repeating import net
from tests.runner.kernel.sides import Sides
from tests.runner.kernel.test_parts_against_reference import NIGHTLY, SETTINGS, play

SEEDS = 200
_SEED = st.integers(0, 2**48)


def begin(random: Random) -> Sides:
    """A random net."""
    workflow = net(random)
    return Sides(workflow, plan_of(workflow), random.choice([1, 2, 8]))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("resumes", [0, 3])
@settings(SETTINGS, max_examples=SEEDS)
@given(seed=_SEED)
def test_equal(seed: int, resumes: int) -> None:
    random = Random(seed)
    finish(play(random, begin(random), resumes=resumes, by_hand=False))


@pytest.mark.parametrize("seed", [1048576, 8611, 9080])
def test_what_a_night_found(seed: int) -> None:
    """What has come while a list was cancelled is swallowed; a step that can come again blocks none; where a `goto` led
    goes on first.
    """
    random = Random(seed)
    finish(play(random, begin(random), resumes=3, by_hand=False))


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("resumes", [0, 3])
@NIGHTLY
@given(seed=_SEED)
def test_many(seed: int, resumes: int) -> None:
    random = Random(seed)
    finish(play(random, begin(random), resumes=resumes, by_hand=False))
