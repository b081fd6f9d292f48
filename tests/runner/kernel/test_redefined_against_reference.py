"""Runs that go on under another definition, in the kernel and in the reference: random edits between random resumes.

Here are lists, groups, branches, arms, loops over items and calls, with failures, retries, locks and limits. What makes
a list begin anew as a whole, or follows a body, is held by the laws in `test_redefined.py`.
"""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from tests.runner.kernel.against_reference import COMMON, SEED, check, drive, finish, held_of
from tests.runner.kernel.compiled import plan_of
from tests.runner.kernel.edits import edited
from tests.runner.kernel.sides import Sides
from tests.runner.kernel.workflows import workflow_of

from steplane.app.editing import changes_of
from steplane.app.redefining import is_anew
from steplane.events import OK
from steplane.plan.recipes import Outside

_LEFT_OUT = frozenset({
    "milestone", "open", "complete", "rest", "join", "split", "collect", "detach", "rescue", "finally", "while",
    "until", "max", "compensate", "restart", "order", "ensure", "outputs", "concurrency", "region",
})  # fmt: skip
_ACTIONS = frozenset({"goto", "cancel", "finish", "end", "race", "undo", "signal"})


def plain(part: Any) -> Any:
    """The workflow without what these tests leave out."""
    if isinstance(part, list):
        return [plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    left_out = _LEFT_OUT - {"max"} if "delay" in part else _LEFT_OUT
    found = {key: plain(value) for key, value in part.items() if key not in left_out}
    if "id" in part and (_ACTIONS & part.keys() or ("wait" in part and "steps" not in part)):
        found = {key: value for key, value in found.items() if key in {"id", "needs"}} | {"run": ["true"]}
    return found


def play(seed: int) -> Sides:
    """A random run, resumed some times, mostly under a definition that was edited meanwhile."""
    random = Random(seed)
    workflow = plain(workflow_of(random))
    sides = Sides(workflow, plan_of(workflow), random.choice([1, 2, 8]))

    def resume() -> None:
        if not (sides.kernel.ended and sides.kernel.status in OK):
            edit(random, sides)
        held = held_of(sides)
        sides.resume(tuple(path for path in held if random.randint(0, 2)), {})

    return drive(random, sides, resume, resumes=3)


def edit(random: Random, sides: Sides) -> None:
    """Edit the file, where the run may go on under it."""
    root = sides.kernel.state.root
    if root is None or (root.cancelling and not root.ended):
        return
    workflow = edited(random, sides.workflow, random.randint(0, 3))
    plan = plan_of(workflow)
    changes = changes_of(sides.kernel.state, plan, Outside())
    if not changes or any(one.node.at_most_once and is_anew(one, changes) for one in sides.kernel.in_flight()):
        return
    words = {file: {name: str(one.word) for name, one in found.items()} for file, found in changes.items()}
    sides.redefine(workflow, plan, words)


def equal(seed: int) -> None:
    """Both want the same after each event, and all ends are the same."""
    sides = play(seed)
    check(sides)
    finish(sides)


@pytest.mark.timeout(600)
@settings(COMMON, max_examples=60, derandomize=True)
@given(seed=SEED)
def test_equal_under_edits(seed: int) -> None:
    equal(seed)


def test_steps_in_another_order_begin_nothing_anew() -> None:
    """All have written needs, and the list around them had ended well though it was cut off."""
    equal(6900)


@pytest.mark.parametrize("seed", [20676, 21196, 5571, 6200, 8824])
def test_what_a_night_found(seed: int) -> None:
    """A new time limit while something is asked; a new step in an attempt that is over, in one whose time has run out,
    in an item that has not come to it again; a branch that is entered after the change.
    """
    equal(seed)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@settings(COMMON, max_examples=10_000)
@given(seed=SEED)
def test_equal_under_many_edits(seed: int) -> None:
    equal(seed)
