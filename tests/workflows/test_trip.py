"""The trip: booked whole or not at all, also when the runner is killed while it cancels."""

from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.faults.rig import Rig, Victim, until
from tests.workflows.conftest import Example, successes

from steplane.events import StepCompensated

WORKFLOW = ROOT / "workflows" / "trip" / "trip.yaml"
BOOKED = ["booked flight", "booked hotel-Rome", "booked hotel-Naples"]


def lines(folder: Path) -> list[str]:
    """What the agency was asked for."""
    return (folder / "out" / "trip" / "journal.txt").read_text("utf-8").splitlines()


def bookings(folder: Path) -> set[str]:
    return {one.stem for one in (folder / "out" / "trip").glob("*.booking")}


def test_all_is_booked(example: Example, tmp_path: Path) -> None:
    ended = example("run", WORKFLOW)
    assert (ended.code, ended.outputs) == (0, {"booked": 4, "trip": True}), ended.stderr
    assert bookings(tmp_path) == {"flight", "hotel-Rome", "hotel-Naples", "car"}


def test_nothing_is_left_where_something_is_full(example: Example, tmp_path: Path) -> None:
    ended = example("run", WORKFLOW, "-i", 'full=["car"]')
    assert (ended.code, ended.outputs) == (0, {"booked": 0, "trip": False}), ended.stderr
    assert lines(tmp_path) == [*BOOKED, "cancelled hotel-Naples", "cancelled hotel-Rome", "cancelled flight"]
    assert bookings(tmp_path) == set()
    assert "booking/car/book/available" in (tmp_path / "out" / "trip" / "sorry.txt").read_text("utf-8")


def test_a_trip_is_cancelled_on_demand(example: Example, tmp_path: Path) -> None:
    run = example("run", WORKFLOW).run
    undone = example("compensate", run, "hotels")
    assert (undone.code, undone.last["status"]) == (0, "cancelled"), undone.stderr
    assert bookings(tmp_path) == {"flight", "car"}
    assert example("compensate", run).code == 0
    assert bookings(tmp_path) == set()
    assert example("resume", run).code == 0
    assert bookings(tmp_path) == {"flight", "hotel-Rome", "hotel-Naples", "car"}


@pytest.mark.parametrize("victim", ["runner", "both"])
def test_killed_while_it_cancels(victim: Victim, rig: Rig) -> None:
    """What is undone is not undone again."""
    rig.env["BASH_ENV"] = str(rig.folder / "slow.sh")
    (rig.folder / "slow.sh").write_text(
        'case "${STEPLANE_STEP-}" in *Rome*release) mkdir waiting 2>/dev/null && exec sleep 600 ;; esac\n'
    )
    life = rig.start("run", WORKFLOW, "--id", "one", "--state", rig.state, "-q", "-i", 'full=["car"]')
    until((rig.folder / "waiting").exists, what=rig.outputs)
    life.kill(victim)
    life.wait()
    assert rig.resume().wait() == 0, rig.outputs()
    assert lines(rig.folder) == [*BOOKED, "cancelled hotel-Naples", "cancelled hotel-Rome", "cancelled flight"]
    assert bookings(rig.folder) == set()
    undone = [one.path for one in rig.events() if isinstance(one, StepCompensated) and one.ok]
    assert len(undone) == len(set(undone))
    assert set(successes(rig).values()) == {1}
