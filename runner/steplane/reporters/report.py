"""A run as it is reported in a file when it is over: all of its instances, also those of earlier processes."""

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from steplane.events import OK, ErrorInfo
from steplane.reporters.words import cause, clock, count

Verdict = Literal["passed", "failed", "broken", "left"]
"""What a step counts as for a test report; `broken`: something else than the step is at fault; `left`: no result."""

_BROKEN = {"plugin.crash", "internal", "state", "secret.withheld"}


class StepReport(Struct, kw_only=True):
    """One instance by its latest activation. `line` and `column` are of the step in its `file`, which
    is named as the repository has it; `reason` is why it was skipped, blocked or cancelled, in words.

    `inner`: it is a group or a loop with instances inside, and its end is theirs. `caught`: it failed, and something
    around it made up for it.
    """

    path: str
    status: str
    file: str
    line: int = 0
    column: int = 0
    seconds: float | None = None
    attempts: int = 0
    reason: str = ""
    recovered: bool = False
    error: ErrorInfo | None = None
    inner: bool = False
    caught: bool = False

    @property
    def verdict(self) -> Verdict:
        """Whether it passed, failed, was broken, or has no result of its own."""
        if self.status == "interrupted":
            return "broken"
        if self.status == "failed" and not self.caught:
            return "broken" if self.error is not None and self.error.type in _BROKEN else "failed"
        return "passed" if self.status in {"succeeded", "reused", "compensated"} else "left"

    @property
    def why(self) -> str:
        """The cause of its end in words; empty where there is nothing to say."""
        if self.status == "interrupted":
            return "cut off; it runs again when the run goes on"
        if self.status in {"pending", "ready"}:
            return "did not begin"
        if self.error is not None:
            return cause(self.error)
        if self.recovered:
            return "its `rescue` succeeded"
        return self.reason


class RunReport(Struct, kw_only=True):
    """One run. `file` is its workflow file as the repository has it; times are microseconds since the epoch.

    `resume` is the command that goes on with it; `logs` gives the last lines that an instance wrote, made harmless.
    """

    run: str
    workflow: str
    file: str
    status: str
    steps: Sequence[StepReport]
    version: str = ""
    title: str = ""
    case: str = ""
    started_at: int = 0
    seconds: float = 0.0
    outputs: Any = None
    error: ErrorInfo | None = None
    reason: str = ""
    resume: str = ""

    @property
    def cases(self) -> list[StepReport]:
        """The instances that count: what performs something, and groups that failed by themselves."""
        return [one for one in self.steps if not one.inner]

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.status in {"succeeded", "warning", "failed", "cancelled"}

    def tally(self) -> str:
        """How many instances ended in each way: `3 succeeded, 1 failed`."""
        statuses = [one.status for one in self.cases]
        return ", ".join(f"{statuses.count(one)} {one}" for one in dict.fromkeys(statuses))

    def headline(self) -> str:
        """How it stands, in words: `failed in 3.4s`."""
        words = {"warning": "ended with warnings", "waiting": "waits", "interrupted": "was interrupted"}
        preposition = "in" if self.ended else "after"
        took = f" {preposition} {clock(self.seconds)}" if self.started_at else ""
        return f"{words.get(self.status, self.status)}{took}"


def tries(one: StepReport) -> str:
    """`after 3 attempts`, where there was more than one."""
    return f"after {count(one.attempts, 'attempt')}" if one.attempts > 1 else ""


def related(steps: Sequence[StepReport], run_status: str) -> None:
    """Find out of instances in their order, those inside after what they are in, which are `inner` and `caught`."""
    around: list[StepReport] = []
    for one in steps:
        while around and not one.path.startswith((f"{around[-1].path}/", f"{around[-1].path}[")):
            around.pop()
        if around:
            outer = around[-1]
            outer.inner = not _fails_itself(outer)
        one.caught = one.status == "failed" and (run_status in OK or any(outer.status in OK for outer in around))
        around.append(one)


def _fails_itself(one: StepReport) -> bool:
    """Whether its failure (or the warning that it became) is its own, and not of something inside."""
    error = one.error
    if one.status not in {"failed", "warning"} or error is None:
        return False
    return error.type != "loop.failures" and error.step in {"", one.path}
