"""F02: kill -9 at every point of a resume that finds its own lock of the store, and of a run that finds that of a dead
one.
"""

import sqlite3
import sys
from collections import Counter
from contextlib import closing

import pytest
from tests.faults.rig import NOTE, Life, Rig
from tests.faults.story import Crash, Story, crash, executions_of, judge, story
from tests.faults.test_f02_points import KILLED, POINTS

FLOW = f"""\
steplane: 1
name: held
steps:
  - {{id: hold, lock: {{name: door, scope: store}}, run: '{NOTE}; sleep $MARKED > /dev/null 2>&1 &'}}
  - {{id: after, run: '{NOTE}'}}
"""

HOLDS = "spawn:after:1"
"""The point at which a run has the lock, and its step has just begun."""

EVERY = 7
"""Of so many points one is struck without the nightly ones; an odd number, for every other is one before."""


class Struck:
    """Runs of which one has died with the lock; those that come after it are killed at one point after the other."""

    def __init__(self, rig: Rig, own: bool) -> None:
        self.rig, self.own = rig, own
        rig.write(FLOW)
        assert self.start("run", "calm").wait() == 0, rig.outputs()
        self.wanted: Story = story(rig.events("calm"))
        self.executions: Counter[str] = executions_of(rig, "calm")
        passed = rig.folder / "points"
        words = self.after_a_death("probe")
        assert self.start(*words, FAULTS_POINTS=str(passed)).wait() == 0, rig.outputs()
        self.names = passed.read_text("utf-8").split()

    def start(self, word: str, run: str, **env: str) -> Life:
        rig = self.rig
        words = ["run", "flow.yaml", "--id", run] if word == "run" else ["resume", run]
        return rig.start_program([sys.executable, str(POINTS), *words, "--state", str(rig.state), "-q"], env)

    def after_a_death(self, run: str) -> tuple[str, str]:
        """Let a run die with the lock; the command that comes upon it: that run's resume, or another run."""
        dead = run if self.own else f"{run}-dead"
        assert self.start("run", dead, FAULTS_POINT=HOLDS).wait() == KILLED, self.rig.outputs()
        self.rig.gone(1.0)
        return ("resume" if self.own else "run"), run

    def strike(self, point: str, run: str) -> None:
        """Kill what comes upon the lock at the point, and what goes on with it too; then let it through, and judge."""
        rig, crashes, kills = self.rig, list[Crash](), 0
        words = self.after_a_death(run)
        for env in ({"FAULTS_POINT": point}, {"FAULTS_POINT": point}, dict[str, str]()):
            if rig.exists(run):
                crashes.append(crash(rig, run))
                words = ("resume", run)
            life = self.start(*words, **env)
            if life.wait() != KILLED:
                break
            kills += 1
            rig.gone(1.0)
        assert life.wait() == 0, f"{point}: {rig.outputs()}"
        assert kills >= 1, point  # the second life may be too short to come to it
        judge(rig, run, self.wanted, self.executions, crashes, ordered=True)
        assert rig.locks() == [], point
        with closing(sqlite3.connect(rig.state / "locks.db")) as database:
            rows = {run for (run,) in database.execute("SELECT run FROM locks")}
        assert rows <= {run}, point  # a run that ended before it was killed may leave its own, which counts no more


@pytest.mark.parametrize(
    "every", [EVERY, pytest.param(1, marks=[pytest.mark.nightly, pytest.mark.timeout(900)])], ids=["some", "all"]
)
@pytest.mark.parametrize("own", [True, False], ids=["its own", "another's"])
def test_killed_at_every_point_after_a_lock_was_left(rig: Rig, own: bool, every: int) -> None:
    struck = Struck(rig, own)
    assert {"commit", "kill"} <= {name.partition(":")[0] for name in struck.names}
    for number, point in enumerate(struck.names[::every]):
        struck.strike(point, f"k{number}k")
