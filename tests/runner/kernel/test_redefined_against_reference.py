"""Runs that go on under another definition, in the kernel and in the reference: random edits between random resumes.

Two kinds of workflows: plain ones, of lists, groups, branches, arms, loops over items and calls, with failures,
retries, locks and limits; and the language but for what undoes and ends, which the laws in `test_redefined.py` hold.
"""

from collections.abc import Callable
from random import Random
from typing import Any, TypeAlias

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

_PLAIN_WITHOUT = frozenset({
    "milestone", "open", "complete", "rest", "join", "split", "collect", "detach", "rescue", "finally", "while",
    "until", "max", "compensate", "restart", "order", "ensure", "outputs", "concurrency", "region",
})  # fmt: skip
_PLAIN_ACTIONS = frozenset({"goto", "cancel", "finish", "end", "race", "undo", "signal"})


def plain(part: Any) -> Any:
    """The workflow in plain words."""
    if isinstance(part, list):
        return [plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    left_out = _PLAIN_WITHOUT - {"max"} if "delay" in part else _PLAIN_WITHOUT
    found = {key: plain(value) for key, value in part.items() if key not in left_out}
    if "id" in part and (_PLAIN_ACTIONS & part.keys() or ("wait" in part and "steps" not in part)):
        found = {key: value for key, value in found.items() if key in {"id", "needs"}} | {"run": ["true"]}
    return found


def for_good(part: Any) -> Any:
    """The workflow without what undoes, and without `end`."""
    if isinstance(part, list):
        return [for_good(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: for_good(value) for key, value in part.items() if key != "compensate"}
    if "id" in part and {"end", "undo"} & part.keys():
        found = {key: value for key, value in found.items() if key in {"id", "needs", "join"}} | {"run": ["true"]}
    return found


Taming: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


def play(seed: int, tame: Taming) -> Sides:
    """A random run, resumed some times, mostly under a definition that was edited meanwhile."""
    random = Random(seed)
    workflow = tame(workflow_of(random))
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


def equal(seed: int, tame: Taming = plain) -> None:
    """Both want the same after each event, and all ends are the same."""
    sides = play(seed, tame)
    check(sides)
    finish(sides)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("tame", [plain, for_good])
@settings(COMMON, max_examples=40, derandomize=True)
@given(seed=SEED)
def test_equal_under_edits(seed: int, tame: Taming) -> None:
    equal(seed, tame)


def test_steps_in_another_order_begin_nothing_anew() -> None:
    """All have written needs, and the list around them had ended well though it was cut off."""
    equal(6900)


@pytest.mark.parametrize("seed", [20676, 21196, 5571, 6200, 8824])
def test_what_a_night_found(seed: int) -> None:
    """A new time limit while something is asked; a new step in an attempt that is over, in one whose time has run out,
    in an item that has not come to it again; a branch that is entered after the change.
    """
    equal(seed)


@pytest.mark.parametrize("seed", [825, 2404, 2711, 2994, 3037, 3059, 41395, 41993, 100227])
def test_what_a_night_found_in_all_of_the_language(seed: int) -> None:
    """Another step in the branch for which a `join` has cancelled the rest; in a `rescue` that is over and had not
    helped (of a step, in a round of a `call`); in a child, and in a branch, that had gone on late and is over; in a
    group that runs whole again; elsewhere, while an arrival is swallowed; in what a `goto` has superseded.
    """
    equal(seed, for_good)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("tame", [plain, for_good])
@settings(COMMON, max_examples=10_000)
@given(seed=SEED)
def test_equal_under_many_edits(seed: int, tame: Taming) -> None:
    equal(seed, tame)
