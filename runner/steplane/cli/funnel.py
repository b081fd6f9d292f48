"""The one place where errors end: a short text with a remedy, an exit code, never a traceback."""

import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from steplane.errors import StateError, SteplaneError

if TYPE_CHECKING:
    import click

INTERRUPTED = 130
INTERNAL = 4
USAGE = 2
_EXTRA = r"unexpected extra arguments? \((.*)\)"


def funnel(work: Callable[[], int], words: Sequence[str]) -> int:
    """Do the work; its exit code, or that of what went wrong, which is told on stderr. Nothing is raised.

    `words` are the arguments of the call, for the report of an internal error.
    """
    try:
        return work()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read us has gone: nobody is there to be told
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else INTERNAL
    except SteplaneError as error:
        return _tell(error.message, error.remedy, error.exit_code)
    except BaseException as error:  # noqa: BLE001 - this is where everything ends
        return _other(error, words)


def half_written(why: str) -> StateError:
    """The error where standard output is a file that takes no more, or none."""
    from steplane.cli.output import CLOSED

    remedy = "Let it lead somewhere, to /dev/null too." if why == CLOSED else "Free some space on that disk."
    return StateError(f"standard output is not whole: {why}", remedy)


def guarded(work: Callable[[], int]) -> int:
    """Do the work in a child under a warden that leaves nothing behind (see `steplane.driver.warden`)."""
    from steplane.driver.warden import guard

    code = guard(lambda: funnel(work, sys.argv[1:]))
    wardens.append(code)
    return code


wardens: list[int] = []
"""The exit codes of what this process has guarded: then all is written, and nothing is left to do here."""


def _other(error: BaseException, words: Sequence[str]) -> int:
    import click

    from steplane.cli.output import FULL
    from steplane.shortage import behind

    if isinstance(error, OSError) and error.errno in FULL and error.filename is None:  # of click: `--help > FILE`
        sys.stdout = None  # nor is it tried again at the end
        full = half_written(error.strerror or str(error))
        return _tell(full.message, full.remedy, full.exit_code)
    if (lacking := behind(error)) is not None:
        return _tell(*lacking, StateError.exit_code)
    if isinstance(error, click.exceptions.Abort):
        return INTERRUPTED
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return _tell_text(error.format_message() + "\n", USAGE)
    if isinstance(error, click.NoSuchOption):
        return _no_such_option(error)
    if isinstance(error, click.UsageError):
        return _tell(_sentence(error.format_message()), _remedy(error), error.exit_code)
    if isinstance(error, click.ClickException):
        return _tell(_sentence(error.format_message()), "", error.exit_code)
    return _internal(error, words)


def _remedy(error: "click.UsageError") -> str:
    """What helps with a wrong call: an input is given as an option, not as a word of its own."""
    extra = re.search(_EXTRA, error.format_message())
    takes_inputs = error.ctx is not None and any(one.name == "inputs" for one in error.ctx.command.params)
    words = extra[1].split() if extra else []
    if words and takes_inputs and all("=" in word for word in words):
        return f"An input is given with -i: {' '.join(f'-i {word}' for word in words)}"
    return f"See: {error.ctx.command_path if error.ctx else 'steplane'} --help"


def _no_such_option(error: "click.NoSuchOption") -> int:
    from steplane.suggest import did_you_mean

    command = error.ctx.command_path if error.ctx else "steplane"
    known = [name for one in error.ctx.command.params for name in one.opts] if error.ctx else []
    near = did_you_mean(error.option_name, known)
    hint = f"Did you mean `{near}`?" if near else f"See: {command} --help"
    return _tell(f"`{command}` has no option `{error.option_name}`", hint, USAGE)


def _internal(error: BaseException, words: Sequence[str]) -> int:
    from steplane.cli.internal import describe, write_report

    try:
        path = write_report(error, words)
    except Exception:  # noqa: BLE001 - a full disk: then without the file
        path = None
    return _tell(*describe(error, path), INTERNAL)


def _tell(message: str, remedy: str, code: int) -> int:
    from steplane.cli.output import error_text, use_color

    return _tell_text(error_text(message, remedy, use_color(sys.stderr)), code)


def _tell_text(text: str, code: int) -> int:
    from steplane.cli.output import Output

    Output(sys.stderr).write(text)
    return code


def _sentence(text: str) -> str:
    """Click's words as ours are: no capital at the beginning, no full stop at the end."""
    first = text.split(" ", 1)[0]
    begun = text[:1].lower() + text[1:] if first[1:].islower() or len(first) == 1 else text
    return begun.rstrip(".") if begun.count(".") == 1 else begun
