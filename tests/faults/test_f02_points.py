"""F02: kill -9 at every named point: before and after each commit, each start of a program, each naming of a file, each
signal to another process; the warden's too.
"""

import signal
import sys
from pathlib import Path

import pytest
from tests.faults.rig import NOTE, Life, Rig
from tests.faults.story import Crash, Story, crash, executions_of, judge, story

FLOW = f"""\
steplane: 1
name: points
steps:
  - {{id: below, call: part.yaml, with: {{deep: 0}}}}
  - {{id: kept, run: '{NOTE}', compensate: [{{id: not_kept, run: '{NOTE}'}}]}}
  - {{id: back, undo: [kept]}}
  - {{id: send, signal: {{name: go, data: 7}}}}
  - {{id: got, wait: {{signal: go}}}}
  - {{id: soon, wait: 1ms}}
  - {{id: alone, lock: {{name: door, scope: store}}, run: '{NOTE}'}}
  - id: twice
    retry: {{attempts: 2, delay: 1ms}}
    steps:
      - {{id: inner, run: '{NOTE}; echo inner'}}
      - {{id: wrong, run: '{NOTE}; [[ "$STEPLANE_IDEMPOTENCY_KEY" == */2 ]]'}}
  - id: each
    foreach: [p, q]
    run: '{NOTE}; echo "${{{{ item }}}}"'
  - id: written
    uses: file.write
    with: {{path: out.txt, text: "${{{{ steps.each.outputs.stdout | join(' ') }}}}"}}
finally: [{{id: always, run: '{NOTE}; sleep $MARKED > /dev/null 2>&1 &'}}]
outputs: {{all: '${{{{ steps.each.outputs.stdout }}}}'}}
"""

PART = f"steplane: 1\nname: part\ninputs: {{deep: {{type: integer}}}}\nsteps: [{{id: mine, run: '{NOTE}'}}]\n"

POINTS = Path(__file__).with_name("points.py")

KINDS = {"commit", "spawn", "name", "unname", "kill", "leave", "fork", "watch", "rest"}
ONCE = {"name", "unname", "kill"}
"""What not every life does: a run that has ended is left as it is."""

PARTS = 6
"""Tests that share the points."""

KILLED = 137


class Points:
    """A workflow whose every point is known, killed at one of them after the other."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        rig.write(FLOW)
        (rig.folder / "part.yaml").write_text(PART, "utf-8")
        assert self._run("warm").wait() == 0, rig.outputs()
        passed = rig.folder / "points"
        assert self._run("calm", FAULTS_POINTS=str(passed)).wait() == 0, rig.outputs()
        self.names = passed.read_text("utf-8").split()
        self.wanted: Story = story(rig.events("calm"))
        self.executions = executions_of(rig, "calm")
        self.files = {name for name in rig.files("calm") if "RUN" in name}
        assert (rig.folder / "out.txt").read_text("utf-8") == "p q"

    def _run(self, run: str, **env: str) -> Life:
        return self._start(["run", "flow.yaml", "--id", run], env)

    def _start(self, words: list[str], env: dict[str, str]) -> Life:
        rig = self.rig
        return rig.start_program([sys.executable, str(POINTS), *words, "--state", str(rig.state), "-q"], env)

    def again(self, point: str) -> str:
        """The point of the resume: of the same kind and number, or the first where fewer may be left."""
        name, _, number = point.rpartition(":")
        total = sum(one.rpartition(":")[0] == name for one in self.names)
        return point if 2 * int(number) <= total else f"{name}:1"

    def strike(self, point: str, run: str) -> int:
        """Kill the run at the point, go on with it, kill that at such a point too, go on, compare; how often it was
        killed.
        """
        rig, crashes = self.rig, list[Crash]()
        begin, again = ["run", "flow.yaml", "--id", run], ["resume", run]
        life = self._start(begin, {"FAULTS_POINT": point})
        assert life.wait() == KILLED, f"{point}: {rig.outputs()}"
        for env in ({"FAULTS_POINT": self.again(point)}, dict[str, str]()):
            rig.gone(1.0)
            crashes.append(crash(rig, run))
            life = self._start(again if rig.exists(run) else begin, env)
            if life.wait() != KILLED:
                break
        assert life.wait() == 0, f"{point}: {rig.outputs()}"
        rig.gone(1.0)
        judge(rig, run, self.wanted, self.executions, crashes, ordered=True)
        assert {name for name in rig.files(run) if "RUN" in name} == self.files, point
        assert list(rig.folder.glob(".out.txt*")) == [], point
        return len(crashes)


def test_the_points_are_those_that_are_meant(tmp_path: Path, rig: Rig) -> None:
    names = Points(rig).names

    assert {name.rpartition(":")[0] for name in names} == {
        f"{kind}:{side}" for kind in KINDS for side in ("before", "after")
    }
    assert len(names) == len(set(names)) > 60


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_every_point_twice(rig: Rig, part: int) -> None:
    points = Points(rig)
    for number, point in enumerate(points.names[part::PARTS]):
        kills = points.strike(point, f"k{number}k")
        assert kills == 2 or point.partition(":")[0] in ONCE, point


STOPPED = f"""\
steplane: 1
name: stopped
steps:
  - {{id: before, run: '{NOTE}; sleep $MARKED > /dev/null 2>&1 &'}}
  - {{id: stopped, run: '{NOTE}; [ -e gate ] || exec sleep $MARKED'}}
  - {{id: after, run: '{NOTE}'}}
"""


@pytest.mark.parametrize("point", ["hand:before:1", "hand:after:1", "kill:before:1", "kill:after:1", "kill:after:2"])
def test_killed_while_a_signal_stops_the_run(rig: Rig, point: str) -> None:
    """The warden where it hands the signal on; the runner where it ends the step, and what a step has left."""
    rig.write(STOPPED)
    gate = rig.folder / "gate"
    gate.touch()
    assert rig.run("calm").wait() == 0, rig.outputs()
    gate.unlink()
    words = ["run", "flow.yaml", "--id", "one", "--state", str(rig.state), "-q"]
    life = rig.start_program([sys.executable, str(POINTS), *words], {"FAULTS_POINT": point})
    rig.noted("stopped")
    life.send(signal.SIGTERM)
    assert life.wait() == KILLED, rig.outputs()
    rig.gone(1.0)
    crashes = [crash(rig, "one")]
    gate.touch()
    assert rig.resume().wait() == 0, rig.outputs()
    judge(rig, "one", story(rig.events("calm")), executions_of(rig, "calm"), crashes, ordered=True)
