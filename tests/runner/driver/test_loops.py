"""Items, keys, combinations, and how many may fail."""

# ruff: noqa: E501 - workflows stand as their authors write them

from typing import Any

import pytest
from tests.runner.running import Workbench

from steplane.driver.loops import combinations, items_of, unique
from steplane.driver.refusal import Refused
from steplane.expressions import Engine
from steplane.expressions.templates import Literal
from steplane.plan.nodes import Matrix


def matrix(axes: dict[str, Any], exclude: list[Any] | None = None, include: list[Any] | None = None) -> Matrix:
    return Matrix(
        axes=tuple((name, Literal(values)) for name, values in axes.items()),
        exclude=tuple(Literal(one) for one in exclude or []),
        include=tuple(Literal(one) for one in include or []),
    )


OS = {"os": ["linux", "mac"], "py": [11, 12]}
ALL = [{"os": "linux", "py": 11}, {"os": "linux", "py": 12}, {"os": "mac", "py": 11}, {"os": "mac", "py": 12}]
MATRICES: dict[str, tuple[Any, Any, Any, list[dict[str, Any]]]] = {
    "the last axis turns fastest": (OS, [], [], ALL),
    "exclude a combination": (OS, [{"os": "mac", "py": 11}], [], [ALL[0], ALL[1], ALL[3]]),
    "exclude by one axis": (OS, [{"py": 11}], [], [ALL[1], ALL[3]]),
    "exclude by a name that is no axis": (OS, [{"arch": "arm"}], [], ALL),
    "numbers are equal by value, booleans are none": ({"a": [1, True]}, [{"a": 1.0}], [], [{"a": True}]),
    "include extends what agrees": (OS, [], [{"py": 12, "tox": True}], [
        ALL[0], {**ALL[1], "tox": True}, ALL[2], {**ALL[3], "tox": True},
    ]),
    "include that names no axis extends all": ({"a": [1, 2]}, [], [{"b": 0}], [{"a": 1, "b": 0}, {"a": 2, "b": 0}]),
    "include adds": (OS, [], [{"os": "win", "py": 12}], [*ALL, {"os": "win", "py": 12}]),
    "exclude comes first": ({"a": [1]}, [{"a": 1}], [{"a": 1, "b": 2}], [{"a": 1, "b": 2}]),
    "two includes": ({"a": [1]}, [], [{"b": 2}, {"b": 3, "c": 4}], [{"a": 1, "b": 3, "c": 4}]),
    "an empty axis": ({"a": [], "b": [1]}, [], [], []),
    "only include": ({}, [], [{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 2}]),
}  # fmt: skip


@pytest.mark.parametrize("name", MATRICES)
def test_combinations(name: str) -> None:
    axes, exclude, include, wanted = MATRICES[name]
    assert combinations(Engine(), matrix(axes, exclude, include), {}) == wanted


def test_keys_name_the_axes() -> None:
    loop = matrix({"os": ["linux"], "x": [1.5, True, None]}, include=[{"os": "mac"}, {"other": [1]}])
    assert items_of(Engine(), loop, {})[1] == ["os=linux,x=1.5", "os=linux,x=true", "os=linux,x=null", "os=mac"]
    only = matrix({"a": [1]}, exclude=[{"a": 1}], include=[{"b": 7}, {}])
    assert items_of(Engine(), only, {})[1] == ["b=7", "1"]


def test_a_matrix_is_bounded() -> None:
    many = list(range(1001))
    with pytest.raises(Refused, match="1,002,001 combinations; at most 1,000,000"):
        combinations(Engine(), matrix({"a": many, "b": many}), {})


def test_keys_are_unique() -> None:
    unique(["a", "b"])
    with pytest.raises(Refused, match="two instances have the key `a`"):
        unique(["a", "b", "a"])


ERRORS = {
    "a text": ("foreach: ${{ inputs.any.text }}", "`foreach` wants a list or a mapping, this is text"),
    "a number": ("foreach: ${{ inputs.any.number }}", "`foreach` wants a list or a mapping, this is a number"),
    "null": ("foreach: ${{ inputs.any.nothing }}", "`foreach` wants a list or a mapping, this is null"),
    "equal keys": ("foreach: ${{ [1, 2] }}\n    key: ${{ item and 1 }}", "two instances have the key `1`; `key` must tell them apart"),
    "no concurrency": (
        "foreach: [1]\n    concurrency: ${{ inputs.any.zero }}", "`concurrency` wants a whole number of at least 1, this is 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_a_wrong_loop_fails_the_step(bench: Workbench, name: str) -> None:
    loop, message = ERRORS[name]
    run = bench.run(
        f"""
inputs: {{any: {{type: object}}}}
steps:
  - id: l
    {loop}
    uses: log
    with: {{message: x}}
    rescue: [{{uses: log, with: {{message: never}}}}]
""",
        {"any": {"text": "abc", "number": 5, "nothing": None, "zero": 0}},
    )
    assert run.status == "failed"
    assert run.error("l") == ("input.invalid", message)
    assert not run.lines


@pytest.mark.parametrize(
    ("items", "tolerance", "failing", "status"),
    [(4, "0", 1, "failed"), (4, "1", 1, "warning"), (4, "1", 2, "failed"), (4, "50%", 2, "warning"),
     (5, "50%", 3, "failed"), (10, "29%", 2, "warning"), (10, "29%", 3, "failed"), (3, "100%", 3, "warning")],
)  # fmt: skip
def test_how_many_may_fail(bench: Workbench, items: int, tolerance: str, failing: int, status: str) -> None:
    run = bench.run(
        f"""
steps:
  - id: l
    foreach: ${{{{ range({items}) | list }}}}
    max_failures: {tolerance}
    uses: assert
    with: {{that: ["${{{{ item >= {failing} }}}}"]}}
"""
    )
    assert run.status == status
    if status == "failed":
        kind, message = run.error("l")
        assert (kind, message.split(", ")[1]) == ("loop.failures", f"{failing - 1} may")


def test_instances_are_named_by_their_keys(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - id: l
    foreach: [{id: x/1, n: 1}, {id: y, n: 2}]
    as: order
    key: ${{ order.id }}-${{ loop.index }}
    steps: [{id: a, uses: log, with: {message: "${{ order.n }}"}}]
  - {id: m, matrix: {os: [linux], py: [3.12]}, uses: log, with: {message: "${{ matrix.os }}${{ matrix.py }}"}}
"""
    )
    assert set(run.statuses) == {
        "l", "l[x/1-1]", "l[x/1-1]/a", "l[y-2]", "l[y-2]/a", "m", "m[os=linux,py=3.12]",
    }  # fmt: skip
    assert [line for _, _, line in run.lines] == ["1", "2", "linux3.12"]


def test_what_an_include_adds_is_missing_in_the_other_combinations(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - id: m
    matrix: {os: [linux, macos], include: [{os: linux, image: deb}]}
    uses: log
    with: {message: "${{ matrix.image | default('none') }} ${{ matrix.image is defined }}"}
"""
    )
    assert sorted(line for _, _, line in run.lines) == ["deb true", "none false"]


def test_a_loop_that_goes_on_has_no_outputs_yet(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - id: both
    join: any
    parallel:
      slow: [{id: l, foreach: [1, 2], wait: {signal: go}, outputs: {n: "${{ item }}"}}]
      soon: [{id: s, wait: 1ms}]
  - {id: before, needs: [both], uses: log, with: {message: "${{ steps.l.outputs.n | default('not yet') }}"}}
  - {id: one, needs: [before], signal: {name: go}}
  - {id: two, needs: [before], signal: {name: go}}
"""
    )
    assert run.status == "succeeded", run.result
    assert run.lines[-1] == ("before", "log", "not yet")


def test_a_question_that_is_withdrawn_in_the_same_event_is_not_answered(bench: Workbench) -> None:
    run = bench.run("""steps:
  - {id: heard, needs: [], wait: {signal: go}}
  - {id: stop, needs: [heard], cancel: [each]}
  - id: each
    needs: []
    foreach: [x, y]
    concurrency: 2
    complete: loop.index > 5
    steps:
      - {id: hold, if: item == 'y', wait: 1h, finally: [{uses: log, with: {message: x}}]}
      - {id: go, if: item == 'x', signal: {name: go}}
""")
    assert (run.status, run.statuses["each"], run.statuses["each[0]"]) == ("succeeded", "cancelled", "succeeded")
