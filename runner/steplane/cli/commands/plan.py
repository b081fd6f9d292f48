"""`steplane plan`."""

import click

from steplane.cli.options import common, examples, text_or_json

_EXAMPLES = examples("steplane plan workflows/release.yaml", "steplane plan release --format json | jq '.steps[].id'")


@click.command("plan", epilog=_EXAMPLES)
@click.argument("workflow", metavar="FILE|NAME")
@text_or_json
@common
def command(workflow: str, form: str, state: str | None, color: str | None) -> int:
    """Show what a workflow will do: its steps as a tree, in order, with needs, conditions, loops, retries.

    The file is checked; nothing is run. A step waits for every step above it in its list, unless it is said
    otherwise.
    """
    from steplane.app.loading import load
    from steplane.app.project import find_workflow
    from steplane.cli.call import Call

    call = Call(state=state, color=color)
    loaded = load(find_workflow(workflow, call.here), call.registry, None)
    call.show_diagnostics(loaded)
    if loaded.plan is None:
        return 2
    if form == "json":
        import msgspec

        from steplane.reporters.plan_data import plan_data

        call.out.write(msgspec.json.format(msgspec.json.encode(plan_data(loaded.plan)), indent=2).decode() + "\n")
    else:
        from steplane.reporters.plan_tree import plan_text

        call.out.write(plan_text(loaded.plan, call.color(call.out), call.out.unicode))
    return 0
