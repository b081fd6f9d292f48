"""F25: random workflows in random orders of events: the kernel does what the reference interpreter does.

Here are the whole language, resumes and locks of the store: 2,000 seeds, and 10,000 of each kind at night. Parts of a
workflow, repairs by hand, joins, results of earlier runs and changed definitions are tried in the same way in
`tests/runner/kernel`.
"""

from random import Random

import pytest
from hypothesis import given, settings
from tests.runner.kernel.against_reference import COMMON, SEED, finish, play

SEEDS, SHARED_SEEDS, NIGHTLY_SEEDS = 900, 200, 10_000
_SETTINGS = settings(COMMON, max_examples=SEEDS, derandomize=True)
_NIGHTLY = settings(COMMON, max_examples=NIGHTLY_SEEDS)


@pytest.mark.timeout(600)
@_SETTINGS
@given(seed=SEED)
def test_f25_equal(seed: int) -> None:
    finish(play(Random(seed), resumes=0))


@pytest.mark.timeout(600)
@_SETTINGS
@given(seed=SEED)
def test_f25_equal_over_resumes(seed: int) -> None:
    finish(play(Random(seed), resumes=3))


@pytest.mark.timeout(600)
@settings(_SETTINGS, max_examples=SHARED_SEEDS)
@given(seed=SEED)
def test_f25_equal_with_locks_of_the_store(seed: int) -> None:
    finish(play(Random(seed), resumes=2, shared=True))


@pytest.mark.parametrize(
    ("seed", "resumes"),
    [
        (113025130529293, 3),
        (387, 3),
        (1233, 3),
        (49540438, 3),
        (384213, 3),
        (456, 3),
        (317254, 0),
        (3596344894646, 3),
        (18098, 3),
        (12352325, 3),
        (2178324269463, 3),
    ],
)
def test_f25_equal_where_a_night_found_a_difference(seed: int, resumes: int) -> None:
    """113025130529293: what begins lets an `end` go on, behind a milestone, that cancels it; it must not go on itself.

    49540438: a resume ends an instance of an open loop that asks about an item: that is asked again first. 456: what
    undoes a step stands where the step now does. 317254: a `goto` is told in its `finally` that its target is complete:
    what waits for that begins before the jump. 3596344894646: an `undo` comes before a loop that begins again. 18098: a
    cancel comes to what an `end` cancels already. 12352325: a second one comes to what could not hear of the first, as
    it was undoing something. 2178324269463: what a `finish` has ended has its consequences before the join of branches
    that its own end reaches.
    """
    finish(play(Random(seed), resumes=resumes))


@pytest.mark.parametrize("seed", [19284, 521793, 11373, 27268])
def test_f25_equal_with_locks_where_a_night_found_a_difference(seed: int) -> None:
    """19284: what the beginning of a loop lets go on is an `end`; the loop goes on behind its round. 521793: an `end`
    lets go on what names it, and acts before that. 11373: what a join cancels ends in its place, not at once. 27268: a
    step that begins lets one go on that asks for a lock in the place of another.
    """
    finish(play(Random(seed), resumes=3, shared=True))


@pytest.mark.nightly
@pytest.mark.timeout(5400)
@pytest.mark.parametrize(("resumes", "shared"), [(0, False), (3, False), (3, True)])
@_NIGHTLY
@given(seed=SEED)
def test_f25_equal_for_many(seed: int, resumes: int, shared: bool) -> None:
    finish(play(Random(seed), resumes=resumes, shared=shared))
