"""F17: few descriptors and processes to be had (`ulimit -n`, `-u`; EAGAIN on fork): waited for, then a step's error."""

import os
import resource
import shutil
import sys

import pytest
from tests.faults.rig import NOTE, Life, Rig
from tests.faults.story import executions_of, judge, story

from steplane.events import StepEnded

WIDE = f"""\
steplane: 1
name: wide
failure: continue
steps:
  - id: each
    foreach: ${{{{ range(NUMBER) }}}}
    concurrency: 40
    max_failures: 100%
    run: '{NOTE}; sleep 0.02; echo "${{{{ item }}}}"'
  - {{id: python, uses: python.run, on_error: warn, with: {{script: "x = 1"}}}}
"""
MESSAGES = ("Too many open files", "Resource temporarily unavailable", "could not be started", "exit code 254")
"""What was lacking; the last is what bash ends with that cannot fork any more."""


def sound(rig: Rig, life: Life, number: int) -> list[StepEnded]:
    """The run of so many steps has come to its end; those that failed: each with a word on what was lacking."""
    assert life.wait(110) in {0, 1}, rig.outputs()
    assert "Traceback" not in life.text
    rig.gone(1.0)
    ended = [event for event in rig.events() if isinstance(event, StepEnded)]
    items = [event for event in ended if event.path.startswith("each[")]
    assert len(items) == number
    failed = [event for event in items if event.status != "succeeded"]
    for event in failed:
        assert event.error is not None
        assert any(one in event.error.message for one in MESSAGES), event.error
    assert all(number == 1 for number in rig.counts().values())
    lacking = {event.path for event in ended if event.status != "succeeded"}
    # what failed for lack of something differs, and with it the list and the run
    beside = lacking and lacking | {"each", ""}
    assert rig.run("calm").wait() == 0, rig.outputs()
    judge(rig, "one", story(rig.events("calm")), executions_of(rig, "calm"), [], ordered=False, beside=beside)
    return failed


@pytest.mark.parametrize("descriptors", [64, 24])
def test_few_descriptors(rig: Rig, descriptors: int) -> None:
    rig.write(WIDE.replace("NUMBER", "40"))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    life = rig.start(
        "run", rig.folder / "flow.yaml", "--id", "one", "--state", rig.state, "-q", "-j", "16", preexec_fn=limit
    )
    failed = sound(rig, life, 40)
    if descriptors == 64:
        assert failed == []  # what is lacking for a moment is waited for


@pytest.mark.parametrize(("processes", "number"), [(40, 40), (14, 20)])  # what fails has waited seconds before
def test_few_processes(rig: Rig, processes: int, number: int) -> None:
    """`fork` fails with EAGAIN. The limit does not count for root, so the run is somebody else's.

    Threads count too: of 14 the runner has twelve once eight steps have begun, and whether a shell and its programs
    find a place is then a matter of moments. Every step may fail; none may hang, or fail without a word on why.
    """
    if os.geteuid() or shutil.which("setpriv") is None:
        pytest.skip("only root can run it as somebody else (`setpriv`)")
    somebody = str(500_000 + os.getpid() % 100_000)  # whose processes are ours alone
    rig.write(WIDE.replace("NUMBER", str(number)))
    for path in (rig.folder, rig.temporary, rig.ledger):
        os.chown(path, int(somebody), -1)
    command = [
        "setpriv", f"--reuid={somebody}", "--clear-groups", "--inh-caps=+dac_override,+dac_read_search",
        "--ambient-caps=+dac_override,+dac_read_search", "prlimit", f"--nproc={processes}", sys.executable, "-m",
        "steplane", "run", "flow.yaml", "--id", "one", "--state", str(rig.state), "-q", "-j", "8",
    ]  # fmt: skip
    life = rig.start_program(command)
    os.chown(rig.state, 0, -1) if rig.state.exists() and not life.alive else None
    life.wait(110)
    for path in (rig.state, *rig.state.rglob("*")):
        os.chown(path, 0, -1, follow_symlinks=False)
    failed = sound(rig, life, number)
    assert processes < 20 or len(failed) < number
