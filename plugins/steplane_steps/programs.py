"""Running a program as a step: how it is started, what its end means."""

import os
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from steplane.sdk import ProcessResult, StepContext, StepError
from steplane_steps import written

SCRIPT_DESCRIPTOR = 9
"""Where an interpreter finds its script; one digit, for dash knows no others."""

SCRIPT_PATH = f"/dev/fd/{SCRIPT_DESCRIPTOR}"


def run(ctx: StepContext, argv: Sequence[str], **options: Any) -> ProcessResult:
    """Run the program; `shell.start` when it cannot be started, `cancelled` when it was stopped.

    The exit code of one that a signal ended is 128 and the signal's number, as shells have it.
    """
    written.prepare(ctx)
    try:
        ended = ctx.process(argv, **options)
    except ValueError as error:
        raise StepError("input.invalid", f"an argument or variable of the program is wrong: {error}") from error
    except OSError as error:
        raise StepError("shell.start", _not_started(argv[0], error), code=_start_code(error)) from error
    if ctx.cancelled:
        raise StepError("cancelled", "the program was stopped")
    if ended.exit_code < 0:
        return ProcessResult(128 - ended.exit_code, ended.stdout, ended.truncated)
    return ended


def require_ok(
    exit_code: int,
    ok_codes: Sequence[int],
    outputs: Mapping[str, Any],
    what: str = "the program",
    error: str = "shell.exit",
) -> None:
    """Fail with `error` unless the exit code is one of those that count as success."""
    if exit_code not in ok_codes:
        raise StepError(error, f"{what} {_ending(exit_code)}", code=exit_code, outputs=outputs)


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


def _start_code(error: OSError) -> int:
    return 127 if isinstance(error, FileNotFoundError) else 126


def _not_started(program: str, error: OSError) -> str:
    import errno

    # a working directory that is missing gives the same error as a missing program, but names itself
    where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else program
    if error.errno == errno.E2BIG:
        return f"`{program}` cannot be started: its arguments and environment are too large; give large values on stdin"
    if isinstance(error, FileNotFoundError):
        return f"`{where}` does not exist, or is not on the PATH"
    return f"`{where}` cannot be started: {error.strerror or error}"
