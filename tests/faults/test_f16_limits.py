"""F16, F17: a run as process 1, and with few descriptors and processes to be had."""

import os
import resource
import shutil
import subprocess
import sys

import pytest
from tests.faults.rig import NOTE, Life, Rig

from steplane.events import StepEnded

SHORT = 1000
"""Short steps."""


def space() -> list[str]:
    """The words that make a program process 1 of a space of its own; the test is left out where that is not allowed."""
    words = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if shutil.which("unshare") is None or subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no space of its own for process ids can be made here (`unshare --pid`)")
    return words


def orphans(number: int) -> str:
    """So many short steps, each of which leaves an orphan that dies soon; then a count of the zombies."""
    look = "{ grep -ls ^State:.Z /proc/[0-9]*/status || true; } | wc -l"
    return f"""\
steplane: 1
name: orphans
steps:
  - id: short
    foreach: ${{{{ range({number}) }}}}
    concurrency: 4
    run: '(sleep 0.01 &)'
  - {{id: settle, run: sleep 2.2}}
  - {{id: again, run: 'true'}}
  - {{id: once_more, run: sleep 2.2}}
  - {{id: zombies, run: '{look}'}}
  - {{id: all, run: 'ls -d /proc/[0-9]* | wc -l'}}
outputs: {{zombies: '${{{{ steps.zombies.outputs.stdout | int }}}}', all: '${{{{ steps.all.outputs.stdout | int }}}}'}}
"""


def as_first_process(rig: Rig, number: int) -> None:
    words = space()
    rig.write(orphans(number))
    command = [*words, sys.executable, "-m", "steplane", "run", "flow.yaml", "--id", "one", "--state", str(rig.state)]
    life = rig.start_program([*command, "--format", "json", "-q"])
    assert life.wait(600) == 0, rig.outputs()
    assert '"zombies":0,"all":' in life.text, life.text
    assert int(life.text.partition('"all":')[2].partition("}")[0]) < 12, life.text


def test_a_thousand_short_steps_as_process_1_leave_no_zombies(rig: Rig) -> None:
    as_first_process(rig, SHORT)


# ---------------------------------------------------------------- few descriptors, few processes

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
    """`fork` fails with EAGAIN. The limit does not count for root, so the run is somebody else's."""
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
    assert len(failed) < number
