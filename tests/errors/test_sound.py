"""What passes the checks never fails in a run for a reason that could be known before: held over random workflows.

The workflows go over the whole language, and half of them hold mistakes that are ones whatever the values are. So it is
held besides that every mistake is found, and that nothing is found where none was made.
"""

from pathlib import Path

import pytest
from tests.errors.sound.mistakes import WARNED
from tests.errors.sound.workflows import ENVIRON, Maker
from tests.runner.running import Recorder, Workbench

from steplane.app import running
from steplane.app.running import Options
from steplane.diagnostics import has_errors
from steplane.events import ErrorInfo
from steplane.plugins import Registry
from steplane.plugins.index import Index, Plugin

VALUES = {"stub.broken", "goto.max", "loop.failures", "cancelled"}
"""Types of errors that depend on the values or on the course of a run alone: no file says whether they happen.

`stub.broken` is what a step type raises of itself. `goto.max` counts how often a condition held, `loop.failures` how
many instances failed; `cancelled` is what a step is after another one has cancelled it. Every other error of these
workflows can be known before: they divide by nothing, look for nothing that need not be there without saying what
stands for it, read no text as something else, give no number beyond what is allowed, and send nothing to another run.
"""
LACKS = {"may-be-missing": " is missing: ", "may-be-null": "null"}
"""Warnings of what a run may lack: where one is given, the run may fail with such an error."""
MODULES = {"stub": "tests.errors.sound.stub", "decide": "steplane_steps.decide", "shell": "steplane_steps.shell"}
REGISTRY = Registry(Index(tuple(Plugin(name, module, "steplane", "1") for name, module in MODULES.items())))


class Trial:
    """One workflow that was checked and, if that found no error, may be run."""

    def __init__(self, bench: Workbench, seed: int) -> None:
        self.bench, self.seed = bench, seed
        self.maker = Maker(seed)
        for name, text in self.maker.files.items():
            (bench.folder / name).write_text(text, "utf-8")
        self.loaded = bench.load(self.maker.text)
        self.found = list(self.loaded.diagnostics)
        self.codes = {one.code for one in self.found}
        self.passed = self.loaded.plan is not None and not has_errors(self.found)

    def missed(self) -> list[str]:
        """The mistakes that were made where none was found. Of several in one file the first may hide the others."""
        planted = self.maker.planted
        told = not self.passed or any(one.codes & self.codes for one in planted)
        return [] if told else [f"{' '.join(sorted(one.codes))}: {one.text}" for one in planted]

    def alarms(self) -> list[str]:
        """What was found where no mistake was made."""
        told = (one for one in self.found if one.severity == "error" or one.code in LACKS)
        return [] if self.maker.planted else [f"{one.code} {one.span.line}: {one.message}" for one in told]

    def run(self) -> list[ErrorInfo]:
        """The errors of the run, of its steps and of their attempts."""
        assert self.loaded.plan is not None
        recorder, environ = Recorder(), {**self.bench.environ, **ENVIRON}
        options = Options(durability="normal", patience="1m")
        result = running.begin(
            self.bench.store, REGISTRY, self.loaded.plan, self.maker.inputs, environ, options, lambda _: recorder,
            f"seed-{self.seed}",
        )  # fmt: skip
        assert result.status in {"succeeded", "warning", "failed", "cancelled"}, result
        errors = [getattr(one, "error", None) for one in recorder.events]
        return [one for one in (*errors, result.error) if one is not None]

    def unsound(self) -> list[ErrorInfo]:
        """The errors of a run that could be known before, and of which nothing was said."""
        warned = [words for code, words in LACKS.items() if code in self.codes]
        return [
            one for one in self.run() if one.type not in VALUES and not any(words in one.message for words in warned)
        ]


def play(bench: Workbench, seeds: range) -> None:
    """Make, check and run the workflows of these seeds; between 35 and 65 per cent of them are to pass."""
    passed, wrong = 0, []
    for seed in seeds:
        trial = Trial(bench, seed)
        wrong += [f"seed {seed}: not found: {one}" for one in trial.missed()]
        wrong += [f"seed {seed}: found without a reason: {one}" for one in trial.alarms()]
        if trial.passed:
            passed += 1
            wrong += [f"seed {seed}: failed in the run: {one.type}: {one.message}" for one in trial.unsound()]
    assert not wrong, "\n".join(wrong)
    assert 0.35 < passed / len(seeds) < 0.65


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.chdir(tmp_path)
    return Workbench(tmp_path, REGISTRY)


def test_a_hundred(bench: Workbench) -> None:
    play(bench, range(100))


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_two_thousand(bench: Workbench) -> None:
    play(bench, range(100, 2100))


def test_the_workflows_hold_what_the_language_has() -> None:
    makers = [Maker(seed) for seed in range(100)]
    written = "\n".join(text for maker in makers for text in (maker.text, *maker.files.values()))
    keys = (
        "call", "cache", "cancel", "case", "collect", "compensate", "complete", "concurrency", "end", "ensure", "env",
        "finally", "finish", "foreach", "goto", "if", "join", "lock", "matrix", "measures", "milestone", "needs",
        "on_error", "open", "outputs", "parallel", "race", "require", "rescue", "retry", "run", "secrets", "signal",
        "split", "steps", "switch", "timeout", "undo", "until", "uses", "vars", "wait", "when", "while", "with",
    )  # fmt: skip
    assert [key for key in keys if f'"{key}": ' not in written and f"\n{key}: " not in written] == []
    codes = {code for maker in makers for one in maker.planted for code in one.codes}
    assert codes & WARNED
    assert len(codes) > 30
