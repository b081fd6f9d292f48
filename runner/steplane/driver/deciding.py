"""What a step that decides by a table is given, held against the table's columns."""

from collections.abc import Mapping
from typing import Any

from steplane.driver.refusal import Refused


def refuse_inputs(rules: str, parameters: Mapping[str, Any]) -> None:
    """Raise `Refused` (`input.invalid`) for inputs that the table's columns do not take, naming them."""
    from steplane.decisions import compiled
    from steplane.schema import validate_value
    from steplane.schema.problems import shown_path
    from steplane.suggest import nearest_of

    table, given = compiled(rules).table, parameters.get("inputs") or {}
    if not isinstance(given, dict):
        return  # the step type refuses that
    columns = {one.name: one for one in table.inputs}
    for name in given:
        if name not in columns:
            remedy = nearest_of(name, columns, "It has", "")
            raise Refused("input.invalid", f"the table `{table.name}` has no input `{name}`. {remedy}")
    for name, column in columns.items():
        value = given.get(name)
        if value is None and column.null:
            continue
        if name not in given:
            raise Refused("input.invalid", f"`{name}` is not given, and the table `{table.name}` needs it")
        for problem in validate_value(column.schema, value, (name,)):
            what = f"input `{shown_path(problem.path)}` of the table `{table.name}` {problem.message}"
            raise Refused("input.invalid", what)
