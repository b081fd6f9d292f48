"""A decision table as its file says it: columns, rows and cells, each with its place. What is misshapen is left out."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from steplane.decisions.rows import CsvCell
from steplane.diagnostics import Span
from steplane.model.values import Name
from steplane.source import Document, canonical_text
from steplane.source.nodes import Mapping, Node, Scalar, plain
from steplane.source.nodes import Sequence as Items

ENDINGS = (".decision.yaml", ".decision.yml")
BECAUSE, ID = "because", "id"


class ColumnSource(Struct, frozen=True, eq=False):
    """One column: its name and JSON Schema."""

    name: Name
    schema: dict[str, Any]
    node: Node


class CellSource(Struct, frozen=True, eq=False):
    """One cell under a column's name: a `node` of a YAML file, or the text of a `csv` cell of the file."""

    column: Name
    span: Span
    node: Node | None = None
    csv: CsvCell | None = None


class RowSource(Struct, frozen=True, eq=False):
    """One rule; `number` counts from 1. `key` is its place as a whole."""

    number: int
    span: Span
    when: tuple[CellSource, ...] = ()
    then: tuple[CellSource, ...] = ()
    id: Name | None = None
    because: str = ""

    @property
    def words(self) -> str:
        """What it is called in messages."""
        return f"rule `{self.id}`" if self.id is not None else f"rule {self.number}"


class TableSource(Struct, frozen=True, eq=False):
    """One decision table. `rules` is the place of that key; `csv` names the file of the rows, where it is one.

    `rows` are those of the YAML file itself.
    """

    file: str
    name: Name
    hit: Name
    inputs: tuple[ColumnSource, ...]
    outputs: tuple[ColumnSource, ...]
    rules: Span
    rows: tuple[RowSource, ...] = ()
    csv: Name | None = None
    default: tuple[CellSource, ...] | None = None
    default_span: Span | None = None


def is_table(document: Document) -> bool:
    """Whether a file is a decision table: by what it holds, else by its name."""
    root = document.root
    if isinstance(root, Mapping) and any(root.entry(key) for key in ("steplane", "steps", "decision")):
        return root.entry("decision") is not None and root.entry("steps") is None
    return document.file.endswith(ENDINGS)


def read_table(document: Document) -> TableSource | None:
    """The table of a document; None where it holds no mapping."""
    root = document.root
    if not isinstance(root, Mapping):
        return None
    top = Span(document.file, 1, 1, 1, 1)
    rules, default = root.entry("rules"), root.entry("default")
    given = default.value if default is not None else None
    listed = rules.value if rules is not None and isinstance(rules.value, Items) else None
    return TableSource(
        file=document.file,
        name=_name(root.get("decision")) or Name(_stem(document.file), top),
        hit=_name(root.get("hit")) or Name("unique", top),
        inputs=tuple(_columns(root.get("inputs"))),
        outputs=tuple(_columns(root.get("outputs"))),
        rules=rules.key.span if rules is not None else top,
        rows=tuple(_rows(listed)) if listed is not None else (),
        csv=_name(rules.value) if rules is not None and listed is None else None,
        default=tuple(_cells(given)) if isinstance(given, Mapping) else None,
        default_span=default.key.span if default is not None else None,
    )


def _stem(file: str) -> str:
    return os.path.basename(file).split(".")[0]


def _name(node: Node | None) -> Name | None:
    text = canonical_text(node) if isinstance(node, Scalar) and node.value is not None else None
    return Name(text, node.span) if text is not None and node is not None else None


def _columns(node: Node | None) -> Iterable[ColumnSource]:
    for entry in node.entries if isinstance(node, Mapping) else ():
        schema = plain(entry.value)
        if isinstance(schema, dict):
            yield ColumnSource(Name(entry.name, entry.key.span), schema, entry.value)


def _rows(node: Items) -> Iterable[RowSource]:
    for number, item in enumerate(node.items, 1):
        if isinstance(item, Mapping):
            because = item.get("because")
            first = item.entries[0].key.span if item.entries else item.span
            yield RowSource(
                number=number,
                span=first,
                when=tuple(_cells(item.get("when"))),
                then=tuple(_cells(item.get("then"))),
                id=_name(item.get("id")),
                because=because.text if isinstance(because, Scalar) else "",
            )


def _cells(node: Node | None) -> Iterable[CellSource]:
    for entry in node.entries if isinstance(node, Mapping) else ():
        yield CellSource(Name(entry.name, entry.key.span), entry.value.span, node=entry.value)


# ---------------------------------------------------------------- rows of a CSV file


def csv_span(file: str, cell: CsvCell) -> Span:
    """Where a cell of a CSV file stands."""
    end = cell.end_column if cell.end_line > cell.line else max(cell.end_column, cell.column + 1)
    return Span(file, cell.line, cell.column, cell.end_line, end)


def csv_part(file: str, cell: CsvCell, offset: int, length: int) -> Span:
    """Where a stretch of its text stands; all of it where its quotes or line breaks make that hard to say."""
    if cell.end_line != cell.line or (cell.quoted and cell.end_column - cell.column != len(cell.text) + 2):
        return csv_span(file, cell)
    start = cell.column + int(cell.quoted) + offset
    return Span(file, cell.line, start, cell.line, start + max(length, 1))


def csv_rows(
    file: str, names: Sequence[str], rows: Sequence[Sequence[CsvCell]], inputs: Iterable[str], outputs: Iterable[str]
) -> tuple[RowSource, ...]:
    """The rules of a table whose header means these columns; cells under names that nobody knows are left out."""
    wanted, answered = set(inputs), set(outputs)
    found = []
    for number, cells in enumerate(rows, 1):
        if len(cells) != len(names):
            continue
        by_name = dict(zip(names, cells, strict=True))
        sources = {
            name: CellSource(Name(name, csv_span(file, cell)), csv_span(file, cell), csv=cell)
            for name, cell in by_name.items()
        }
        id_ = by_name.get(ID) if ID not in wanted | answered else None
        because = by_name.get(BECAUSE) if BECAUSE not in wanted | answered else None
        found.append(
            RowSource(
                number=number,
                span=csv_span(file, cells[0]),
                when=tuple(one for name, one in sources.items() if name in wanted),
                then=tuple(one for name, one in sources.items() if name in answered and by_name[name].text.strip()),
                id=Name(id_.text.strip(), csv_span(file, id_)) if id_ is not None and id_.text.strip() else None,
                because=because.text.strip() if because is not None else "",
            )
        )
    return tuple(found)


__all__ = [
    "BECAUSE", "ENDINGS", "ID", "CellSource", "ColumnSource", "RowSource", "TableSource", "csv_part", "csv_rows",
    "csv_span", "is_table", "read_table",
]  # fmt: skip
