"""A decision table in its own file: structure, columns, cells, answers, and what can be proved of its rules."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct, structs

from steplane.checks.table_answers import Answers, check_policy
from steplane.checks.table_cells import Cells
from steplane.checks.table_columns import read_columns, read_header, unknown_column, width
from steplane.checks.table_proofs import check_proofs
from steplane.decisions import POLICIES, Column, Rule, Table
from steplane.decisions.rows import BadCsv, read_rows
from steplane.decisions.tables import Policy, full
from steplane.decisions.unary import Cell
from steplane.diagnostics import Diagnostic, Related, Span, has_errors, in_file_order
from steplane.model.files import file_key
from steplane.model.tables import (
    CellSource,
    ColumnSource,
    RowSource,
    TableSource,
    csv_rows,
    read_table,
)
from steplane.model.values import Name
from steplane.schema import read_schema
from steplane.schema.structure import Structure
from steplane.source import Document
from steplane.source.nodes import Mapping, with_keys

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
        self.unclear: frozenset[str] = frozenset()
        self.unanswered: frozenset[str] = frozenset()
        self.missing: frozenset[str] = frozenset()
        self.strange = False

    def check(self) -> CheckedTable:
        root = self.document.root
        if isinstance(root, Mapping):
            structure = Structure(read_schema("decision"), lambda _: (), self.document.is_broken)
            structure.walk(root, "decision")
            self.found += structure.diagnostics
            if structure.counted:
                self.document = structs.replace(self.document, root=with_keys(root, structure.counted))
        source = read_table(self.document)
        if source is None:
            return CheckedTable(None, "unique", {}, {}, tuple(in_file_order(self.found)))
        hit: Policy = next((one for one in POLICIES if one == source.hit.text), "unique")
        known, answered = read_columns(source.inputs, "input"), read_columns(source.outputs, "output")
        self.found += [*known.found, *answered.found]
        self.unclear, self.unanswered = known.unclear, answered.unclear
        inputs, outputs = known.by_name, answered.by_name
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
        wrong = {(one.span.line, one.span.column) for one in self.found if one.code == "wrong-kind"}
        root = self.document.root
        places = [one.node.span for one in (*source.inputs, *source.outputs)]
        known = isinstance(root, Mapping) and root.entry("inputs") and root.entry("outputs")
        bad = any(
            (span.line, span.column) <= place < (span.end_line, span.end_column) for span in places for place in wrong
        )
        return not known or not source.outputs or bad

    def _without_ignored(self, found: list[Diagnostic]) -> list[Diagnostic]:
        if "steplane: ignore[" not in self.document.text:
            return found
        from steplane.checks.ignoring import without_ignored

        return without_ignored(self.document, found)

    # ---------------------------------------------------------------- rows

    def _table(
        self, source: TableSource, hit: Policy, inputs: dict[str, Column], outputs: dict[str, Column]
    ) -> Table | None:
        if not self.unanswered:
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
        if rules and source.hit.text in POLICIES and not self.unclear and not self.strange:
            whole = self.whole and len(healthy) == len(rows)
            self.found += check_proofs(source, table, tuple(healthy), whole=whole)
        return table

    def _rules(
        self, source: TableSource, rows: Sequence[RowSource], hit: Policy, inputs: dict[str, Column],
        outputs: dict[str, Column],
    ) -> tuple[list[Rule], list[RowSource]]:  # fmt: skip
        """The rules that can be read, and the rows that they come from."""
        rules, healthy = [], []
        cells, answers = Cells(self.document), Answers(source, hit, outputs, self.missing)
        for row in rows:
            before = len(self.found) + len(cells.found) + len(answers.found)
            if source.csv is None:
                self._unknown(row.when, inputs, "input", source.inputs)
                self._unknown(row.then, outputs, "output", source.outputs)
            given = {
                one.column.text: cell
                for one in row.when
                if one.column.text in inputs
                and one.column.text not in self.unclear
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
                self.found.append(unknown_column(cell.column, columns, noun, sources))

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
        header = read_header(self.rows_file, rows[0], inputs, outputs, source.inputs)
        self.found += header.found
        self.missing, self.strange = header.missing, header.strange
        widths = [width(self.rows_file, row, len(rows[0])) for row in rows[1:] if len(row) != len(rows[0])]
        self.found += widths
        self.whole = self.whole and not widths and not header.missing
        return csv_rows(self.rows_file, header.names, rows[1:], inputs, outputs)

    def _no_rows(self, message: str, span: Span, help_: str) -> tuple[RowSource, ...]:
        self.whole = False
        self.found.append(Diagnostic("table-rows", message, span, help=help_))
        return ()


def _rule(row: RowSource, inputs: dict[str, Column], given: dict[str, Cell], values: tuple[object, ...]) -> Rule:
    return Rule(row.number, full(tuple(inputs), given), values, row.id.text if row.id else "", row.because)


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
