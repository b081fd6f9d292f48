"""Shows what a run would do: for `plan` and `run --dry-run`."""

from collections.abc import Mapping
from typing import Any

from steplane.app.forecasting import look_ahead
from steplane.cli.call import Call
from steplane.events import Taken
from steplane.plan.nodes import Plan
from steplane.plan.selection import Selection
from steplane.store import StateDirectory


def show_plan(
    call: Call, plan: Plan, values: Mapping[str, Any], environ: Mapping[str, str], form: str,
    *, selection: Selection, taken: Taken | None = None, strict: bool = False, run_id: str = "",
) -> int:  # fmt: skip
    """Write the plan with what becomes of each step, as text or as JSON; the exit code.

    With `strict` a missing input is an error. Raises `UsageError`.
    """
    forecast = look_ahead(
        plan,
        call.registry,
        values,
        environ,
        selection=selection,
        taken=taken,
        strict=strict,
        run_id=run_id,
        store=_results(call, plan),
    )
    if form == "json":
        import msgspec

        from steplane.reporters.plan_data import plan_data

        call.out.write(msgspec.json.format(msgspec.json.encode(plan_data(plan, forecast)), indent=2).decode() + "\n")
    else:
        from steplane.reporters.plan_tree import plan_text

        call.out.write(plan_text(plan, forecast, call.color(call.out), call.out.unicode))
    return 0


def _results(call: Call, plan: Plan) -> StateDirectory | None:
    """Where recorded results are, for a workflow that may reuse some."""
    return call.history.directory if any(node.cache is not None for node in plan.nodes) else None
