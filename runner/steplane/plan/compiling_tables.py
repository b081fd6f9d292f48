"""From the model to the plan: the tables that steps decide by."""

from steplane import model
from steplane.expressions.templates import Literal
from steplane.model.files import file_key
from steplane.sdk import StepType


def table_named(action: model.Leaf, kind: StepType | None, file: str) -> str:
    """The file of the table that a step of a workflow's `file` names; empty where it names none."""
    names = kind.parameters_marked("table") if kind is not None else ()
    for one in action.parameters:
        if one.name.text in names and isinstance(one.value.template, Literal):
            return file_key(file, str(one.value.template.value))
    return ""
