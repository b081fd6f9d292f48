"""Running a program as a step: how it is started, what its end means."""

import errno
import os
import signal
from collections.abc import Sequence
from typing import Any

from steplane.sdk import ProcessResult, StepContext, StepError

SCRIPT_DESCRIPTOR = 9
"""Where an interpreter finds its script; one digit, for dash knows no others."""

SCRIPT_PATH = f"/dev/fd/{SCRIPT_DESCRIPTOR}"


def run(ctx: StepContext, argv: Sequence[str], **options: Any) -> ProcessResult:
    """Run the program; `shell.spawn` when it cannot be started, `cancelled` when it was stopped.

    The exit code of one that a signal ended is 128 and the signal's number, as shells have it.
    """
    try:
        ended = ctx.process(argv, **options)
    except ValueError as error:
        raise StepError("input.invalid", f"an argument or variable of the program is wrong: {error}") from error
    except OSError as error:
        code = 127 if error.errno == errno.ENOENT else 126
        raise StepError("shell.spawn", _not_started(argv[0], error), code=code) from error
    if ctx.cancelled:
        raise StepError("cancelled", "the program was stopped")
    if ended.exit_code < 0:
        return ProcessResult(128 - ended.exit_code, ended.stdout, ended.truncated)
    return ended


def require_ok(exit_code: int, ok_codes: Sequence[int], what: str, error: str = "shell.exit") -> None:
    """Fail with `error` unless the exit code is one of those that count as success."""
    if exit_code not in ok_codes:
        raise StepError(error, f"{what} {_ending(exit_code)}", code=exit_code)


def _ending(exit_code: int) -> str:
    if exit_code > 128 and (name := _signal_name(exit_code - 128)):
        return f"ended with exit code {exit_code} ({name})"
    meaning = {126: " (not executable)", 127: " (command not found)"}.get(exit_code, "")
    return f"ended with exit code {exit_code}{meaning}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""


def _not_started(program: str, error: OSError) -> str:
    """Why, in the runner's own words where it has some (`message`), else from what the system says."""
    if own := getattr(error, "message", ""):
        return str(own)
    # a working directory that is missing gives the same error as a missing program, but names itself
    where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else program
    if error.errno == errno.E2BIG:
        return f"`{program}` cannot be started: its arguments and environment are too large; give large values on stdin"
    if isinstance(error, FileNotFoundError):
        return f"`{where}` does not exist, or is not on the PATH"
    return f"`{where}` cannot be started: {error.strerror or error}"
