"""F21: killed in the middle of a wait, an approval, a back-off: what remains is right, what came meanwhile counts once.

No clock is waited for: what is due is recorded when the waiting begins, and again by each resume that has to wait on.
"""

from pathlib import Path

import pytest
from tests.faults.rig import NOTE, Rig, Victim, until

from steplane.cli.application import start
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

FAR = """\
steplane: 1
name: far
inputs: {d: {type: string}}
steps:
  - {id: pause, needs: [], wait: "${{ inputs.d }}"}
  - {id: approval, needs: [], wait: {signal: approved, timeout: "${{ inputs.d }}"}}
  - {id: again, needs: [], retry: {attempts: 2, delay: "${{ inputs.d }}"}, run: exit 1}
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


def test_a_run_that_waits_for_what_no_calendar_holds_is_read_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Earlier runners recorded durations of any length, and then stopped at telling until when that is."""
    monkeypatch.chdir(tmp_path)
    Path("far.yaml").write_text(FAR)

    def said(words: str, code: int) -> str:
        monkeypatch.setattr("sys.argv", ["steplane", *words.split()])
        assert start() == code, (words, capfd.readouterr())
        return "".join(capfd.readouterr())

    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr("steplane.expressions.durations.LONGEST", float("inf"))
        earlier.setattr("steplane.plan.retries.LONGEST", float("inf"))
        said(f"run far.yaml -i d={10**20}d --id far --patience 0", 3)
    for words in ("resume far --patience 0", "resume far --patience 0 --format json"):
        said(words, 3)
    assert "waits until a time after the year 9999" in said("explain far", 0)
    assert "waits until a time after the year 9999" in said("show far", 0)
    assert "waits until a time after the year 9999" in said("runs", 0)
    for words in ("runs", "show far", "show far pause", "explain far", "show far again"):
        said(f"{words} --format json", 0)
    for words in ("show far again", "explain far again", "explain far pause", "resume --due", "show far approval"):
        said(words, 0)
    assert said("signal far approved", 0)
    said("cancel far", 1)


def test_a_run_asks_for_no_such_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("far.yaml").write_text(FAR.replace("name: far\n", "name: far\nfailure: continue\n"))
    monkeypatch.setattr("sys.argv", ["steplane", "run", "far.yaml", "-i", "d=36501d", "--format", "plain"])
    assert start() == 1
    said = capfd.readouterr().err
    for step, key in (("pause", "wait"), ("approval", "timeout"), ("again", "delay")):
        told = f"`{step}` failed: `{key}`: `36501d` is longer than 100 years: a duration is `36500d` at most"
        assert told in said
