"""A decision table in its own file: structure, columns, cells, answers, and what can be proved of its rules."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from steplane.checks.inputs import bad_schema, unknown_formats
from steplane.checks.table_answers import Answers, check_policy
from steplane.checks.table_cells import Cells
from steplane.checks.table_proofs import check_proofs
from steplane.decisions import POLICIES, Column, Rule, Table, column_of
from steplane.decisions.rows import BadCsv, CsvCell, read_rows
from steplane.decisions.tables import Policy, full
from steplane.decisions.unary import Cell
from steplane.diagnostics import Diagnostic, Edit, Fix, Related, Span, has_errors, in_file_order
from steplane.model.files import file_key
from steplane.model.tables import (
    BECAUSE,
    ID,
    CellSource,
    ColumnSource,
    RowSource,
    TableSource,
    csv_rows,
    csv_span,
    read_table,
)
from steplane.model.values import Name
from steplane.schema import check_schema, read_schema
from steplane.schema.structure import Structure
from steplane.schema.words import listed
from steplane.source import Document
from steplane.source.nodes import Mapping
from steplane.suggest import did_you_mean

Content = Callable[[str], bytes]


class CheckedTable(Struct, frozen=True, eq=False):
    """A table that was checked. `table` is None with errors; `columns` are its outputs all the same, by name.

    `rows_file` is the CSV file of its rows, `rows_data` what that holds.
    """

    source: TableSource | None
    hit: Policy
    inputs: dict[str, Column]
    outputs: dict[str, Column]
    diagnostics: tuple[Diagnostic, ...]
    table: Table | None = None
    rows_file: str = ""
    rows_data: bytes = b""


def check_table(document: Document, content: Content) -> CheckedTable:
    """All that is wrong with a table. `content` gives the file of its rows; it raises `OSError`."""
    return _Table(document, content).check()


class _Table:
    """One check of one table."""

    def __init__(self, document: Document, content: Content) -> None:
        self.document, self.content = document, content
        self.found: list[Diagnostic] = list(document.diagnostics)
        self.rows_file, self.rows_data = "", b""
        self.whole = not has_errors(self.found)

    def check(self) -> CheckedTable:
        root = self.document.root
        if isinstance(root, Mapping):
            structure = Structure(read_schema("decision"), lambda _: (), self.document.is_broken)
            structure.walk(root, "decision")
            self.found += structure.diagnostics
        source = read_table(self.document)
        if source is None:
            return CheckedTable(None, "unique", {}, {}, tuple(in_file_order(self.found)))
        hit: Policy = next((one for one in POLICIES if one == source.hit.text), "unique")
        inputs, outputs = self._columns(source.inputs, "input"), self._columns(source.outputs, "output")
        table = None
        if not self._is_misshapen(source):
            table = self._table(source, hit, inputs, outputs)
        found = tuple(in_file_order(self._without_ignored(self.found)))
        return CheckedTable(
            source, hit, inputs, outputs, found, None if has_errors(list(found)) else table, self.rows_file,
            self.rows_data,
        )  # fmt: skip

    def _is_misshapen(self, source: TableSource) -> bool:
        """Whether its columns are not all known, so that more about its rows would be noise."""
        wrong = {(one.span.line, one.span.column) for one in self.found if one.code in {"bad-schema", "wrong-kind"}}
        root = self.document.root
        places = [one.node.span for one in (*source.inputs, *source.outputs)]
        known = isinstance(root, Mapping) and root.entry("inputs") and root.entry("outputs")
        bad = any(
            (span.line, span.column) <= place < (span.end_line, span.end_column) for span in places for place in wrong
        )
        return not known or not source.outputs or bad

    def _columns(self, sources: Sequence[ColumnSource], noun: str) -> dict[str, Column]:
        for one in sources:
            what = f"{noun} `{one.name}`"
            self.found += [bad_schema(what, one.node, problem) for problem in check_schema(one.schema)]
            self.found += unknown_formats(what, one.node)
        return {one.name.text: column_of(one.name.text, one.schema) for one in sources}

    def _without_ignored(self, found: list[Diagnostic]) -> list[Diagnostic]:
        if "steplane: ignore[" not in self.document.text:
            return found
        from steplane.checks.ignoring import without_ignored

        return without_ignored(self.document, found)

    # ---------------------------------------------------------------- rows

    def _table(
        self, source: TableSource, hit: Policy, inputs: dict[str, Column], outputs: dict[str, Column]
    ) -> Table | None:
        self.found += check_policy(source, hit, outputs)
        rows = source.rows if source.csv is None else self._csv(source, source.csv, inputs, outputs)
        self.found += _doubled(rows)
        rules, healthy = self._rules(source, rows, hit, inputs, outputs)
        answers = Answers(source, hit, outputs)
        default = None
        if source.default and source.default_span is not None:  # the structure check speaks of one without anything
            self._unknown(source.default, outputs, "output", source.outputs)
            default = answers.default(source.default, source.default_span)
        self.found += answers.found
        table = Table(source.name.text, hit, tuple(inputs.values()), tuple(outputs.values()), tuple(rules), default)
        if rules and source.hit.text in POLICIES:
            whole = self.whole and len(healthy) == len(rows)
            self.found += check_proofs(source, table, tuple(healthy), whole=whole)
        return table

    def _rules(
        self, source: TableSource, rows: Sequence[RowSource], hit: Policy, inputs: dict[str, Column],
        outputs: dict[str, Column],
    ) -> tuple[list[Rule], list[RowSource]]:  # fmt: skip
        """The rules that can be read, and the rows that they come from."""
        rules, healthy = [], []
        cells, answers = Cells(self.document), Answers(source, hit, outputs)
        for row in rows:
            before = len(self.found) + len(cells.found) + len(answers.found)
            if source.csv is None:
                self._unknown(row.when, inputs, "input", source.inputs)
                self._unknown(row.then, outputs, "output", source.outputs)
            given = {
                one.column.text: cell
                for one in row.when
                if one.column.text in inputs
                and (cell := cells.read(one, inputs[one.column.text], row.words)) is not None
            }
            if not row.then and source.csv is None:  # the structure check has said so
                continue
            values = answers.row(row.then, row.words, row.span)
            if len(self.found) + len(cells.found) + len(answers.found) == before:
                rules.append(_rule(row, inputs, given, values))
                healthy.append(row)
        self.found += [*cells.found, *answers.found]
        return rules, healthy

    def _unknown(
        self, cells: Sequence[CellSource], columns: dict[str, Column], noun: str, sources: Sequence[ColumnSource]
    ) -> None:
        for cell in cells:
            if cell.column.text not in columns:
                self.found.append(_unknown_column(cell.column, columns, noun, sources))

    # ---------------------------------------------------------------- the file of the rows

    def _csv(
        self, source: TableSource, named: Name, inputs: dict[str, Column], outputs: dict[str, Column]
    ) -> tuple[RowSource, ...]:
        self.rows_file = file_key(source.file, named.text)
        try:
            self.rows_data = self.content(self.rows_file)
            text = self.rows_data.decode().removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
            rows = read_rows(text)
        except OSError as error:
            why = (
                "there is no such file"
                if isinstance(error, FileNotFoundError)
                else f"it cannot be read: {error.strerror}"
            )
            return self._no_rows(
                f"`{named}` has the rules of `{source.name}`: {why}", named.span, "the path is relative to this file"
            )
        except UnicodeDecodeError:
            return self._no_rows(f"`{named}` is not UTF-8", named.span, "save it as UTF-8")
        except BadCsv as wrong:
            span = Span(self.rows_file, wrong.line, wrong.column, wrong.line, wrong.column + 1)
            return self._no_rows(wrong.message, span, 'a quote inside of quotes is written twice: `""`')
        if len(rows) < 2:
            return self._no_rows(
                f"`{named}` has no rules", named.span, "its first line names the columns, each other line is a rule"
            )
        self._header(source, rows[0], inputs, outputs)
        self._widths(rows)
        return csv_rows(self.rows_file, rows, inputs, outputs)

    def _no_rows(self, message: str, span: Span, help_: str) -> tuple[RowSource, ...]:
        self.whole = False
        self.found.append(Diagnostic("table-rows", message, span, help=help_))
        return ()

    def _header(
        self, source: TableSource, header: list[CsvCell], inputs: dict[str, Column], outputs: dict[str, Column]
    ) -> None:
        names: dict[str, CsvCell] = {}
        known = {**inputs, **outputs}
        for cell in header:
            name = Name(cell.text.strip(), csv_span(self.rows_file, cell))
            if name.text in names:
                related = (Related(csv_span(self.rows_file, names[name.text]), "the first one"),)
                message = f"the column `{name}` stands twice in the header"
                self.found.append(Diagnostic("table-rows", message, name.span, related=related, help="take one out"))
            elif name.text in inputs and name.text in outputs:
                message = f"`{name}` is an input and an output: a header cannot tell which is meant"
                self.found.append(Diagnostic("table-column", message, name.span, help="give one of them another name"))
            elif name.text not in known and name.text not in {BECAUSE, ID}:
                self.found.append(_unknown_column(name, {**known, BECAUSE: None, ID: None}, "column", source.inputs))
            names.setdefault(name.text, cell)
        for missing in (one for one in outputs if one not in names and not outputs[one].null):
            message = f"the header has no column `{missing}`, which the table answers"
            span = csv_span(self.rows_file, header[0])
            self.found.append(Diagnostic("table-answer", message, span, help=f"add a column `{missing}`"))
            self.whole = False

    def _widths(self, rows: list[list[CsvCell]]) -> None:
        for row in rows[1:]:
            if len(row) != len(rows[0]):
                self.whole = False
                message = f"this row has {len(row)} cells, and the header names {len(rows[0])} columns"
                help_ = "a cell with a comma in it stands in quotes"
                self.found.append(Diagnostic("table-rows", message, csv_span(self.rows_file, row[0]), help=help_))


def _rule(row: RowSource, inputs: dict[str, Column], given: dict[str, Cell], values: tuple[object, ...]) -> Rule:
    return Rule(row.number, full(tuple(inputs), given), values, row.id.text if row.id else "", row.because)


def _unknown_column(
    name: Name, columns: dict[str, Column] | dict[str, Column | None], noun: str, sources: Sequence[ColumnSource]
) -> Diagnostic:
    message = f"the table has no {noun} `{name}`" if name.text else f"a {noun} has no name"
    related = tuple(Related(one.name.span, f"its {noun}s" if noun != "column" else "its inputs") for one in sources[:1])
    meant = did_you_mean(name.text, columns)
    if meant is None:
        help_ = f"it has {listed(list(columns), 'and')}" if len(columns) <= 12 else ""
        return Diagnostic("table-column", message, name.span, related=related, help=help_)
    fix = Fix(f"replace `{name}` with `{meant}`", (Edit(name.span, meant),), safe=False)
    return Diagnostic("table-column", message, name.span, label=f"did you mean `{meant}`?", related=related, fix=fix)


def _doubled(rows: Sequence[RowSource]) -> Iterator[Diagnostic]:
    """Two rules of one name: the history of a run could not tell them apart."""
    names = {str(row.number): row for row in rows if row.id is None}
    for row in rows:
        if row.id is None:
            continue
        first = names.setdefault(row.id.text, row)
        if first is not row:
            message = f"two rules are called `{row.id}`"
            related = (Related(first.span, "the other one"),)
            yield Diagnostic("table-rule-id", message, row.id.span, related=related, help="give one another `id`")


__all__ = ["CheckedTable", "Content", "check_table"]
