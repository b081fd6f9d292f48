"""F12: something in the background keeps a step's pipes open: the step ends with its program, not with the pipe."""

import pytest
from tests.faults.rig import NOTE, Rig, until
from tests.faults.story import executions_of, judge, story

from steplane.events import AttemptEnded, StepStarted
from steplane.executors.pump import DRAIN

MOST = DRAIN + 1.8
"""Seconds between the end of the program and that of its step, on a machine that is busy."""

KEEPERS = {
    "background": "sleep $MARKED &",
    "both": "sleep $MARKED & sleep $MARKED >&2 &",
    "session": "setsid sleep $MARKED &",
    "orphan": "(sleep $MARKED &)",
    "writer": "(while :; do echo again; sleep 0.05; done) &",
}


@pytest.mark.parametrize("keeper", KEEPERS)
def test_the_step_ends_with_its_program(rig: Rig, keeper: str) -> None:
    """Its output is whole, also the part that was written last; what it left runs until the run ends, and no longer."""
    rig.write(f"""\
steplane: 1
name: keeper
steps:
  - id: keep
    with: {{capture: lines}}
    run: |
      {NOTE}
      eval "$KEEPER"
      seq 20000
      echo last
      date +%s%N > ended
  - {{id: gate, run: '{NOTE}; until [ -e gate ]; do sleep 0.01; done'}}
outputs: {{lines: "${{{{ steps.keep.outputs.lines | length }}}}"}}
""")
    (rig.folder / "gate").touch()
    words = ("run", rig.folder / "flow.yaml", "--state", rig.state, "--format", "json")
    assert rig.start(*words, "--id", "calm", env={"KEEPER": ":"}).wait() == 0, rig.outputs()
    (rig.folder / "gate").unlink()
    life = rig.start(*words, "--id", "one", env={"KEEPER": KEEPERS[keeper]})
    rig.noted("gate")
    if keeper != "writer":
        held = [one for one in rig.left() if rig.command_line(one).startswith(b"sleep\0" + rig.env["MARKED"].encode())]
        assert held  # it does keep the pipe open meanwhile
    (rig.folder / "gate").touch()
    assert life.wait() == 0, rig.outputs()
    rig.gone(1.0)
    log = (rig.state / "runs" / "one" / "keep.log").read_text()
    assert "\n20000\nlast\n" in log.replace("again\n", "")
    [begun] = [one for one in rig.events() if isinstance(one, StepStarted) and one.path == "keep"]
    [over] = [one for one in rig.events() if isinstance(one, AttemptEnded) and one.instance == begun.instance]
    waited = over.at / 1e6 - int((rig.folder / "ended").read_text()) / 1e9
    assert waited < MOST
    # how much a writer has written until the end of its step is a matter of moments: so are the outputs, not the rest
    beside = {"keep", ""} if keeper == "writer" else set[str]()
    judge(rig, "one", story(rig.events("calm")), executions_of(rig, "calm"), [], ordered=True, beside=beside)
    if keeper != "writer":
        assert waited >= DRAIN - 0.05  # what had been written was waited for, and nothing more came
        assert '"lines":20001' in life.text.splitlines()[-1]


def test_what_is_written_later_comes_into_the_log_while_the_run_goes_on(rig: Rig) -> None:
    rig.write(f"""\
steplane: 1
name: later
steps:
  - {{id: keep, run: '{NOTE}; (until [ -e late ]; do sleep 0.01; done; echo afterwards) & echo now'}}
  - {{id: gate, run: '{NOTE}; until [ -e gate ]; do sleep 0.01; done'}}
""")
    life = rig.run()
    rig.noted("gate")
    (rig.folder / "late").touch()
    log = rig.state / "runs" / "one" / "keep.log"
    until(lambda: log.read_text() == "now\nafterwards\n", what=log.read_text)
    (rig.folder / "gate").touch()
    assert life.wait() == 0, rig.outputs()
