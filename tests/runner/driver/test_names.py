"""What expressions see: steps from everywhere, loops, errors, missing values."""

# ruff: noqa: E501 - workflows stand as their authors write them

import pytest
from tests.runner.running import Workbench

# `give: VALUE` is short for a step that has the output `v`.
CASES = {
    "a step beside": (
        """
steps:
  - {id: a, uses: log, with: {message: x}, outputs: {v: 1}}
  - {id: b, uses: log, with: {message: x}, outputs: {v: "${{ steps.a.outputs.v + 1 }}"}}
outputs: {v: "${{ steps.b.outputs.v }}"}
""",
        2,
    ),
    "a step in a group that has ended": (
        """
steps:
  - {id: g, steps: [{id: h, steps: [{id: a, uses: log, with: {message: x}, outputs: {v: deep}}]}]}
outputs: {v: "${{ steps.a.outputs.v }}"}
""",
        "deep",
    ),
    "from inside a group, a step before the group": (
        """
steps:
  - {id: a, uses: log, with: {message: x}, outputs: {v: 7}}
  - {id: g, steps: [{id: h, steps: [{id: b, uses: log, with: {message: x}, outputs: {v: "${{ steps.a.outputs.v }}"}}]}]}
outputs: {v: "${{ steps.b.outputs.v }}"}
""",
        7,
    ),
    "a step in a branch": (
        """
steps:
  - id: p
    parallel:
      one: [{id: a, uses: log, with: {message: x}, outputs: {v: 1}}]
      two: [{id: b, uses: log, with: {message: x}, outputs: {v: 2}}]
outputs: {v: "${{ [steps.a.outputs.v, steps.b.outputs.v] }}"}
""",
        [1, 2],
    ),
    "an arm that was taken and one that was not": (
        """
steps:
  - id: s
    switch:
      - {when: "true", steps: [{id: a, uses: log, with: {message: x}, outputs: {v: 1}}]}
      - {default: true, steps: [{id: b, uses: log, with: {message: x}, outputs: {v: 2}}]}
outputs:
  v: "${{ [steps.a.status, steps.b.status, steps.b.outputs.v | default('none'), steps.b.started_at, steps.b.attempts] }}"
""",
        ["succeeded", "skipped", "none", None, 0],
    ),
    "inside what was skipped": (
        """
steps:
  - {id: g, if: "false", steps: [{id: a, uses: log, with: {message: x}, outputs: {v: 1}}]}
outputs: {v: "${{ [steps.g.status, steps.a.status, steps.a.outputs.v | default(3), steps.a.error] }}"}
""",
        ["skipped", "skipped", 3, None],
    ),
    "siblings within one item": (
        """
steps:
  - id: l
    foreach: [a, b]
    steps:
      - {id: first, uses: log, with: {message: x}, outputs: {v: "${{ item }}1"}}
      - {id: second, uses: log, with: {message: x}, outputs: {v: "${{ steps.first.outputs.v }}2"}}
    outputs: {v: "${{ steps.second.outputs.v }}"}
outputs: {v: "${{ steps.l.outputs.v }}"}
""",
        ["a12", "b12"],
    ),
    "siblings within nested loops and groups": (
        """
steps:
  - {id: top, uses: log, with: {message: x}, outputs: {v: t}}
  - id: l
    foreach: [1, 2]
    as: row
    concurrency: 2
    steps:
      - id: near
        uses: log
        with: {message: x}
        outputs: {v: "${{ row }}"}
      - id: m
        foreach: [x, y]
        as: cell
        steps:
          - {id: g, steps: [{id: leaf, uses: log, with: {message: x}, outputs: {v: "${{ steps.top.outputs.v }}${{ steps.near.outputs.v }}${{ cell }}${{ loop.index }}"}}]}
        outputs: {v: "${{ steps.leaf.outputs.v }}"}
    outputs: {v: "${{ steps.m.outputs.v | join(' ') }}"}
outputs: {v: "${{ steps.l.outputs.v }}"}
""",
        ["t1x1 t1y2", "t2x1 t2y2"],
    ),
    "a recovered group": (
        """
steps:
  - id: g
    steps:
      - {id: a, uses: log, with: {message: x}, outputs: {v: before}}
      - {id: b, uses: fail, with: {message: broken, code: 4, detail: {k: 1}}}
      - {id: c, uses: log, with: {message: x}, outputs: {v: never}}
    rescue:
      - id: r
        uses: assert
        with:
          that:
            - ${{ steps.a.outputs.v == 'before' and steps.b.status == 'failed' and steps.c.status == 'blocked' }}
            - ${{ error.type == 'fail' and error.message == 'broken' and error.code == 4 }}
            - ${{ error.detail.k == 1 and error.step == 'g/b' }}
    outputs: {v: "${{ steps.a.outputs.v }}", gone: "${{ steps.c.outputs.v }}"}
outputs:
  v: >-
    ${{ [steps.g.outputs.v, steps.g.recovered, steps.g.status, steps.g.error.type,
    steps.g.outputs.gone | default('gone')] }}
""",
        ["before", True, "succeeded", "fail", "gone"],
    ),
    "finally sees what was in rescue": (
        """
steps:
  - id: g
    steps: [{id: a, uses: fail, with: {message: no}}]
    rescue: [{id: r, uses: log, with: {message: x}, outputs: {v: 5}}]
    finally: [{id: f, uses: log, with: {message: x}, outputs: {v: "${{ [steps.r.outputs.v, steps.a.status, error.type] }}"}}]
outputs: {v: "${{ steps.g.status }}"}
""",
        "succeeded",
    ),
    "finally without an error": (
        """
steps:
  - id: g
    steps: [{id: a, uses: log, with: {message: x}}]
    finally: [{uses: assert, with: {that: ["${{ error == null }}"]}}]
outputs: {v: "${{ steps.g.status }}"}
""",
        "succeeded",
    ),
    "the error of an attempt that was made good is none": (
        """
steps:
  - id: g
    retry: {attempts: 2, delay: 1ms}
    steps: [{id: a, run: "test -e there || { touch there; exit 1; }"}]
    finally: [{uses: assert, with: {that: ["${{ error == null and steps.a.status == 'succeeded' }}"]}}]
outputs: {v: "${{ [steps.g.error, steps.g.attempts] }}"}
""",
        [None, 2],
    ),
    "a tolerated failure": (
        """
steps:
  - {id: a, uses: fail, with: {message: no}, on_error: warn, outputs: {v: 1}}
  - {id: b, uses: log, with: {message: x}, outputs: {v: "${{ steps.a.outputs.v | default('none') }}"}}
outputs: {v: "${{ [steps.a.status, steps.b.outputs.v, steps.a.error.message] }}"}
""",
        ["warning", "none", "no"],
    ),
    "a loop with failures": (
        """
steps:
  - id: l
    foreach: [1, 2, 3]
    max_failures: 1
    steps:
      - {id: odd, if: item == 2, uses: fail, with: {message: two}}
      - {id: a, uses: log, with: {message: x}, outputs: {v: "${{ item * 10 }}"}}
    outputs: {v: "${{ steps.a.outputs.v }}"}
outputs: {v: "${{ [steps.l.outputs.v, steps.l.status, steps.l.instances | map(attribute='status') | list, steps.l.instances[1].error.message, steps.l.instances[0].outputs.v, steps.l.instances[2].key] }}"}
""",
        [[10, None, 30], "warning", ["succeeded", "failed", "succeeded"], "two", 10, "2"],
    ),
    "a loop in which all failed": (
        """
steps:
  - {id: l, foreach: [1, 2], max_failures: 2, uses: fail, with: {message: no}, outputs: {v: 1}}
outputs: {v: "${{ [steps.l.outputs.v, steps.l.outputs.v | present | length] }}"}
""",
        [[None, None], 0],
    ),
    "a loop over nothing": (
        """
steps:
  - {id: l, foreach: [], uses: log, with: {message: x}, outputs: {v: 1}}
outputs: {v: "${{ [steps.l.outputs.v, steps.l.status, steps.l.instances] }}"}
""",
        [[], "succeeded", []],
    ),
    "a loop that was skipped": (
        """
steps:
  - {id: l, if: "false", foreach: [1], uses: log, with: {message: x}, outputs: {v: 1}}
outputs: {v: "${{ [steps.l.outputs.v | default('none'), steps.l.instances] }}"}
""",
        ["none", []],
    ),
    "counters": (
        """
steps:
  - id: l
    foreach: [p, q, r]
    uses: log
    with: {message: x}
    outputs: {v: "${{ [loop.index, loop.index0, loop.first, loop.last, loop.length, loop.key] }}"}
outputs: {v: "${{ steps.l.outputs.v }}"}
""",
        [[1, 0, True, False, 3, "0"], [2, 1, False, False, 3, "1"], [3, 2, False, True, 3, "2"]],
    ),
    "a mapping": (
        """
steps:
  - id: l
    foreach: {x: 1, y: 2}
    uses: log
    with: {message: x}
    outputs: {v: "${{ item.key }}=${{ item.value }}/${{ loop.key }}"}
outputs: {v: "${{ steps.l.outputs.v }}"}
""",
        ["x=1/x", "y=2/y"],
    ),
    "null is not missing": (
        """
steps:
  - {id: a, uses: log, with: {message: x}, outputs: {v: "${{ null }}"}}
outputs: {v: "${{ [steps.a.outputs.v, steps.a.outputs.v is none, steps.a.outputs.v | default(1)] }}"}
""",
        [None, True, 1],
    ),
    "the run and the workflow": (
        """
title: A trial
version: "1.10"
labels: {team: a}
case: c-${{ inputs.n }}
inputs: {n: {type: integer, default: 4}}
timezone: Europe/Berlin
steps:
  - {id: a, uses: log, with: {message: x}}
outputs: {v: "${{ [run.id, run.case, run.status, run.parent, workflow.name, workflow.title, workflow.version, workflow.labels.team, run.started_at | length, steps.a.ended_at[-6:] in ['+01:00', '+02:00']] }}"}
""",
        ["r1", "c-4", "running", None, "trial", "A trial", "1.10", "a", 32, True],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_names(bench: Workbench, name: str) -> None:
    text, wanted = CASES[name]
    run = bench.run(text)
    assert run.status in {"succeeded", "warning"}, [(end.path, end.error) for end in run.ends.values()]
    assert run.outputs == {"v": wanted}


MISSING = {
    "skipped": ("{id: a, if: 'false', uses: log, with: {message: x}, outputs: {v: 1}}", "the step was skipped"),
    "tolerated": ("{id: a, on_error: warn, uses: fail, with: {message: x}, outputs: {v: 1}}", "the step failed"),
}


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_output_says_why(bench: Workbench, name: str) -> None:
    step, why = MISSING[name]
    run = bench.run(
        f"steps:\n  - {step}\n  - {{id: b, uses: log, with: {{message: '${{{{ steps.a.outputs.v }}}}'}}}}\n"
    )
    kind, message = run.error("b")
    assert kind == "expression"
    assert message.endswith(f"the output `v` of step `a` is missing: {why}")
    assert message.startswith(f"{bench.file}:5:")


def test_finally_of_the_workflow_knows_how_it_went(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - {id: a, uses: fail, with: {message: no}}
finally:
  - {id: f, uses: log, with: {message: "${{ run.status }} ${{ error.step }} ${{ steps.a.status }}"}}
"""
    )
    assert run.status == "failed"
    assert ("f", "log", "failed a failed") in run.lines
