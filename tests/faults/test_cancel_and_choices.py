"""`cancel` of a live and of an interrupted run; what a person must decide after a crash."""

from tests.faults.rig import NOTE, Rig, Victim
from tests.faults.test_f03_resume import GATED

ONCE = f"""\
steplane: 1
name: once
steps:
  - {{id: before, run: '{NOTE}'}}
  - id: pay
    at_most_once: true
    outputs: [receipt]
    run: |
      {NOTE}
      until [ -e gate ]; do sleep 0.01; done
      echo receipt=real >> "$STEPLANE_OUTPUT"
  - {{id: after, run: '{NOTE}; echo "${{{{ steps.pay.outputs.receipt }}}}"'}}
outputs: {{receipt: '${{{{ steps.after.outputs.stdout }}}}'}}
"""


def test_cancel_of_a_live_run(rig: Rig) -> None:
    rig.write(GATED)
    life = rig.run()
    rig.noted("gate")
    assert rig.cancel("one", "--reason", "wrong day").wait() == 0, rig.outputs()
    assert life.wait() == 1, rig.outputs()
    assert rig.status() == "cancelled"
    assert rig.counts() == {"one/before/1": 1, "one/gate/1": 1, "one/tidy/1": 1}
    assert any(getattr(event, "reason", "") == "wrong day" for event in rig.events())
    assert rig.cancel().wait() == 2


def test_cancel_of_an_interrupted_run(rig: Rig) -> None:
    rig.write(GATED)
    life = rig.run()
    rig.noted("gate")
    life.kill("both")
    assert rig.cancel().wait() == 1, rig.outputs()
    assert rig.status() == "cancelled"
    assert rig.counts() == {"one/before/1": 1, "one/gate/1": 1, "one/tidy/1": 1}


def test_cancel_that_is_killed_is_resumed(rig: Rig) -> None:
    """What was asked and recorded is not forgotten: the run does not go on where it was."""
    rig.write(
        GATED.replace(
            "finally: [", "finally: [{id: slow, run: '" + NOTE + "; until [ -e tidied ]; do sleep 0.01; done'}, "
        )
    )
    life = rig.run()
    rig.noted("gate")
    assert rig.cancel().wait() == 0, rig.outputs()
    rig.noted("slow")
    life.kill("both")
    (rig.folder / "tidied").touch()
    assert rig.resume().wait() == 1, rig.outputs()
    assert rig.status() == "cancelled"
    assert rig.counts() == {"one/before/1": 1, "one/gate/1": 1, "one/slow/1": 2, "one/tidy/1": 1}


def undecided(rig: Rig, victim: Victim = "both") -> None:
    rig.write(ONCE)
    life = rig.run()
    rig.noted("pay")
    life.kill(victim)
    for _ in range(2):  # what was left of the step does not run on while somebody thinks about it
        asked = rig.resume()
        assert asked.wait() == 3, rig.outputs()
        assert "--assume pay=succeeded" in asked.text
        assert "--redo pay" in asked.text
        rig.gone(1.0)
    assert rig.executions("pay") == 1


def test_redo(rig: Rig) -> None:
    undecided(rig)
    (rig.folder / "gate").touch()
    life = rig.resume("one", "--redo", "pay", "--format", "json")
    assert life.wait() == 0, rig.outputs()
    assert '"receipt":"real"' in life.text.splitlines()[-1]
    assert rig.counts() == {"one/before/1": 1, "one/pay/1": 2, "one/after/1": 1}


def test_assume_that_it_has_succeeded(rig: Rig) -> None:
    undecided(rig, "runner")
    life = rig.resume("one", "--assume", "pay=succeeded", "--outputs", '{"receipt": "said"}', "--format", "json")
    assert life.wait() == 0, rig.outputs()
    assert not [name for name in rig.files() if name.endswith((".output", ".sock"))]
    assert '"receipt":"said"' in life.text.splitlines()[-1]
    assert rig.counts() == {"one/before/1": 1, "one/pay/1": 1, "one/after/1": 1}


def test_assume_that_it_has_failed(rig: Rig) -> None:
    undecided(rig, "warden")
    assert rig.resume("one", "--assume", "pay=failed").wait() == 1, rig.outputs()
    assert rig.status() == "failed"
    (rig.folder / "gate").touch()
    assert rig.resume().wait() == 0, rig.outputs()  # a new activation: nothing is open any more
    assert rig.counts() == {"one/before/1": 1, "one/pay/1": 1, "one/pay/2": 1, "one/after/2": 1}


def test_a_step_that_is_not_there_cannot_be_decided(rig: Rig) -> None:
    undecided(rig)
    life = rig.resume("one", "--redo", "pay", "--redo", "befor")
    assert life.wait() == 2, rig.outputs()
    assert rig.executions("pay") == 1
