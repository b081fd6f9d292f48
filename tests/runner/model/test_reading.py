import json
from textwrap import dedent
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runner.checks.support import check_document

from steplane.expressions import Expression, Literal, Text
from steplane.model import (
    End,
    ForEach,
    Group,
    Matrix,
    Need,
    Parallel,
    Run,
    Step,
    Switch,
    Uses,
    Workflow,
    all_steps,
    read_workflow,
    step_lists,
)  # fmt: skip
from steplane.model.reading.identity import VALID, slug
from steplane.schema import read_schema
from steplane.source import read

Kind = TypeVar("Kind")


def workflow_of(text: str, file: str = "dir/Two Words.v1.yaml") -> Workflow:
    workflow, diagnostics = read_workflow(read(dedent(text), file))
    assert workflow is not None
    assert not diagnostics
    return workflow


def steps_of(text: str) -> dict[str, Step]:
    indented = "".join(f"  {line}\n" for line in dedent(text).strip("\n").splitlines())
    return {step.id: step for step in all_steps(workflow_of(f"steplane: 1\nsteps:\n{indented}"))}


def one(text: str) -> Step:
    (step,) = steps_of(f"- {text}").values()
    return step


def as_a(kind: type[Kind], value: object) -> Kind:
    assert isinstance(value, kind)
    return value


def test_ids_are_derived_from_names_then_from_positions() -> None:
    steps = steps_of("""
        - name: Fetch the archive
          run: x
        - run: x
        - id: pairs
          steps:
            - run: x
            - name: Fetch the archive
              run: x
          rescue: [{run: x}]
          finally: [{run: x}]
        - id: both
          parallel: {doctor: [{run: x}], nurse: {if: 'true', steps: [{run: x}]}}
        - id: route
          switch: [{when: 'true', steps: [{run: x}, {run: x}]}, {default: true, steps: [{run: x}]}]
        - {id: step_7, run: x}
        - {name: Übung, run: x}
        - {name: '3 times', run: x}
    """)
    assert list(steps) == [
        "fetch_the_archive", "step_2", "pairs", "both", "route", "step_7", "step_7_2", "step_8",
        "pairs_1", "pairs_2", "pairs_rescue_1", "pairs_finally_1", "both_doctor_1", "both_nurse_1",
        "route_1_1", "route_1_2", "route_default_1",
    ]  # fmt: skip
    assert steps["step_2"].id_span is None
    assert steps["pairs"].id_span is not None


def test_lists_of_the_workflow_itself_give_ids_too() -> None:
    workflow = workflow_of("steplane: 1\nsteps: [{run: x}]\nrescue: [{run: x}]\nfinally: [{run: x}]\n")
    assert [step.id for step in all_steps(workflow)] == ["step_1", "rescue_1", "finally_1"]
    assert [listed.role for listed in step_lists(workflow)] == ["steps", "rescue", "finally"]


@given(st.text(max_size=20))
def test_a_slug_is_an_id_or_nothing(name: str) -> None:
    text = slug(name)
    assert text is None or VALID.fullmatch(text)


def test_the_name_comes_from_the_files_stem() -> None:
    assert workflow_of("steplane: 1\nsteps: []\n").name.text == "two-words"
    assert workflow_of("steplane: 1\nname: own\nsteps: []\n").name.text == "own"


def test_retry_in_its_short_form_is_the_long_one() -> None:
    short, long = one("{retry: 3, run: x}").retry, one("{retry: {attempts: 3}, run: x}").retry
    assert short is not None
    assert long is not None
    assert short.attempts is not None
    assert long.attempts is not None
    assert (short.attempts.number, short.delay, short.backoff, short.jitter) == (3, None, "constant", "none")
    assert long.attempts.number == 3


def test_defaults_are_merged_key_by_key_into_leaves_only() -> None:
    workflow = workflow_of("""
        steplane: 1
        defaults:
          shell: sh
          timeout: 5m
          retry: {attempts: 4, delay: 2s}
          env: {A: default, B: default}
        steps:
          - {id: leaf, env: {B: own}, retry: {delay: 9s}, run: x}
          - {id: bare, uses: csv.read, with: {path: a}}
          - {id: group, steps: [{id: inner, run: x, timeout: 1s, with: {shell: bash}}]}
          - {id: argv, run: [ls]}
    """)
    steps = {step.id: step for step in all_steps(workflow)}
    leaf = steps["leaf"]
    assert leaf.retry is not None
    assert leaf.retry.attempts is not None
    assert leaf.retry.delay is not None
    assert (leaf.retry.attempts.number, leaf.retry.delay.seconds) == (4, 9.0)
    assert [(one.name.text, one.value.template) for one in leaf.env] == [
        ("A", Literal("default")), ("B", Literal("default")), ("B", Literal("own")),
    ]  # fmt: skip
    assert leaf.timeout is not None
    assert leaf.timeout.seconds == 300.0
    assert [one.name.text for one in as_a(Run, leaf.action).parameters] == ["shell"]
    assert steps["group"].retry is None
    assert steps["group"].timeout is None
    assert steps["group"].env == ()
    inner = as_a(Run, steps["inner"].action)
    assert [one.value.template for one in inner.parameters] == [Literal("bash")]
    assert as_a(Run, steps["argv"].action).parameters == ()
    assert as_a(Uses, steps["bare"].action).type == "csv.read"


def test_both_forms_of_needs() -> None:
    step = one("{needs: {a: [failed, done], b: succeeded}, run: x}")
    assert step.needs is not None
    assert [(need.step.text, need.words) for need in step.needs.needs] == [
        ("a", ("failed", "done")),
        ("b", ("succeeded",)),
    ]
    listed = one("{needs: [a], run: x}").needs
    assert listed is not None
    assert listed.needs == (Need(listed.needs[0].step),)
    empty = one("{needs: [], run: x}").needs
    assert empty is not None
    assert empty.needs == ()
    assert one("{run: x}").needs is None


@pytest.mark.parametrize(
    ("text", "mode", "count"), [("all", "all", None), ("any", "count", 1), ("2", "count", 2), ("each", "each", None)]
)
def test_joins(text: str, mode: str, count: int | None) -> None:
    join = one(f"{{needs: [a], join: {text}, run: x}}").join
    assert join is not None
    assert (join.mode, join.count) == (mode, count)


def test_loops() -> None:
    loop = as_a(
        ForEach,
        one("{foreach: '${{ vars.x }}', as: row, key: 'n${{ row }}', concurrency: 4, max_failures: 5%, run: x}").loop,
    )
    assert isinstance(loop.items.template, Expression)
    assert loop.item.text == "row"
    assert loop.spread.key is not None
    assert isinstance(loop.spread.key.template, Text)
    assert loop.spread.concurrency is not None
    assert loop.spread.concurrency.number == 4
    assert loop.spread.max_failures is not None
    assert loop.spread.max_failures.percent == 5.0
    matrix = as_a(Matrix, one("{matrix: {os: [a, b], py: [1], exclude: [{os: a}], include: [{os: c}]}, run: x}").loop)
    assert [axis.name.text for axis in matrix.axes] == ["os", "py"]
    assert [part.template for part in matrix.exclude] == [Literal({"os": "a"})]
    assert [part.template for part in matrix.include] == [Literal({"os": "c"})]


def test_actions() -> None:
    steps = steps_of("""
        - {id: group, steps: [{run: x}]}
        - {id: fork, parallel: {a: [{run: x}], b: {default: true, steps: [{run: x}]}}}
        - {id: choice, switch: [{when: inputs.x, steps: [{run: x}]}, {default: true, steps: [{run: x}]}]}
        - {id: stop, end: {status: failed, message: 'no ${{ inputs.x }}', outputs: {n: 1}}}
    """)
    assert len(as_a(Group, steps["group"].action).steps) == 1
    assert [(branch.name.text, branch.default) for branch in as_a(Parallel, steps["fork"].action).branches] == [
        ("a", False),
        ("b", True),
    ]
    assert [arm.default for arm in as_a(Switch, steps["choice"].action).arms] == [False, True]
    end = as_a(End, steps["stop"].action)
    assert end.status == "failed"
    assert end.outputs is not None


def test_a_script_is_cut_at_its_expressions() -> None:
    run = as_a(Run, one("'run': 'echo ${{ inputs.a }} and \"${{ steps.b.status }}\"'").action)
    assert [part if isinstance(part, str) else part.text for part in run.parts] == [
        "echo ",
        "inputs.a",
        ' and "',
        "steps.b.status",
        '"',
    ]
    assert run.script is not None
    assert [run.script.text[start:end] for start, end in run.spans] == ["${{ inputs.a }}", "${{ steps.b.status }}"]


def test_outputs_in_all_forms() -> None:
    outputs = one(
        "{outputs: {a: '${{ result.x }}', b: {value: 1, type: number}, c: {value: x, secret: true}, d: {e: 1}}, run: x}"
    ).outputs
    assert outputs is not None
    assert outputs.reshaped
    assert [(one.name.text, one.schema, one.secret) for one in outputs.items] == [
        ("a", None, False), ("b", {"type": "number"}, False), ("c", None, True), ("d", None, False),
    ]  # fmt: skip
    names = one("{outputs: [a, b], run: x}").outputs
    assert names is not None
    assert not names.reshaped
    assert [one.name.text for one in names.items] == ["a", "b"]


def test_inputs_keep_their_schema_apart_from_our_keys() -> None:
    workflow = workflow_of("""
        steplane: 1
        inputs:
          a: {type: number, minimum: 0, default: 3}
          b: {type: string, env: B, secret: true}
          c: {optional: true}
          d: {type: string, description: needed}
          e: {default: null}
        steps: []
    """)
    a, b, c, d, e = workflow.inputs
    assert (a.schema, a.default, a.required) == ({"type": "number", "minimum": 0}, 3, False)
    assert (b.schema, b.env and b.env.text, b.secret, b.required) == ({"type": "string"}, "B", True, False)
    assert (c.optional, c.required) == (True, False)
    assert (d.required, d.description) == (True, "needed")
    assert (e.has_default, e.default, e.required) == (True, None, False)


def test_numbers_are_text_where_text_is_wanted() -> None:
    workflow = workflow_of("steplane: 1\nversion: 1.5\nenv: {A: 8080, B: true}\nsteps: []\n")
    assert workflow.version == "1.5"
    assert [one.value.template for one in workflow.env] == [Literal("8080"), Literal("true")]


def test_what_has_the_wrong_shape_is_left_out_without_a_word() -> None:
    text = """
        steplane: 1
        name: [x]
        vars: 3
        env: [a]
        inputs: {a: 3}
        secrets: {a: 1}
        steps: [3, {id: a}, {run: {}}, {retry: [], run: x, foreach: null}]
    """
    workflow, diagnostics = read_workflow(read(dedent(text), "w.yaml"))
    assert diagnostics == []
    assert workflow is not None
    assert [type(step.action).__name__ for step in workflow.steps] == ["Broken", "Broken", "Run"]


def test_expressions_that_are_wrong_are_told_at_their_place() -> None:
    _, found = read_workflow(read("steplane: 1\nsteps:\n  - run: x\n    if: a ==\n    env: {A: '${{ x'}\n", "w.yaml"))
    assert [(one.code, one.span.line) for one in found] == [("expression-syntax", 4), ("unclosed-expression", 5)]


STEP = read_schema("workflow")["$defs"]["step"]["properties"]
EXAMPLES = [example for one in STEP.values() for example in one["examples"]]
VALUES: st.SearchStrategy[object] = st.one_of(
    st.sampled_from(EXAMPLES), st.sampled_from([None, True, 0, 1.5, "", "x", "${{ a }}", "${{", "'", [], {}])
)
STEPS = st.recursive(
    st.dictionaries(st.sampled_from(sorted(STEP)), VALUES, max_size=5),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"steps": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries(
            {"parallel": st.dictionaries(st.sampled_from(["a", "b", "C"]), st.lists(inner), max_size=2)}
        ),
        st.fixed_dictionaries({"run": VALUES, "rescue": st.lists(inner, max_size=2), "foreach": VALUES}),
    ),
    max_leaves=5,
)
TOP = read_schema("workflow")["properties"]


@settings(max_examples=250, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(TOP)), VALUES, max_size=4), st.lists(STEPS, max_size=4))
def test_no_shape_makes_reading_or_checking_raise(top: dict[str, object], steps: list[object]) -> None:
    found = check_document(read(json.dumps({"steplane": 1, **top, "steps": steps}), "w.yaml"))
    assert all(one.message and one.span.line >= 1 for one in found)
    assert len({(one.code, one.span, one.message) for one in found}) == len(found)
