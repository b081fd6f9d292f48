"""F06: one run has one owner, whoever else comes, and whatever becomes of the owner."""

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest
from tests.faults.rig import Life, Rig, until
from tests.faults.test_f03_resume import GATED

RUNNERS = 20


def interrupted(rig: Rig) -> None:
    rig.write(GATED)
    life = rig.run()
    rig.noted("gate")
    life.kill("both")


def refused(rig: Rig, life: Life, holder: int) -> None:
    assert life.wait() == 5, rig.outputs()
    assert re.search(rf"run one is held by process {holder} on ", life.text), life.text


def test_twenty_runners_resume_one_run(rig: Rig) -> None:
    interrupted(rig)
    lives = [rig.resume() for _ in range(RUNNERS)]
    until(lambda: sum(not life.alive for life in lives) == RUNNERS - 1, 60, rig.outputs)
    rig.noted("gate", times=2)
    winner = next(life for life in lives if life.alive)
    holder = winner.runner
    assert holder is not None
    for life in lives:
        if life is not winner:
            refused(rig, life, holder)
    (rig.folder / "gate").touch()
    assert winner.wait() == 0, rig.outputs()
    assert rig.counts() == {"one/before/1": 1, "one/gate/1": 2, "one/after/1": 1, "one/tidy/1": 1}


def test_one_that_comes_later_is_refused_soon(rig: Rig) -> None:
    rig.write(GATED)
    life = rig.run()
    rig.noted("gate")
    begun = time.process_time(), os.times().children_user
    refused(rig, rig.resume(), life.runner or 0)
    assert os.times().children_user - begun[1] < 1.0  # of the processor: however busy the machine is
    life.kill("runner")
    rig.gone(1.0)
    (rig.folder / "gate").touch()
    assert rig.resume().wait() == 0, rig.outputs()  # nothing to unlock


def test_a_run_of_the_same_id_elsewhere_is_left_alone(rig: Rig, tmp_path: Path) -> None:
    """Two projects may both have a run `one`: a resume or a cancel of it ends nothing of the other's."""
    (tmp_path / "other").mkdir()
    other = Rig(tmp_path / "other")
    try:
        other.write(GATED)
        theirs = other.run()
        other.noted("gate")
        interrupted(rig)
        ours = rig.resume()
        rig.noted("gate", times=2)
        assert rig.cancel().wait() == 0, rig.outputs()
        assert ours.wait() == 1
        (other.folder / "gate").touch()
        assert theirs.wait() == 0, other.outputs()
        assert other.counts() == {"one/before/1": 1, "one/gate/1": 1, "one/after/1": 1, "one/tidy/1": 1}
    finally:
        other.end()


def test_a_suspended_owner_that_was_replaced_cannot_write(rig: Rig) -> None:
    rig.write(GATED)
    life = rig.run()
    rig.noted("gate")
    runner = life.runner
    assert runner
    os.kill(runner, signal.SIGSTOP)
    try:
        refused(rig, rig.resume(), runner)
        (rig.folder / "gate").touch()  # its step ends while it sleeps
        with rig.store.acquire("one", force=True) as journal:
            before = journal.last_seq()
            os.kill(runner, signal.SIGCONT)
            assert life.wait() == 5, rig.outputs()
            assert "run one was taken over by another process" in life.text
            assert journal.last_seq() == before
    finally:
        os.kill(runner, signal.SIGCONT) if life.alive else None
    assert rig.executions("after") == 0
    assert rig.resume().wait() == 0, rig.outputs()
    assert rig.counts() == {"one/before/1": 1, "one/gate/1": 2, "one/after/1": 1, "one/tidy/1": 1}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells who listens")
def test_a_suspended_owner_cannot_be_cancelled_and_is_named_at_once(rig: Rig) -> None:
    rig.write(GATED)
    life = rig.run()
    rig.noted("gate")
    runner = life.runner
    assert runner
    os.kill(runner, signal.SIGSTOP)
    try:
        asked = rig.cancel()
        assert asked.wait() == 2
        assert asked.text == (
            f"error: run one does not answer: its process {runner} is suspended\n"
            f" help: The run is cancelled as soon as it goes on: `kill -CONT {runner}`. "
            f"Or end it with `kill -KILL {runner}` and try again.\n"
        )
    finally:
        os.kill(runner, signal.SIGCONT)
    assert life.wait() == 1, rig.outputs()
    assert rig.store.status("one") == "cancelled"
    assert rig.counts() == {"one/before/1": 1, "one/gate/1": 1, "one/tidy/1": 1}
