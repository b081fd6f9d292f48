"""What a reporter is told of a run before it begins."""

from typing import Any

from msgspec import Struct

from steplane.events import ErrorInfo
from steplane.plan.nodes import Plan
from steplane.store import RunFolder


class Subject(Struct, frozen=True):
    """The run that is shown. `resume` is the command that goes on with it."""

    run: str
    plan: Plan
    folder: RunFolder
    resume: str
    resumed: bool = False


class Result(Struct, frozen=True):
    """How the run, or the part of it that was shown, has ended."""

    status: str
    outputs: Any = None
    error: ErrorInfo | None = None
