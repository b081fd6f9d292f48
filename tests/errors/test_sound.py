"""What passes the checks never fails in a run for a reason that could be known before: held over random workflows."""

from pathlib import Path
from typing import Any

import pytest
from tests.errors.sound.mistakes import WARNED
from tests.errors.sound.workflows import ENVIRON, Maker
from tests.runner.running import Recorder, Workbench

from steplane.app import running
from steplane.app.checking import Checker
from steplane.app.running import Options
from steplane.diagnostics import Diagnostic, has_errors
from steplane.events import ErrorInfo
from steplane.plugins import Registry
from steplane.plugins.index import Index, Plugin

VALUES = {"stub.broken", "goto.max", "loop.max", "loop.failures", "cancelled", "require", "ensure"}
"""Types of errors that depend on the values or on the course of a run alone: no file says whether they happen.

`stub.broken` is what a step type raises of itself. `goto.max` and `loop.max` count how often a condition held,
`loop.failures` how many instances failed. Every other error of these workflows can be known before: they divide by
nothing, look for nothing that need not be there, read no text as something else, and send no signal to another run.
"""
LACKS = {"may-be-missing": " is missing: ", "may-be-null": "null"}
"""Warnings of what a run may lack: where one is given, a run may fail with such an error."""
PLUGINS = (Plugin("stub", "tests.errors.sound.stub", "steplane", "1"), Plugin("decide", "steplane_steps.decide", "steplane", "1"),
           Plugin("shell", "steplane_steps.shell", "steplane", "1"))
REGISTRY = Registry(Index(PLUGINS))


class Trial:
    """One workflow that was checked and, if that found no error, run."""

    def __init__(self, bench: Workbench, seed: int) -> None:
        self.maker = Maker(seed)
        for name, text in self.maker.files.items():
            (bench.folder / name).write_text(text)
        self.bench = bench
        self.loaded = bench.load(self.maker.text)
        self.found: list[Diagnostic] = list(self.loaded.diagnostics)
        if any("shell-syntax" in one.codes for one in self.maker.planted):  # a process: for `check` alone
            self.found += Checker(REGISTRY).check([str(bench.file)], str(bench.folder)).diagnostics
        self.codes = {one.code for one in self.found}
        self.passed = self.loaded.plan is not None and not has_errors(self.found)

    def missed(self) -> list[Any]:
        """The mistakes that were made and not found: of several in one file only whether any was."""
        planted = self.maker.planted
        if not self.passed or any(one.codes & self.codes for one in planted):
            return []
        return planted

    def alarms(self) -> list[str]:
        """What was found where no mistake was made."""
        return [] if self.maker.planted else [f"{one.code} {one.span.line}: {one.message}" for one in self.found
                                              if one.severity == "error" or one.code == "may-be-missing"]

    def unsound(self, errors: list[ErrorInfo]) -> list[ErrorInfo]:
        """Of the errors of a run those that could be known before, and of which nothing was said."""
        warned = [words for code, words in LACKS.items() if code in self.codes]
        return [one for one in errors if one.type not in VALUES and not any(words in one.message for words in warned)]

    def run(self, run_id: str) -> list[ErrorInfo]:
        """The errors of the run, of its steps and of their attempts."""
        assert self.loaded.plan is not None
        recorder = Recorder()
        result = running.begin(
            self.bench.store, REGISTRY, self.loaded.plan, self.maker.inputs, {**self.bench.environ, **ENVIRON},
            Options(durability="normal", patience="1m"), lambda _: recorder, run_id,
        )  # fmt: skip
        errors = [one.error for one in recorder.events if getattr(one, "error", None) is not None]
        assert result.status in {"succeeded", "warning", "failed", "cancelled"}, result
        return [*errors, *([result.error] if result.error is not None else [])]
