"""What a reporter is told of a run before it begins."""

import os
from typing import Any

from msgspec import Struct

from steplane.events import ErrorInfo
from steplane.plan.nodes import Plan
from steplane.store import RunFolder


class Subject(Struct, frozen=True):
    """The run that is shown. `resume` is the command that goes on with it, `home` the folder of its file, `state` what
    stands behind a command that is told.
    """

    run: str
    plan: Plan
    folder: RunFolder
    resume: str
    resumed: bool = False
    home: str = ""
    state: str = ""

    @property
    def show(self) -> str:
        """The command that shows it."""
        return f"steplane show {self.run}{self.state}"

    @property
    def file(self) -> str:
        """The path of the workflow file, wherever this process was called."""
        return self.path_of(self.plan.file)

    def path_of(self, file: str) -> str:
        """The same of one of the files that are called, by its name in the plan."""
        if not self.home:
            return file
        return os.path.join(self.home, os.path.relpath(file, os.path.dirname(self.plan.file)))


class Result(Struct, frozen=True):
    """How the run, or the part of it that was shown, has ended."""

    status: str
    outputs: Any = None
    error: ErrorInfo | None = None
