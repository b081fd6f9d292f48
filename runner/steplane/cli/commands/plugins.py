"""`steplane plugins`."""

from typing import Any

import click

from steplane.cli.options import common, examples, text_or_json

_EXAMPLES = examples("steplane plugins", "steplane plugins --format json")


@click.command("plugins", epilog=_EXAMPLES)
@text_or_json
@common
def command(form: str, state: str | None, color: str | None) -> int:
    """List the installed plugins with their step types, and what is wrong with those that cannot be used.

    Plugins are installed like any Python distribution; nothing has to be registered.
    """
    from steplane.cli.call import Call

    call = Call(state=state, color=color)
    found = call.registry.all()
    if form == "json":
        import msgspec

        data = {"plugins": [_data(one) for one in found]}
        call.out.write(msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n")
        return 0
    from steplane.cli.table import table

    rows = [["PLUGIN", "DISTRIBUTION", "STEP TYPES"]] + [_row(one) for one in found]
    call.out.write(table(rows))
    for one in found:
        if one.problem is not None:
            call.warn(one.problem.message, one.problem.help)
    return 0


def _row(one: Any) -> list[str]:
    from steplane.reporters.paint import visible

    labels = ", ".join(claim.label for claim in one.claims)
    types = ", ".join(kind.name for kind in one.types)
    row = [one.namespace, labels, types if one.problem is None else types or "cannot be used"]
    return [visible(cell) for cell in row]


def _data(one: Any) -> dict[str, Any]:
    problem = one.problem
    return {
        "name": one.namespace,
        "distributions": [
            {"name": claim.distribution, "version": claim.version, "module": claim.module} for claim in one.claims
        ],
        "types": [kind.name for kind in one.types],
        "problem": None
        if problem is None
        else {"code": problem.code, "message": problem.message, "help": problem.help},
    }
