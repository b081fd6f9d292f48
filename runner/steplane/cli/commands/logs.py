"""`steplane logs`."""

from typing import Any

import click

from steplane.cli import completers
from steplane.cli.options import COUNT, common, examples

_EXAMPLES = examples(
    "steplane logs                              (the latest run, all steps)",
    "steplane logs -f --tail 10                 (the last lines, and what is written from now on)",
    "steplane logs ship                         (a step of the latest run)",
    "steplane logs nightly 'price[order-17]/quote'",
    "steplane logs nightly 'price[*]/quote'     (of every item)",
)


@click.command("logs", epilog=_EXAMPLES)
@click.argument("run", required=False, shell_complete=completers.run_or_instance)
@click.argument("step", required=False, metavar="[STEP[KEY]]", shell_complete=completers.instance)
@click.option("-f", "--follow", is_flag=True, help="Go on until nobody runs the run any more.")
@click.option("--tail", type=COUNT, metavar="N", help="Begin with the last N lines of each instance.")
@click.option("--timestamps", is_flag=True, help="The time (UTC) at which each line was written.")
@common
def command(
    *, run: str | None, step: str | None, follow: bool, tail: int | None, timestamps: bool, state: str | None,
    color: str | None,
) -> int:  # fmt: skip
    """Show what the steps of a run wrote, in the order in which they began.

    STEP is the path of an instance, as `show` has it, or the id of a step: then all its instances. What is inside
    comes with it. `*` stands for any characters. One word alone is a run (its id, the beginning of
    it, or `latest`), or else a step of the latest run.
    """
    from steplane.app.log_times import LogTimes
    from steplane.app.logs import LogReader
    from steplane.cli.call import Call
    from steplane.cli.meant import run_and_step
    from steplane.reporters.stamps import stamp

    call = Call(state=state, color=color)

    def planned(one: str) -> tuple[str, ...]:
        return _planned(call, one) if follow else ()

    run_id, wanted = run_and_step(call.history, run, step, planned)
    known = planned(run_id) if wanted else ()
    show = _printer(call, alone=wanted)
    times = LogTimes(call.history.folder(run_id))
    reader = LogReader(call.history, run_id, wanted, tail=tail, known=known)
    for path, line in reader.lines(follow=follow, wanted=lambda: not call.out.deserted):
        at = times.at(path, reader.offset) if timestamps else None
        show(path, line, stamp(at) if at is not None else "")
        if call.out.gone:
            break
    return 0


def _planned(call: Any, run_id: str) -> tuple[str, ...]:
    """The ids of the steps that the run may still come to; none where its workflow cannot be read any more."""
    from steplane.app.running import recorded_plan
    from steplane.errors import UsageError

    try:
        with call.history.read(run_id) as journal:
            plan = recorded_plan(journal, call.registry, call.history)
    except UsageError:
        return ()
    return tuple(node.id for node in plan.nodes[1:])


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
