"""Which shell reads the text of a `run`."""

from typing import Literal as OneOf

from steplane.expressions.templates import Literal
from steplane.model.steps import Run

Shell = OneOf["bash", "sh"]
"""The shells whose syntax is known, so that values can be put into a script safely."""


def shell_of(run: Run) -> Shell | None:
    """Which of the two known shells reads the script; None for another one, or one that is not known before the run."""
    given = next((one.value.template for one in run.parameters if one.name.text == "shell"), Literal("bash"))
    if not isinstance(given, Literal):
        return None
    value = given.value[0] if isinstance(given.value, list) and given.value else given.value
    name = str(value).rsplit("/", 1)[-1]
    if name == "bash":
        return "bash"
    return "sh" if name == "sh" else None
