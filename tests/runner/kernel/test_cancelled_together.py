"""What is cancelled with others is so before anything follows from the cancel of the first of them: 13.3, 15.1.

`a` meets `b` in its `finally`, whoever stands first, and whatever cancels both.
"""

from itertools import product
from random import Random

import pytest
import yaml
from tests.runner.kernel.against_reference import drive, finish
from tests.runner.kernel.compiled import plan_of
from tests.runner.kernel.sides import Sides

DOES = ["finish: [b]", "cancel: [b]", "finish: [c]", "cancel: [c]", "end: failed"]
A = "wait: {{signal: red}}, finally: [{{id: f, {does}}}]"
B = [
    "wait: {signal: red}",
    "run: ['true']",
    "steps: [{id: c, if: 'inputs.x', run: ['true']}, {id: d, run: ['true']}, {id: e, needs: {c: done}, end: failed}]",
    "wait: {signal: red}, rescue: [{id: c, if: 'inputs.x', run: ['true']}, {id: d, run: ['true']}]",
    "foreach: '${{ inputs.x }}', steps: [{id: c, if: 'inputs.x', run: ['true']}, {id: d, run: ['true']}]",
    "while: 'inputs.x', max: 2, steps: [{id: c, if: 'inputs.x', run: ['true']}, {id: d, run: ['true']}]",
    "parallel: {p: [{id: c, wait: {signal: blue}}, {id: d, run: ['true']}], q: [{id: e, run: ['true']}]}, join: any",
]
AROUND = {
    "the run": "- {one}\n- {other}",
    "a failure": "- {end}\n- {one}\n- {other}",
    "a time limit": "- {{id: g, timeout: 5s, failure: continue, steps: [{one}, {other}]}}",
    "a join": "- {{id: g, parallel: {{l: [{one}], m: [{other}], n: [{end}]}}, join: {{count: 1, rest: cancel}}}}",
    "a step": "- {one}\n- {other}\n- {{id: s, needs: [], if: 'inputs.x', cancel: [a, b]}}",
    "a step that finishes": "- {one}\n- {other}\n- {{id: s, needs: [], if: 'inputs.x', finish: [a, b]}}",
    "a jump": "- {end}\n- {one}\n- {other}\n- {{id: j, needs: [], if: 'inputs.x', goto: n, max: 2}}",
    "an end": "- {one}\n- {other}\n- {{id: e, needs: [], if: 'inputs.x', end: succeeded}}",
    "a loop": "- {{id: l, foreach: '${{{{ inputs.x }}}}', steps: [{one}, {other}]}}",
}


@pytest.mark.parametrize("around", AROUND)
def test_both_agree(around: str) -> None:
    for does, b, first, seed in product(DOES, B, ("a", "b"), range(4)):
        a = "{id: a, needs: [], " + A.format(does=does) + "}"
        steps = {"a": a, "b": f"{{id: b, needs: [], {b}}}"}
        one, other = (steps[name] for name in sorted(steps, key=lambda name: name != first))
        text = AROUND[around].format(one=one, other=other, end="{id: n, run: ['true']}")
        workflow = yaml.safe_load("failure: cancel\nsteps:\n" + text)
        sides = Sides(workflow, plan_of(workflow), 2)
        finish(drive(Random(seed), sides, lambda sides=sides: sides.resume((), {}), resumes=seed % 2, often=5))  # type: ignore[misc]
