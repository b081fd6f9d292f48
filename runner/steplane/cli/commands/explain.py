"""`steplane explain`."""

from typing import Any

import click

from steplane.cli import completers
from steplane.cli.options import common, examples, text_or_json

_EXAMPLES = examples(
    "steplane explain                           (the latest run: what it took its time for, what failed first)",
    "steplane explain deploy                    (a step of the latest run: why it ran or did not)",
    "steplane explain nightly 'price[order-17]/quote'",
    "steplane explain nightly deploy --format json | jq '.stories[].entries'",
)


@click.command("explain", epilog=_EXAMPLES)
@click.argument("run", required=False, shell_complete=completers.run_or_instance)
@click.argument("step", required=False, metavar="[STEP[KEY]]", shell_complete=completers.instance)
@text_or_json
@common
def command(run: str | None, step: str | None, form: str, state: str | None, color: str | None) -> int:
    """Say why: of a step why it ran, was skipped, blocked, retried or cancelled, and what it waited for; of a run what
    determined its duration, what failed first and what that kept from running.

    Conditions are told with the values that they saw. STEP is the path of an instance, as `show` has it, or the id of a
    step; one that has not come about yet is told what it waits for. One word alone is a run, or else a step of the
    latest run.
    """
    from steplane.app.stories import explain_run, explain_step
    from steplane.cli.call import Call
    from steplane.cli.explaining import Look, explained_text
    from steplane.cli.explaining_data import explained_json
    from steplane.cli.meant import run_and_step
    from steplane.cli.wrapping import wrapped

    call = Call(state=state, color=color)
    run_id, wanted = run_and_step(call.history, run, step, lambda one: _planned(call, one))
    if wanted is None:
        told = explain_run(call.history, call.registry, run_id)
    else:
        told = explain_step(call.history, call.registry, run_id, wanted)
    if form == "json":
        call.out.write(explained_json(told))
    else:
        shown = explained_text(told, Look(call.color(call.out), call.out.unicode, call.state_option))
        call.out.write(wrapped(shown, call.out.columns) if call.out.terminal else shown)
    return 0


def _planned(call: Any, run_id: str) -> tuple[str, ...]:
    """The ids of the steps of the run's workflow; none where it cannot be read any more."""
    from steplane.app.stories import plan_of
    from steplane.errors import UsageError

    try:
        return tuple(node.id for node in plan_of(call.history, call.registry, run_id).nodes[1:])
    except UsageError:
        return ()
