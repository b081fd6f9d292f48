"""The rows of a CSV file (RFC 4180), each cell with its place. Python's own reader tells none."""

from msgspec import Struct


class CsvCell(Struct, frozen=True):
    """One cell: its text, and where it stands: line and column of its first character, line and column of its end."""

    text: str
    line: int
    column: int
    end_line: int
    end_column: int
    quoted: bool = False


class BadCsv(Exception):
    """The text is no table, from that line and column on."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


def read_rows(text: str) -> list[list[CsvCell]]:
    """The rows; blank lines are left out. Cells are separated by commas. Raises `BadCsv`."""
    reader = _Reader(text)
    rows = []
    while reader.at < len(text):
        row = reader.row()
        if len(row) > 1 or row[0].text.strip() or row[0].quoted:
            rows.append(row)
    return rows


class _Reader:
    """Goes through a text and counts lines and columns."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.line, self.start = text, 0, 1, 0

    @property
    def column(self) -> int:
        return self.at - self.start + 1

    def row(self) -> list[CsvCell]:
        """One row, with its end of line."""
        found = [self._cell()]
        while self.text[self.at : self.at + 1] == ",":
            self.at += 1
            found.append(self._cell())
        self._end_line()
        return found

    def _cell(self) -> CsvCell:
        if self.text[self.at : self.at + 1] == '"':
            return self._quoted()
        line, column, begin = self.line, self.column, self.at
        while self.at < len(self.text) and self.text[self.at] not in ",\r\n":
            self.at += 1
        return CsvCell(self.text[begin : self.at], line, column, self.line, self.column)

    def _quoted(self) -> CsvCell:
        line, column = self.line, self.column
        self.at += 1
        parts: list[str] = []
        while True:
            end = self.text.find('"', self.at)
            if end < 0:
                raise BadCsv("a quote is opened and never closed", line, column)
            parts.append(self._taken(end))
            self.at = end + 1
            if self.text[self.at : self.at + 1] != '"':
                break
            parts.append('"')
            self.at += 1
        if self.text[self.at : self.at + 1] not in {"", ",", "\r", "\n"}:
            raise BadCsv("a comma or the end of the line belongs behind a closing quote", self.line, self.column)
        return CsvCell("".join(parts), line, column, self.line, self.column, quoted=True)

    def _taken(self, end: int) -> str:
        part = self.text[self.at : end]
        breaks = part.count("\n")
        if breaks:
            self.line += breaks
            self.start = self.at + part.rindex("\n") + 1
        return part

    def _end_line(self) -> None:
        if self.text[self.at : self.at + 2] == "\r\n":
            self.at += 1
        if self.at < len(self.text):
            self.at += 1
        self.line += 1
        self.start = self.at


__all__ = ["BadCsv", "CsvCell", "read_rows"]
