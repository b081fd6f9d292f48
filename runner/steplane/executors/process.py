"""Runs one program for a step: its output into the log, its end on request, nothing of it left behind then."""

import signal
from collections.abc import Callable, Mapping, Sequence

from steplane.executors import adopted
from steplane.executors.cancel import CancelToken, Watch
from steplane.executors.failures import as_spawn_error
from steplane.executors.logs import Log
from steplane.executors.patience import PATIENCE, RETRIED
from steplane.executors.plumbing import Plumbing
from steplane.executors.pump import Pump
from steplane.executors.spawn import spawn
from steplane.sdk import ProcessResult
from steplane.sdk.context import MEBIBYTE, NO_FILES

MARKS = ("STEPLANE_RUN_ID", "STEPLANE_STEP", "STEPLANE_ARTIFACTS")
"""The variables by which the processes of a step are known, wherever they have gone. The last holds the path of the
run's folder: the same step of a run of the same id in another state directory is another's.
"""


def run_process(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str,
    log: Log,
    cancel: CancelToken,
    stdin: bytes | None = None,
    capture: bool = True,
    limit: int = MEBIBYTE,
    grace: float = 10.0,
    pass_files: Mapping[int, bytes] = NO_FILES,
    tty: bool = False,
) -> ProcessResult:
    """Run the program to its end. The arguments are those of `StepContext.process`.

    It leads a process group of its own; standard input is /dev/null unless given. The call returns when the program
    itself has ended and what it wrote is read; children that it left running are not waited for, and their output goes
    on into the log. After `cancel` the group and every descendant get SIGTERM, and SIGKILL after `grace` seconds or
    when `cancel.at_once` is set; then none is left. A negative exit code is the signal that ended it.
    Raises `SpawnError` when the program cannot be started.
    """
    if cancel.cancelled:
        return ProcessResult(exit_code=-signal.SIGTERM)
    pid, plumbing, watch = _started(lambda: Plumbing(stdin, pass_files, tty=tty), argv, env, cwd, cancel)
    marks = marks_of(env)
    pump = Pump(pid, plumbing, log, cancel, grace=grace, limit=limit if capture else 0, marks=marks, watch=watch)
    try:
        code = pump.run()
    finally:
        plumbing.close()
        adopted.reap()
    return ProcessResult(exit_code=code, stdout=_text(pump.captured, cut=pump.truncated), truncated=pump.truncated)


def marks_of(env: Mapping[str, str]) -> list[str]:
    """What the environment of each process of the step holds; nothing where it does not say which step it is."""
    return [f"{name}={env[name]}" for name in MARKS if name in env] if {*MARKS[:2]} <= env.keys() else []


def _started(
    opened: Callable[[], Plumbing], argv: Sequence[str], env: Mapping[str, str], cwd: str, cancel: CancelToken
) -> tuple[int, Plumbing, Watch]:
    """The process id, its files, and how it hears of a cancel; tried again where the cause may be over in a moment.

    All descriptors are there before the program is: what has begun is not to fail for want of one.
    """
    for pause in (*PATIENCE, None):
        try:
            plumbing = opened()
            watch = None
            try:
                watch = cancel.watched()
                pid = spawn(argv, env, cwd, plumbing.files, terminal=plumbing.terminal)
            except BaseException:
                plumbing.close()
                if watch is not None:
                    watch.give_back()
                raise
            plumbing.close_theirs()
        except OSError as error:
            if error.errno not in RETRIED or pause is None or cancel.wait(pause):
                raise as_spawn_error(error, argv) from None
        else:
            return pid, plumbing, watch
    raise AssertionError


def _text(data: bytearray, *, cut: bool) -> str:
    """The captured bytes as text, without half a character at a cut."""
    text = data.decode("utf-8", "replace")
    return text.removesuffix("\ufffd") if cut else text
