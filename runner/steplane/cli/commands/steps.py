"""`steplane steps`."""

from typing import Any

import click

from steplane.cli import completers
from steplane.cli.options import common, examples, text_or_json

_EXAMPLES = examples("steplane steps", "steplane steps shell", "steplane steps file.copy --format json")


@click.command("steps", epilog=_EXAMPLES)
@click.argument("step_type", required=False, metavar="[TYPE]", shell_complete=completers.step_type)
@text_or_json
@common
def command(step_type: str | None, form: str, state: str | None, color: str | None) -> int:
    """List the step types that `uses` may name; or all about one: parameters, outputs, errors, an example.

    TYPE may be a plugin too: then it is the step types of that one.
    """
    from steplane.cli.call import Call
    from steplane.cli.step_types import described, list_json, list_text, type_json, type_text

    call = Call(state=state, color=color)
    found = call.registry.all() if step_type is None else described(call.registry, step_type)
    if not isinstance(found, tuple):
        one = found
        label = call.registry.index.claims(one.name.partition(".")[0])[0].label
        call.out.write(type_json(one, label) if form == "json" else type_text(one, label, call.color(call.out)))
        return 0
    call.out.write(list_json(found) if form == "json" else list_text(found))
    _tell_problems(call, found)
    return 0


def _tell_problems(call: Any, found: Any) -> None:
    for one in found:
        if one.problem is not None:
            call.warn(one.problem.message, one.problem.help)
