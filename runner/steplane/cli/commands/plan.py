"""`steplane plan`."""

from typing import Any

import click

from steplane.cli import completers
from steplane.cli.options import ENV_FILE, common, examples, inputs, parts, text_or_json

_EXAMPLES = examples(
    "steplane plan workflows/release.yaml",
    "steplane plan nightly -i region=eu         (what would run with this input)",
    "steplane plan release --from packages     (what of it would run)",
    "steplane plan release --format json | jq '.steps[] | {id, verdict, reason}'",
)


@click.command("plan", epilog=_EXAMPLES)
@click.argument("workflow", metavar="FILE|NAME", shell_complete=completers.workflow)
@inputs
@parts
@ENV_FILE
@text_or_json
@common
def command(workflow: str, inputs: tuple[str, ...], inputs_file: str | None, **options: Any) -> int:
    """Show what a workflow will do: its steps as a tree, and for each whether it runs, is skipped, or on what that
    depends.

    The file is checked; nothing is run, no secret is fetched. What uses inputs, vars, env and items that are known is
    evaluated now; without an input that is required, what uses it depends on it. Where nothing else is said, nothing
    fails by itself. A step waits for every step above it in its list, unless it is said otherwise.
    """
    from steplane.app.inputs import given
    from steplane.app.loading import load
    from steplane.app.project import find_workflow
    from steplane.cli.call import Call
    from steplane.cli.planning import show_plan
    from steplane.cli.showing import environment
    from steplane.plan.selection import select

    call = Call(state=options["state"], color=options["color"])
    environ = environment(options["env_file"])
    loaded = load(find_workflow(workflow, call.here), call.registry, None)
    call.show_diagnostics(loaded)
    if loaded.plan is None:
        return 2
    values = given(loaded.plan, inputs, inputs_file)
    selection = select(loaded.plan, options["only"], options["since"], options["until"])
    return show_plan(call, loaded.plan, values, environ, options["form"], selection=selection)
