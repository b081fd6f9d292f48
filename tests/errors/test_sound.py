"""What passes the checks never fails in a run for a reason that could be known before: held over random workflows."""

from pathlib import Path

import pytest
from tests.errors.sound.workflows import Maker, given
from tests.runner.running import Workbench

from steplane.diagnostics import has_errors
from steplane.events import StepEnded
from steplane.plugins import Registry
from steplane.plugins.index import Index, Plugin

STATIC = {"expression", "input.invalid"}
"""Types of errors for which no reason is left: these workflows use nothing that depends on the values alone."""
REGISTRY = Registry(Index((Plugin("stub", "tests.errors.sound.stub", "steplane", "1"),)))


def play(bench: Workbench, seed: int) -> bool:
    """Whether the workflow of a seed passed the checks; it is then run, and must not fail."""
    text = Maker(seed).file()
    loaded = bench.load(text)
    if loaded.plan is None or has_errors(list(loaded.diagnostics)):
        return False
    outcome = bench.run(text, given(seed), run_id=f"seed-{seed}")
    failures = [one for one in outcome.events if isinstance(one, StepEnded) and one.error is not None]
    assert not [one.error for one in failures if one.error and one.error.type in STATIC], f"seed {seed}:\n{text}"
    assert outcome.status in {"succeeded", "warning"}, f"seed {seed}: {outcome.result}\n{text}"
    return True


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.chdir(tmp_path)
    return Workbench(tmp_path, REGISTRY)


def test_forty(bench: Workbench) -> None:
    passed = [play(bench, seed) for seed in range(40)]
    assert 15 < sum(passed) < 40


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_two_thousand(bench: Workbench) -> None:
    passed = [play(bench, seed) for seed in range(2000)]
    assert 800 < sum(passed) < 2000
