"""What begins, against what its beginning lets go on behind a milestone: who acts first, wherever they stand.

`order` is skipped as `close` begins; `force`, which waits for it, can then begin in the same instant.
"""

from itertools import permutations, product
from random import Random

import pytest
import yaml
from tests.runner.kernel.against_reference import drive, finish
from tests.runner.kernel.compiled import plan_of
from tests.runner.kernel.sides import Sides

CLOSE = [
    "if: 'inputs.x', end: cancelled",
    "if: 'inputs.x', cancel: [force]",
    "if: 'inputs.x', cancel: [order]",
    "if: 'inputs.x', finish: [force, tail]",
    "if: 'inputs.x', goto: force, max: 2",
    "if: 'inputs.x', undo: [tail]",
    "if: 'inputs.x', wait: {signal: red}",
    "if: 'inputs.x', steps: [{id: a, end: failed}]",
    "if: 'inputs.x', steps: [{id: a, needs: [], finish: [force]}]",
    "if: 'inputs.x', parallel: {b: [{id: a, cancel: [force]}]}",
    "if: 'inputs.x', parallel: {b: [{id: a, cancel: [order]}], c: [{id: c, run: ['true']}]}, join: any",
    "if: 'inputs.x', until: 'inputs.x', max: 2, steps: [{id: a, end: failed}]",
    "while: 'inputs.x', end: cancelled",
    "foreach: '${{ inputs.x }}', end: cancelled",
    "foreach: '${{ inputs.x }}', finish: [force]",
    "foreach: '${{ inputs.x }}', open: more, finish: [force]",
    "foreach: '${{ inputs.x }}', steps: [{id: a, finish: [force]}]",
    "lock: '${{ inputs.x }}', finish: [force]",
    "lock: '${{ inputs.x }}', switch: [{when: 'inputs.x', steps: [{id: a, cancel: [force]}]}]",
]
FORCE = [
    "finish: [close]",
    "cancel: [close]",
    "end: succeeded",
    "steps: [{id: f, cancel: [close]}]",
    "until: 'inputs.x', max: 2, finish: [close]",
    "foreach: '${{ inputs.x }}', finish: [close]",
]


@pytest.mark.parametrize("force", FORCE)
def test_both_agree_in_every_order_of_the_document(force: str) -> None:
    for close, order, seed in product(CLOSE, permutations(["close", "order", "force"]), range(2)):
        steps = {
            "close": f"{{id: close, needs: [], {close}}}",
            "order": "{id: order, needs: {close: done}, milestone: {before: close}, run: ['true']}",
            "force": f"{{id: force, needs: [order], {force}}}",
        }
        lines = [*(steps[name] for name in order), "{id: tail, needs: [force], run: ['true']}"]
        workflow = yaml.safe_load("steps:\n" + "\n".join(f"- {line}" for line in lines))
        sides = Sides(workflow, plan_of(workflow), 2)
        finish(drive(Random(seed), sides, lambda sides=sides: sides.resume((), {}), resumes=seed))  # type: ignore[misc]
