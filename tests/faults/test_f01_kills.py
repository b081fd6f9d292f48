"""F01: kill -9 at random moments of the runner, the warden, or both; resume until it is through."""

import time
from pathlib import Path
from random import Random

import pytest
from tests.faults.rig import Life, Rig, Victim, until
from tests.faults.shapes import SHAPES
from tests.faults.story import Crash, Story, crash, executions_of, judge, story

KILLS = {"runner": 8, "warden": 7, "both": 8}
"""For each of the nine shapes: more than 200 together. A nightly run does ten times as many."""

MOST = 8
"""Kills of one run."""

CASES = [(shape, victim) for shape in SHAPES for victim in KILLS]


@pytest.mark.parametrize(("shape", "victim"), CASES)
def test_killed_at_random_moments(rig: Rig, shape: str, victim: Victim) -> None:
    Campaign(rig, shape, victim, Random(f"{shape} {victim}")).go(KILLS[victim])


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("shape", "victim"), CASES)
def test_killed_at_many_random_moments(rig: Rig, shape: str, victim: Victim, seed: int) -> None:
    Campaign(rig, shape, victim, Random(f"{shape} {victim} {seed}")).go(KILLS[victim])


def size_of(file: Path) -> int:
    """Its size; -1 where it is not there, which may come between any two looks: SQLite removes its log at the end."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return -1


class Campaign:
    """Runs of one workflow, killed until there were enough kills, each compared with the undisturbed run."""

    def __init__(self, rig: Rig, shape: str, victim: Victim, random: Random) -> None:
        self.rig, self.victim, self.random = rig, victim, random
        self.shape = SHAPES[shape]
        self.shape.write(rig.folder)
        rig.run("warm").wait()  # fills the cache of plans
        begun = time.monotonic()
        self.code = rig.run("calm").wait()
        self.duration = time.monotonic() - begun
        self.wanted: Story = story(rig.events("calm"))
        assert self.wanted.order[-1][1][0] == "run.ended", rig.outputs()
        self.executions = executions_of(rig, "calm")
        self.files = {name for name in rig.files("calm") if "RUN" in name}

    def go(self, kills: int) -> None:
        """Kill that often, in as many runs as it takes."""
        number = 0
        while kills > 0:
            number += 1
            kills -= self._one(f"k{number}k", min(kills, MOST))

    def _one(self, run: str, most: int) -> int:
        """One run, killed at most so often; how often it was."""
        rig, crashes = self.rig, list[Crash]()
        life = rig.run(run)
        while len(crashes) < most:
            self._moment(life, run)
            if not life.alive:
                break
            life.kill(self.victim)
            if self.victim != "both":
                rig.gone(1.0)
            crashes.append(crash(rig, run))
            life = rig.resume(run) if rig.exists(run) else rig.run(run)
        assert life.wait() == self.code, rig.outputs()
        shape = self.shape
        judge(rig, run, self.wanted, self.executions, crashes, shape.ordered, shape.whole, shape.once)
        rig.gone(1.0)
        assert {name for name in rig.files(run) if "RUN" in name} == self.files
        assert list(rig.temporary.iterdir()) == []
        return len(crashes)

    def _moment(self, life: Life, run: str) -> None:
        """Wait for a random moment: by the clock, at a change of the ledger or of the journal; or for the end."""
        random, how = self.random, self.random.choice(["clock", "ledger", "journal"])
        limit = life.started + random.uniform(0.0, self.duration)
        if how == "clock":
            until(lambda: not life.alive or time.monotonic() > limit)
            return
        file = self.rig.ledger if how == "ledger" else self.rig.state / "runs" / run / "journal.db-wal"
        changes, seen = random.randint(1, 6), -1
        pause = random.choice([0.0, random.uniform(0.0, 0.03)])
        while life.alive and changes:
            size = size_of(file)
            if size != seen:
                seen, changes = size, changes - 1
            time.sleep(0.001)
        time.sleep(pause)  # spreads the kills over what follows from the change
