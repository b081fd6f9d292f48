"""The types of what steps give, and expressions held against what takes them beside `with`."""

import pytest
from tests.errors.mending import check
from tests.runner.checks.support import check_steps, codes, said

INPUTS = """\
inputs:
  n: {type: integer}
  s: {type: string}
  l: {type: array, items: {type: string}}
  m: {type: object, additionalProperties: {type: integer}}
"""


def messages(steps: str, top: str = INPUTS) -> list[str]:
    return [one.message for one in check_steps(steps, top)]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("timeout: '${{ inputs.n }}'", "`timeout` of step `a` wants a duration such as `30s`, and `inputs.n` is a"),
        ("retry: {attempts: '${{ inputs.s }}'}", "`retry.attempts` of step `a` wants a whole number, and `inputs.s`"),
        ("retry: {attempts: 2, delay: '${{ inputs.n }}'}", "`retry.delay` of step `a` wants a duration such as `30s`"),
        ("foreach: [1], concurrency: '${{ inputs.s }}'", "`concurrency` of step `a` wants a whole number"),
        ("foreach: [1], key: '${{ inputs.l }}'", "`key` must be text, and `inputs.l` is a list"),
        ("lock: '${{ inputs.l }}'", "`lock` must be text, and `inputs.l` is a list"),
        ("cwd: '${{ inputs.m }}'", "`cwd` must be text, and `inputs.m` is a mapping"),
        ("foreach: [[1]], env: {A: '${{ item }}'}", "`A` of `env` must be text, and `item` is a list"),
        ("outputs: {x: {value: '${{ result.exit_code }}', type: string}}", "the output `x` of step `a` wants text"),
        ("outputs: {x: {value: high, type: integer}}", "the output `x` of step `a` must be a whole number"),
        ("outputs: {x: '${{ result.stdot }}'}", "`result` has no `stdot`"),
        ("ensure: [result.json.a]", "`json` of step `a` is always null"),
        ("outputs: [x], ensure: [result.x == 1, result.y == 1]", "`result` has no `y`"),
        ("until: loop.previous.outputs.stdot == ''", "`loop.previous.outputs` has no `stdot`"),
    ],
)  # fmt: skip
def test_beside_the_action(keys: str, message: str) -> None:
    (found,) = messages(f"- {{id: a, run: 'true', {keys}}}")
    assert found.startswith(message)


@pytest.mark.parametrize(
    "keys",
    [
        "timeout: '${{ inputs.s }}', retry: {attempts: '${{ inputs.n }}', delay: '${{ inputs.s }}'}",
        "foreach: [1], concurrency: '${{ inputs.n }}', key: '${{ inputs.n }}', lock: '${{ inputs.n }}'",
        "outputs: {x: {value: '${{ result.exit_code }}', type: number}, y: {value: '${{ inputs.n }}', type: number}}",
        "rescue: [{run: 'true'}], outputs: {x: '${{ result.stdout | default(0) + 1 }}'}",
        "outputs: [x], ensure: [result.x == 1, result.exit_code == 0]",
    ],
)
def test_what_fits(keys: str) -> None:
    assert messages(f"- {{id: a, run: 'true', {keys}}}") == []


def test_actions_that_take_a_value() -> None:
    assert messages("""
        - {id: a, wait: "${{ inputs.n }}"}
        - {id: b, wait: {until: "${{ inputs.n }}"}}
        - {id: c, race: {x: {wait: "${{ inputs.n }}", steps: [{run: 'true'}]}, y: {wait: 1s, steps: [{run: 'true'}]}}}
        - {run: [echo, "${{ inputs.l }}", "${{ inputs.n }}", "a ${{ inputs.l }}"]}
    """) == [
        "`wait` of step `a` wants a duration such as `30s`, and `inputs.n` is a whole number",
        "`until` of step `b` wants a time such as `2026-12-01T08:00:00Z`, and `inputs.n` is a whole number",
        "`wait` of step `c` wants a duration such as `30s`, and `inputs.n` is a whole number",
        "an argument of `run` must be text, and `inputs.l` is a list",
    ]


def test_types_go_through_groups_loops_and_maps() -> None:
    found = check_steps(
        """
        - id: g
          steps: [{id: inner, run: 'true'}]
          outputs: {code: "${{ steps.inner.outputs.exit_code }}"}
        - {id: each, foreach: [1, 2], run: 'true'}
        - {id: some, foreach: [1, 2], max_failures: 1, run: 'true'}
        - {id: map, foreach: "${{ inputs.m }}", run: "echo ${{ item.value + 'x' }}"}
        - run: >
            echo "${{ steps.g.outputs.code + 'x' }} ${{ steps.each.outputs.stdout[0] + 1 }} ${{ inputs.m.a + 'x' }}
            ${{ steps.each.instances[0].outputs.stdot }} ${{ steps.each.instances[0].sttus }} ${{ steps.g.error.typ }}
            ${{ steps.some.outputs.stdout[0] | default(1) + 1 }} ${{ inputs.n[0] }}"
        """,
        INPUTS,
    )
    assert [line.split(" ", 2)[0] + " " + line.split(" ", 2)[2] for line in said(found)] == [
        "operands `+` cannot add a whole number and text",
        "operands `+` cannot add a whole number and text",
        "operands `+` cannot add text and a whole number",
        "operands `+` cannot add a whole number and text",
        "unknown-field `steps.each.instances[0].outputs` has no `stdot`",
        "unknown-field `steps.each.instances[0]` has no `sttus`",
        "unknown-field `steps.g.error` has no `typ`",
        "no-field `inputs.n` is a whole number and has no items",
    ]


CHILD = """\
steplane: 1
inputs: {n: {type: integer}}
steps:
  - {id: look, run: 'true'}
  - {id: again, if: inputs.n > 0, call: child.yaml, with: {n: "${{ inputs.n - 1 }}"}}
outputs:
  total: {value: "${{ inputs.n }}", type: integer}
  text: ${{ steps.look.outputs.stdout }}
  deep: ${{ steps.again.outputs.deep | default(0) }}
"""


def test_types_go_through_calls() -> None:
    main = """\
steplane: 1
steps:
  - {id: c, call: child.yaml, with: {n: 3}}
  - run: echo "${{ steps.c.outputs.total + 'x' }} ${{ steps.c.outputs.text + 1 }} ${{ steps.c.outputs.deep + 'x' }}"
"""
    found = check(main, "main.yaml", {"child.yaml": CHILD})
    assert codes(tuple(found)) == ["operands", "operands"]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("inputs.n | round('x')", "the filter `round` wants a whole number as `precision`, and this is text"),
        ("inputs.l | join(inputs.l)", "the filter `join` wants text as `d`, and `inputs.l` is a list"),
        ("inputs.s | truncate(leeway='x')", "the filter `truncate` wants a whole number as `leeway`, and this is text"),
        ("range(inputs.s)", "`range` takes whole numbers, and `inputs.s` is text"),
        ("inputs.n | timestamp", "the filter `timestamp` wants a time as text, and `inputs.n` is a whole number"),
        ("'soon' | timestamp", "this is no time in ISO 8601, such as `2026-11-23T08:30:00Z`"),
        ("'5 parsecs' | duration", "`5 parsecs` is not a duration: write a number with a unit (ms, s, m, h, d), such"),
        ("'many' | int", "this is no number"),
        ("-inputs.s", "`-` needs a number, and `inputs.s` is text"),
    ],
)
def test_arguments_and_literals(expression: str, message: str) -> None:
    (found,) = messages(f'- {{run: "echo ${{{{ {expression} }}}}"}}')
    assert found.startswith(message)


def test_what_filters_take() -> None:
    good = "inputs.s | replace(1, 2) | trim | split | join('-') | truncate(9) | indent('  ') | default(3)"
    assert messages(f'- {{run: "echo ${{{{ {good} }}}} ${{{{ inputs.n | round(2) }}}} ${{{{ 3.7 | int }}}}"}}') == []
