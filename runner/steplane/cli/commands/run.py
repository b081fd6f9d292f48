"""`steplane run`."""

from typing import Any

import click

from steplane.cli.funnel import guarded
from steplane.cli.options import examples, running, showing

_EXAMPLES = examples(
    "steplane run workflows/hello.yaml",
    "steplane run hello -i who=Ada             (the file workflows/hello.yaml)",
    "steplane run nightly --id nightly-2026-11-23 --inputs day.yaml",
    "steplane run build -j 4 --format json > events.jsonl",
)


@click.command("run", epilog=_EXAMPLES)
@click.argument("workflow", metavar="FILE|NAME")
@click.option("--id", "run_id", metavar="ID", help="The id of the run. [default: made from the time]")
@click.option(
    "-i", "--input", "inputs", multiple=True, metavar="NAME=VALUE",
    help="An input: text for a text, JSON for the rest; @FILE reads it from a file, @@ begins a text with @.",
)  # fmt: skip
@click.option("--inputs", "inputs_file", metavar="FILE", help="Inputs from a YAML or JSON file; -i wins.")
@running
def command(workflow: str, run_id: str | None, inputs: tuple[str, ...], inputs_file: str | None, **options: Any) -> int:
    """Run a workflow. A name means workflows/NAME.yaml, here or in a folder above.

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
    from steplane.cli.call import Call
    from steplane.cli.showing import Show, environment, options_of

    call = Call(**settings(options))
    environ = environment(options["env_file"])
    file = find_workflow(workflow, call.here)
    store, registry = call.store, call.registry
    loaded = load(file, registry, store)
    if loaded.plan is None or not options["quiet"]:
        call.show_diagnostics(loaded)
    if loaded.plan is None:
        return 2
    plan = loaded.plan
    values = given(plan, inputs, inputs_file)
    show = Show(call, **showing(options), kept={file: "the workflow"})
    return show.watch(lambda: running.begin(store, registry, plan, values, environ, options_of(call), show, run_id))


def settings(options: dict[str, Any]) -> dict[str, Any]:
    """The options that are settings, None where not given."""
    return {
        "state": options["state"], "jobs": options["jobs"], "durability": options["durability"],
        "patience": options["patience"], "strict": options["strict"] or None, "format": options["form"],
        "color": options["color"],
    }  # fmt: skip
