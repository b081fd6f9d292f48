"""The claim: papers and decisions in time, late, and never; killed while it waits."""

from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.faults.rig import Rig, Victim, until
from tests.workflows.conftest import Example, successes

from steplane.events import StepWaiting

WORKFLOW = ROOT / "workflows" / "claim" / "claim.yaml"
CLAIM = ("--id", "one", "--patience", "0", "-i", "number=7", "-i", "amount=1200")
PAPERS = '{"papers": ["invoice", "photo"]}'
YES = '{"approved": true, "by": "Grace"}'


def told(folder: Path) -> list[str]:
    """What the file of the claim says."""
    return (folder / "out" / "claim" / "claim-7.txt").read_text("utf-8").splitlines()[1:]


def test_all_in_time(example: Example, tmp_path: Path) -> None:
    assert example("run", WORKFLOW, *CLAIM).code == 3
    assert example("signal", "one", "documents", "--data", PAPERS, "--resume").code == 3
    ended = example("signal", "one", "decision", "--data", YES, "--resume")
    assert (ended.code, ended.outputs) == (0, {"outcome": "paid"}), ended.stderr
    assert told(tmp_path) == ["papers invoice, photo", "decided by Grace", "1200 paid"]


def test_closed_without_papers(example: Example, tmp_path: Path) -> None:
    ended = example("run", WORKFLOW, *CLAIM[:2], *CLAIM[4:], "-i", "deadline=10ms", "-i", "grace=10ms")
    assert (ended.code, ended.outputs) == (0, {"outcome": "closed"}), ended.stderr
    assert told(tmp_path) == ["reminded, the papers are late", "closed without papers"]
    assert ended.ended("settle")["status"] == "skipped"


def test_late_papers_and_a_late_decision(example: Example, tmp_path: Path) -> None:
    late = ("-i", "deadline=10ms", "-i", "decide=10ms")
    assert example("run", WORKFLOW, *CLAIM[:2], *CLAIM[4:], *late).code == 3
    assert example("signal", "one", "documents", "--data", PAPERS, "--resume").code == 3
    no = '{"approved": false, "by": "Ada"}'
    ended = example("signal", "one", "decision", "--data", no, "--resume")
    assert (ended.code, ended.outputs) == (0, {"outcome": "refused"}), ended.stderr
    assert told(tmp_path) == [
        "reminded, the papers are late", "papers, late, invoice, photo", "escalated to the head of the department",
        "decided by Ada, the head", "refused",
    ]  # fmt: skip


def waits(rig: Rig) -> bool:
    """Whether the run has come to wait."""
    return any(isinstance(one, StepWaiting) for one in rig.events())


@pytest.mark.parametrize("victim", ["runner", "both"])
def test_killed_while_it_waits(victim: Victim, rig: Rig) -> None:
    """The signal that came meanwhile counts, and nothing is done twice."""
    words = ("run", WORKFLOW, "--state", rig.state, "-q", *CLAIM[:2], *CLAIM[4:])
    life = rig.start(*words, "-i", "deadline=1m")  # within its patience: it stays
    until(
        lambda: "one" in rig.store.ids() and any(isinstance(one, StepWaiting) for one in rig.events()), what=rig.outputs
    )
    life.kill(victim)
    life.wait()
    rig.start("signal", "one", "documents", "--data", PAPERS, "--state", rig.state).wait()
    rig.start("signal", "one", "decision", "--data", YES, "--state", rig.state).wait()
    assert rig.resume().wait() == 0, rig.outputs()
    assert told(rig.folder) == ["papers invoice, photo", "decided by Grace", "1200 paid"]
    assert set(successes(rig).values()) == {1}
