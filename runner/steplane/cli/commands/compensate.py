"""`steplane compensate`."""

from typing import Any

import click

from steplane.cli import completers
from steplane.cli.commands.run import settings
from steplane.cli.funnel import guarded
from steplane.cli.options import examples, running, showing

_EXAMPLES = examples(
    "steplane compensate latest                 (all that the latest run had done)",
    "steplane compensate 20261123-225318-r6j9z8 hotel flight",
)


@click.command("compensate", epilog=_EXAMPLES)
@click.argument("run", shell_complete=completers.runs())
@click.argument("steps", nargs=-1, metavar="[STEP]...", shell_complete=completers.step)
@click.option(
    "-i", "--input", "inputs", multiple=True, metavar="NAME=VALUE", shell_complete=completers.secret_value,
    help="A secret input that what undoes needs.",
)  # fmt: skip
@running
def command(run: str, steps: tuple[str, ...], inputs: tuple[str, ...], **options: Any) -> int:
    """Undo what a run that has ended had done.

    The `compensate` of each step that has completed runs, the newest first; with STEP only of these. One that fails is
    told, and the others go on. The run is then cancelled; a resume does again what was undone.
    """
    return guarded(lambda: compensate(run, steps, inputs, options))


def compensate(run: str, steps: tuple[str, ...], inputs: tuple[str, ...], options: dict[str, Any]) -> int:
    """Undo and show it; the exit code."""
    from steplane.app import compensating
    from steplane.app.history import find_run
    from steplane.cli.call import Call
    from steplane.cli.commands.resume import input_values
    from steplane.cli.showing import Show, environment, options_of

    call = Call(**settings(options))
    environ = environment(options["env_file"])
    store = call.history
    run_id = find_run(store, run)
    values = input_values(call, run_id, inputs, now=False)
    show = Show(call, **showing(options))
    return show.watch(
        lambda: compensating.compensate(store, call.registry, run_id, steps, values, environ, options_of(call), show),
        ("steplane", "compensate", run_id, *steps),
    )
