import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from steplane.driver.warden import end_leftovers
from steplane.executors import tree

PROGRAM = """
import os, signal, subprocess, sys, time
from steplane.driver.warden import guard
def say(name, text=""):
    with open(name + ".part", "w") as file: file.write(str(text))
    os.rename(name + ".part", name)
def main():
{body}
sys.exit(guard(main))
"""

SHAPES = """
    subprocess.Popen(["bash", "-c", "sleep 3600 & wait"], process_group=0)
    os.system("(sleep 3600 &) ; setsid sleep 3600 & nohup sleep 3600 >/dev/null 2>&1 &")
    os.system("setsid bash -c 'trap \\"\\" TERM HUP INT; (setsid sleep 3600 &); while :; do sleep 3600; done' &")
    os.system("env -i PATH=$PATH setsid sleep 3600 &")
    say("ready", os.getpid())
"""


class Guarded:
    """A guarded program in a folder of its own; all its processes bear the folder as a mark."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "STEPLANE_RUN_ID": str(folder), "PYTHONUNBUFFERED": ""}
        self.process: subprocess.Popen[str] | None = None

    def start(self, body: str, prefix: tuple[str, ...] = (), **options: Any) -> "subprocess.Popen[str]":
        text = PROGRAM.replace(
            "{body}",
            "\n".join(f"    {line.strip()}" if "\n    " not in body else line for line in body.strip("\n").split("\n")),
        )
        settings = {"text": True, "env": self.env, "cwd": self.folder, "start_new_session": True, **options}
        self.process = subprocess.Popen([*prefix, sys.executable, "-c", text], **settings)
        return self.process

    def read(self, name: str = "ready") -> str:
        until((self.folder / name).exists)
        return (self.folder / name).read_text()

    def left(self) -> list[int]:
        """Every process that works in the folder: also one that has dropped its environment."""
        found = []
        for one in tree.processes():
            try:
                if one.state != "Z" and os.readlink(f"/proc/{one.pid}/cwd") == str(self.folder):
                    found.append(one.pid)
            except OSError:
                continue
        return found


def until(holds: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    made = Guarded(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
    tree.end(made.left)
    if made.process is not None:
        made.process.wait()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("return 0", 0),
        ("return 7", 7),
        ("sys.exit(5)", 5),
        ("sys.exit()", 0),
        ("os._exit(3)", 3),
        ("raise KeyboardInterrupt", 130),
        ("os.kill(os.getpid(), signal.SIGKILL)", 137),
        ("os.kill(os.getpid(), signal.SIGSEGV)", 139),
    ],
)
def test_the_code_is_the_runner_s(guarded: Guarded, body: str, code: int) -> None:
    assert guarded.start(body).wait(20) == code


def test_a_crash_of_the_runner_is_told(guarded: Guarded) -> None:
    process = guarded.start("raise ValueError('no')", stderr=subprocess.PIPE)
    assert "ValueError: no" in process.communicate(timeout=20)[1]
    assert process.returncode == 4


def test_nothing_is_left_after_a_normal_end(guarded: Guarded) -> None:
    assert guarded.start(SHAPES + "    return 6\n").wait(20) == 6
    assert guarded.left() == []


def test_nothing_is_left_when_the_runner_is_killed(guarded: Guarded) -> None:
    process = guarded.start(SHAPES + "    time.sleep(3600)\n")
    os.kill(int(guarded.read()), signal.SIGKILL)
    assert process.wait(2) == 137
    assert guarded.left() == []


def test_nothing_is_left_when_the_warden_is_killed(guarded: Guarded) -> None:
    process = guarded.start(SHAPES + "    time.sleep(3600)\n")
    guarded.read()
    process.kill()
    until(lambda: not guarded.left(), 2)


STARTING = """
    import threading
    from steplane.executors.spawn import spawn
    def start():
        while True:
            spawn(["sleep", "3600"], dict(os.environ), os.getcwd(), {})
            time.sleep(0.02)
    for _ in range(4): threading.Thread(target=start, daemon=True).start()
    say("ready")
    while True: time.sleep(0.05)
"""
"""Its main thread looks up now and then: a signal may reach any thread, and is handled in that one."""


def test_nothing_is_started_any_more_once_the_warden_is_killed(guarded: Guarded) -> None:
    """Its threads are in the middle of starting programs, one after the other."""
    process = guarded.start(STARTING)
    guarded.read()
    until(lambda: len(guarded.left()) > 20)
    process.kill()
    until(lambda: not guarded.left(), 10)


def test_what_is_left_when_both_are_killed_is_found(guarded: Guarded) -> None:
    body = SHAPES.replace("env -i PATH=$PATH ", "")
    process = guarded.start(body + "    time.sleep(3600)\n")
    runner = int(guarded.read())
    os.kill(runner, signal.SIGSTOP)
    process.send_signal(signal.SIGSTOP)
    process.kill()
    os.kill(runner, signal.SIGKILL)
    process.wait(20)
    other = subprocess.Popen(["sleep", "3600"], env={**os.environ, "STEPLANE_RUN_ID": f"{guarded.folder}2"})
    until(lambda: runner not in guarded.left())
    assert len(guarded.left()) >= 6
    assert len(end_leftovers(str(guarded.folder))) >= 6
    assert guarded.left() == []
    assert end_leftovers(str(guarded.folder)) == []
    assert other.poll() is None
    other.kill()
    other.wait()


def test_leftovers_spare_whoever_asks_and_those_above(guarded: Guarded) -> None:
    script = f"from steplane.driver.warden import end_leftovers; print(end_leftovers({str(guarded.folder)!r}))"
    command = ["bash", "-c", f'"{sys.executable}" -c "$0"; echo spared', script]
    done = subprocess.run(command, env=guarded.env, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "[]\nspared\n"


CATCH = """
    heard = []
    def note(number, frame): heard.append(number); say("heard%d" % len(heard), number)
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1): signal.signal(one, note)
    say("ready", os.getpid())
    while not os.path.exists("end"): time.sleep(0.01)
    return len(heard)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_to_the_warden_reaches_the_runner_once(guarded: Guarded, number: signal.Signals) -> None:
    process = guarded.start(CATCH)
    guarded.read()
    process.send_signal(number)
    assert guarded.read("heard1") == str(int(number))
    process.send_signal(signal.SIGTERM if number != signal.SIGTERM else signal.SIGINT)
    guarded.read("heard2")
    (guarded.folder / "end").touch()
    assert process.wait(20) == 2


def test_an_uncaught_signal_ends_both_with_its_code(guarded: Guarded) -> None:
    process = guarded.start("say('ready')\ntime.sleep(3600)")
    guarded.read()
    process.terminate()
    assert process.wait(20) == 143


def test_ctrl_c_of_a_terminal_is_heard_once(guarded: Guarded) -> None:
    """The leader of the session is a shell, as it is for a person."""
    ours, theirs = os.openpty()
    code = "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    code += "os.execvp(sys.argv[1], sys.argv[1:])"
    prefix = (sys.executable, "-c", code, "bash", "-c", 'trap : INT; "$0" "$@"; exit $?')
    process = guarded.start(
        CATCH, prefix, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=False, process_group=None
    )
    os.close(theirs)
    guarded.read()
    os.write(ours, b"\x03")
    assert guarded.read("heard1") == str(int(signal.SIGINT))
    os.kill(int(guarded.read()), signal.SIGUSR1)  # comes after a second SIGINT, if there were one
    guarded.read("heard2")
    (guarded.folder / "end").touch()
    assert process.wait(20) == 2
    os.close(ours)


def test_closed_standard_files_are_not_taken_by_others(guarded: Guarded) -> None:
    body = "targets = [os.readlink('/proc/self/fd/%d' % n) for n in (0, 1, 2)]\n"
    body += "say('ready', targets + [os.open('x', os.O_CREAT) > 2])\nreturn 3"
    process = guarded.start(body, prefix=("bash", "-c", 'exec "$0" "$@" <&- >&- 2>&-'))
    assert process.wait(20) == 3
    assert guarded.read() == "['/dev/null', '/dev/null', '/dev/null', True]"


def test_a_reader_that_has_gone(guarded: Guarded) -> None:
    process = guarded.start(
        "while not os.path.exists('end'): time.sleep(0.01)\nprint('x')\nreturn 0", stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    (guarded.folder / "end").touch()
    assert process.wait(20) == 0


def test_the_steps_are_not_touched_by_what_the_warden_blocks(guarded: Guarded) -> None:
    body = "say('ready', [l for l in open('/proc/self/status') if l.startswith('SigBlk')])\nreturn 0"
    assert guarded.start(body).wait(20) == 0
    assert "0000000000000000" in guarded.read()


def test_ctrl_z_stops_and_continues_both(guarded: Guarded) -> None:
    process = guarded.start("say('ready', os.getpid())\nwhile not os.path.exists('end'): time.sleep(0.01)\nreturn 9")
    runner = int(guarded.read())

    def states() -> set[str]:
        return {one.state for one in tree.processes() if one.pid in {runner, process.pid}}

    os.killpg(process.pid, signal.SIGSTOP)
    until(lambda: states() == {"T"})
    os.killpg(process.pid, signal.SIGCONT)
    (guarded.folder / "end").touch()
    assert process.wait(20) == 9


def test_as_process_one_no_zombie_is_left(guarded: Guarded) -> None:
    prefix = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no permission for a namespace of processes")
    body = """
    from steplane.executors import adopted, tree
    assert os.getppid() == 1
    subprocess.run(["bash", "-c", "for i in $(seq 200); do (setsid true &) ; done"], process_group=0)
    end = time.monotonic() + 20
    while [one for one in tree.processes() if one.state == "Z"] and time.monotonic() < end:
        adopted.reap(0.05)
    say("ready", len(tree.processes()))
    return 8
"""
    assert guarded.start(body, prefix).wait(40) == 8
    assert guarded.read() == "2"
