"""`steplane show`."""

import click

from steplane.cli import completers
from steplane.cli.options import common, examples, text_or_json

_EXAMPLES = examples(
    "steplane show                              (the latest run)",
    "steplane show 20261123-2253                (the beginning of an id is enough)",
    "steplane show nightly --format json | jq .outputs",
)


@click.command("show", epilog=_EXAMPLES)
@click.argument("run", required=False, shell_complete=completers.runs())
@text_or_json
@common
def command(run: str | None, form: str, state: str | None, color: str | None) -> int:
    """Show one run: its inputs, each step with status, time, attempts and reason, its outputs or its error."""
    from steplane.app.history import find_run, read_run
    from steplane.cli.call import Call
    from steplane.cli.history import run_json, run_text

    call = Call(state=state, color=color)
    record = read_run(call.history, find_run(call.history, run))
    if form == "json":
        call.out.write(run_json(record))
    else:
        call.out.write(run_text(record, call.color(call.out), call.out.unicode))
    return 0
