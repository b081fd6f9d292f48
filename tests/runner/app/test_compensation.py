"""Compensation, run for real: newest first, each once, over crashes, on demand."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.runner.running import Recorder, Workbench

from steplane.app import compensating
from steplane.app.execution import RunResult
from steplane.app.running import Options
from steplane.errors import UsageError
from steplane.events import StepCompensated


def undo(bench: Workbench, *steps: str, patience: str = "10m") -> RunResult:
    """`steplane compensate r1 STEP...`."""
    options = Options(durability="normal", patience=patience)
    return compensating.compensate(
        bench.store, bench.registry, "r1", steps, {}, bench.environ, options, lambda _: Recorder()
    )


def undone(events: Sequence[Any]) -> list[str]:
    """The paths that were compensated, in order."""
    return [event.path for event in events if isinstance(event, StepCompensated) and event.ok]


TRIP = """
steps:
  - id: flight
    run: echo flight >> ledger
    compensate: [{run: 'echo unflight ${{ error.step | default("nobody") }} >> ledger'}]
  - id: stay
    steps:
      - id: hotels
        foreach: [a, b]
        run: echo hotel ${{ item }} >> ledger
        compensate: [{run: 'echo unhotel ${{ item }} >> ledger; [ "${{ item }}" != "${BAD-}" ]'}]
  - {id: pay, run: '[ -e money ]'}
"""


def test_newest_first_in_groups_and_loops(bench: Workbench) -> None:
    run = bench.run(TRIP)
    assert run.status == "failed"
    assert bench.ledger == ["flight", "hotel a", "hotel b", "unhotel b", "unhotel a", "unflight pay"]
    assert undone(run.events) == ["stay/hotels[1]", "stay/hotels", "stay", "stay/hotels[0]", "flight"]


def test_a_resume_does_again_what_was_undone(bench: Workbench) -> None:
    bench.run(TRIP)
    (bench.folder / "money").touch()
    (bench.folder / "ledger").unlink()
    assert bench.resume().status == "succeeded"
    assert bench.ledger == ["flight", "hotel a", "hotel b"]


WHOLE = {
    "steps": ("steps: [{id: x, run: echo x >> ledger}, {id: y, run: echo y >> ledger}]", ["x", "y"]),
    "parallel": ("parallel: {one: [{id: x, run: echo x >> ledger}]}", ["x"]),
    "switch": ('switch: [{when: "true", steps: [{id: x, run: echo x >> ledger}]}]', ["x"]),
    "foreach": ("foreach: [1, 2]\n    steps: [{id: x, run: 'echo x${{ item }} >> ledger'}]", ["x1", "x2"]),
    "while": ("while: loop.index < 3\n    steps: [{id: x, run: 'echo x${{ loop.index }} >> ledger'}]", ["x1", "x2"]),
    "around": ("steps: [{id: inner, steps: [{id: x, run: echo x >> ledger}]}]", ["x"]),
}


@pytest.mark.parametrize("form", WHOLE)
def test_a_resume_does_again_all_of_what_was_undone_as_one(bench: Workbench, form: str) -> None:
    body, does = WHOLE[form]
    run = bench.run(f"""
steps:
  - id: g
    {body}
    compensate: [{{run: echo undone >> ledger}}]
  - {{id: pay, run: '[ -e money ]'}}
""")
    assert run.status == "failed"
    assert [line for line in bench.ledger if line != "undone"] == does
    (bench.folder / "money").touch()
    (bench.folder / "ledger").unlink()
    assert bench.resume().status == "succeeded"
    assert bench.ledger == does


def test_one_that_fails_is_told_and_the_others_go_on(bench: Workbench) -> None:
    run = bench.run(TRIP + "rescue: [{run: echo rescued >> ledger}]\n", environ={"BAD": "b"})
    assert run.status == "warning"
    assert bench.ledger[3:] == ["unhotel b", "unhotel a", "unflight pay", "rescued"]
    (failed,) = [event for event in run.events if isinstance(event, StepCompensated) and not event.ok]
    assert (failed.path, failed.error and failed.error.type) == ("stay/hotels[1]", "shell.exit")


def test_before_a_group_is_tried_again(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - id: g
    retry: {attempts: 2, delay: 1ms}
    steps:
      - {id: a, run: echo a >> ledger, compensate: [{run: echo una >> ledger}]}
      - {id: b, run: '[ "$(grep -c a ledger)" -gt 2 ]'}
"""
    )
    assert (run.status, bench.ledger) == ("succeeded", ["a", "una", "a"])


def test_a_step_undoes_others_and_the_run_goes_on(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - {id: a, run: echo a >> ledger, compensate: [{run: echo una >> ledger}]}
  - {id: b, undo: [a]}
  - {id: c, run: 'echo c ${{ steps.a.status }} >> ledger; [ -e mended ]'}
"""
    )
    assert (run.status, bench.ledger) == ("failed", ["a", "una", "c compensated"])
    (bench.folder / "mended").touch()
    assert bench.resume().status == "succeeded"
    assert bench.ledger == ["a", "una", "c compensated", "c compensated"]


def test_on_demand_by_step_and_whole(bench: Workbench) -> None:
    (bench.folder / "money").touch()
    assert bench.run(TRIP).status == "succeeded"
    (bench.folder / "ledger").unlink()
    assert undo(bench, "stay").exit_code == 0
    assert bench.ledger == ["unhotel b", "unhotel a"]
    result = undo(bench)
    assert (result.status, result.exit_code, bench.ledger[2:]) == ("cancelled", 0, ["unflight nobody"])
    with pytest.raises(UsageError, match="nothing to undo of run r1"):
        undo(bench)
    with pytest.raises(UsageError, match="nothing to undo of step `flight` of run r1: it is compensated"):
        undo(bench, "flight")
    assert bench.resume().status == "succeeded"


@pytest.mark.parametrize(("bad", "code"), [("a", 0), ("b", 1), ("c", 1)])
def test_a_resume_that_finishes_it_ends_as_it_would_have(bench: Workbench, bad: str, code: int) -> None:
    bench.run(
        """
steps:
  - {id: x, run: 'true', compensate: [{run: '[ "${BAD-}" != b ]'}]}
  - {id: y, run: 'true', compensate: [{wait: 1ms}]}
  - {id: z, run: 'true', compensate: [{run: '[ "${BAD-}" != c ]'}]}
"""
    )
    bench.environ["BAD"] = bad
    assert undo(bench, patience="0").exit_code == 3
    resumed = bench.resume().result
    assert (resumed.status, resumed.exit_code) == ("cancelled", code)


def test_a_child_is_undone_too(bench: Workbench) -> None:
    (bench.folder / "child.yaml").write_text(
        "steplane: 1\nname: child\nsteps:\n"
        "  - {id: a, run: echo a >> ledger, compensate: [{run: echo una >> ledger}]}\n"
    )
    run = bench.run("steps:\n  - {id: c, call: child.yaml}\n  - {id: d, run: exit 1}\n")
    assert (bench.ledger, undone(run.events)) == (["a", "una"], ["c/child/a", "c/child", "c"])


def test_wrong_targets_are_found_before_the_run(bench: Workbench) -> None:
    codes = bench.codes(
        """
steps:
  - {id: a, run: echo, compensate: [{end: failed}]}
  - {id: b, run: echo}
  - {id: c, undo: [aa, c, b]}
"""
    )
    assert codes == ["end-in-compensate", "undo-target", "undo-target", "nothing-to-undo"]
