"""`steplane logs`."""

from typing import Any

import click

from steplane.cli.options import common, examples

_EXAMPLES = examples(
    "steplane logs                              (the latest run, all steps)",
    "steplane logs -f                           (what is written from now on, too)",
    "steplane logs ship                         (a step of the latest run)",
    "steplane logs nightly 'price[order-17]/quote'",
)


@click.command("logs", epilog=_EXAMPLES)
@click.argument("run", required=False)
@click.argument("step", required=False, metavar="[STEP[KEY]]")
@click.option("-f", "--follow", is_flag=True, help="Go on until nobody runs the run any more.")
@click.option("--timestamps", is_flag=True, help="The time (UTC) at which each line was written.")
@common
def command(  # noqa: PLR0917 - click gives them by name
    run: str | None, step: str | None, follow: bool, timestamps: bool, state: str | None, color: str | None
) -> int:
    """Show what the steps of a run wrote, in the order in which they began.

    STEP is the path of an instance, as `show` has it, or the id of a step: then all its instances, and what is inside.
    One word alone is a run, or else a step of the latest run.
    """
    from steplane.app.history import LogReader
    from steplane.app.log_times import LogTimes
    from steplane.cli.call import Call
    from steplane.reporters.stamps import stamp

    call = Call(state=state, color=color)
    run_id, wanted = _meant(call.history, run, step)
    show = _printer(call, alone=wanted)
    reader, times = LogReader(call.history, run_id, wanted), LogTimes(call.history.folder(run_id))
    for path, line in reader.lines(follow=follow):
        at = times.at(path, reader.offset) if timestamps else None
        show(path, line, stamp(at) if at is not None else "")
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

    def show(path: str, line: str, time: str) -> None:
        prefix = "" if path == alone else paint.faint(f"[{visible(path)}]") + " "
        call.out.line(f"{time}{prefix}{harmless(line)}")

    return show
