"""`steplane cancel`."""

from typing import Any

import click

from steplane.cli import completers
from steplane.cli.commands.run import settings
from steplane.cli.funnel import guarded
from steplane.cli.options import examples, running, showing

_EXAMPLES = examples(
    "steplane cancel                            (the latest run that has not ended)",
    "steplane cancel 20261123-225318-r6j9z8 --reason 'wrong day'",
)


@click.command("cancel", epilog=_EXAMPLES)
@click.argument("run", required=False, shell_complete=completers.runs("running", "waiting", "interrupted"))
@click.option("--reason", default="", help="Why; kept with the run.")
@click.option(
    "-i",
    "--input",
    "inputs",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=completers.secret_value,
    help="A secret input that what cleans up needs.",
)
@running
def command(run: str | None, reason: str, inputs: tuple[str, ...], **options: Any) -> int:
    """End a run. Steps that run are stopped, `finally` runs.

    A live run is told, and winds up in its own process. Of a run that waits or was interrupted what cleans up runs
    here and now. Without RUN it is the latest one that has not ended.
    """
    return guarded(lambda: cancel(run, reason, inputs, options))


def cancel(run: str | None, reason: str, inputs: tuple[str, ...], options: dict[str, Any]) -> int:
    """Cancel the run; the exit code."""
    from steplane.app import running
    from steplane.app.execution import RunResult
    from steplane.app.history import find_run
    from steplane.cli.call import Call
    from steplane.cli.commands.resume import input_values
    from steplane.cli.showing import Show, environment, options_of

    call = Call(**settings(options))
    environ = environment(options["env_file"])
    store = call.history
    run_id = find_run(store, run, unfinished=True)
    values = input_values(call, run_id, inputs, now=False)
    show = Show(call, **showing(options))
    told = []

    def work() -> Any:
        result = running.cancel(store, call.registry, run_id, values, environ, options_of(call, reason), show)
        if result is None:
            told.append(run_id)
            return RunResult(run_id, "running", 0)
        return result

    code = show.watch(work, ("steplane", "cancel", run_id))
    if told:
        call.out.line(f"run {run_id} was told to end; it winds up in its own process")
        if show.reports.wanted:
            call.warn("no report was written: only the process that ends the run knows how it ended")
    return code
