"""`steplane list`."""

import click

from steplane.cli.options import common, examples, text_or_json

_EXAMPLES = examples("steplane list", "steplane list --format json | jq -r '.workflows[].name'")


@click.command("list", epilog=_EXAMPLES)
@text_or_json
@common
def command(form: str, state: str | None, color: str | None) -> int:
    """List the workflows that can be run by name, with their inputs and what came of them last.

    They stand in workflows/, here and in the folders above up to the repository's root, and in folders below it. A name
    is the path below workflows/ without its ending: eu/orders. A file that is called like its folder goes by the
    folder: workflows/orders/orders.yaml is orders.
    """
    from steplane.app.listing import list_workflows
    from steplane.cli.call import Call
    from steplane.cli.listing import listed_json, listed_text

    call = Call(state=state, color=color)
    found = list(list_workflows(call.here, call.registry, call.history, call.cache_store))
    if form == "json":
        call.out.write(listed_json(found))
    elif found:
        columns = call.out.columns if call.out.terminal else 0
        call.out.write(listed_text(found, columns, color=call.color(call.out), unicode=call.out.unicode))
    else:
        call.err.line("no workflow in a folder workflows/ here or above; begin with: steplane init")
    return 0
