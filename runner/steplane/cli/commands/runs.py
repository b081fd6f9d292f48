"""`steplane runs`."""

from itertools import islice
from typing import Any

import click

from steplane.cli.families import Family
from steplane.cli.options import COUNT, OF_WORKFLOW, common, examples, text_or_json

_STATUSES = ["running", "waiting", "interrupted", "succeeded", "warning", "failed", "cancelled", "damaged"]
_EXAMPLES = examples(
    "steplane runs",
    "steplane runs --status failed --workflow nightly --since 7d",
    "steplane runs --where \"status == 'failed' and inputs.region == 'eu'\"",
    "steplane runs --where 'duration > 60' --limit 5",
    "steplane runs --limit 0 --format json | jq -r '.runs[].id'",
)


@click.group("runs", cls=Family, epilog=_EXAMPLES, invoke_without_command=True)
@click.option("--status", type=click.Choice(_STATUSES), help="Only runs of that status.")
@OF_WORKFLOW
@click.option("--case", metavar="CASE", default="", help="Only runs of that case.")
@click.option("--since", metavar="TIME", help="Only runs begun since: `2d`, `2026-11-23`, `2026-11-23T08:00`.")
@click.option("--where", metavar="EXPR", help="Only runs for which the expression is true.")
@click.option("--limit", type=COUNT, default=20, metavar="N", show_default=True, help="At most so many; 0 for all.")
@text_or_json
@common
@click.pass_context
def command(
    context: click.Context,
    /,
    *, status: str | None, workflow: str, case: str, since: str | None, where: str | None, limit: int, form: str,
    state: str | None, color: str | None,
) -> int:  # fmt: skip
    """List the runs of the state directory, newest first.

    EXPR is an expression as in a workflow file. It sees id, workflow, status, title, version, case, labels, started_at,
    ended_at, duration (seconds), file, inputs and outputs. A run that has no such input or output is not listed.
    """
    if context.invoked_subcommand is not None:
        return 0
    from steplane.app.querying import parse_since
    from steplane.cli.call import Call
    from steplane.cli.history import runs_json, runs_text

    call = Call(state=state, color=color)
    begun = parse_since(since) if since else 0
    chosen: Any = call.history.each_run(workflow=workflow, case=case, since=begun)
    if status:
        chosen = (one for one in chosen if one.status == status)
    if where is not None:
        from steplane.cli.choosing import chosen_where

        found = chosen_where(call, chosen, where, limit)
        if found is None:
            return 2
    else:
        found = list(islice(chosen, limit or None))
    found = [_told_now(call, one) for one in found]
    if form == "json":
        call.out.write(runs_json(found))
    elif found:
        call.out.write(runs_text(found, call.color(call.out)))
    else:
        from steplane.cli.choosing import refuse_unknown_workflow
        from steplane.reporters.paint import visible

        refuse_unknown_workflow(call, workflow)
        wanted = bool(status or workflow or case or since or where)
        call.err.line("no such run" if wanted else f"no run in {visible(call.history.directory.path)} yet")
    return 0


def _told_now(call: Any, one: Any) -> Any:
    """The run, with what it waits for by the clock as it is now."""
    if one.status != "waiting" or not call.history.clock_set(one.id):
        return one
    from msgspec.structs import replace

    from steplane.app.clocks import waits_now

    return replace(one, waits=waits_now(call.history, call.registry, one.id, one.waits))
