"""`steplane signal`."""

from typing import Any

import click

from steplane.cli import completers
from steplane.cli.commands.run import settings
from steplane.cli.funnel import guarded
from steplane.cli.options import examples, running, showing

_EXAMPLES = examples(
    "steplane signal nightly files_ready",
    "steplane signal 20261123-225318-r6j9z8 paid --data '{\"amount\": 12}' --resume",
)


@click.command("signal", epilog=_EXAMPLES)
@click.argument("run", shell_complete=completers.runs("running", "waiting", "interrupted"))
@click.argument("name", shell_complete=completers.signal)
@click.option("--data", metavar="JSON", help="What is sent along.")
@click.option("--transient", is_flag=True, help="Lost where nothing waits for it now.")
@click.option("--resume", "go_on", is_flag=True, help="Go on with the run, if it is not live.")
@click.option(
    "-i",
    "--input",
    "inputs",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=completers.secret_value,
    help="With --resume: a secret input.",
)
@running
def command(run: str, name: str, **given: Any) -> int:
    """Send a signal to a run.

    A live run has it at once. For any other it is kept until the run goes on. It is delivered once, to the wait for
    NAME that has waited longest; where nothing waits for it yet, it is kept for the first that will.
    """
    return guarded(lambda: signal(run, name, given))


def signal(run: str, name: str, given: dict[str, Any]) -> int:
    """Send the signal and say what became of it; the exit code."""
    from steplane.app import signalling
    from steplane.app.history import find_run
    from steplane.app.running import recorded_plan
    from steplane.cli.call import Call, actor
    from steplane.cli.showing import parse_json, with_command
    from steplane.errors import StateError
    from steplane.store import now

    call = Call(**settings(given))
    store = call.history
    run_id = find_run(store, run)
    data = None if given["data"] is None else parse_json("--data", given["data"])
    parcel = signalling.new_parcel(name, data, actor(), now(), transient=given["transient"])
    with store.read(run_id) as journal:
        signalling.refuse_unknown(recorded_plan(journal, call.registry, store), name)
    try:
        outcome = signalling.send(store, run_id, parcel).outcome
    except StateError as error:
        raise with_command(error, call, ("steplane", "signal", run_id, name)) from error
    if outcome == "kept" and given["go_on"]:
        return resume(call, run_id, given)
    words = {
        "live": f"run {run_id} has the signal `{name}`",
        "kept": f"the signal `{name}` is kept for run {run_id}; it goes on with: steplane resume {run_id}",
        "lost": f"nothing in run {run_id} waits for `{name}` now: the signal is lost",
    }
    call.out.line(words[outcome] + (call.state_option + secrets_again(call, run_id) if outcome == "kept" else ""))
    return 0


def secrets_again(call: Any, run_id: str) -> str:
    """What stands behind a command that goes on with the run: the secret inputs that are to be given again."""
    import os

    from steplane.app.given_again import by_hand, given_at_first
    from steplane.app.recorded import recorded_header
    from steplane.cli.told import secrets_option

    with call.history.read(run_id) as journal:
        return secrets_option(by_hand(given_at_first(recorded_header(journal)), os.environ))


def resume(call: Any, run_id: str, given: dict[str, Any]) -> int:
    """Go on with the run here, unless another process does already; the exit code."""
    from steplane.app import running
    from steplane.cli.commands.resume import input_values
    from steplane.cli.showing import Show, environment, options_of
    from steplane.errors import RunHeld

    environ, values = environment(given["env_file"]), input_values(call, run_id, given["inputs"], now=False)
    show = Show(call, **showing(given))
    try:
        return show.watch(
            lambda: running.resume(call.history, call.registry, run_id, values, environ, options_of(call), show),
            ("steplane", "resume", run_id), leave_out=("data", "transient", "go_on"),
        )  # fmt: skip
    except RunHeld:
        call.out.line(f"run {run_id} goes on in another process")
        return 0
