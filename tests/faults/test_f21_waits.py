"""F21: killed in the middle of a wait, an approval, a back-off: what remains is right, what came meanwhile counts once.

No clock is waited for: what is due is recorded when the waiting begins, and again by each resume that has to wait on.
"""

import pytest
from tests.faults.rig import NOTE, Rig, Victim, until

from steplane.events import RunWaiting, StepEnded, StepRetry, StepWaiting, StepWoken

FLOW = f"""\
steplane: 1
name: waits
steps:
  - {{id: pause, needs: [], wait: 2m}}
  - {{id: approval, needs: [], wait: {{signal: approved, timeout: 3m}}}}
  - {{id: again, needs: [], retry: {{attempts: 2, delay: 4m}}, run: '{NOTE}; test $STEPLANE_ATTEMPT = 2'}}
  - id: first
    needs: []
    race:
      told: {{wait: {{signal: told}}, steps: [{{id: heard, run: '{NOTE}'}}]}}
      late: {{wait: 5m, steps: [{{id: never, run: '{NOTE}'}}]}}
  - {{id: second, needs: [approval], wait: {{signal: approved}}}}
"""


def due(rig: Rig) -> dict[str, int]:
    """When each step is due, as it was recorded when it began to wait (µs)."""
    with rig.store.read("one") as journal:
        entries = [(one.at, one.event) for one in journal.entries()]
    found = {one.path: one.until or one.limit for _, one in entries if isinstance(one, StepWaiting)}
    backing_off = {one.path: at + round(one.delay * 1e6) for at, one in entries if isinstance(one, StepRetry)}
    return {**found, **backing_off}


def waiting(rig: Rig) -> RunWaiting:
    """What the run that stopped said last."""
    last = rig.events()[-1]
    assert isinstance(last, RunWaiting), last
    return last


@pytest.mark.parametrize("victim", ["runner", "both"])
def test_killed_while_everything_waits(rig: Rig, victim: Victim) -> None:
    rig.write(FLOW)
    life = rig.run()
    until(lambda: rig.exists() and set(due(rig)) >= {"pause", "approval", "again", "first"}, what=rig.outputs)
    life.kill(victim)
    known = due(rig)

    assert rig.resume("one", "--patience", "0").wait() == 3, rig.outputs()
    assert waiting(rig).due == min(known.values()) == known["pause"]
    assert {path: due(rig)[path] for path in known} == known

    for name in ("approved", "told"):
        assert rig.start("signal", "one", name, "--state", rig.state).wait() == 0, rig.outputs()
    assert rig.resume("one", "--patience", "0").wait() == 3, rig.outputs()
    events = rig.events()
    woken = [one.path for one in events if isinstance(one, StepWoken)]
    assert sorted(woken) == ["approval", "first"]
    assert {one.path: one.status for one in events if isinstance(one, StepEnded)} == {
        "approval": "succeeded", "first": "succeeded", "first/heard": "succeeded",
    }  # fmt: skip
    assert set(waiting(rig).steps) == {"pause", "again", "second"}  # one approval is one
    assert rig.counts() == {"one/again/1": 1, "one/first/heard/1": 1}
    assert rig.store.requests("one") == []
