"""Values that are known before the run and can never do, and the round before the first."""

import pytest
from tests.runner.checks.test_values import said

ROUNDS = "- id: g\n  while: loop.first or loop.previous.outputs.n < 3\n  max: 3\n  outputs: {n: '${{ 1 }}'}\n"
FIRST = "`loop.previous.outputs.n` may be missing: before the first round of step `g` there was none"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("- {run: [x, '${{ 1 / 0 }}']}", "operands: `/` by zero"),
        ("- {run: [x, '${{ inputs.amount // 0 }}']}", "operands: `//` by zero"),
        ("- {if: inputs.amount % 0.0 > 1, run: x}", "operands: `%` by zero"),
        ("- {run: [x, '${{ \"a?\" | b64decode }}']}", "bad-literal: this is no Base64"),
        (
            "- {run: [x, '${{ \"/w==\" | b64decode }}']}",
            "bad-literal: this is no Base64 of text: the bytes are no UTF-8",
        ),
        (
            "- {id: a, timeout: \"${{ 'x' }}\", run: x}",
            "wrong-kind: `timeout` of step `a` wants a duration such as `30s`, and `'x'` is none",
        ),
        (
            "- {id: a, timeout: '${{ inputs.kind }}', run: x}",
            "wrong-kind: `timeout` of step `a` wants a duration such as `30s`, and `inputs.kind` is `storm` or `theft`",
        ),
        (
            "- {id: a, wait: {until: \"${{ 'noon' }}\"}}",
            ("wrong-kind: `until` of step `a` wants a time such as `2026-12-01T08:00:00Z`, and `'noon'` is none"),
        ),
        (f"{ROUNDS}  run: [x, '${{{{ loop.previous.outputs.n }}}}']", f"may-be-missing: {FIRST}"),
        (f"{ROUNDS}  steps: [{{if: loop.previous.outputs.n > 1, run: x}}]", f"may-be-missing: {FIRST}"),
        (
            ROUNDS.replace("loop.first or ", "") + "  run: x",
            f"may-be-missing: {FIRST}",
        ),
    ],
)
def test_what_cannot_be_is_said(steps: str, expected: str) -> None:
    assert said(steps) == [expected]


@pytest.mark.parametrize(
    "steps",
    [
        "- {run: [x, '${{ 1 / inputs.amount }} ${{ 0 / 1 }} ${{ \"YQ==\" | b64decode }}']}",
        '- {id: a, timeout: "${{ inputs.amount }}s", run: x}\n- {id: b, timeout: "${{ \'3s\' }}", run: x}',
        "- {id: a, wait: {until: \"${{ '2030-01-01T00:00:00Z' }}\"}}",
        f"{ROUNDS}  run: [x, '${{{{ loop.previous.outputs.n | default(0) }}}}']",
        f"{ROUNDS}  run: [x, '${{{{ 0 if loop.first else loop.previous.outputs.n }}}}']",
        f"{ROUNDS}  run: [x, '${{{{ loop.previous.outputs.n if loop.previous else 0 }}}}']",
        f"{ROUNDS}  steps: [{{if: loop.index > 1, run: [x, '${{{{ loop.previous.outputs.n }}}}']}}]",
        "- id: g\n  until: loop.previous.outputs.n > 0\n  max: 3\n  outputs: {n: '${{ 1 }}'}\n  run: x",
    ],
)
def test_what_may_be_is_not_spoken_of(steps: str) -> None:
    assert said(steps) == []
