"""A table as data: what the runner needs to decide by it, and no places."""

from typing import Any, Literal

from msgspec import Struct

from steplane.decisions.columns import Column
from steplane.decisions.unary import ANYTHING, Cell

Policy = Literal[
    "unique", "any", "first", "priority", "rule_order", "output_order", "collect", "collect sum", "collect min",
    "collect max", "collect count",
]  # fmt: skip
POLICIES: tuple[Policy, ...] = (
    "unique", "any", "first", "priority", "rule_order", "output_order", "collect", "collect sum", "collect min",
    "collect max", "collect count",
)  # fmt: skip
"""Hit policies (DMN 1.4, 8.2.10)."""
LISTED = frozenset({"rule_order", "output_order", "collect"})
"""Those under which each output is a list, of one value for each rule that matches."""


class Rule(Struct, frozen=True):
    """One row. `cells` and `answers` stand in the order of the columns; `number` counts rows from 1."""

    number: int
    cells: tuple[Cell, ...]
    answers: tuple[Any, ...]
    id: str = ""
    because: str = ""

    @property
    def name(self) -> str:
        """What the rule is called in the history of a run: its id, else its number."""
        return self.id or str(self.number)


class Table(Struct, frozen=True):
    """A decision table without errors. `default` is the whole answer where no rule matches."""

    name: str
    hit: Policy
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rules: tuple[Rule, ...]
    default: dict[str, Any] | None = None


def full(column_names: tuple[str, ...], given: dict[str, Cell]) -> tuple[Cell, ...]:
    """Cells in the order of the columns; a left-out one is `-`."""
    return tuple(given.get(name, ANYTHING) for name in column_names)


def answer_schema(column: Column, hit: Policy) -> dict[str, Any]:
    """The JSON Schema of what the table answers in an output column."""
    if hit in LISTED:
        return {"type": "array", "items": column.schema}
    if hit == "collect count":
        return {"type": "integer", "minimum": 0}
    if hit == "collect sum":
        return {"type": "integer" if column.kind == "integer" else "number"}
    return column.schema


def rank(outputs: tuple[Column, ...], answers: tuple[Any, ...]) -> tuple[int, ...]:
    """How an answer stands among others under `priority` and `output_order`: the lowest comes first.

    The order of a column's `enum` is that of its values, the first column decides before the next (DMN 1.4, 8.2.10).
    """
    return tuple(
        column.values.index(value) if value in column.values else len(column.values)
        for column, value in zip(outputs, answers, strict=True)
        if column.values is not None
    )


__all__ = ["LISTED", "POLICIES", "Policy", "Rule", "Table", "answer_schema", "full", "rank"]
