"""`steplane logs`."""

from typing import Any

import click

from steplane.cli import completers
from steplane.cli.options import common, examples

_EXAMPLES = examples(
    "steplane logs                              (the latest run, all steps)",
    "steplane logs -f                           (what is written from now on, too)",
    "steplane logs ship                         (a step of the latest run)",
    "steplane logs nightly 'price[order-17]/quote'",
)


@click.command("logs", epilog=_EXAMPLES)
@click.argument("run", required=False, shell_complete=completers.run_or_instance)
@click.argument("step", required=False, metavar="[STEP[KEY]]", shell_complete=completers.instance)
@click.option("-f", "--follow", is_flag=True, help="Go on until nobody runs the run any more.")
@common
def command(run: str | None, step: str | None, follow: bool, state: str | None, color: str | None) -> int:
    """Show what the steps of a run wrote, in the order in which they began.

    STEP is the path of an instance, as `show` has it, or the id of a step: then all its instances, and what is inside.
    One word alone is a run, or else a step of the latest run.
    """
    from steplane.app.history import LogReader
    from steplane.cli.call import Call

    call = Call(state=state, color=color)
    run_id, wanted = _meant(call.history, run, step)
    show = _printer(call, alone=wanted)
    for path, line in LogReader(call.history, run_id, wanted).lines(follow=follow):
        show(path, line)
        if call.out.gone:
            break
    return 0


def _meant(store: Any, run: str | None, step: str | None) -> tuple[str, str | None]:
    """The id of the run, and the step."""
    from steplane.app.history import find_run, logged, read_run
    from steplane.errors import UnknownRun, UsageError

    if run is None or step is not None:
        return find_run(store, run), step
    try:
        return find_run(store, run), None
    except UnknownRun:
        latest = find_run(store, None)
        try:
            logged(latest, read_run(store, latest).steps, run)
        except UsageError as error:
            raise UnknownRun(f"no run and no step of the latest run is called `{run}`", error.remedy) from error
        return latest, run


def _printer(call: Any, alone: str | None) -> Any:
    """How a line is printed: with its path, unless it can only be of one instance."""
    from steplane.reporters.paint import Paint, visible
    from steplane.reporters.words import clean

    paint = Paint(call.color(call.out))
    harmless = clean if call.out.terminal else str

    def show(path: str, line: str) -> None:
        prefix = "" if path == alone else paint.faint(f"[{visible(path)}]") + " "
        call.out.line(f"{prefix}{harmless(line)}")

    return show
