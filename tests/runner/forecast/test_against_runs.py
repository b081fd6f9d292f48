"""What is said before a run holds in the run: random workflows and parts of them, inputs known and not, failures."""

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.runner.forecast.worlds import GIVEN, World, random_workflow
from tests.runner.kernel.compiled import plan_of

from steplane.errors import UsageError
from steplane.expressions import Engine
from steplane.forecast import Basis, Forecast, forecast
from steplane.masking import Mask
from steplane.plan.nodes import Plan
from steplane.plan.selection import Selection, select

_COMMON = settings(
    deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
_SEED = st.integers(0, 2**48)


def selection_of(plan: Plan, random: Random) -> Selection:
    """Now and then a part of the workflow."""
    names = [node.id for node in plan.nodes[1:]]
    words = [(name,) for name in random.sample(names, min(2, len(names)))]
    kind = random.randint(0, 8)
    try:
        if kind == 0:
            return select(plan, only=words[0])
        if kind == 1:
            return select(plan, from_=words[0])
        if kind == 2:
            return select(plan, until=words[-1])
        return select(plan, from_=words[0], until=words[-1]) if kind == 3 else select(plan)
    except UsageError:  # nothing between the two, or a handler
        return select(plan)


def said_of(plan: Plan, selection: Selection) -> Forecast:
    """The forecast without `z`."""
    basis = Basis(inputs=GIVEN, missing=frozenset({"z"}), given=frozenset(GIVEN), environ={}, home="/", called_in="/")
    return forecast(plan, basis, Engine(), Mask({}), lambda number, one: None, selection)


def is_behind(plan: Plan, said: Forecast, name: str) -> bool:
    """Whether the step, or one around it, was said to be skipped because one before ends the run, or surely fails."""
    node = next(one for one in plan.nodes if one.id == name)
    while node.number:
        if any(word in said.steps[node.number].reason for word in ("ends the run", "fails", "blocked by")):
            return True
        node = plan.nodes[plan.lists[node.list].owner]
    return False


def check(seed: int) -> None:
    """Several runs of one workflow do nothing else than was said."""
    random = Random(seed)
    workflow = random_workflow(random)
    plan = plan_of(workflow)
    selection = selection_of(plan, random)
    said = said_of(plan, selection)
    assert set(said.steps) == {node.number for node in plan.nodes[1:]}
    of = {node.id: said.steps[node.number] for node in plan.nodes[1:]}
    for z in (True, False):
        for failures in (0.0, 0.0, 0.2, 0.6):
            world = World(plan, random, z=z, failures=failures, selection=selection.recorded)
            assert world.kernel.ended
            lied = {name for name in world.begun if of[name].verdict == "skip"}
            if failures:  # what fails before may keep the run from an `end`, or from a failure that was foreseen
                lied = {name for name in lied if not is_behind(plan, said, name)}
            assert not lied, (seed, z, failures, {name: of[name] for name in lied}, workflow)
            if not failures:
                missed = {name for name, one in of.items() if one.verdict == "run" and name not in world.begun}
                assert not missed, (seed, z, {name: of[name] for name in missed}, workflow)


@pytest.mark.timeout(600)
@settings(_COMMON, max_examples=120, derandomize=True)
@given(seed=_SEED)
@example(4078747619)
@example(17083096542965)
@example(2093431105051)
@example(114639530628216)
@example(52643962955890)
@example(47299466816860)
def test_true(seed: int) -> None:
    check(seed)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@settings(_COMMON, max_examples=5000)
@given(seed=_SEED)
def test_true_for_many(seed: int) -> None:
    check(seed)


def test_what_waits_for_an_end_may_get_that_of_a_milestone_instead() -> None:
    """`c` is blocked by `a`, or skipped when `b` begins before that is known: `d` takes either."""
    steps = [
        {"id": "a", "needs": [], "require": ["inputs.y"], "run": ["true"]},
        {"id": "b", "needs": [], "run": ["true"]},
        {"id": "c", "needs": ["a"], "milestone": {"before": "b"}, "run": ["true"]},
        {"id": "d", "needs": {"c": ["skipped", "ok"]}, "run": ["true"]},
    ]
    plan = plan_of({"steps": steps, "inputs": {"y": {"type": "boolean"}}, "failure": "continue"})
    said = said_of(plan, select(plan))
    assert [said.steps[number].verdict for number in range(1, 5)] == ["skip", "run", "skip", "depends"]


def test_a_jump_leads_to_what_its_needs_would_leave_out() -> None:
    steps = [
        {"id": "a", "goto": "c", "max": 1},
        {"id": "b", "needs": {"a": "failed"}, "run": ["true"]},
        {"id": "c", "needs": {"a": "failed"}, "run": ["true"]},
        {"id": "d", "needs": {"c": "skipped"}, "run": ["true"]},
    ]
    plan = plan_of({"steps": steps})
    said = said_of(plan, select(plan))
    told = [(said.steps[number].verdict, said.steps[number].reason) for number in range(1, 5)]
    assert told == [
        ("run", ""), ("depends", "only if `a` fails"), ("depends", "only if `a` leads here"),
        ("depends", "depends on how `c` ends"),
    ]  # fmt: skip


def test_a_handler_of_what_may_be_kept_from_its_turn_depends_on_it() -> None:
    steps = [
        {"id": "e", "if": "inputs.n / 'x' == 1", "run": ["true"]},
        {"id": "f", "needs": {"e": "failed"}, "run": ["true"]},
        {"id": "g", "needs": [], "require": ["inputs.y"], "run": ["true"]},
    ]
    plan = plan_of({"steps": steps, "inputs": {"n": {"type": "integer"}, "y": {"type": "boolean"}}})
    said = said_of(plan, select(plan))
    verdicts = {node.id: said.steps[node.number].verdict for node in plan.nodes[1:]}
    assert verdicts == {"e": "skip", "f": "depends", "g": "skip"}
