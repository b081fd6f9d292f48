"""`concurrency` of a workflow: between runs, over kills, Ctrl-C and resumes."""

import signal

import pytest
from tests.faults.rig import NOTE, Rig, Victim, until

from steplane.events import RunEnded

FREED = 30.0  # seconds; it takes less than five, on a machine that is not starved


def flow(rig: Rig, when_full: str = "wait", limit: int = 1) -> None:
    rig.write(
        "steplane: 1\nname: alone\ninputs: {to: {type: string, default: eu}}\n"
        f'concurrency: {{group: "deploy-${{{{ inputs.to }}}}", limit: {limit}, when_full: {when_full}}}\n'
        "steps:\n"
        f"  - {{id: hold, run: '{NOTE}; while [ ! -e gate ]; do sleep 0.02; done'}}\n"
    )


def waiting(rig: Rig, run: str) -> bool:
    return any(one.run == run and not one.held for one in rig.locks())


def ended(rig: Rig, run: str) -> tuple[str, str]:
    """How a run has ended, and the message of its error."""
    (end,) = [one for one in rig.events(run) if isinstance(one, RunEnded)]
    return end.status, end.error.message if end.error is not None else ""


@pytest.mark.parametrize("victim", ["runner", "both"])
def test_a_killed_run_lets_the_next_one_in(rig: Rig, victim: Victim) -> None:
    flow(rig)
    first = rig.run("first")
    rig.noted("hold", "first")
    second = rig.run("second")
    until(lambda: waiting(rig, "second"), what=rig.outputs)
    assert rig.executions("hold", "second") == 0
    first.kill(victim)
    until(lambda: rig.executions("hold", "second"), FREED, rig.outputs)
    again = rig.resume("first")
    until(lambda: waiting(rig, "first"), what=rig.outputs)
    assert rig.executions("hold", "first") == 1
    (rig.folder / "gate").touch()
    assert (second.wait(), again.wait()) == (0, 0), rig.outputs()
    assert rig.executions("hold", "first") == 2
    assert rig.locks() == []


def test_one_that_waits_can_be_interrupted_and_resumed(rig: Rig) -> None:
    flow(rig)
    first = rig.run("first")
    rig.noted("hold", "first")
    second = rig.run("second")
    until(lambda: waiting(rig, "second"), what=rig.outputs)
    second.send(signal.SIGINT)
    assert second.wait() == 130, rig.outputs()
    assert rig.status("second") == "interrupted"
    again = rig.resume("second")
    until(lambda: waiting(rig, "second"), what=rig.outputs)
    (rig.folder / "gate").touch()
    assert (first.wait(), again.wait()) == (0, 0), rig.outputs()
    assert rig.counts() == {"first/hold/1": 1, "second/hold/1": 1}


def test_a_full_group_fails_the_run_or_leaves_it_out(rig: Rig) -> None:
    flow(rig)
    first = rig.run("first")
    rig.noted("hold", "first")
    flow(rig, "fail")
    assert rig.run("late").wait() == 1, rig.outputs()
    assert ended(rig, "late") == ("failed", "the group deploy-eu is full (at most 1): first")
    flow(rig, "skip")
    assert rig.run("out").wait() == 0, rig.outputs()
    assert ended(rig, "out") == ("succeeded", "")
    flow(rig, "skip", limit=2)
    beside = rig.run("beside")
    rig.noted("hold", "beside")
    (rig.folder / "gate").touch()
    assert (first.wait(), beside.wait()) == (0, 0), rig.outputs()
    flow(rig, "fail")
    assert rig.resume("late").wait() == 0, rig.outputs()
    assert rig.counts() == {"first/hold/1": 1, "beside/hold/1": 1, "late/hold/1": 1}
    assert rig.locks() == []
