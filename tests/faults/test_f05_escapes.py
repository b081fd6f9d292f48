"""F05: steps whose processes try to get away, and every way in which a run ends them."""

import os
import signal

import pytest
from tests.faults.rig import NOTE, Life, Rig, until

ESCAPES = {
    "wait": "sleep $MARKED & wait",
    "double": "( (sleep $MARKED &) & ); sleep $MARKED",
    "setsid": "setsid sleep $MARKED & sleep $MARKED",
    "nohup": "nohup sleep $MARKED >/dev/null 2>&1 & wait",
    "trap": "trap '' TERM INT; setsid bash -c \"trap '' TERM; while :; do sleep $MARKED; done\" & wait; sleep $MARKED",
    "blind": 'env -i PATH="$PATH" setsid sleep $MARKED & sleep $MARKED',
}
PYTHON = """\
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        os.execvp("sleep", ["sleep", os.environ["MARKED"]])
    os._exit(0)
f = os.open(os.environ["LEDGER"], os.O_WRONLY | os.O_APPEND)
os.write(f, (os.environ["STEPLANE_IDEMPOTENCY_KEY"] + chr(10)).encode())
while True:
    time.sleep(3600)
"""
SLEEPERS = 10
"""How many `sleep` there are when all have tried."""


def workflow(more: str = "") -> str:
    steps = []
    for name, script in ESCAPES.items():
        head = f"  - id: {name}\n    needs: []\n    with: {{grace: 300ms}}\n"
        steps.append(f"{head}{more}    run: |\n      {NOTE}\n      {script}\n")
    lines = "".join(f"        {line}\n" for line in PYTHON.splitlines())
    steps.append(f"  - id: python\n    needs: []\n    uses: python.run\n{more}    with:\n      script: |\n{lines}")
    last = f"  - {{id: last, run: '{NOTE}; until [ -e gate ]; do sleep 0.01; done'}}\n"
    return "steplane: 1\nname: escapes\nsteps:\n" + "".join(steps) + (last if more else "")


def sleepers(rig: Rig) -> int:
    text = f"sleep\0{rig.env['MARKED']}\0".encode()
    return sum(rig.command_line(one) == text for one in rig.left())


def begin(rig: Rig) -> Life:
    rig.write(workflow())
    life = rig.run()
    for name in [*ESCAPES, "python"]:
        rig.noted(name)
    until(lambda: sleepers(rig) >= SLEEPERS, what=rig.outputs)
    return life


def test_after_cancel(rig: Rig) -> None:
    life = begin(rig)
    assert rig.cancel().wait() == 0, rig.outputs()
    rig.gone(2.3)  # grace and two seconds
    assert life.wait() == 1, rig.outputs()
    assert rig.status() == "cancelled"


def test_after_a_signal(rig: Rig) -> None:
    life = begin(rig)
    life.send(signal.SIGTERM)
    assert life.wait() == 143, rig.outputs()
    rig.gone(0.1)


def test_after_a_timeout_while_the_run_goes_on(rig: Rig) -> None:
    rig.write(workflow("    timeout: 700ms\n    on_error: warn\n"))
    life = rig.run()
    rig.noted("last")
    assert sleepers(rig) == 0
    (rig.folder / "gate").touch()
    assert life.wait() == 0, rig.outputs()
    assert rig.status() == "warning"


def test_no_copy_runs_beside_the_next_attempt_of_a_step_that_was_killed(rig: Rig) -> None:
    """Its first attempt dies of SIGKILL, as for want of memory, and has left a process in another session."""
    script = f'{NOTE}; [ "$STEPLANE_ATTEMPT" = 1 ] || {{ until [ -e gate ]; do sleep 0.01; done; exit 0; }}'
    script = f"{script}; setsid sleep $MARKED & kill -KILL $$"
    rig.write(f"steplane: 1\nname: one\nsteps:\n  - {{id: one, retry: {{attempts: 2, delay: 0s}}, run: '{script}'}}\n")
    life = rig.run()
    rig.noted("one", times=2)
    assert sleepers(rig) == 0
    (rig.folder / "gate").touch()
    assert life.wait() == 0, rig.outputs()


@pytest.mark.parametrize("victim", ["runner", "warden"])
def test_after_kill(rig: Rig, victim: str) -> None:
    life = begin(rig)
    pid = life.runner if victim == "runner" else life.pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    rig.gone(1.0)
    assert life.wait() == 137
    until(lambda: rig.status() == "interrupted", what=rig.status)  # a last thread of it may still be ending
    what = {"runner": "the runner was killed (SIGKILL)", "warden": "the warden of the runner was killed"}[victim]
    assert life.text == (
        f"error: {what}: run `one` stops here. Nothing that was recorded is lost\n"
        f" help: Go on with it: steplane resume one --state {rig.state}\n"
    )


def test_one_that_is_killed_before_a_run_has_begun_has_no_words(rig: Rig) -> None:
    """It is killed as soon as it has been forked: there is nothing to go on with."""
    rig.write("steplane: 1\nname: none\nsteps:\n  - run: 'true'\n")
    (rig.folder / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "if 'run' in sys.argv:\n"
        "    os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGKILL))\n"
    )
    paths = f"{rig.folder}{os.pathsep}{rig.env['PYTHONPATH']}"
    life = rig.start("run", rig.folder / "flow.yaml", "--state", rig.state, env={"PYTHONPATH": paths})
    assert (life.wait(), life.text) == (137, "")


def test_what_is_left_when_both_are_killed_is_ended_by_the_resume(rig: Rig) -> None:
    """Also one that has dropped its environment, its parents and its session: it has a limit that is the run's own."""
    life = begin(rig)
    life.kill("both")
    before = set(rig.left())
    assert before
    again = rig.resume()
    rig.noted("wait", times=2)
    assert not before & set(rig.left())
    assert rig.cancel().wait() == 0, rig.outputs()
    assert again.wait() == 1
