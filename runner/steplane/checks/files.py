"""The workflows that a file calls, and the tables that it asks, read when a check first wants them."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from steplane.checks.shaped import Parameters, Shaped, shaped
from steplane.model import Workflow, read_workflow
from steplane.source import Document, read
from steplane.source.nodes import Mapping

if TYPE_CHECKING:
    from steplane.checks.tables import CheckedTable
    from steplane.checks.types import Types

Content = Callable[[str], bytes]
"""Gives what a file holds, by what it is called in messages. Raises `OSError`."""


class Files:
    """The main file and those that are called.

    `nearby` lists the workflow files beside one that is not there; `parameters` names those of a step type.
    """

    def __init__(
        self,
        main: Document,
        content: Content,
        filters: tuple[str, ...] = (),
        nearby: Callable[[str], Sequence[str]] = lambda _: (),
        parameters: Parameters = lambda _: (),
    ) -> None:
        self.documents: dict[str, Document] = {os.path.normpath(main.file): main}
        self.data: dict[str, bytes] = {}
        self.nearby = nearby
        self._content = content
        self._filters = filters
        self._parameters = parameters
        self._shaped: dict[str, Shaped] = {}
        self._workflows: dict[str, Workflow | None] = {}
        self._problems: dict[str, str] = {}
        self.types: dict[str, Types] = {}
        self.tables: dict[str, CheckedTable] = {}
        self.table_documents: dict[str, Document] = {}

    def table(self, file: str) -> "CheckedTable | str":
        """The decision table of a file, or why it cannot be had."""
        from steplane.checks.tables import check_table
        from steplane.model.tables import is_table

        if file in self.tables:
            return self.tables[file]
        try:
            self.data[file] = self._content(file)
        except OSError as error:
            return "there is no such file" if isinstance(error, FileNotFoundError) else _why(error)
        document = read(self.data[file], file)
        if not is_table(document):
            return "it holds no decision table"
        self.table_documents[file] = document
        self.tables[file] = check_table(document, self._content)
        return self.tables[file]

    def workflow(self, file: str) -> Workflow | str:
        """The workflow of a file, or why it cannot be had."""
        if file not in self.documents and file not in self._problems:
            self._read(file)
        if file in self._problems:
            return self._problems[file]
        if file not in self._workflows:
            self._workflows[file] = read_workflow(self.shaped(self.documents[file]).document, self._filters)[0]
        return self._workflows[file] or "it holds no workflow"

    def shaped(self, document: Document) -> Shaped:
        """One of the workflow files with what is wrong with its shape, looked at once."""
        file = os.path.normpath(document.file)
        if file not in self._shaped:
            self._shaped[file] = shaped(document, self._parameters)
        return self._shaped[file]

    def sources(self) -> dict[str, str]:
        """The texts of all files that were read, by name."""
        documents = (*self.documents.values(), *self.table_documents.values())
        rows = {one.rows_file: one.rows_data for one in self.tables.values() if one.rows_file}
        texts = {file: data.decode(errors="replace") for file, data in rows.items()}
        return {**{one.file: one.text for one in documents}, **texts}

    def _read(self, file: str) -> None:
        try:
            self.data[file] = self._content(file)
        except OSError as error:
            self._problems[file] = "there is no such file" if isinstance(error, FileNotFoundError) else _why(error)
        else:
            document = read(self.data[file], file)
            if _is_other_mapping(document):
                self._problems[file] = "it holds no workflow: it has neither `steplane` nor `steps`"
            else:
                self.documents[file] = document


def _is_other_mapping(document: Document) -> bool:
    """Whether the file is read well and nothing in it says that it is a workflow."""
    root = document.root
    if not isinstance(root, Mapping) or document.diagnostics:
        return False
    return root.entry("steplane") is None and root.entry("steps") is None


def _why(error: OSError) -> str:
    return f"it cannot be read: {error.strerror}"


__all__ = ["Content", "Files"]
