"""What a reporter is told of a run before it begins."""

import os
from typing import Any

from msgspec import Struct

from steplane.events import ErrorInfo
from steplane.plan.nodes import Plan
from steplane.store import RunFolder


class Subject(Struct, frozen=True):
    """The run that is shown. `resume` is the command that goes on with it, `home` the folder of its file."""

    run: str
    plan: Plan
    folder: RunFolder
    resume: str
    resumed: bool = False
    home: str = ""

    @property
    def file(self) -> str:
        """The path of the workflow file, wherever this process was called."""
        return os.path.join(self.home, os.path.basename(self.plan.file)) if self.home else self.plan.file


class Result(Struct, frozen=True):
    """How the run, or the part of it that was shown, has ended."""

    status: str
    outputs: Any = None
    error: ErrorInfo | None = None
