from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from steplane.executors.requests import AttemptOutcome, AttemptRequest
from steplane.executors.thread import ThreadExecutor
from steplane.plugins import Index, Plugin, Registry

TRIAL = '''
import ctypes, os, resource, signal, subprocess, sys, threading, time
from typing import Any
from steplane.sdk import Result, Step, StepContext, StepError, hookimpl

class Said(Result):
    value: Any = None

class Do(Step, type="trial.do"):
    """Run Python text in a worker."""
    code: str
    def run(self, ctx: StepContext) -> dict[str, Any]:
        names = {**globals(), "ctx": ctx}
        exec(self.code, names)
        return names.get("result", {})

class Here(Step, type="trial.here", cancellable=True):
    """Run Python text in a thread."""
    code: str
    def run(self, ctx: StepContext) -> dict[str, Any]:
        names = {**globals(), "ctx": ctx}
        exec(self.code, names)
        return names.get("result", {})

@hookimpl
def steplane_steps():
    return [Do, Here]
'''


class Bench:
    """An executor with a plugin for trials, and its outcomes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outcomes: SimpleQueue[AttemptOutcome] = SimpleQueue()
        self.lines: list[tuple[str, str, str]] = []
        self.progress: list[tuple[Any, ...]] = []
        index = Index(
            (
                Plugin("broken", "steplane_broken_trial", "steplane-broken", "0.1"),
                Plugin("trial", "steplane_trial", "steplane-trial", "1.2"),
            )
        )
        self.executor = ThreadExecutor(
            2,
            Registry(index),
            self.outcomes.put,
            secrets={"key": "swordfish-99"}.__getitem__,
            listener=lambda path, stream, text: self.lines.append((path, stream, text)),
            on_progress=lambda *all_: self.progress.append(all_),
        )
        self._serial = 0

    def request(self, code: str, type_: str = "trial.do", **changes: Any) -> AttemptRequest:
        import os

        self._serial += 1
        return AttemptRequest(
            **{
                "run": "r1",
                "path": f"s{self._serial}",
                "step": "s",
                "type": type_,
                "instance": self._serial,
                "workdir": str(self.folder),
                "log": str(self.folder / "s.log"),
                "artifacts": str(self.folder / f"artifacts-{self._serial}"),
                "parameters": {"code": code},
                "env": {**os.environ, "STEPLANE_RUN_ID": "r1", "STEPLANE_STEP": f"{self.folder}/s{self._serial}"},
                **changes,
            }
        )

    def run(self, code: str, type_: str = "trial.do", **changes: Any) -> AttemptOutcome:
        self.executor.submit(self.request(code, type_, **changes))
        return self.outcomes.get(timeout=30)

    @property
    def log(self) -> str:
        return (self.folder / "s.log").read_text("utf-8")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "steplane_trial.py").write_text(TRIAL, "utf-8")
    (plugins / "steplane_broken_trial.py").write_text("raise SystemExit(3)\n", "utf-8")
    monkeypatch.syspath_prepend(str(plugins))
    monkeypatch.delitem(__import__("sys").modules, "steplane_trial", raising=False)
    made = Bench(tmp_path)
    yield made
    made.executor.close()


BenchMaker = Callable[[], Bench]
