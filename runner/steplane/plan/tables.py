"""Decision tables in a plan: what a step decides by, and the files that say so."""

from collections.abc import Mapping

from msgspec import Struct


class TableFile(Struct, frozen=True):
    """The file of a table and, where its rows are in a CSV file, that: content and digest of each.

    `rules` is the table itself as text for `steplane.decisions.decide`; it changes only where the table means something
    else.
    """

    file: str
    text: str
    hash: str
    rules: str
    rows_file: str = ""
    rows_text: str = ""
    rows_hash: str = ""

    def files(self) -> dict[str, str]:
        """The texts by file."""
        return {self.file: self.text, **({self.rows_file: self.rows_text} if self.rows_file else {})}

    def digests(self) -> dict[str, str]:
        """The digests of the contents by file."""
        return {self.file: self.hash, **({self.rows_file: self.rows_hash} if self.rows_file else {})}


Tables = Mapping[str, TableFile]
"""The tables that a workflow may name, by file."""
