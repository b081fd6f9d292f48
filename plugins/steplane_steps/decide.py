"""The step type `decide`."""

from collections.abc import Sequence
from typing import Annotated, Any

from steplane.decisions import Undecided, decide
from steplane.sdk import Decision, Meta, PlanContext, Planned, Rules, Step, StepContext, StepError, hookimpl


class Decide(
    Step, type="decide", errors=("decide.none", "decide.overlap"), idempotent=True, cancellable=True,
):  # fmt: skip
    """Decide by a table: the outputs of the rule that matches the inputs.

    The table is a file of its own, which `steplane check` proves: no gaps, no overlaps. Its columns are the names under
    `inputs`, its outputs are those of the step. Under `rule_order`, `output_order` and `collect` each output is a list.
    Which rules matched, and why they are there (`because`), is recorded with the run.

    Example:
        uses: decide
        with:
          table: credit.decision.yaml
          inputs: {amount: "${{ inputs.amount }}", region: eu}
    """

    table: Annotated[Decision, Meta(description="The decision table's file, relative to this one")]
    inputs: Annotated[dict[str, Any], Meta(description="A value for each input column")]
    rules: Rules = ""

    def run(self, ctx: StepContext) -> dict[str, Any]:
        """Decide, and tell the rules."""
        try:
            answer = decide(self.rules, self.inputs)
        except Undecided as none:
            detail = {"inputs": self.inputs, "rules": [one.name for one in none.rules]}
            raise StepError(none.type, str(none), detail=detail) from None
        ctx.decided({one.name: one.because for one in answer.rules})
        return answer.outputs

    def plan(self, ctx: PlanContext) -> Planned:
        """Say what it would decide."""
        del ctx
        try:
            answer = decide(self.rules, self.inputs)
        except Undecided as none:
            return Planned(f"fail: {none} ({none.type})")
        outputs = ", ".join(f"{name} = {value}" for name, value in answer.outputs.items())
        return Planned(f"decide {outputs} ({_by(answer.rules)})")


def _by(rules: Sequence[Any]) -> str:
    if not rules:
        return "the table's default"
    return f"rule{'' if len(rules) == 1 else 's'} {', '.join(one.name for one in rules)}"


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step type of this module."""
    return [Decide]
