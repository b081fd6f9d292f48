"""F23: a cancel at each change of a run's state: what was acknowledged holds, and nothing starts after it."""

import sys
from pathlib import Path

import pytest
from tests.faults.rig import NOTE, Life, Rig
from tests.faults.test_f02_points import POINTS

from steplane.events import CancelRequested, RunEnded, StepEnded, StepStarted

FLOW = f"""\
steplane: 1
name: cancelled
steps:
  - id: both
    parallel:
      left: [{{id: quick, run: '{NOTE}'}}, {{id: second, lock: door, run: '{NOTE}; sleep 0.02'}}]
      right: [{{id: again, lock: door, retry: {{attempts: 2, delay: 20ms}}, run: '{NOTE}; test $STEPLANE_ATTEMPT = 2'}}]
  - id: group
    finally: [{{id: tidy_group, run: '{NOTE}'}}]
    steps:
      - {{id: inner, run: '{NOTE}; echo inner'}}
      - id: each
        foreach: [p, q]
        run: '{NOTE}; echo "${{{{ item }}}}"'
  - {{id: rescued, run: '{NOTE}; exit 3', rescue: [{{id: rescuer, run: '{NOTE}'}}]}}
  - {{id: last, uses: python.run, with: {{script: "x = 1"}}}}
finally: [{{id: tidy, run: '{NOTE}'}}]
outputs: {{all: '${{{{ steps.group.status }}}}'}}
"""

WAITS = f"""\
steplane: 1
name: waits
steps:
  - {{id: soon, wait: 10ms}}
  - id: choice
    race:
      late: {{wait: 1h, steps: [{{id: never, run: '{NOTE}'}}]}}
      early: {{wait: 20ms, steps: [{{id: took, run: '{NOTE}'}}]}}
  - {{id: send, signal: {{name: go}}}}
  - {{id: got, wait: {{signal: go, timeout: 1h}}}}
  - id: beside
    parallel:
      left: [{{id: slow, run: '{NOTE}; exec sleep 60'}}]
      right: [{{id: pause, wait: 50ms}}, {{id: stop, cancel: [slow]}}]
      far: [{{id: open, run: '{NOTE}'}}, {{id: between, milestone: {{after: open}}, run: '{NOTE}'}}]
  - {{id: enough, needs: [], finish: [last]}}
  - {{id: last, run: '{NOTE}'}}
finally: [{{id: tidy, run: '{NOTE}'}}]
"""

CLEANERS = {"tidy", "group/tidy_group"}
"""What may begin after a cancel."""

PARTS = 4
"""Tests that share the points."""


class Cancelling:
    """A workflow whose every point is known, cancelled at one of them after the other."""

    def __init__(self, rig: Rig, flow: str) -> None:
        self.rig = rig
        rig.write(flow)
        passed = rig.folder / "points"
        assert self.run("calm", FAULTS_POINTS=str(passed)).wait() == 0, rig.outputs()
        kinds = {"commit", "spawn"}
        self.names = [one for one in passed.read_text("utf-8").split() if one.partition(":")[0] in kinds]

    def run(self, run: str, **env: str) -> Life:
        rig = self.rig
        words = ["run", "flow.yaml", "--id", run, "--state", str(rig.state), "-q"]
        return rig.start_program([sys.executable, str(POINTS), *words], env)

    def strike(self, point: str, run: str) -> str:
        """Cancel the run at the point; what came of it."""
        rig = self.rig
        said = rig.folder / f"said-{run}"
        folder = str(rig.state / "runs" / run)
        life = self.run(run, FAULTS_CANCEL=point, FAULTS_POINTS=str(said), FAULTS_FOLDER=folder)
        code = life.wait()
        assert "Traceback" not in life.text
        rig.gone(1.0)
        reply = said.read_text("utf-8").strip() if said.exists() else "never reached"
        if reply == "taken":
            assert (code, rig.status(run)) == (1, "cancelled"), f"{point}: {rig.outputs()}"
            self.nothing_starts(run, point)
        else:  # nobody listened yet or any more, or how it ends was known already
            assert (code, rig.status(run)) == (0, "succeeded"), f"{point}: {reply}: {rig.outputs()}"
            assert not any(isinstance(event, CancelRequested) for event in rig.events(run))
        return reply

    def nothing_starts(self, run: str, point: str) -> None:
        events = self.rig.events(run)
        at = next(place for place, event in enumerate(events) if isinstance(event, CancelRequested))
        before = {(one.path, one.activation) for one in events[:at] if isinstance(one, StepStarted)}
        for event in events[at:]:
            if isinstance(event, StepStarted):
                assert event.path in CLEANERS, (point, event)
            elif isinstance(event, StepEnded):
                name = event.path, event.activation
                known = event.path in CLEANERS or (event.path == "group" and ("group/tidy_group", 1) in before)
                assert event.status == "cancelled" or known or name not in before, (point, event)
        assert isinstance(events[-1], RunEnded)
        done = {key.removeprefix(f"{run}/") for key in self.rig.counts() if key.startswith(f"{run}/")}
        assert done <= {f"{path}/{number}" for path, number in before} | {f"{path}/1" for path in CLEANERS}, point


@pytest.mark.parametrize("part", range(PARTS))
def test_at_each_change(rig: Rig, part: int) -> None:
    cancelling = Cancelling(rig, FLOW)
    names = cancelling.names[part::PARTS]
    replies = [cancelling.strike(name, f"k{number}k") for number, name in enumerate(names)]
    assert replies.count("taken") >= len(replies) // 3, replies
    assert "known: succeeded" in replies  # in the workflow's `finally`


NIGHTLY = [pytest.param(part, marks=pytest.mark.nightly) for part in range(1, PARTS)]


@pytest.mark.parametrize("part", [0, *NIGHTLY])
def test_at_each_change_of_what_waits(rig: Rig, part: int) -> None:
    cancelling = Cancelling(rig, WAITS)
    replies = [cancelling.strike(name, f"k{number}k") for number, name in enumerate(cancelling.names[part::PARTS])]
    assert replies.count("taken") >= len(replies) // 3, replies


def test_a_cancel_that_comes_in_the_last_finally_is_told_that_it_is_too_late(rig: Rig) -> None:
    rig.write(f"""\
steplane: 1
name: late
steps: [{{id: work, run: '{NOTE}'}}]
finally: [{{id: tidy, run: '{NOTE}; until [ -e gate ]; do sleep 0.01; done'}}]
""")
    life = rig.run()
    rig.noted("tidy")
    late = rig.cancel()
    assert late.wait() == 2, rig.outputs()
    assert "run one ends as succeeded: only its `finally` goes on" in late.text
    Path(rig.folder / "gate").touch()
    assert life.wait() == 0, rig.outputs()
