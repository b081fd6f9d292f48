"""The small process above the runner: whatever happens to either, nothing of a run is left behind.

`guard` forks. The parent, the warden, adopts every orphan below it, hands on the signals that are sent to it, and when
the runner is gone, however it went, kills what remains. When the warden is killed the system tells the runner, which
kills what is below it and stops, as if it had been killed itself: the run can be resumed. A runner that comes to its
end kills what remains before, for the warden may be killed when there is no runner any more. When both are killed at
once `end_leftovers` finds what is left by its environment, or by the number that `begin_run` gives to all of a run.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from steplane.digests import blake2b
from steplane.driver import terminal
from steplane.driver.prctl import become_subreaper, signal_on_death_of_parent, tag
from steplane.executors import adopted, tree

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)

SI_KERNEL = 0x80
"""`si_code` of a signal that the terminal gave to its whole foreground group, the runner included; see sigaction(2)."""

if sys.platform == "linux":
    ORPHANED: int = signal.SIGRTMIN + 3
    """What the runner is sent when the warden has died. Nobody else uses a real-time signal by its number."""
else:
    ORPHANED = signal.SIGUSR2

DIED = 128 + signal.SIGKILL
"""The exit code of a runner that stops because its warden was killed."""

_dying: list[bool] = []
_guarded: list[int] = []
"""In a runner that has a warden: the descriptor through which it leaves its last words."""

_last_words: list[str] = [""]


def guard(main: Callable[[], int]) -> int:
    """Run `main` in a child under a warden, and return its exit code (128 + n after the signal n). Call it early, while
    there is one thread. The child never returns: it ends without waiting for its threads.
    """
    _fill_standard_files()
    _flush()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    become_subreaper()
    echoed = terminal.echoes(1)
    words, left = os.pipe()
    for one in (words, left):
        os.set_blocking(one, False)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, *_awaited()})
    warden = os.getpid()
    runner = os.fork()
    if not runner:
        os.close(words)
        _guarded.append(left)
        _run(main, warden, before)
    os.close(left)
    code, killed = _watch(runner, echoed=echoed)
    _end_the_rest()
    if echoed:
        terminal.put_right()
    if killed:
        _say(_left_words(words), f"the runner was killed ({killed})")
    os.close(words)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return code


def end_leftovers(run_id: str, artifacts: str = "") -> list[int]:
    """Kill the processes that steps of an earlier life of the run have left; the ids of those first found.

    They are known by `STEPLANE_RUN_ID` and `STEPLANE_ARTIFACTS` (the real path of that folder) in their environment, or
    by the number of both: another state directory may have a run of the same id, which is left alone. This process and
    those above it are spared, so a step may resume its own run.
    """
    marks = [f"STEPLANE_RUN_ID={run_id}", *([f"STEPLANE_ARTIFACTS={artifacts}/"] if artifacts else [])]
    number = _number(run_id, artifacts)
    found = tree.marked(marks, number)
    if found:
        tree.end(lambda: tree.marked(marks, number))
    return found


def leave_words(text: str) -> None:
    """What is written to stderr, with what has happened in place of `{what}`, when this process or its warden is killed
    from now on; nothing where the text is empty.
    """
    _last_words[0] = text
    if _guarded:
        with suppress(OSError):  # the warden is dead, or too much was left: it is not worth more
            os.write(_guarded[0], text.encode("utf-8", "backslashreplace") + b"\0")


def _left_words(descriptor: int) -> str:
    """What the runner has left last, whole."""
    data = b""
    with suppress(BlockingIOError):  # somebody has the other end, who cannot be killed
        while piece := os.read(descriptor, 1 << 16):
            data += piece
    return data.rpartition(b"\0")[0].rpartition(b"\0")[2].decode("utf-8", "replace")


def _say(text: str, what: str) -> None:
    with suppress(OSError):
        if text:
            os.write(2, text.replace("{what}", what).encode("utf-8", "backslashreplace"))


def begin_run(run_id: str, artifacts: str) -> None:
    """From now on this process works for the run; see `end_leftovers`. One without a warden has children of its own."""
    if _guarded:
        tag(_number(run_id, artifacts))


def _number(run_id: str, artifacts: str) -> int:
    """From 2**62 on, below 2**63: of 61 bits, so that no two runs of a machine have the same."""
    digest = blake2b(f"{run_id}\0{artifacts}".encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return 1 << 62 | int.from_bytes(digest) >> 3


def _run(main: Callable[[], int], warden: int, before: set[int | signal.Signals]) -> NoReturn:
    """The runner's whole life."""
    code = 4
    try:
        signal.signal(ORPHANED, orphaned)
        become_subreaper()
        signal_on_death_of_parent(ORPHANED)
        if os.getppid() != warden:  # it died before it could be said
            os._exit(DIED)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        code = main()
    except SystemExit as end:
        code = _code(end.code)
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BaseException:  # noqa: BLE001 - nothing may get out of the child into the warden's own stack
        sys.excepthook(*sys.exc_info())
    finally:
        _flush()
        try:
            _end_the_rest()
        finally:
            os._exit(code & 0xFF)


def _code(given: object) -> int:
    """The exit code that `sys.exit(given)` means."""
    if given is None or isinstance(given, int):
        return given or 0
    if sys.stderr is not None:
        sys.stderr.write(f"{given}\n")
    return 1


def orphaned(_number: int = ORPHANED, _frame: object = None) -> NoReturn:
    """The warden is gone: nobody would clean up after this process, so it does so itself, now. From any thread."""
    _dying.append(True)  # before anything is killed: how that ends must not be taken for the end of an attempt
    adopted.start_no_more()
    tree.end(lambda: tree.descendants(os.getpid()))
    terminal.abandon()
    prompted = "\n" if _last_words[0] and os.isatty(2) else ""  # the shell is back already
    _say(prompted + _last_words[0], "the warden of the runner was killed")
    os._exit(DIED)


def is_dying() -> bool:
    """Whether this process has begun to end all that it started: nothing that happens from now on is recorded."""
    return bool(_dying)


def _awaited() -> set[int]:
    """The signals that the warden takes in: Ctrl-Z too, unless it is ignored."""
    stop = set() if signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN else {signal.SIGTSTP}
    return {*FORWARDED, *stop}


def _watch(runner: int, *, echoed: bool) -> tuple[int, str]:
    """Hand on signals and collect the dead until the runner has ended; its exit code, and the signal that killed it."""
    stopping = stopped = False
    while True:
        number, from_terminal = _next_signal()
        if number == signal.SIGCHLD:
            for pid, status in _changed():
                if pid == runner and os.WIFSTOPPED(status):
                    stopped = True
                elif pid == runner and os.WIFCONTINUED(status):
                    stopped = False
                elif pid == runner:
                    return _exit_code(status), _killed_by(status)
        elif not from_terminal:
            tree.send(runner, number)
        stopping = stopping or number == signal.SIGTSTP
        if stopping and stopped:
            _stop_too(runner, echoed=echoed)
            stopping = stopped = False


def _stop_too(runner: int, *, echoed: bool) -> None:
    """The runner has been stopped by Ctrl-Z: hand the terminal back to the shell as it was, and be stopped as well.

    Not earlier: the shell takes the terminal as soon as its child, this process, stops.
    """
    if echoed:
        terminal.put_right()
    os.kill(os.getpid(), signal.SIGSTOP)
    tree.send(runner, signal.SIGCONT)


def _next_signal() -> tuple[int, bool]:
    """The next signal, and whether the runner was given it too."""
    awaited = {signal.SIGCHLD, *_awaited()}
    if sys.platform != "linux":  # no word on where it came from
        number = signal.sigwait(awaited)
        return number, number in {signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP} and os.isatty(0)
    info = signal.sigwaitinfo(awaited)
    alone = info.si_signo == signal.SIGHUP and os.getsid(0) == os.getpid()  # a hang-up tells the leader of the session
    return info.si_signo, info.si_code == SI_KERNEL and not alone


def _changed() -> list[tuple[int, int]]:
    """The children, orphans too, that have ended, been stopped or gone on since the last look, with their status."""
    found: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED | os.WCONTINUED)
        except ChildProcessError:
            return found
        if not pid:
            return found
        found.append((pid, status))


def _exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _killed_by(status: int) -> str:
    """The name of the signal that a process died of; empty where it exited."""
    if not os.WIFSIGNALED(status):
        return ""
    number = os.WTERMSIG(status)
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def _end_the_rest() -> None:
    """Kill every descendant, and collect them: as process 1 of a container nobody else would.

    All are below a child of this process: where it has none, the processes of the machine need not be looked through.
    """
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return
    me, limit = os.getpid(), time.monotonic() + tree.DEADLINE
    tree.end(lambda: tree.descendants(me))
    while _changed() and time.monotonic() < limit:
        continue


def _fill_standard_files() -> None:
    """Open /dev/null where 0, 1 or 2 is closed, or the next file that is opened would stand there."""
    for number, mode in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # the lowest free number is this one
            os.set_inheritable(number, True)


def _flush() -> None:
    """Write out what stands in buffers; that nobody reads it any more is no reason to fail."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            continue
