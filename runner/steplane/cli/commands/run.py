"""`steplane run`."""

from typing import TYPE_CHECKING, Any

import click

from steplane.cli import completers
from steplane.cli.funnel import guarded
from steplane.cli.options import examples, inputs, parts, running, showing

if TYPE_CHECKING:
    from steplane.cli.call import Call
    from steplane.store import RunStore

_EXAMPLES = examples(
    "steplane run workflows/hello.yaml",
    "steplane run hello -i who=Ada             (the file workflows/hello.yaml)",
    "steplane run nightly --id nightly-2026-11-23 --inputs day.yaml",
    "steplane run build -j 4 --format json > events.jsonl",
    "steplane run nightly -i region=eu --dry-run",
    "steplane run release --until test         (with all that it waits for)",
    "steplane run release --from publish --of latest",
)


@click.command("run", epilog=_EXAMPLES)
@click.argument("workflow", metavar="FILE|NAME", shell_complete=completers.workflow)
@click.option("--id", "run_id", metavar="ID", help="The id of the run. [default: made from the time]")
@inputs
@parts
@click.option(
    "--of", "earlier", metavar="RUN", shell_complete=completers.earlier_run,
    help="Take the results of the steps that do not run from this run (an id, its beginning, or latest).",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would run, as `steplane plan` does; run and record nothing.")
@running
def command(workflow: str, run_id: str | None, inputs: tuple[str, ...], inputs_file: str | None, **options: Any) -> int:
    """Run a workflow. A name means workflows/NAME.yaml, here or in a folder above (see: steplane list).

    With --only, --from and --until a part of it runs; the other steps are skipped, or with --of RUN reused: their
    outputs are those that RUN recorded, and its inputs hold where none are given anew.

    The file is checked first; with an error in it nothing is run. A run that is cut off, stops waiting or
    fails goes on with `steplane resume`.
    """
    return guarded(lambda: run(workflow, run_id, inputs, inputs_file, options))


def run(
    workflow: str, run_id: str | None, inputs: tuple[str, ...], inputs_file: str | None, options: dict[str, Any]
) -> int:
    """Check the file, run it, show it; the exit code."""
    from steplane.app import running
    from steplane.app.inputs import given
    from steplane.app.loading import load
    from steplane.app.project import find_workflow
    from steplane.app.running import RunPart
    from steplane.cli.call import Call
    from steplane.cli.showing import Show, environment, options_of

    call = Call(**settings(options))
    environ = environment(options["env_file"])
    file = find_workflow(workflow, call.here)
    store = None if options["dry_run"] else _store(call)
    registry = call.registry
    loaded = load(file, registry, store)
    if loaded.plan is None or not options["quiet"]:
        call.show_diagnostics(loaded)
    if loaded.plan is None:
        return 2
    plan = loaded.plan
    values = given(plan, inputs, inputs_file)
    part, selection = running.WHOLE, None
    if options["only"] or options["since"] or options["until"] or options["earlier"] is not None:
        from steplane.app.taking import take
        from steplane.plan.selection import select

        selection = select(plan, options["only"], options["since"], options["until"])
        part = RunPart(selection.recorded)
    if selection is not None and options["earlier"] is not None:
        earlier = take(call.history, registry, options["earlier"], plan, selection)
        part, values = RunPart(selection.recorded, earlier.taken), {**earlier.inputs, **values}
    if store is None:
        from steplane.cli.planning import show_plan
        from steplane.plan.selection import select

        return show_plan(
            call, plan, values, environ, call.settings.format,
            selection=selection or select(plan), taken=part.taken, strict=True, run_id=run_id or "",
        )  # fmt: skip
    show = Show(call, **showing(options), kept={file: "the workflow"})
    return show.watch(
        lambda: running.begin(store, registry, plan, values, environ, options_of(call), show, run_id, part), again=()
    )


def _store(call: "Call") -> "RunStore":
    """The state directory. Raises `StateError` where it cannot be made."""
    from steplane.cli.showing import with_command
    from steplane.errors import StateError

    try:
        return call.store
    except StateError as error:
        raise with_command(error, call, ()) from error


def settings(options: dict[str, Any]) -> dict[str, Any]:
    """The options that are settings, None where not given. Raises `UsageError` for two that contradict each other."""
    for name, what in (("quiet", "shows failures only"), ("timestamps", "is for lines")):
        if options["form"] == "live" and options[name]:
            from steplane.errors import UsageError

            raise UsageError(f"`--{name}` contradicts `--format live`: it {what}", "Leave one of them out.")
    return {
        "state": options["state"], "jobs": options["jobs"], "durability": options["durability"],
        "patience": options["patience"], "strict": options["strict"] or None, "format": options["form"],
        "color": options["color"],
    }  # fmt: skip
