"""The compiled form: numbers, needs, loops, and that it survives being written and read."""

# ruff: noqa: E501 - workflows stand as their authors write them

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runner.running import Workbench

from steplane.plan.needing import Need
from steplane.plan.nodes import Body, ForEach, Node, Plan
from steplane.plan.retries import Retry
from steplane.plan.step_names import Instances


def node(plan: Plan, name: str) -> Node:
    return next(one for one in plan.nodes if one.id == name)


EVERYTHING = """
title: T
version: "1.10"
owner: o
labels: {a: 1, b: x, c: true}
timezone: Europe/Berlin
inputs: {n: {type: integer, default: 3}, s: {type: string, secret: true, env: S}, f: {type: number, optional: true}}
secrets: {t: {env: TOKEN}, u: {file: sub/key}}
vars: {a: "${{ inputs.n }}", b: {list: [1, "${{ vars.a }}"], text: "x ${{ vars.a }}"}}
env: {A: b}
cwd: .
case: c-${{ inputs.n }}
objects: [{type: order, id: "${{ inputs.n }}"}]
failure: continue
timeout: 1h
steps:
  - {id: a, name: First, lane: sales, run: 'echo "${{ inputs.n }}" | cat', outputs: [x]}
  - {id: b, needs: [], run: [echo, "${{ inputs.n }}"], retry: {attempts: 5, backoff: exponential, jitter: full, max_delay: 1m}}
  - {id: c, needs: {a: [succeeded, failed], b: done}, run: make all, timeout: "${{ inputs.n }}s", lock: {name: db, limit: 2}}
  - id: d
    join: any
    needs: [a, b]
    foreach: [1, 2]
    as: row
    key: k${{ row }}
    concurrency: 2
    max_failures: 10%
    uses: log
    with: {message: {deep: ["${{ row }}", 1.5, null, true]}}
    outputs: {v: {value: "${{ row }}", secret: true}}
  - id: e
    matrix: {os: [linux], py: [11, 12], exclude: [{py: 11}], include: [{os: mac}]}
    if: inputs.n > 2
    require: [inputs.n > 1]
    steps: [{uses: fail, with: {message: x}}]
    rescue: [{uses: log, with: {message: "${{ error.type }}"}}]
    finally: [{uses: log, with: {message: f}}]
    ensure: [inputs.n == 3]
    on_error: warn
  - {id: p, join: 1, parallel: {one: [{uses: log, with: {message: x}}], two: {if: inputs.n == 3, steps: [{end: failed}]}}}
  - {id: s, switch: [{when: inputs.n == 1, steps: [{uses: log, with: {message: x}}]}, {default: true, steps: [{uses: log, with: {message: y}}]}]}
outputs: {v: "${{ inputs.n }}"}
rescue: [{uses: log, with: {message: r}}]
finally: [{uses: log, with: {message: f}}]
"""


def test_a_plan_survives_being_written(bench: Workbench) -> None:
    plan = bench.plan(EVERYTHING)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(plan), type=Plan) == plan
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan


def test_numbers_fit_together(bench: Workbench) -> None:
    plan = bench.plan(EVERYTHING)
    assert [one.number for one in plan.nodes] == list(range(len(plan.nodes)))
    assert [one.number for one in plan.lists] == list(range(len(plan.lists)))
    assert plan.nodes[0].action == Body(0)
    for steps in plan.lists:
        for position, number in enumerate(steps.nodes):
            assert (plan.nodes[number].list, plan.nodes[number].position) == (steps.number, position)
        for position, dependents in enumerate(steps.dependents):
            for dependent, index in dependents:
                needs = plan.nodes[steps.nodes[dependent]].needs
                assert needs is not None
                assert needs[index].position == position
    assert plan.types == ("fail", "log", "shell")


def test_needs_become_positions(bench: Workbench) -> None:
    plan = bench.plan(EVERYTHING)
    assert node(plan, "a").needs is None
    assert node(plan, "b").needs == ()
    ended = node(plan, "c").needs
    assert ended is not None
    assert ended[0] == Need(0, frozenset({"succeeded", "reused", "failed"}))
    assert (node(plan, "c").handler, node(plan, "d").handler, node(plan, "d").wanted) == (True, False, 1)
    assert plan.lists[0].starts == (1,)


def test_loops_and_limits(bench: Workbench) -> None:
    plan = bench.plan(EVERYTHING)
    loop = node(plan, "d").loop
    assert isinstance(loop, ForEach)
    assert (loop.name, loop.allowed, loop.allowed_percent) == ("row", 0, 10.0)
    assert (node(plan, "c").enter, node(plan, "c").timeout, node(plan, "a").enter) == (True, None, False)
    assert node(plan, "b").retry == Retry(attempts=5, backoff="exponential", max_delay=60.0, full_jitter=True)


@pytest.mark.parametrize(
    ("retry", "pauses"),
    [(Retry(delay=2.0), [2, 2, 2]), (Retry(delay=2.0, backoff="linear"), [2, 4, 6]),
     (Retry(delay=2.0, backoff="exponential"), [2, 4, 8]), (Retry(delay=2.0, backoff="exponential", max_delay=5.0), [2, 4, 5])],
)  # fmt: skip
def test_pauses(retry: Retry, pauses: list[float]) -> None:
    assert [retry.pause(attempts, retry.delay) for attempts in (1, 2, 3)] == pauses


@given(st.integers(1, 10**6), st.floats(0, 1e9), st.sampled_from(["constant", "linear", "exponential"]))
@settings(max_examples=50, deadline=None)
def test_a_pause_is_never_longer_than_allowed(attempts: int, delay: float, backoff: str) -> None:
    retry = Retry(backoff=backoff, max_delay=60.0)  # type: ignore[arg-type]
    assert 0 <= retry.pause(attempts, delay) <= 60


CHILD = """
steplane: 1
name: child
steps: [{id: make, run: 'true', finally: [{id: tidy, run: 'true'}]}, {id: child, run: 'true'}]
"""


@pytest.mark.parametrize(
    ("path", "way", "file"),
    [
        ("c", "c", "w.yaml"), ("c/c_rescue", "c_rescue", "w.yaml"), ("l[a/b]/again", "again", "w.yaml"),
        ("c/child", "c/child", "child.yaml"), ("c/child/make/tidy", "c/child/tidy", "child.yaml"),
        ("c/child/child", "c/child/child", "child.yaml"), ("l[x]/child/make", "l/child/make", "child.yaml"),
    ],
)  # fmt: skip
def test_the_step_of_a_path(bench: Workbench, path: str, way: str, file: str) -> None:
    (bench.folder / "child.yaml").write_text(CHILD)
    plan = bench.plan(
        "steps: [{id: c, call: child.yaml, rescue: [{id: c_rescue, run: 'true'}]}, "
        "{id: l, foreach: ['a/b', x], key: '${{ item }}', call: child.yaml, finally: [{id: again, run: 'true'}]}]\n"
    )
    found = Instances(plan)
    step = found.node(path)
    assert step is not None
    assert (found.way(path), step.id) == (way, way.rpartition("/")[2])
    assert found.file(path) == str(bench.file if file == "w.yaml" else bench.folder / file)
