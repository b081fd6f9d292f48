"""What a run would do: verdicts and reasons, with what is known and what is not; nothing is run, fetched or recorded."""

# ruff: noqa: E501 - workflows stand as their authors write them

import os
from collections.abc import Mapping
from typing import Any

import pytest
from tests.runner.running import Workbench

from steplane.app.forecasting import look_ahead
from steplane.errors import UsageError
from steplane.forecast import Forecast
from steplane.forecast.fates import StepForecast
from steplane.plan.nodes import Plan
from steplane.plan.selection import select

STEP = "uses: log, with: {message: x}"


class Said:
    """A forecast by the ids of the steps."""

    def __init__(self, plan: Plan, forecast: Forecast) -> None:
        self.forecast = forecast
        self._numbers = {node.id: node.number for node in plan.nodes[1:]}

    def __getitem__(self, name: str) -> StepForecast:
        return self.forecast.steps[self._numbers[name]]

    def of(self, name: str) -> tuple[str, str]:
        """Verdict and reason."""
        return self[name].verdict, self[name].reason

    @property
    def verdicts(self) -> dict[str, str]:
        """All of them."""
        return {name: self[name].verdict for name in self._numbers}


def said(bench: Workbench, text: str, inputs: Mapping[str, Any] | None = None, **how: Any) -> Said:
    plan = bench.plan(text)
    only, from_, until = (how.pop(name, ()) for name in ("only", "from_", "until"))
    environ = {**bench.environ, **how.pop("environ", {})}
    return Said(
        plan, look_ahead(plan, bench.registry, inputs or {}, environ, selection=select(plan, only, from_, until), **how)
    )


@pytest.mark.parametrize(
    ("condition", "verdict", "seen", "unknown"),
    [
        ("inputs.region == 'eu'", "run", ('inputs.region = "eu"',), ()),
        ("inputs.region == 'us'", "skip", ('inputs.region = "eu"',), ()),
        ("inputs.limit > 3", "depends", (), ("inputs.limit, which is not given",)),
        ("inputs.limit > 3 and inputs.region == 'us'", "skip", ('inputs.region = "eu"',), ()),
        ("inputs.limit > 3 or inputs.region == 'eu'", "run", ('inputs.region = "eu"',), ()),
        ("steps.a.outputs.n > 3 and run.id == 'x'", "depends", (), ("steps.a.outputs.n", "run.id")),
        ("steps.a.status == 'succeeded'", "depends", (), ("steps.a.status",)),
        ("secrets.key == 'x'", "depends", (), ("secrets.key, a secret",)),
        ("vars.where == 'eu-1'", "run", ('vars.where = "eu-1"',), ()),
        ("vars.day == 'x'", "depends", (), ("vars.day, made of run.started_at",)),
        ("env.PLACE == 'eu-1'", "run", ('env.PLACE = "eu-1"',), ()),
        ("env.DAY == 'x'", "depends", (), ("vars.day, made of run.started_at",)),
        ("env.FROM_OUTSIDE == 'y'", "run", ('env.FROM_OUTSIDE = "y"',), ()),
        ("env.SHOP_KEY is defined", "skip", ("env.SHOP_KEY is missing: `env` has no `SHOP_KEY`",), ()),
        ("workflow.name == 'trial'", "run", ('workflow.name = "trial"',), ()),
        (
            "env.values is defined or env | length > 3",
            "run",
            ("env.values is missing: `env` has no `values`", "env | length = 4"),
            (),
        ),
    ],
)
def test_conditions(
    bench: Workbench, condition: str, verdict: str, seen: tuple[str, ...], unknown: tuple[str, ...]
) -> None:
    found = said(
        bench,
        f"""
inputs: {{region: {{type: string, default: eu}}, limit: {{type: number}}}}
secrets: {{key: {{env: SHOP_KEY}}}}
vars: {{day: "${{{{ run.started_at[:10] }}}}", where: "${{{{ inputs.region }}}}-1"}}
env: {{DAY: "${{{{ vars.day }}}}", PLACE: "${{{{ vars.where }}}}"}}
steps:
  - {{id: a, run: 'true', outputs: [n]}}
  - {{id: b, if: "{condition}", {STEP}}}
""",
        environ={"FROM_OUTSIDE": "y", "SHOP_KEY": "hush"},
    )
    condition_of = found["b"].condition
    assert condition_of is not None
    assert (found["b"].verdict, condition_of.seen, condition_of.unknown) == (verdict, seen, unknown)
    assert condition_of.value is {"run": True, "skip": False, "depends": None}[verdict]


def test_what_is_skipped_is_known_to_those_that_wait_for_it(bench: Workbench) -> None:
    found = said(
        bench,
        f"""
steps:
  - {{id: a, if: workflow.name == 'x', run: 'true'}}
  - {{id: b, if: steps.a.status == 'skipped', {STEP}}}
  - {{id: c, if: (steps.a.outputs.stdout | default('')) == '', {STEP}}}
finally:
  - {{id: e, if: steps.a.status == 'skipped', {STEP}}}
""",
    )
    assert found.verdicts == {"a": "skip", "b": "run", "c": "run", "e": "depends"}


def test_needs_and_handlers(bench: Workbench) -> None:
    found = said(
        bench,
        f"""
failure: continue
inputs: {{x: {{type: boolean}}}}
steps:
  - {{id: a, run: 'true'}}
  - {{id: off, if: workflow.name == 'x', run: 'true'}}
  - {{id: alarm, needs: {{a: failed}}, {STEP}}}
  - {{id: never, needs: {{off: failed}}, {STEP}}}
  - {{id: wants, needs: {{off: succeeded}}, {STEP}}}
  - {{id: takes, needs: [off], {STEP}}}
  - {{id: always, needs: {{a: done, off: done}}, {STEP}}}
  - {{id: either, needs: {{a: [failed, cancelled], off: succeeded}}, join: any, {STEP}}}
  - {{id: maybe, needs: [], if: inputs.x, {STEP}}}
  - {{id: hangs, needs: {{maybe: succeeded}}, {STEP}}}
  - {{id: goes, needs: [maybe], {STEP}}}
""",
    )
    assert found.of("alarm") == ("depends", "only if `a` fails")
    assert found.of("never") == ("skip", "`off` is skipped, and this wants it failed")
    assert found.of("wants") == ("skip", "`off` is skipped, and this wants it succeeded")
    assert found.of("takes") == ("run", "")
    assert found.of("always") == ("run", "")
    assert found.of("either") == ("depends", "only if `a` is failed or cancelled")
    assert found.of("hangs") == ("depends", "depends on how `maybe` ends")
    assert found.of("goes") == ("run", "")


def test_arms_and_branches(bench: Workbench) -> None:
    found = said(
        bench,
        f"""
inputs: {{n: {{type: integer, default: 3}}, x: {{type: boolean}}}}
steps:
  - id: known
    switch:
      - {{when: inputs.n > 5, steps: [{{id: k1, {STEP}}}]}}
      - {{when: inputs.n > 2, steps: [{{id: k2, {STEP}}}]}}
      - {{default: true, steps: [{{id: k3, {STEP}}}]}}
  - id: unknown
    switch:
      - {{when: inputs.x, steps: [{{id: u1, {STEP}}}]}}
      - {{when: inputs.n > 5, steps: [{{id: u2, {STEP}}}]}}
      - {{when: inputs.n > 2, steps: [{{id: u3, {STEP}}}]}}
      - {{default: true, steps: [{{id: u4, {STEP}}}]}}
  - id: both
    parallel:
      left: {{if: inputs.n > 5, steps: [{{id: b1, {STEP}}}]}}
      right: {{if: inputs.x, steps: [{{id: b2, {STEP}}}]}}
      other: {{default: true, steps: [{{id: b3, {STEP}}}]}}
  - {{id: after, {STEP}}}
  - id: none
    switch: [{{when: inputs.n > 5, steps: [{{id: n1, {STEP}}}]}}]
  - {{id: last, {STEP}}}
""",
    )
    assert found.verdicts == {
        "known": "run", "k1": "skip", "k2": "run", "k3": "skip",
        "unknown": "run", "u1": "depends", "u2": "skip", "u3": "depends", "u4": "skip",
        "both": "run", "b1": "skip", "b2": "depends", "b3": "depends",
        "after": "run", "none": "run", "n1": "skip", "last": "skip",
    }  # fmt: skip
    assert found.of("none") == ("run", "no `when` holds and there is no `default`")
    assert (found["none"].fails, found.of("last")) == (True, ("skip", "blocked by `none`, which fails"))
    arms = [(one.verdict, one.reason) for one in found.forecast.lists.values()]
    assert arms == [
        ("skip", ""), ("run", ""), ("skip", "an arm above it is taken"),
        ("depends", ""), ("skip", ""), ("depends", "only if no arm above it is taken"), ("skip", "an arm above it is taken"),
        ("skip", ""), ("depends", ""), ("depends", "only if no other branch is taken"), ("skip", ""),
    ]  # fmt: skip
    assert found.of("k1") == ("skip", "arm 1 is not taken")
    assert found.of("u1") == ("depends", "only if arm 1 is taken")
    assert found.of("b3") == ("depends", "only if branch `other` is taken")


def test_groups_rescue_finally(bench: Workbench) -> None:
    found = said(
        bench,
        f"""
inputs: {{x: {{type: boolean}}}}
steps:
  - id: off
    if: workflow.name == 'x'
    steps: [{{id: o1, {STEP}}}, {{id: o2, steps: [{{id: o3, {STEP}}}]}}]
    finally: [{{id: o4, {STEP}}}]
  - id: perhaps
    if: inputs.x
    steps: [{{id: p1, {STEP}}}, {{id: p2, if: workflow.name == 'x', {STEP}}}]
    rescue: [{{id: p3, {STEP}}}]
    finally: [{{id: p4, {STEP}}}]
  - id: on
    steps: [{{id: n1, {STEP}}}]
    rescue: [{{id: n2, {STEP}}}]
    finally: [{{id: n3, {STEP}}}]
  - id: breaks
    require: [workflow.name == 'x']
    run: 'true'
    rescue: [{{id: r1, {STEP}}}]
    finally: [{{id: r2, {STEP}}}]
  - {{id: after, {STEP}}}
rescue: [{{id: whole, {STEP}}}]
finally: [{{id: end, {STEP}}}]
""",
    )
    assert found.verdicts == {
        "off": "skip", "o1": "skip", "o2": "skip", "o3": "skip", "o4": "skip",
        "perhaps": "depends", "p1": "depends", "p2": "skip", "p3": "depends", "p4": "depends",
        "on": "run", "n1": "run", "n2": "depends", "n3": "run",
        "breaks": "skip", "r1": "run", "r2": "run", "after": "run", "whole": "depends", "end": "run",
    }  # fmt: skip
    assert found.of("o3") == ("skip", "`off` is skipped")
    assert found.of("p1") == ("depends", "only if `perhaps` runs")
    assert found.of("n2") == ("depends", "only if `on` fails")
    assert found.of("whole") == ("depends", "only if the run fails")
    assert found.of("breaks")[1] == (
        "its precondition `workflow.name == 'x'` does not hold (workflow.name = \"trial\"), and is rescued"
    )


def test_an_end(bench: Workbench) -> None:
    found = said(
        bench,
        f"""
inputs: {{x: {{type: boolean}}}}
steps:
  - {{id: beside, needs: [], {STEP}}}
  - {{id: stop, if: inputs.x, end: failed}}
  - {{id: then, {STEP}}}
  - id: group
    steps: [{{id: quit, end: succeeded}}, {{id: lost, {STEP}}}]
  - {{id: out, needs: {{group: done}}, {STEP}}}
finally: [{{id: last, {STEP}}}]
""",
    )
    assert found.of("then") == ("depends", "depends on whether `stop` ends the run")
    assert found.of("lost") == ("skip", "`quit` ends the run")
    assert found.of("out") == ("depends", "depends on whether `quit` ends the run")
    assert found.of("beside") == ("run", "")
    assert found["last"].verdict == "run"


def test_beside_a_step_that_fails(bench: Workbench) -> None:
    text = f"""
steps:
  - {{id: a, {STEP}}}
  - {{id: bad, needs: [a], require: [workflow.name == 'x'], run: 'true'}}
  - {{id: rival, needs: [a], {STEP}}}
  - {{id: handler, needs: {{bad: failed}}, {STEP}}}
  - {{id: after, needs: [handler], {STEP}}}
"""
    found = said(bench, text)
    assert found["bad"].fails
    assert found.of("rival") == ("depends", "only if it begins before `bad` fails")
    assert found.of("handler") == ("run", "")
    assert found.of("after") == ("skip", "blocked by `bad`, which fails")
    assert said(bench, "failure: continue" + text).of("rival") == ("run", "")


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("if: inputs.o.x, uses: log, with: {message: x}", "its `if` cannot be evaluated: `inputs.o.x` is missing: `inputs.o` has no `x`"),
        ("if: inputs.n, uses: log, with: {message: x}", "its `if` cannot be evaluated: `inputs.n` is a condition and must be true or false, but it is a number"),
        ("uses: log, with: {message: '${{ inputs.o.x }}'}", "its parameters cannot be evaluated: `inputs.o.x` is missing: `inputs.o` has no `x`"),
        ("run: 'echo ${{ inputs.o }}'", "its parameters cannot be evaluated: `${{ inputs.o }}` is a mapping, which is no word; put it in double quotes to get JSON, or use one of its fields"),
        ("foreach: '${{ inputs.any }}', run: 'true'", "its items cannot be had: `foreach` wants a list or a mapping, this is a number"),
        ("foreach: '${{ [1, 1] }}', key: '${{ item }}', run: 'true'", "its items cannot be had: two instances have the key `1`; `key` must tell them apart"),
    ],
)  # fmt: skip
def test_what_surely_fails(bench: Workbench, step: str, reason: str) -> None:
    found = said(
        bench,
        f"inputs: {{o: {{default: {{}}}}, n: {{default: 3}}, any: {{default: 3}}}}\nsteps: [{{id: a, {step}}}, {{id: b, {STEP}}}]\n",
    )
    assert found.of("a") == ("skip", reason)
    assert found["a"].fails
    assert found.of("b") == ("skip", "blocked by `a`, which fails")


def test_loops(bench: Workbench) -> None:
    found = said(
        bench,
        f"""
inputs: {{list: {{type: array, default: [a, b]}}, more: {{type: array}}, many: {{type: array, default: []}}}}
steps:
  - id: known
    foreach: ${{{{ inputs.list }}}}
    key: ${{{{ item }}}}
    steps:
      - {{id: k1, if: item == 'a', {STEP}}}
      - {{id: k2, if: item == 'c', {STEP}}}
      - {{id: k3, if: item == 'a' or inputs.more | length > 1, {STEP}}}
      - id: inner
        matrix: {{os: [linux, mac], py: [3]}}
        steps: [{{id: i1, if: matrix.os == 'mac' and item == 'b' and loop.first == false, {STEP}}}]
  - id: unknown
    foreach: ${{{{ inputs.more }}}}
    steps: [{{id: u1, if: item == 1, {STEP}}}, {{id: u2, {STEP}}}]
  - id: unkeyed
    foreach: ${{{{ inputs.list }}}}
    key: ${{{{ run.id }}}}-${{{{ item }}}}
    steps: [{{id: y1, if: item == 'a', {STEP}}}, {{id: y2, if: loop.key == 'a', {STEP}}}]
  - id: empty
    foreach: ${{{{ inputs.many }}}}
    steps: [{{id: e1, {STEP}}}]
""",
    )
    assert found["known"].items is not None
    assert (found["known"].items.number, found["known"].items.keys) == (2, ("a", "b"))
    assert (found.of("k1"), found["k1"].counts) == (("run", "in 1 of 2 instances"), (1, 1, 0))
    assert (found.of("k2"), found["k2"].counts) == (("skip", ""), (0, 2, 0))
    assert (found.of("k3"), found["k3"].counts) == (("run", "in 1 of 2 instances"), (1, 0, 1))
    assert found["i1"].counts == (1, 3, 0)
    assert [(one.key, one.verdict) for one in found["i1"].instances] == [
        ("a/os=linux,py=3", "skip"), ("a/os=mac,py=3", "skip"), ("b/os=linux,py=3", "skip"), ("b/os=mac,py=3", "run"),
    ]  # fmt: skip
    assert found["unknown"].items is not None
    assert (found["unknown"].items.number, found["unknown"].items.unknown) == (
        None,
        ("inputs.more, which is not given",),
    )
    assert (found["u1"].verdict, found["u2"].verdict) == ("depends", "run")
    assert found["unkeyed"].items is not None
    assert (found["unkeyed"].items.number, found["unkeyed"].items.unknown) == (2, ("run.id",))
    assert (found["y1"].counts, found["y2"].verdict) == ((1, 1, 0), "depends")
    assert found.of("empty") == ("skip", "there are no items")
    assert found.of("e1") == ("skip", "`empty` has no items")


def test_a_large_loop_is_looked_at_once(bench: Workbench) -> None:
    text = f"steps: [{{id: a, foreach: '${{{{ range(5000) | list }}}}', steps: [{{id: b, if: item > 3, {STEP}}}, {{id: c, if: workflow.name == 'x', {STEP}}}]}}]\n"
    found = said(bench, text)
    assert found["a"].items is not None
    assert (found["a"].items.number, found["a"].items.keys[:2]) == (5000, ("0", "1"))
    assert (found["b"].verdict, found["c"].verdict) == ("depends", "skip")


def test_tolerated_failures_of_a_loop(bench: Workbench) -> None:
    text = f"steps: [{{id: a, foreach: [1, 2, 3], max_failures: %d, require: [item > 1], run: 'true'}}, {{id: b, {STEP}}}]\n"
    assert said(bench, text % 1)["b"].verdict == "run"
    assert said(bench, text % 0).of("b") == ("skip", "blocked by `a`, which fails")


def test_a_part(bench: Workbench) -> None:
    text = f"steps: [{{id: a, {STEP}}}, {{id: b, steps: [{{id: b1, {STEP}}}, {{id: b2, {STEP}}}]}}, {{id: c, needs: {{a: failed}}, {STEP}}}, {{id: d, {STEP}}}]\n"
    found = said(bench, text, only=("b2",))
    assert found.verdicts == {"a": "skip", "b": "run", "b1": "skip", "b2": "run", "c": "skip", "d": "skip"}
    assert found.of("a") == ("skip", "not selected")
    assert said(bench, text, from_=("c",)).verdicts["c"] == "run", "what is not selected is not waited for"


def test_inputs(bench: Workbench) -> None:
    text = f"inputs: {{a: {{type: integer}}, b: {{default: 5}}, c: {{env: C, type: string}}, s: {{type: string, secret: true}}}}\nsteps: [{{id: x, {STEP}}}]\n"
    found = said(bench, text, {"a": 1, "s": "hush"}, environ={"C": "here"})
    assert [(one.name, one.source, one.value) for one in found.forecast.inputs] == [
        ("a", "given", 1), ("b", "default", 5), ("c", "given", "here"), ("s", "given", "***"),
    ]  # fmt: skip
    assert [one.source for one in said(bench, text).forecast.inputs] == ["missing", "default", "missing", "missing"]
    with pytest.raises(UsageError, match="input `a` must be a whole number, not `x`"):
        said(bench, text, {"a": "x"})
    with pytest.raises(UsageError, match="input `a` is missing"):
        said(bench, text, {"s": "x"}, environ={"C": "y"}, strict=True)


def test_the_id_of_the_run_may_be_given(bench: Workbench) -> None:
    text = f"steps: [{{id: a, if: run.id == 'r', {STEP}}}]\n"
    assert said(bench, text, run_id="r")["a"].verdict == "run"
    assert said(bench, text)["a"].verdict == "depends"


def test_parameters_and_what_step_types_say(bench: Workbench) -> None:
    (bench.folder / "sub").mkdir()
    found = said(
        bench,
        """
inputs: {who: {type: string, default: "A 'b' $c"}, token: {type: string, secret: true, default: hush-hush-secret}}
secrets: {key: {env: KEY}}
steps:
  - {id: direct, run: 'ls ${{ inputs.who }}'}
  - {id: script, run: 'echo "to ${{ inputs.who }}"; cat ${{ [1, inputs.who] }}'}
  - {id: later, run: 'echo "${{ steps.direct.outputs.stdout }}"'}
  - {id: secret, run: 'echo "${{ secrets.key }}"'}
  - {id: masked, uses: file.write, with: {path: "${{ inputs.token }}.txt", text: "${{ inputs.token }}"}}
  - {id: there, cwd: sub, uses: file.write, with: {path: x, text: x}}
  - {id: nowhere, cwd: "${{ steps.direct.outputs.stdout }}", uses: file.write, with: {path: x, text: x}}
  - {id: log, uses: log, with: {message: "${{ inputs.who }}"}}
  - {id: each, foreach: [a, b], key: "${{ item }}", uses: file.write, with: {path: "${{ item }}", text: x}}
  - {id: off, if: workflow.name == 'x', uses: file.write, with: {path: x, text: x}}
""",
        environ={"KEY": "the-key-itself"},
    )

    def summary(name: str) -> str:
        planned = found[name].planned
        return "" if planned is None else planned.summary or planned.note

    assert summary("direct") == "$ ls 'A '\"'\"'b'\"'\"' $c'"
    assert summary("script") == "$ echo \"to A 'b' \\$c\"; cat 1 'A '\"'\"'b'\"'\"' $c'"
    assert summary("later") == summary("secret") == summary("nowhere") == summary("log") == summary("off") == ""
    assert summary("masked") == "create ***.txt (16 bytes)"
    assert found["masked"].planned is not None
    assert found["masked"].planned.changes == (str(bench.folder / "***.txt"),)
    assert found["there"].planned is not None
    assert found["there"].planned.changes == (str(bench.folder / "sub" / "x"),)
    assert found["log"].parameters == {"message": "A 'b' $c"}
    assert found["masked"].parameters == {"path": "***.txt", "text": "***"}
    assert [(one.key, one.planned and one.planned.summary) for one in found["each"].instances] == [
        ("a", "create a (1 byte)"), ("b", "create b (1 byte)"),
    ]  # fmt: skip
    assert "the-key-itself" not in str(found.forecast)
    assert sorted(os.listdir(bench.folder)) == ["state", "sub", "trial.yaml"]


def test_wide_and_deep(bench: Workbench) -> None:
    wide = "".join(f"  - {{id: s{number}, {STEP}}}\n" for number in range(1500))
    assert set(said(bench, f"steps:\n{wide}").verdicts.values()) == {"run"}
    deep = f"{{id: x, {STEP}}}"
    for number in range(40):
        deep = f"{{id: g{number}, steps: [{deep}]}}"
    assert set(said(bench, f"steps: [{deep}]\n").verdicts.values()) == {"run"}
