"""A run goes on under another definition: random workflows, stopped somewhere, edited, resumed."""

from random import Random
from typing import Any, Literal
from zlib import crc32

import pytest
from hypothesis import given, settings
from tests.runner.kernel.against_reference import COMMON, SEED, check
from tests.runner.kernel.compiled import plan_of
from tests.runner.kernel.edits import World, edited, lists_called, sober, steps_in, without
from tests.runner.kernel.sides import Sides
from tests.runner.kernel.workflows import workflow_of

from steplane.events import ENDED, AttemptEnded, Redefined, TimerFired
from steplane.kernel import Kernel
from steplane.plan.nodes import Perform
from steplane.plan.recipes import ANEW

_LAW = settings(COMMON, max_examples=100, derandomize=True)
_NIGHTLY = settings(COMMON, max_examples=10_000)


def interrupted(random: Random, workflow: dict[str, Any], fails: int = 0) -> World:
    """A run of it, stopped somewhere. `fails`: one step in so many fails, always the same."""
    world = World(workflow, lambda name: bool(fails) and crc32(name.encode()) % fails == 0)
    world.go(random, random.randint(0, 25))
    return world


def anew(world: World, workflow: dict[str, Any]) -> set[str]:
    """Go on under that definition; the steps that may begin (again)."""
    changes = world.edit(workflow)
    world.resume()
    return {name for found in changes.values() for name, one in found.items() if one.word in ANEW | {"new"}}


def sound(seed: int) -> None:
    """Laws 2 to 4: what is unchanged stays, what is changed runs as it is now, and all comes out as if begun anew."""
    random = Random(seed)
    workflow = sober(workflow_of(random))
    world = interrupted(random, workflow)
    changed: set[str] = set()
    for _ in range(random.randint(1, 2)):
        if world.kernel.ended:
            break
        done = {
            path for path, one in world.kernel.state.paths.items()
            if one.ended and one.status == "succeeded" and isinstance(one.node.action, Perform)
        }  # fmt: skip
        workflow = edited(random, workflow, random.randint(1, 3))
        since = len(world.commands)
        changed = anew(world, workflow)
        world.go(random, random.randint(0, 15))
        cleaning = {one["id"] for steps in lists_called(workflow, "finally") for one in steps_in(steps)}
        for path in done.intersection(world.started(since)):
            assert {part.partition("[")[0] for part in path.split("/")} & (changed | cleaning), (seed, path)
    assert world.go(random), seed
    fresh = World(workflow)
    assert fresh.go(Random(1))
    assert world.ends() == fresh.ends(), seed


def survives(seed: int, fails: int) -> None:
    """Whatever the workflow, and whatever fails in it: it comes to an end, and a fold of its events is the same."""
    random = Random(seed)
    workflow = without(workflow_of(random), "at_most_once")
    first = plan_of(workflow)
    world = interrupted(random, workflow, fails)
    plans = []
    for _ in range(random.randint(1, 3)):
        if world.kernel.ended and world.kernel.status in {"succeeded", "warning"}:
            break
        workflow = edited(random, workflow, random.randint(0, 3))
        anew(world, workflow)
        plans.append(world.plan)
        world.go(random, random.randint(0, 15))
    assert world.go(random), seed
    kernel = Kernel(first, lambda _: plans.pop(0))
    assert [list(kernel.step(event)) for event in world.inputs] == world.commands, seed


def the_same(seed: int) -> None:
    """Law 1: under the same definition all goes on as after any resume, as the reference interpreter has it."""
    random = Random(seed)
    workflow = workflow_of(random)
    sides = Sides(workflow, plan_of(workflow), random.choice([1, 2, 8]))
    sides.kernel.plan_of = lambda _: plan_of(workflow)
    resumes = 2
    for _ in range(300):
        replies = sorted((want for want in sides.wanted if want[0] != "stop"), key=repr)
        if resumes and (random.randint(0, 12) == 0 or not replies):
            resumes -= 1
            assert list(sides.kernel.step(Redefined())) == []
            held = {one.path: {"status": "succeeded"} for one in sides.kernel.in_flight() if one.node.at_most_once}
            sides.resume((), held)
        elif not replies:
            break
        else:
            sides.reply(random.choice(replies), lambda _, options: random.choice(options))
        check(sides)
    ends = {name: status for name, status in sides.reference.statuses().items() if status in ENDED and name[0]}
    assert sides.statuses() == ends, seed


@pytest.mark.timeout(600)
@_LAW
@given(seed=SEED)
def test_what_is_unchanged_stays_and_the_rest_is_as_if_begun_anew(seed: int) -> None:
    sound(seed)


@pytest.mark.timeout(600)
@settings(_LAW, max_examples=25)
@given(seed=SEED)
def test_whatever_is_edited_the_run_comes_to_an_end(seed: int) -> None:
    survives(seed, 0)
    survives(seed, 9)


@pytest.mark.timeout(600)
@settings(COMMON, max_examples=25, derandomize=True)
@given(seed=SEED)
def test_the_same_definition_changes_nothing(seed: int) -> None:
    the_same(seed)


def test_a_limit_that_was_worked_out_is_kept() -> None:
    """The expression stands elsewhere in the file now: that makes no retry endless, and takes no time limit away."""
    steps = [{"id": "a", "run": ["true"]}, {"id": "b", "run": ["true"]}]
    limits = {"timeout": "${{ inputs.t }}", "retry": {"attempts": "${{ inputs.n }}", "delay": "${{ inputs.d }}"}}
    world = World({"steps": [{"id": "g", "steps": steps, **limits}]}, lambda name: name == "b")
    while "g/a" not in world.kernel.state.paths:
        world.go(Random(1), 1)
    group = world.kernel.state.paths["g"]
    known = (group.attempts, group.delay, group.timeout)
    assert known[:2] == (1, 1.0)
    longer = [{"id": "a", "run": ["true"]}, {"id": "b", "run": ["true", "and more"]}]
    anew(world, {"steps": [{"id": "g", "steps": longer, **limits}]})
    group = world.kernel.state.paths["g"]
    assert (group.attempts, group.delay, group.timeout) == known
    assert world.go(Random(1), 200)
    assert world.kernel.status == "failed"


@pytest.mark.parametrize("other", ["rescue", "none"])
def test_a_child_that_its_own_rescue_made_good_begins_anew_with_that(other: str) -> None:
    """As a group does: its result came of the `rescue`. Where something else is another, what is ok in it stays."""

    def workflow(word: str, key: str) -> dict[str, Any]:
        steps = [{"id": "a", "run": ["true"]}, {"id": "b", "run": ["true", *([word] if key != "rescue" else [])]}]
        rescue = [{"id": "r", "run": ["true", *([word] if key == "rescue" else [])]}]
        child = {"name": "child", "steps": steps, "rescue": rescue}
        calls = [{"id": "one", "call": "child.yaml"}, {"id": "two", "run": ["true"]}]
        return {"steps": calls, "x-files": {"child.yaml": child}}

    world = World(workflow("then", other), lambda name: name in {"b", "two"})
    assert world.go(Random(1))
    assert world.kernel.state.paths["one/child"].recovered
    since = len(world.commands)
    changed = anew(world, workflow("now", other))
    assert world.go(Random(1))
    again = [path for path in world.started(since) if path.startswith("one/child/")]
    assert again == [f"one/child/{name}" for name in ("abr" if other == "rescue" else "br")]
    assert ("one" in changed) == (other == "rescue")


@pytest.mark.parametrize("seed", [63743, 3065620])
def test_what_a_night_found(seed: int) -> None:
    """In its `finally`, without a branch that was taken: it goes on there. A `finally` of a `call` that is another."""
    sound(seed)


@pytest.mark.parametrize("looped", [False, True])
def test_a_step_in_its_rescue_has_failed_where_that_is_there_no_more(looped: bool) -> None:
    """A resume begins it anew, as it does what has failed; of a loop only that item."""
    loop = {"foreach": ["a", "b"]} if looped else {}
    last = {"id": "z", "run": ["true"]}
    rescue = {"rescue": [{"id": "r", "run": ["true"]}]}
    bad = {"a"}
    world = World({"steps": [{"id": "a", "run": ["true"], **loop, **rescue}, last]}, lambda name: name in bad)
    while not any(path.endswith("/r") for path in world.kernel.state.paths):
        world.go(Random(1), 1)
    before = world.started()
    anew(world, {"steps": [{"id": "a", "run": ["true"], **loop}, last]})
    bad.clear()
    assert world.go(Random(1), 200)
    assert world.kernel.status == "succeeded"
    again = world.started()[len(before) :]
    assert before[-1].removesuffix("/r") in again
    assert again[-1] == "z"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("seed", [184889307896611])
def test_a_workflow_whose_own_rescue_is_another_is_looked_for_no_longer(seed: int) -> None:
    survives(seed, 0)


@pytest.mark.nightly
@pytest.mark.timeout(7200)
@_NIGHTLY
@given(seed=SEED)
def test_many(seed: int) -> None:
    sound(seed)
    survives(seed, 0)
    survives(seed, 9)


def test_a_body_that_its_time_limit_had_cut_off_is_gone_back_to() -> None:
    """Its `finally` is running when the body is another: what was cut off is to do, and the limit begins afresh."""
    body: dict[str, Any] = {"id": "a", "run": ["true"]}
    group: dict[str, Any] = {"id": "g", "timeout": "5s", "steps": [body], "finally": [{"id": "z", "run": ["true"]}]}
    world = World({"steps": [group]})
    states = world.kernel.state.paths
    world.feed(TimerFired(instance=states["g"].serial, timer="timeout"))
    world.feed(AttemptEnded(instance=states["g/a"].serial, attempt=1, outcome="cancelled"))
    assert (states["g/a"].status, states["g/z"].phase) == ("cancelled", "attempt")
    anew(world, {"steps": [{**group, "steps": [{**body, "run": ["true", "x"]}]}]})
    assert world.go(Random(1))
    assert (world.kernel.status, states["g/a"].status, states["g/z"].status) == ("succeeded",) * 3


_A, _Z = {"id": "a", "run": ["true"]}, [{"id": "z", "run": ["true"]}]
_CALLS = [
    {"id": "one", "call": "child.yaml"}, {"id": "b", "run": ["true"], "needs": []},
    {"id": "c", "cancel": ["one"], "needs": ["b"]},
]  # fmt: skip


def _child(**more: Any) -> dict[str, Any]:
    return {"steps": _CALLS, "x-files": {"child.yaml": {"name": "child", "steps": [_A], **more}}}


def _ended(status: str, **more: Any) -> dict[str, Any]:
    return {"steps": [_A, {"id": "e", "needs": [], "end": status}], **more}


def _group(inner: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"steps": [{"id": "g", "timeout": "5s", "steps": [inner], **more}]}


@pytest.mark.parametrize(
    ("then", "now", "moves", "ends"),
    [
        (_ended("succeeded", **{"finally": _Z}), _ended("succeeded"), ["-a"], "succeeded"),
        (_ended("failed", **{"finally": _Z}), _ended("failed"), ["-a"], "failed"),
        (_child(**{"finally": _Z}), _child(), ["+b", "-one/child/a"], "succeeded"),
        (_child(rescue=_Z), _child(), ["-one/child/a", "+b"], "succeeded"),
        (_group(_A, rescue=_Z), _group(_A), ["!g", "-g/a"], "succeeded"),
        (_group({**_A, "rescue": _Z}), _group(_A), ["-g/a", "!g"], "failed"),
    ],
)  # fmt: skip
def test_a_run_ends_also_where_the_list_that_it_is_in_is_gone(
    then: dict[str, Any], now: dict[str, Any], moves: list[str], ends: str
) -> None:
    """What an `end` or a cancel has decided stands; what a time limit (`!`) had cut short is gone back to."""
    world = World(then)
    states = world.kernel.state.paths
    for key in [one for one in world.open if one[1] == "ask"]:
        world.reply(key)
    for move, path in [(one[0], one[1:]) for one in moves]:
        if move == "!":
            world.feed(TimerFired(instance=states[path].serial, timer="timeout"))
        else:
            outcome: Literal["succeeded", "failed"] = "succeeded" if move == "+" else "failed"
            world.feed(AttemptEnded(instance=states[path].serial, attempt=1, outcome=outcome))
    assert next(one.phase for path, one in states.items() if path.endswith("z")) in {"attempt", "stopping"}
    anew(world, now)
    assert world.go(Random(1), 200)
    assert world.kernel.status == ends


def test_a_child_keeps_its_end_where_only_a_rescue_that_it_did_not_need_is_another() -> None:
    """Nothing of the call is made again, its `finally` included."""

    def workflow(word: str) -> dict[str, Any]:
        rescue = [{"id": "r", "run": ["true", word]}]
        child = {"name": "child", "steps": [{**_A, "rescue": rescue}], "rescue": [{"id": "s", "run": ["true", word]}]}
        calls = [{"id": "one", "call": "child.yaml", "finally": _Z}, {"id": "two", "run": ["true"]}]
        return {"steps": calls, "x-files": {"child.yaml": child}}

    world = World(workflow("then"), lambda name: name == "two")
    assert world.go(Random(1))
    since = len(world.commands)
    anew(world, workflow("now"))
    assert world.go(Random(1))
    assert world.started(since) == ["two"]
