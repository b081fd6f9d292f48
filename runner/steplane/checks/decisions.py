"""Steps that decide by a table: a file that is there, inputs that its columns have and take."""

from collections.abc import Iterator
from typing import Any

from steplane.checks.context import Context, Position, words_for
from steplane.checks.parameters import Given, check_given, with_places
from steplane.checks.tables import CheckedTable
from steplane.diagnostics import Diagnostic, Edit, Fix
from steplane.expressions import Literal, MapOf
from steplane.model import Named, Run, Uses, Workflow
from steplane.model.values import Name, Value
from steplane.source.nodes import Mapping
from steplane.suggest import did_you_mean


def check_decisions(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Targets that are no tables; unknown, missing and mistyped inputs."""
    del workflow
    for position in context.positions:
        named = context.table_path(position.step.action)
        if named is None:
            continue
        if not isinstance(named.value.template, Literal):
            message = f"`{named.name}` of {words_for(position.step)} is static: no expression is evaluated in it"
            help_ = "write the path itself; for several tables, a `switch` with a step for each"
            yield Diagnostic("static", message, named.value.span, help=help_)
            continue
        table = context.table(position.step.action)
        if isinstance(table, str):
            yield _no_target(position, named, table, context)
        elif table is not None:
            yield from _inputs(position, named, table, context)


def _no_target(position: Position, named: Named, why: str, context: Context) -> Diagnostic:
    template, span = named.value.template, named.value.span
    path = str(template.value) if isinstance(template, Literal) else ""
    message = f"{words_for(position.step)} decides by `{path}`: {why}"
    meant = did_you_mean(path, context.beside(path))
    if meant:
        fix = Fix(f"replace `{path}` with `{meant}`", (Edit(span, meant),), safe=False)
        return Diagnostic("table-target", message, span, label=f"did you mean `{meant}`?", fix=fix)
    help_ = "a decision table begins with `decision: NAME`; the path is relative to this file"
    return Diagnostic("table-target", message, span, help=help_)


def _inputs(position: Position, named: Named, table: CheckedTable, context: Context) -> Iterator[Diagnostic]:
    action = position.step.action
    assert isinstance(action, Run | Uses)
    given = next((one for one in action.parameters if one.name.text == "inputs"), None)
    entries = () if given is None else _entries(given)
    if entries is None or table.source is None:
        return
    schemas = {one.name: _loose(one.schema, null=one.null) for one in table.inputs.values()}
    kind = table.source.name.text
    what = Given(
        action=action,
        kind=kind,
        span=named.name.span,
        noun="input",
        more=f"see {table.source.file}",
        schema={
            "properties": schemas,
            "required": [name for name, one in table.inputs.items() if not one.null],
            "additionalProperties": False,
        },
        entries=entries,
        under="inputs",
        place=None if given is None else given.name.span,
    )
    places = {one.name.text: one.name.span for one in table.source.inputs}
    yield from with_places(check_given(position, what, context.types), places, "the column", "the columns")


def _loose(schema: dict[str, Any], *, null: bool) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]} if null and schema.get("type") != "null" else schema


def _entries(given: Named) -> tuple[Named, ...] | None:
    """What is given for each column; None where that is not known before the run."""
    node, template = given.value.node, given.value.template
    if not isinstance(node, Mapping):
        return None
    if isinstance(template, MapOf):
        templates = dict(template.entries)
    elif isinstance(template, Literal) and isinstance(template.value, dict):
        templates = {name: Literal(value) for name, value in template.value.items()}
    else:
        return None
    return tuple(
        Named(Name(entry.name, entry.key.span), Value(templates[entry.name], entry.value))
        for entry in node.entries
        if entry.name in templates
    )


__all__ = ["check_decisions"]
