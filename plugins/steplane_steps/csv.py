"""Step types for tables: `csv.read`, `csv.write`."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from steplane.sdk import Meta, PlanContext, Planned, Result, Step, StepContext, StepError, hookimpl
from steplane_steps.files import (
    FILE_ERRORS,
    READ_LIMIT,
    Encoding,
    MakeFolders,
    Mode,
    Path,
    explained,
    read_bytes,
    replacing,
    stop_if_cancelled,
)
from steplane_steps.planned import reading, writing

Delimiter = Annotated[str, Meta(pattern=r'^[^"\r\n]$', description="The character between two cells")]
Count = Annotated[int, Meta(ge=0)]
csv.field_size_limit(READ_LIMIT)  # files are bounded already; the module's own 128 KiB would refuse honest cells
CHECK_EVERY = 1000
"""Rows after which a step looks whether it should stop."""


class Table(Result):
    """The rows, each a mapping from column to text; the columns in order; the number of rows."""

    rows: list[dict[str, str]]
    columns: list[str]
    count: int


class Read(
    Step, type="csv.read", errors=(*FILE_ERRORS, "csv.invalid", "csv.columns"), capabilities=("filesystem",),
    idempotent=True, cancellable=True,
):  # fmt: skip
    """Read a table from a CSV file, each row a mapping from column to text.

    The first line names the columns, unless `header` is false. All values are text: `${{ row.amount | float }}` makes
    a number. A row with too few or too many cells is an error that names its line; blank lines are passed over.

    Example:
        uses: csv.read
        with: {path: orders.csv, delimiter: ";"}
    """

    path: Path
    delimiter: Delimiter = ","
    encoding: Encoding = "utf-8"
    header: Annotated[bool, Meta(description="Whether the first line names the columns")] = True
    columns: Annotated[
        list[str] | None, Meta(description="With a header: the columns to keep, in order. Without: the columns' names")
    ] = None
    limit: Annotated[Count | None, Meta(description="Read that many rows at most")] = None

    def run(self, ctx: StepContext) -> Table:
        """Read it."""
        with explained(self.path):
            # a byte order mark, which spreadsheets write, belongs to no cell
            text = read_bytes(ctx, self.path).decode(self.encoding).removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True)
        try:
            return self._table(ctx, lines)
        except csv.Error as error:
            raise self._invalid(lines.line_num, str(error)) from error

    def plan(self, ctx: PlanContext) -> Planned:
        """Say whether the file is there."""
        return reading(ctx, self.path)

    def _table(self, ctx: StepContext, lines: "Lines") -> Table:
        names = self._names(lines)
        if names is None:
            return Table([], self.columns or [], 0)
        kept = self._kept(names)
        rows: list[dict[str, str]] = []
        for cells in self._cells(lines, names):
            if len(rows) == self.limit:
                break
            if len(rows) % CHECK_EVERY == 0:
                stop_if_cancelled(ctx)
            row = dict(zip(names, cells, strict=True))
            rows.append(row if kept is names else {name: row[name] for name in kept})
        return Table(rows, kept, len(rows))

    def _names(self, lines: "Lines") -> list[str] | None:
        """The names of all columns of the file; None when it has no line to tell."""
        first = next((cells for cells in lines if cells), None) if self.header or self.columns is None else []
        if first is None:
            return None
        if not self.header:
            if self.columns is None:
                raise StepError("csv.columns", "without a header `columns` must name the columns")
            first = self.columns
        if doubled := next((one for one in first if first.count(one) > 1), None):
            raise StepError("csv.columns", f"`{self.path}` has two columns `{doubled}`")
        return first

    def _kept(self, names: list[str]) -> list[str]:
        """The columns that are wanted, all of them in the file."""
        if self.columns is None or not self.header:
            return names
        if missing := [one for one in self.columns if one not in names]:
            raise StepError("csv.columns", f"`{self.path}` has no column `{missing[0]}`; it has {', '.join(names)}")
        return self.columns

    def _cells(self, lines: "Lines", names: list[str]) -> Iterator[list[str]]:
        for cells in lines:
            if not cells:
                continue
            if len(cells) != len(names):
                raise self._invalid(lines.line_num, f"{len(cells)} cells, but there are {len(names)} columns")
            yield cells

    def _invalid(self, line: int, what: str) -> StepError:
        return StepError("csv.invalid", f"`{self.path}`, line {line}: {what}", detail={"line": line})


class Written(Result):
    """The file's absolute path and the number of rows."""

    path: str
    count: int


class Write(
    Step, type="csv.write", errors=(*FILE_ERRORS, "csv.columns"), capabilities=("filesystem",), idempotent=True,
    cancellable=True,
):  # fmt: skip
    """Write a table to a CSV file, which is replaced as a whole.

    Numbers, `true` and `false` stand as in JSON, null is empty, lists and mappings are compact JSON.

    Example:
        uses: csv.write
        with: {path: out/prices.csv, rows: "${{ steps.price.outputs.rows }}", columns: [id, total], mkdir: true}
    """

    path: Path
    rows: Annotated[list[dict[str, Any]], Meta(description="The rows, each a mapping from column to value")]
    columns: Annotated[
        list[str] | None,
        Meta(description="The columns, in order; other keys are left out. Default: all keys, as they come"),
    ] = None
    delimiter: Delimiter = ","
    encoding: Encoding = "utf-8"
    header: Annotated[bool, Meta(description="Whether to write a first line that names the columns")] = True
    mode: Mode | None = None
    mkdir: MakeFolders = False

    def run(self, ctx: StepContext) -> Written:
        """Write it."""
        columns = (
            self.columns if self.columns is not None else list(dict.fromkeys(key for row in self.rows for key in row))
        )
        with replacing(ctx, self.path, mkdir=self.mkdir, mode=self.mode) as file:
            text = io.TextIOWrapper(file, encoding=self.encoding, newline="", write_through=True)
            out = csv.writer(_UnixLines(text), delimiter=self.delimiter, lineterminator="\r\n")
            if self.header and columns:
                out.writerow(columns)
            for number, row in enumerate(self.rows):
                if number % CHECK_EVERY == 0:
                    stop_if_cancelled(ctx)
                out.writerow([_cell(row.get(name)) for name in columns])
            text.detach()
        return Written(str(ctx.workdir / self.path), len(self.rows))

    def plan(self, ctx: PlanContext) -> Planned:
        """Say whether the file is made or replaced."""
        rows = f"{len(self.rows):,} row{'' if len(self.rows) == 1 else 's'}"
        return writing(ctx, self.path, rows, mkdir=self.mkdir)


Lines = Any
"""A `csv.reader`: an iterator of lists of text with a `line_num`."""


class _UnixLines:
    """Ends rows with a newline alone. A csv writer told so itself would not quote cells that hold a carriage return."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self._file = file

    def write(self, row: str) -> None:
        self._file.write(row.removesuffix("\r\n") + "\n")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@hookimpl
def steplane_steps() -> Sequence[type[Step]]:
    """The step types of this module."""
    return [Read, Write]
