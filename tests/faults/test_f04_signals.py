"""F04: the signals that ask a run to stop, on real processes and on a real terminal."""

import os
import pty
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from tests.faults.rig import NOTE, Life, Rig, until

POLITE = f"""\
  - id: polite
    needs: []
    run: |
      trap 'echo told >> "$LEDGER"; sleep 0.4; echo cleaned >> "$LEDGER"; exit 0' TERM
      {NOTE}
      until [ -e gate ]; do sleep 0.01; done
"""
DEAF = f"""\
  - id: deaf
    needs: []
    with: {{grace: GRACE}}
    run: |
      trap '' TERM INT HUP
      {NOTE}
      until [ -e gate ]; do sleep 0.01; done
"""


def workflow(grace: str) -> str:
    tidy = f"finally: [{{id: tidy, run: '{NOTE}'}}]\n"
    return "steplane: 1\nname: signals\nsteps:\n" + POLITE + DEAF.replace("GRACE", grace) + tidy


def begin(rig: Rig, grace: str) -> Life:
    rig.write(workflow(grace))
    life = rig.run()
    rig.noted("polite")
    rig.noted("deaf")
    return life


def goes_on(rig: Rig) -> None:
    """The run is interrupted, nothing of it is left, and it can be resumed."""
    rig.gone(1.0)
    until(lambda: rig.status() == "interrupted", what=rig.status)
    assert rig.executions("tidy") == 0
    (rig.folder / "gate").touch()
    assert rig.resume().wait() == 0, rig.outputs()
    assert rig.executions("polite") == rig.executions("deaf") == 2
    assert rig.executions("tidy") == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("to", ["warden", "runner", "group"])
def test_a_signal_ends_the_children_and_the_run_can_be_resumed(rig: Rig, number: int, code: int, to: str) -> None:
    life = begin(rig, "600ms")
    if to == "group":
        os.killpg(life.pid, number)
    else:
        os.kill(life.runner or 0 if to == "runner" else life.pid, number)
    assert life.wait() == code, rig.outputs()
    counts = rig.counts()
    assert (counts["told"], counts["cleaned"]) == (1, 1)
    goes_on(rig)


def test_a_second_signal_ends_at_once(rig: Rig) -> None:
    life = begin(rig, "10m")
    life.send(signal.SIGINT)
    until(lambda: rig.counts()["cleaned"])
    press(rig, life)
    assert life.wait() == 130
    goes_on(rig)


def press(rig: Rig, life: Life) -> None:
    """Press Ctrl-C again and again, fast."""
    for _ in range(100):
        if not life.alive:
            return
        life.send(signal.SIGINT)
        life.after(0.1)
    raise AssertionError(rig.outputs())


def test_impatient_fingers_are_heard(rig: Rig) -> None:
    """Presses that follow each other fast must not put each other off for ever."""
    life = begin(rig, "10m")
    press(rig, life)
    assert life.wait() == 130
    goes_on(rig)


@pytest.mark.parametrize("moment", [0.0, 0.03, 0.08, 0.12, 0.2])
def test_a_signal_while_it_starts(rig: Rig, moment: float) -> None:
    rig.write(f"steplane: 1\nname: quick\nsteps: [{{id: a, run: '{NOTE}; sleep 0.1'}}]\n")
    life = rig.run()
    life.after(moment)
    life.send(signal.SIGTERM)
    assert life.wait() in {143, 0}, rig.outputs()
    assert "Traceback" not in life.text
    rig.gone(1.0)
    again = rig.resume() if rig.exists() else rig.run()
    assert again.wait() == 0, rig.outputs()


@contextmanager
def on_terminal(rig: Rig) -> Iterator[tuple[Life, int]]:
    """The command as the leader of a session with a terminal; its other end."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "steplane", "run", "flow.yaml", "--id", "one", "--state", str(rig.state), "-q"]
    life = rig.start_program(["setsid", "--ctty", *words], stdin=theirs, start_new_session=False)
    os.close(theirs)
    try:
        rig.noted("polite")
        rig.noted("deaf")
        yield life, ours
    finally:
        with suppress(OSError):  # the test may have hung up
            os.close(ours)


def test_ctrl_c_on_a_terminal_counts_once(rig: Rig) -> None:
    rig.write(workflow("600ms"))
    with on_terminal(rig) as (life, terminal):
        os.write(terminal, b"\x03")
        assert life.wait() == 130, rig.outputs()
    counts = rig.counts()
    assert (counts["told"], counts["cleaned"]) == (1, 1)
    goes_on(rig)


def test_a_second_ctrl_c_on_a_terminal_ends_at_once(rig: Rig) -> None:
    rig.write(workflow("10m"))
    with on_terminal(rig) as (life, terminal):
        os.write(terminal, b"\x03")
        until(lambda: rig.counts()["cleaned"])
        until(lambda: os.write(terminal, b"\x03") and not life.alive, 5)
        assert life.wait() == 130, rig.outputs()
    goes_on(rig)


def test_a_terminal_that_is_closed(rig: Rig) -> None:
    rig.write(workflow("600ms"))
    with on_terminal(rig) as (life, terminal):
        os.close(terminal)
        assert life.wait() == 129, rig.outputs()
    assert rig.counts()["cleaned"] == 1
    goes_on(rig)
