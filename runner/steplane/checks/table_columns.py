"""The columns of a decision table: their schemas, those that are wrong too, and the header of a file of rows."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from steplane.checks.inputs import bad_schema, unknown_formats
from steplane.decisions import Column, column_of
from steplane.decisions.rows import CsvCell
from steplane.diagnostics import Diagnostic, Edit, Fix, Related, Span
from steplane.model.tables import BECAUSE, ID, ColumnSource, csv_span
from steplane.model.values import Name
from steplane.schema import check_schema, read_schema
from steplane.schema.words import ARTICLES, listed
from steplane.source.nodes import Mapping, Node
from steplane.suggest import did_you_mean, word_meant


class Columns(Struct, frozen=True):
    """Columns by name, and what is wrong with them. Of those that are `unclear` nobody knows what they take."""

    by_name: dict[str, Column]
    unclear: frozenset[str]
    found: tuple[Diagnostic, ...]


def read_columns(sources: Sequence[ColumnSource], noun: str) -> Columns:
    """The columns as they are meant: a misspelt type counts as the one that it stands for."""
    by_name, unclear, found = {}, set(), []
    for one in sources:
        name, what = one.name.text, f"{noun} `{one.name}`"
        found += [bad_schema(what, one.node, problem) for problem in check_schema(one.schema)]
        found += unknown_formats(what, one.node)
        found += _unknown_keywords(what, one.node)
        meant = _meant(one.schema)
        if check_schema(meant):
            meant = {}
            unclear.add(name)
        by_name[name] = column_of(name, meant)
    return Columns(by_name, frozenset(unclear), tuple(found))


def _unknown_keywords(what: str, node: Node) -> Iterator[Diagnostic]:
    """Keys of a column that are no keywords of JSON Schema: they would say nothing."""
    known = read_schema("workflow")["$defs"]["keywords"]["properties"]
    for entry in node.entries if isinstance(node, Mapping) else ():
        if entry.name in known or entry.name.startswith("x-"):
            continue
        span, meant = entry.key.span, did_you_mean(entry.name, known)
        message = f"`{entry.name}` of {what} is no keyword of JSON Schema"
        fix = Fix(f"replace `{entry.name}` with `{meant}`", (Edit(span, meant),), safe=False) if meant else None
        label, help_ = (f"did you mean `{meant}`?", "") if meant else ("", "remove it")
        yield Diagnostic("unknown-key", message, span, label=label, help=help_, fix=fix)


def _meant(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    meant = word_meant(kind, ARTICLES) if isinstance(kind, str) and kind not in ARTICLES else None
    return schema if meant is None else {**schema, "type": meant}


class Header(Struct, frozen=True):
    """The columns that the cells of a header stand for, and what is wrong with it.

    `missing` are the outputs that it lacks; with `strange` a column stands there that may be any.
    """

    names: tuple[str, ...]
    missing: frozenset[str]
    strange: bool
    found: tuple[Diagnostic, ...]


def read_header(
    file: str, cells: Sequence[CsvCell], inputs: dict[str, Column], outputs: dict[str, Column],
    sources: Sequence[ColumnSource],
) -> Header:  # fmt: skip
    """Read the first line of a file of rows. A misspelt column counts as the one that it stands for."""
    found, names, strange = [], [], False
    first: dict[str, CsvCell] = {}
    known = {**inputs, **outputs}
    written = {cell.text.strip() for cell in cells}
    for cell in cells:
        name = Name(cell.text.strip(), csv_span(file, cell))
        meant = name.text
        if name.text in first:
            related = (Related(csv_span(file, first[name.text]), "the first one"),)
            message = f"the column `{name}` stands twice in the header"
            found.append(Diagnostic("table-rows", message, name.span, related=related, help="take one out"))
        elif name.text in inputs and name.text in outputs:
            message = f"`{name}` is an input and an output: a header cannot tell which is meant"
            found.append(Diagnostic("table-column", message, name.span, help="give one of them another name"))
        elif name.text not in known and name.text not in {BECAUSE, ID}:
            free = {one: None for one in (*known, BECAUSE, ID) if one not in written and one not in names}
            found.append(unknown_column(name, {**known, BECAUSE: None, ID: None}, "column", sources))
            meant = did_you_mean(name.text, free) or ""
            strange = strange or not meant
        first.setdefault(name.text, cell)
        names.append(meant)
    missing = [one for one in outputs if one not in names and not outputs[one].null]
    for one in () if strange else missing:
        message = f"the header has no column `{one}`, which the table answers"
        found.append(Diagnostic("table-answer", message, csv_span(file, cells[0]), help=f"add a column `{one}`"))
    return Header(tuple(names), frozenset(missing), strange, tuple(found))


def unknown_column(
    name: Name, columns: dict[str, Column] | dict[str, Column | None], noun: str, sources: Sequence[ColumnSource]
) -> Diagnostic:
    """What to say of a name that is none of a table's columns."""
    message = f"the table has no {noun} `{name}`" if name.text else f"a {noun} has no name"
    related = tuple(Related(one.name.span, f"its {noun}s" if noun != "column" else "its inputs") for one in sources[:1])
    meant = did_you_mean(name.text, columns)
    if meant is None:
        help_ = f"it has {listed(list(columns), 'and')}" if len(columns) <= 12 else ""
        return Diagnostic("table-column", message, name.span, related=related, help=help_)
    fix = Fix(f"replace `{name}` with `{meant}`", (Edit(name.span, meant),), safe=False)
    return Diagnostic("table-column", message, name.span, label=f"did you mean `{meant}`?", related=related, fix=fix)


def width(file: str, row: Sequence[CsvCell], columns: int) -> Diagnostic:
    """What to say of a row with more or fewer cells than the header."""
    cell = row[0]
    span: Span = csv_span(file, cell)
    message = f"this row has {len(row)} cells, and the header names {columns} columns"
    return Diagnostic("table-rows", message, span, help="a cell with a comma in it stands in quotes")


__all__ = ["Columns", "Header", "read_columns", "read_header", "unknown_column", "width"]
