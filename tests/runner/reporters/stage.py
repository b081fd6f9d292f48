"""A run in the log of a CI system, without a run: steps begin, write and end as a test says."""

from pathlib import Path
from typing import Any

from steplane.events import ErrorInfo, RunStarted, StepEnded, StepRetry, StepStarted
from steplane.expressions.templates import Literal
from steplane.kernel import Instance
from steplane.plan.nodes import Body, Node, Perform, Plan, StepList
from steplane.reporters.folding import FoldedLog, FoldingReporter
from steplane.reporters.github import GitHubLog
from steplane.reporters.gitlab import GitLabLog
from steplane.reporters.plain import Style
from steplane.reporters.subject import Result, Subject
from steplane.store import RunFolder

STEP = Node(number=1, id="build", action=Perform("shell", Literal({"script": "make"})), list=0, line=4, column=9)
PLAN = Plan(
    name="demo", file="demo.yaml", hash="0", text="steplane: 1\nname: demo\nsteps:\n  - id: build\n    run: make\n",
    nodes=(Node(number=0, id="demo", action=Body(0)), STEP), lists=(StepList(0, 0, "steps", "", (1,)),),
)  # fmt: skip


def error(message: str = "exit code 2", type_: str = "shell.exit", step: str = "build") -> ErrorInfo:
    return ErrorInfo(type_, message, step=step)


class Stage:
    """The reporter, and all that it has written."""

    def __init__(self, log: FoldedLog, folder: Path | None = None, *, stamps: bool = False, **style: Any) -> None:
        self.written: list[str] = []
        subject = Subject("one", PLAN, RunFolder(str(folder or "nowhere")), "steplane resume one")
        self.reporter = FoldingReporter(subject, self.written.append, Style(**style), log, stamps=stamps)
        self.reporter.event(RunStarted(at=1), None)

    @property
    def text(self) -> str:
        return "".join(self.written)

    def begin(self, path: str, attempt: int = 1) -> None:
        event = StepStarted(step="build", path=path, attempt=attempt)
        self.reporter.event(event, Instance(1, STEP, None, path, 1, PLAN))

    def say(self, path: str, text: str, stream: str = "stdout") -> str:
        """A step writes lines; what is printed at once."""
        before = len(self.text)
        self.reporter.log(path, stream, text)
        return self.text[before:]

    def again(self, path: str, attempt: int = 1) -> None:
        event = StepRetry(step="build", path=path, attempt=attempt, delay=1.0, error=error(step=path))
        self.reporter.event(event, Instance(1, STEP, None, path, 1, PLAN))

    def end(self, path: str, status: str = "succeeded", **more: Any) -> None:
        if status in {"failed", "warning"}:
            more = {"error": error(step=path), **more}
        event = StepEnded(step="build", path=path, status=status, **more)  # type: ignore[arg-type]
        self.reporter.event(event, Instance(1, STEP, None, path, 1, PLAN))

    def finish(self, status: str = "succeeded", **more: Any) -> str:
        """The end; all that was written."""
        self.reporter.finish(Result(status, **more))
        return self.text


def github(folder: Path | None = None, *, obey: bool = False, **more: Any) -> Stage:
    return Stage(GitHubLog(obey=obey), folder, **more)


def gitlab(folder: Path | None = None, **more: Any) -> Stage:
    return Stage(GitLabLog(), folder, **more)
