"""`steplane runs`."""

import click

from steplane.cli import completers
from steplane.cli.options import common, examples, text_or_json

_STATUSES = ["running", "waiting", "interrupted", "succeeded", "warning", "failed", "cancelled", "damaged"]
_EXAMPLES = examples(
    "steplane runs",
    "steplane runs --status failed --workflow nightly",
    "steplane runs --limit 0 --format json | jq -r '.runs[].id'",
)


@click.command("runs", epilog=_EXAMPLES)
@click.option("--status", type=click.Choice(_STATUSES), help="Only runs of that status.")
@click.option(
    "--workflow",
    metavar="NAME",
    default="",
    shell_complete=completers.workflow_name,
    help="Only runs of that workflow.",
)
@click.option(
    "--limit", type=click.IntRange(0), default=20, metavar="N", show_default=True, help="At most so many; 0 for all."
)
@text_or_json
@common
def command(*, status: str | None, workflow: str, limit: int, form: str, state: str | None, color: str | None) -> int:
    """List the runs of the state directory, newest first."""
    from steplane.cli.call import Call
    from steplane.cli.history import runs_json, runs_text

    call = Call(state=state, color=color)
    found = call.history.list_runs(status=status or "", workflow=workflow, limit=limit)
    if form == "json":
        call.out.write(runs_json(found))
    elif found:
        call.out.write(runs_text(found, call.color(call.out)))
    else:
        wanted = bool(status or workflow)
        call.err.line("no such run" if wanted else f"no run in {call.history.directory.path} yet")
    return 0
