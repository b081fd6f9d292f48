"""What is recorded of a run when it is made, and what is worked out before its first step."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import ValidationError, convert

from steplane.app.execution import Execution
from steplane.app.versions import type_versions
from steplane.driver.plain import unrecordable
from steplane.errors import StateDamaged, UsageError
from steplane.expressions import ExpressionError
from steplane.parts import Group
from steplane.plan.caching import Concurrency


def new_header(execution: Execution, durability: str) -> dict[str, Any]:
    """The header of a new run; `vars`, `case` and `objects` are evaluated for it. Raises `UsageError`."""
    basis, plan = execution.basis, execution.basis.plan
    hidden = {spec.name for spec in plan.inputs if spec.secret}
    variables = evaluate_variables(execution, {})
    case, objects = plan.case, plan.objects
    if case is not None:
        execution.case = _worked_out(execution, "case", lambda: execution.own_text(case)) or basis.run
    header = {
        "workflow": plan.name, "file": plan.file, "version": plan.version, "title": plan.title, "labels": plan.labels,
        "case": execution.case, "started_at": basis.started_at, "home": basis.home, "called_in": basis.called_in,
        "inputs": {name: value for name, value in basis.inputs.items() if name not in hidden},
        "vars": variables, "durability": durability, "parent": "",
    }  # fmt: skip
    types = type_versions(plan, execution.registry)
    if types:
        header["types"] = types
    files = {file: one.text for file, one in plan.callees.items()}
    files |= {file: text for one in plan.all_tables().values() for file, text in one.files().items()}
    if files:
        header["files"] = files
    if plan.concurrency is not None:
        header["group"] = _group(execution, plan.concurrency)
    if objects is not None:
        header["objects"] = _worked_out(execution, "objects", lambda: execution.own_value(objects))
    return header


def _group(execution: Execution, one: Concurrency) -> dict[str, Any]:
    """The group that the run belongs to."""
    name = _worked_out(execution, "concurrency.group", lambda: execution.own_text(one.group))
    return {"name": name, "limit": one.limit, "when_full": one.when_full}


def group_of(header: Mapping[str, Any]) -> Group | None:
    """The group that a header names. Raises `StateDamaged`."""
    try:
        return convert(header["group"], Group) if "group" in header else None
    except ValidationError as error:
        raise StateDamaged("the header of the run names no group that there can be", "Start a new run.") from error


def evaluate_variables(execution: Execution, recorded: Mapping[str, Any], *, leniently: bool = False) -> dict[str, Any]:
    """Evaluate `vars`; those that may be recorded. Raises `UsageError`; `leniently` what fails is missing instead."""
    values: dict[str, Any] = _worked_out(
        execution, "vars", lambda: execution.evaluate_variables(recorded, leniently=leniently)
    )
    return values


def _worked_out(execution: Execution, key: str, action: Callable[[], Any]) -> Any:
    """The value of one of the workflow's own keys, if it can be recorded."""
    file = execution.basis.plan.file
    try:
        value = action()
    except ExpressionError as error:
        where = f"{file}:{error.line}:{error.column}: " if error.line else f"{file}: "
        message = execution.mask.text(error.message)
        raise UsageError(f"{where}{message}", f"`{key}` is evaluated before the first step.") from error
    if why := unrecordable(value):
        raise UsageError(f"{file}: `{key}` {why}, which cannot be recorded", "Change the value.")
    return value
