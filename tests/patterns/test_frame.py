"""The frame can fail: an order that is broken, in a trace or in a file, is refused."""

import shutil
from pathlib import Path

import pytest
from tests.patterns.cases import FOLDER, Case
from tests.patterns.killing import Field, Striker
from tests.patterns.possible import RUN, plan_of
from tests.patterns.traces import name_of, trace_of
from tests.patterns.virtual import Player

from steplane.events import RunEnded, StepEnded, StepStarted

SEEDS = 50


def broken(case: Case, folder: Path) -> Case:
    """A copy of the case, its file changed."""
    for file in FOLDER.glob("wcp*.yaml"):
        shutil.copy(file, folder)
    shutil.copy(case.file.with_suffix(".traces"), folder)
    (folder / case.file.name).write_text(case.broken, encoding="utf-8")
    return Case(folder / case.file.name)


@pytest.mark.parametrize("case", RUN, ids=lambda case: case.name)
def test_a_broken_file_is_refused(case: Case, tmp_path: Path) -> None:
    changed = broken(case, tmp_path)
    plan = plan_of(changed)
    traces = []
    for seed in range(SEEDS):
        traces.append(Player(changed, plan, seed, compared=False).play())
        if changed.problem(traces[-1]):
            return
    assert changed.unseen(traces)


@pytest.mark.parametrize("case", RUN, ids=lambda case: case.name)
def test_a_broken_trace_is_refused(case: Case) -> None:
    trace = Player(case, plan_of(case), 1, compared=False).play()
    assert case.problem(trace) == ""
    assert case.problem([*trace[:-2], trace[-1]]).startswith("nothing follows")
    assert "may not follow" in case.problem([trace[0], *trace])
    assert "is in no line" in case.problem(["never+", *trace])
    assert case.problem([*trace[:-1], "=warning"]) == "it ends as =warning"
    for length in range(len(trace)):
        assert case.problem(trace[:length], whole=False) == ""


def test_a_broken_file_is_refused_on_real_processes(tmp_path: Path) -> None:
    (case,) = [one for one in RUN if one.name == "wcp01_sequence"]
    changed, striker = broken(case, tmp_path), Striker()
    try:
        with pytest.raises(AssertionError, match=r"may not follow"):
            Field(striker, tmp_path, changed, plan_of(changed)).run("one")
    finally:
        striker.end()


def test_what_is_recorded_becomes_tokens() -> None:
    (case,) = [one for one in RUN if one.name == "wcp13_instances_known_in_the_file"]
    begun = StepStarted(step="greet", path="greet[0]", activation=1)
    facts = [
        StepStarted(step="greet", path="greet"), begun, begun,
        StepEnded(step="greet", path="greet[0]", activation=1, status="cancelled"),
        StepStarted(step="greet", path="greet[0]", activation=2),
        StepEnded(step="greet", path="greet[0]", activation=2, status="succeeded"),
        StepEnded(step="greet", path="greet", status="succeeded"),
        StepEnded(step="report", path="report", status="blocked"), RunEnded(status="cancelled"),
    ]  # fmt: skip

    assert trace_of(case, plan_of(case), facts) == (
        ["greet[0]+", "greet[0]~", "greet[0]+", "greet[0]-", "report^", "=cancelled"]
    )
    assert name_of("a[x]/b[0]", keyless=False) == "b[x][0]"
    assert name_of("a[x]/b[0]", keyless=True) == "b"
