"""A step context without a runner: it remembers what the step said, and runs programs for real."""

import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from steplane.rendering import render
from steplane.sdk import ProcessResult, Secret, StepContext
from steplane.sdk.context import MEBIBYTE, NO_FILES, Delimiters
from steplane.testing.processes import Child


class RecordingContext(StepContext):
    """The context of one attempt in a test.

    `logged` and `warned` are the lines that the step wrote, `reported` its progress. `cancel()` asks it to stop.
    `env` is the whole environment of its processes; None takes that of the test, with `STEPLANE_OUTPUT` in `workdir`.
    """

    def __init__(
        self,
        workdir: Path,
        *,
        env: Mapping[str, str] | None = None,
        outputs_declared: tuple[str, ...] = (),
        secrets: Mapping[str, Secret] | None = None,
        deadline: float | None = None,
        step: str = "step",
        attempt: int = 1,
    ) -> None:
        self.run_id = "test"
        self.step = step
        self.attempt = attempt
        self.idempotency_key = f"test/{step}/1"
        self.deadline = deadline
        self.workdir = workdir
        self.artifacts = workdir / "artifacts"
        self.artifacts.mkdir(exist_ok=True)
        output = {"STEPLANE_OUTPUT": str(self.artifacts / "steplane-output")}
        self.env = {**os.environ, **output} if env is None else dict(env)
        self.secrets = secrets or {}
        self.outputs_declared = outputs_declared
        self.logged: list[str] = []
        self.warned: list[str] = []
        self.rules: Mapping[str, str] | None = None
        self.reported: list[tuple[float, float | None, str]] = []
        self._stopping = threading.Event()

    def cancel(self) -> None:
        """Ask the step to stop, as a cancel or a timeout does."""
        self._stopping.set()

    def log(self, text: str) -> None:
        """Remember the lines."""
        self.logged.extend(text.split("\n"))

    def warn(self, text: str) -> None:
        """Remember the warning."""
        self.warned.append(text)

    def decided(self, rules: Mapping[str, str]) -> None:
        """Remember the rules."""
        self.rules = dict(rules)

    def progress(self, done: float, total: float | None = None, text: str = "") -> None:
        """Remember the progress."""
        self.reported.append((done, total, text))

    @property
    def cancelled(self) -> bool:
        """Whether `cancel()` was called or the deadline is over."""
        return self._stopping.is_set() or (self.deadline is not None and time.monotonic() >= self.deadline)

    def wait_cancelled(self, seconds: float) -> bool:
        """Sleep until then, or until `cancel()` or the deadline."""
        left = seconds if self.deadline is None else min(seconds, self.deadline - time.monotonic())
        self._stopping.wait(max(left, 0))
        return self.cancelled

    def process(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | str | None = None,
        grace: float = 10.0,
        capture: bool = True,
        limit: int = MEBIBYTE,
        pass_files: Mapping[int, bytes] = NO_FILES,
        tty: bool = False,
        log: bool = True,
    ) -> ProcessResult:
        """Run the program; its output is in `logged`, its standard output only with `log`."""
        environment, place = self.env if env is None else env, self.workdir if cwd is None else cwd
        child = Child(argv, environment, place, stdin=stdin or b"", pass_files=pass_files, tty=tty)
        child.pump(self.log, limit if capture else 0, quiet=not log)
        while (exit_code := child.wait(0.01)) is None:
            if self.cancelled:
                exit_code = child.end(grace)
                break
        kept, truncated = child.output()
        return ProcessResult(exit_code, kept.decode("utf-8", "replace"), truncated and capture)

    def render(
        self,
        text: str,
        values: Mapping[str, Any],
        *,
        name: str = "template",
        delimiters: Delimiters = "steplane",
        trim_blocks: bool = False,
        lstrip_blocks: bool = False,
    ) -> str:
        """Render the template; times without an offset are in UTC."""
        return render(
            text, values, name=name, delimiters=delimiters, trim_blocks=trim_blocks, lstrip_blocks=lstrip_blocks
        )
