"""The cells of a decision table: tests that can be read, and that their column can take."""

import json
from typing import Any

from steplane.decisions import ANYTHING, Cell, Column, Is
from steplane.decisions.cells import CellError, CellText, Literal, read_cell, read_item
from steplane.decisions.columns import WORDS, is_number, kind_of
from steplane.diagnostics import Diagnostic, Edit, Fix, Span
from steplane.model.tables import CellSource, csv_part
from steplane.schema import Problem, validate_value
from steplane.schema.texts import unquoted
from steplane.schema.words import listed, shown
from steplane.source import Document, canonical_text
from steplane.source.nodes import Mapping, Node, Scalar, Sequence
from steplane.suggest import did_you_mean

HELP = 'a cell is a test such as `< 10`, `[1..5)`, `"a", "b"`, `not("x")` or `-`'


class Cells:
    """Reads the cells of one table; `found` grows while it reads."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.found: list[Diagnostic] = []

    def read(self, source: CellSource, column: Column, owner: str) -> Cell | None:
        """The cell, None where something is wrong with it. `owner`: the rule, in words."""
        before = len(self.found)
        cell = self._csv(source, column) if source.csv is not None else self._node(source.node, column, owner)
        return cell if len(self.found) == before else None

    def _csv(self, source: CellSource, column: Column) -> Cell:
        csv, file = source.csv, source.span.file
        assert csv is not None
        return self._text(csv.text, column, lambda start, length: csv_part(file, csv, start, length), source.span)

    def _node(self, node: Node | None, column: Column, owner: str) -> Cell:
        if isinstance(node, Sequence):
            items = [self._item(item, column) for item in node.items]
            return Cell(tuple(test for item in items for test in item.tests))
        if not isinstance(node, Scalar):
            if isinstance(node, Mapping):
                message = f"the cell `{column.name}` of {owner} is a mapping, and no test"
                self.found.append(Diagnostic("table-cell", message, node.span, help=HELP))
            return ANYTHING
        return self._scalar(node, column, item=False)

    def _item(self, node: Node, column: Column) -> Cell:
        return self._scalar(node, column, item=True) if isinstance(node, Scalar) else Cell()

    def _scalar(self, node: Scalar, column: Column, *, item: bool) -> Cell:
        value = node.value
        if column.kind == "text" and is_number(value):
            text = canonical_text(node)
            if said := unquoted(f"`{column.name}`", node):
                self.found.append(said)
            return self._held(CellText(Cell((Is(text),)), (Literal(text, 0, len(node.text)),)), column, node)
        if isinstance(value, str):
            return self._text(
                value, column, lambda start, length: self.document.place(node, start, length), node.span, item=item
            )
        if not _takes(column, value):
            message = f"`{column.name}` takes {WORDS[column.kind]}, and `{node.text or 'null'}` is {_what(value)}"
            fix = Fix(f'quote it: `"{node.text}"`', (Edit(node.span, f'"{node.text}"'),), safe=False)
            self.found.append(
                Diagnostic("table-kind", message, node.span, fix=fix if column.kind == "text" and node.text else None)
            )
            return ANYTHING
        return self._held(CellText(Cell((Is(value),)), (Literal(value, 0, len(node.text)),)), column, node)

    def _held(self, read: CellText, column: Column, node: Scalar) -> Cell:
        for literal in read.literals:
            self._check(literal, column, node.span, node.text)
        return read.cell

    def _text(self, text: str, column: Column, place: Any, whole: Span, *, item: bool = False) -> Cell:
        try:
            read = (read_item if item else read_cell)(text, column)
        except CellError as wrong:
            code = "table-kind" if wrong.kind == "kind" else "table-cell"
            fix = None
            if wrong.meant:
                edit = Edit(whole, as_csv(wrong.meant) if whole.file != self.document.file else as_yaml(wrong.meant))
                fix = Fix(f"write `{wrong.meant}`", (edit,), safe=False)
            message = f"the cell `{_short(text)}` of `{column.name}`: {wrong.message}"
            if code == "table-kind":
                message = wrong.message
            span = place(wrong.offset, wrong.length)
            label = f"write `{wrong.meant}`" if wrong.meant else ""
            self.found.append(Diagnostic(code, message, span, label=label, fix=fix, help="" if fix else HELP))
            return ANYTHING
        for literal in read.literals:
            self._check(literal, column, place(literal.offset, literal.length), text, place)
        return read.cell

    def _check(self, literal: Literal, column: Column, span: Span, text: str, place: Any = None) -> None:
        """A value that the column can never have: the cell would never match it."""
        problems = validate_value(column.schema, literal.value)
        if not problems or literal.value is None:
            return
        if column.values is None:
            message = f"`{column.name}` never has the value {_json(literal.value)}: it {problems[0].message}"
            self.found.append(Diagnostic("table-value", message, span, help="mend the cell, or the column's schema"))
            return
        names = [shown(one) for one in column.values]
        meant = did_you_mean(shown(literal.value), names)
        message = f"`{column.name}` never has the value {_json(literal.value)}: it is {listed(names)}"
        if meant is None:
            self.found.append(Diagnostic("table-value", message, span, help=f"write {listed(names)}"))
            return
        written = text[literal.offset : literal.offset + literal.length]
        if written.startswith('"') and place is not None:
            span = place(literal.offset + 1, literal.length - 2)
        fix = Fix(f"replace `{shown(literal.value)}` with `{meant}`", (Edit(span, meant),), safe=False)
        self.found.append(Diagnostic("table-value", message, span, label=f"did you mean `{meant}`?", fix=fix))


def _takes(column: Column, value: Any) -> bool:
    """Whether a column takes a number, boolean or null that stands in the file as such."""
    if value is None:
        return column.null
    if is_number(value):
        return column.kind in {"number", "any"} or (column.kind == "integer" and value == int(value))
    return isinstance(value, bool) and column.kind in {"boolean", "any"}


def _what(value: Any) -> str:
    words = {"null": "null", "boolean": "a boolean", "integer": "a number", "number": "a number"}
    return words.get(kind_of(value), "something else")


def _json(value: Any) -> str:
    return f"`{shown(value)}`" if "`" not in shown(value) else json.dumps(value)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:37] + "..."


def as_yaml(text: str) -> str:
    """A cell as it stands in a YAML file: quoted, so that no bracket or sign means anything else."""
    if text.replace("_", "").isalnum() or text == "-":
        return text if text != "-" else '"-"'
    return f'"{text}"' if '"' not in text and "\\" not in text else "'" + text.replace("'", "''") + "'"


def as_csv(text: str) -> str:
    """A cell as it stands in a CSV file."""
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


__all__ = ["Cells", "Problem", "as_csv", "as_yaml"]
