"""What a decision table answers: values in its output columns, and its default."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from steplane.checks.inputs import place_in
from steplane.decisions import Column, answer_schema
from steplane.decisions.literals import number_of
from steplane.decisions.tables import Policy
from steplane.diagnostics import Diagnostic, Edit, Fix, Related, Span
from steplane.model.tables import CellSource, ColumnSource, TableSource
from steplane.schema import Problem, validate_value
from steplane.schema.problems import shown_path
from steplane.schema.texts import node_at, unquoted, wants_text
from steplane.source import canonical_text
from steplane.source.nodes import Scalar, plain
from steplane.suggest import did_you_mean

_NUMERIC = frozenset({"number", "integer"})


class Answers:
    """Reads the answers of one table; `found` grows while it reads. That outputs are `missing` has been said."""

    def __init__(
        self, source: TableSource, hit: Policy, columns: Mapping[str, Column], missing: frozenset[str] = frozenset()
    ) -> None:
        self.missing = missing
        self.source, self.hit, self.columns = source, hit, columns
        self.found: list[Diagnostic] = []

    def row(self, cells: tuple[CellSource, ...], owner: str, span: Span) -> tuple[Any, ...]:
        """The answers of a rule, in the order of the columns."""
        schemas = {name: column.schema for name, column in self.columns.items()}
        return self._values(cells, schemas, owner, span)

    def default(self, cells: tuple[CellSource, ...], span: Span) -> dict[str, Any]:
        """The answer where no rule matches."""
        schemas = {name: answer_schema(column, self.hit) for name, column in self.columns.items()}
        return dict(zip(schemas, self._values(cells, schemas, "`default`", span), strict=True))

    def _values(
        self, cells: tuple[CellSource, ...], schemas: dict[str, Any], owner: str, span: Span
    ) -> tuple[Any, ...]:
        given = {cell.column.text: cell for cell in cells}
        values = []
        for name, schema in schemas.items():
            if name in given:
                values.append(self._value(given[name], self.columns[name], schema, owner))
                continue
            values.append(None)
            if (
                name not in self.missing
                and not self.columns[name].null
                and not any(did_you_mean(one, [name]) for one in given if one not in schemas)
            ):
                message = f"{owner} gives no `{name}`, which the table answers"
                self.found.append(Diagnostic("table-answer", message, span, help=f"add `{name}: ...` to what it gives"))
        return tuple(values)

    def _value(self, cell: CellSource, column: Column, schema: dict[str, Any], owner: str) -> Any:
        value = _of_csv(cell.csv.text, column) if cell.csv is not None else self._plain(cell, column)
        for problem in validate_value(schema, value, (column.name,)):
            said = None
            if cell.node is not None and wants_text(problem):
                said = unquoted(f"`{shown_path(problem.path)}`", node_at(cell.node, problem.path[1:]))
            self.found.append(said or _wrong(cell, problem, owner))
        return value

    def _plain(self, cell: CellSource, column: Column) -> Any:
        node = cell.node
        if isinstance(node, Scalar) and column.kind == "text" and isinstance(node.value, int | float):
            text = canonical_text(node)
            return node.value if text is None else text
        return None if node is None else plain(node)


def _wrong(cell: CellSource, problem: Problem, owner: str) -> Diagnostic:
    code = "table-kind" if problem.keyword in {"type", "format"} else "table-value"
    span = cell.span if cell.node is None else place_in(cell.node, problem.path[1:])
    message = f"`{shown_path(problem.path)}` of {owner} {problem.message}"
    if not problem.suggestion:
        return Diagnostic(code, message, span, help="mend the value, or the column's schema")
    fix = Fix(f"write `{problem.suggestion}`", (Edit(span, problem.suggestion),), safe=False)
    return Diagnostic(code, message, span, label=f"did you mean `{problem.suggestion}`?", fix=fix)


def _of_csv(text: str, column: Column) -> Any:
    """The value that a text stands for in a column: text as it is, numbers and booleans as in a cell, else JSON."""
    text = text.strip()
    if column.kind in {"number", "integer"}:
        number = number_of(text)
        return text if number is None else number
    if column.kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if column.kind != "any":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def check_policy(source: TableSource, hit: Policy, columns: Mapping[str, Column]) -> Iterator[Diagnostic]:
    """What a hit policy asks of the outputs: an order, or numbers."""
    if hit in {"priority", "output_order"} and columns and all(one.values is None for one in columns.values()):
        message = f"`hit: {hit}` goes by the order of an `enum`, and no output has one"
        related = tuple(Related(one.name.span, "this has none") for one in source.outputs[:1])
        help_ = "give an output its values, the strongest first: `{enum: [reject, review, auto]}`"
        fix = Fix("let the first rule win: `hit: first`", (Edit(source.hit.span, "first"),), safe=False)
        yield Diagnostic("table-hit", message, source.hit.span, related=related, help=help_, fix=fix)
    if hit in {"collect sum", "collect min", "collect max"}:
        for one in source.outputs:
            if columns[one.name.text].kind not in _NUMERIC:
                yield _no_number(source, one, hit)


def _no_number(source: TableSource, one: ColumnSource, hit: Policy) -> Diagnostic:
    message = f"`hit: {hit}` wants outputs that are numbers, and `{one.name}` is none"
    related = (Related(source.hit.span, "the hit policy"),)
    help_ = "give it `type: number`, or use `hit: collect`, which gives a list"
    fix = Fix("give a list of them: `hit: collect`", (Edit(source.hit.span, "collect"),), safe=False)
    return Diagnostic("table-hit", message, one.name.span, related=related, help=help_, fix=fix)


__all__ = ["Answers", "check_policy"]
