"""What passes the checks never fails in a run for a reason that could be known before: held over random workflows."""

from pathlib import Path

import pytest
from tests.errors.sound.constructs import FILES, Constructs
from tests.errors.sound.workflows import Maker, given
from tests.runner.running import Workbench

from steplane.diagnostics import has_errors
from steplane.events import StepEnded
from steplane.plugins import Registry
from steplane.plugins.index import Index, Plugin

STATIC = {"expression", "input.invalid", "output.invalid", "decide.overlap", "call.depth", "switch.none"}
"""Types of errors for which no reason is left: these workflows use nothing that depends on the values alone."""
MODULES = {"stub": "tests.errors.sound.stub", "decide": "steplane_steps.decide", "fail": "steplane_steps.fail"}
REGISTRY = Registry(Index(tuple(Plugin(name, module, "steplane", "1") for name, module in MODULES.items())))


def play(bench: Workbench, seed: int, maker: type[Maker] = Constructs) -> bool:
    """Whether the workflow of a seed passed the checks; it is then run, and must not fail."""
    text = maker(seed).file()
    loaded = bench.load(text)
    if loaded.plan is None or has_errors(list(loaded.diagnostics)):
        return False
    inputs = given(seed) if maker is Maker else {**given(seed), "limits": {"high": 9, "low": seed % 5}}
    outcome = bench.run(text, inputs, run_id=f"{maker.__name__}-{seed}")
    failures = [one for one in outcome.events if isinstance(one, StepEnded) and one.error is not None]
    assert not [one.error for one in failures if one.error and one.error.type in STATIC], f"seed {seed}:\n{text}"
    assert outcome.status in {"succeeded", "warning"}, f"seed {seed}: {outcome.result}\n{text}"
    return True


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    return Workbench(tmp_path, REGISTRY)


def test_some_of_steps(bench: Workbench) -> None:
    passed = [play(bench, seed, Maker) for seed in range(15)]
    assert 5 < sum(passed) < 15


def test_some_of_every_construct(bench: Workbench) -> None:
    passed = [play(bench, seed) for seed in range(20)]
    assert 5 < sum(passed) < 20


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("maker", [Maker, Constructs])
def test_two_thousand(bench: Workbench, maker: type[Maker]) -> None:
    passed = [play(bench, seed, maker) for seed in range(2000)]
    assert 600 < sum(passed) < 2000
