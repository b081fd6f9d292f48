"""Templates that steps render, and the filters that need more than the expressions' own floor."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from steplane.expressions import Engine, ExpressionError
from steplane.sdk import StepError
from steplane.sdk.context import Delimiters

if TYPE_CHECKING:
    from datetime import tzinfo

    from steplane.expressions.limits import Budget


def render(
    text: str,
    values: Mapping[str, Any],
    *,
    name: str = "template",
    delimiters: Delimiters = "steplane",
    trim_blocks: bool = False,
    lstrip_blocks: bool = False,
    zone: "tzinfo | None" = None,
) -> str:
    """What `StepContext.render` does, for every context. `zone` is that of times without an offset (None: UTC)."""
    from msgspec.structs import replace

    from steplane.expressions.pieces import JINJA, LANGUAGE

    marks = replace(JINJA if delimiters == "jinja" else LANGUAGE, trim=trim_blocks, lstrip=lstrip_blocks)
    try:
        return Engine(filters(), zone).document(text, values, marks)
    except ExpressionError as error:
        kind = KINDS.get(type(error).__name__, "template.value")
        place = {"file": name, "line": error.line, "column": error.column}
        raise StepError(kind, f"{name}:{error.line}:{error.column}: {error.message}", detail=place) from error


KINDS = {"UnreadableTemplate": "template.syntax", "MissingValue": "template.undefined"}
"""The types of error by the class of the fault; of any other it is `template.value`."""


def filters() -> Mapping[str, Any]:
    """The filters that join those of the expressions' own floor."""
    return {"yaml": to_yaml, "from_yaml": from_yaml}


def to_yaml(budget: "Budget", value: Any) -> str:
    """The value as YAML text, keys in their order. Raises `ExpressionError`."""
    from steplane.source.dumping import dump

    return dump(value, budget.text)


def from_yaml(budget: "Budget", value: Any) -> Any:
    """The value that a YAML text stands for, by the same rules as a workflow file. Raises `ExpressionError`."""
    from steplane.source import Mapping, plain, read
    from steplane.source.events import each_counted

    if not isinstance(value, str):
        raise ExpressionError("`from_yaml` reads text")
    budget.spend(len(value))
    # The indentation that a block text states of itself (`|2`) is counted from what is around it.
    stated = re.match(r"[|>][-+]?[1-9]", value)
    inside = f" {value}" if stated else "\n" + re.sub(r"(?<![^\r\n])(?=[^\r\n])", "  ", value)
    with each_counted(budget.tick):
        document = read(f"value:{inside}", "text")
    wrong = [one for one in document.diagnostics if one.severity == "error"]
    if wrong or not isinstance(document.root, Mapping):
        raise ExpressionError(f"this is not YAML: {wrong[0].message if wrong else 'no value'}")
    node = document.root.get("value")
    return None if node is None else plain(node)
