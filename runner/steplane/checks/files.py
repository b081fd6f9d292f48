"""The workflows that a file calls, read when a check first asks for them."""

import os
from collections.abc import Callable, Sequence

from steplane.model import Workflow, read_workflow
from steplane.source import Document, read

Content = Callable[[str], bytes]
"""Gives what a file holds, by what it is called in messages. Raises `OSError`."""


class Files:
    """The main file and those that are called. `nearby` lists the workflow files beside one that is not there."""

    def __init__(
        self,
        main: Document,
        content: Content,
        filters: tuple[str, ...] = (),
        nearby: Callable[[str], Sequence[str]] = lambda _: (),
    ) -> None:
        self.documents: dict[str, Document] = {os.path.normpath(main.file): main}
        self.data: dict[str, bytes] = {}
        self.nearby = nearby
        self._content = content
        self._filters = filters
        self._workflows: dict[str, Workflow | None] = {}
        self._problems: dict[str, str] = {}

    def workflow(self, file: str) -> Workflow | str:
        """The workflow of a file, or why it cannot be had."""
        if file not in self.documents and file not in self._problems:
            self._read(file)
        if file in self._problems:
            return self._problems[file]
        if file not in self._workflows:
            self._workflows[file] = read_workflow(self.documents[file], self._filters)[0]
        return self._workflows[file] or "it holds no workflow"

    def _read(self, file: str) -> None:
        try:
            self.data[file] = self._content(file)
        except OSError as error:
            self._problems[file] = "there is no such file" if isinstance(error, FileNotFoundError) else _why(error)
        else:
            self.documents[file] = read(self.data[file], file)


def _why(error: OSError) -> str:
    return f"it cannot be read: {error.strerror}"


__all__ = ["Content", "Files"]
