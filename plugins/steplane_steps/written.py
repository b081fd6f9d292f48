"""The outputs that a program writes into the file `$STEPLANE_OUTPUT`."""

import contextlib
import errno
import os
import re
import stat
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from steplane.sdk import StepContext, StepError

LIMIT = 16 << 20
PAUSES = (0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between the attempts to open a file while too many are open."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@contextlib.contextmanager
def file_for_outputs(ctx: StepContext) -> Iterator[str]:
    """The path of the file, empty: what an earlier attempt wrote does not count.

    It is where the runner says (`STEPLANE_OUTPUT` in `ctx.env`), else in a temporary directory. Where the step lists no
    outputs it is not made: the program makes it if it writes to it all the same. (A file made and removed for each step
    more than doubles what the next commit of the journal has to write.)
    """
    if path := ctx.env.get("STEPLANE_OUTPUT"):
        _clear(path)
        if ctx.outputs_declared:
            _make(path)
        yield path
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="steplane-") as folder:
        _make(os.path.join(folder, "output"))
        yield os.path.join(folder, "output")


def _clear(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as failure:  # an earlier attempt may have put a directory there
        raise StepError("shell.output", f"$STEPLANE_OUTPUT cannot be made: {failure.strerror}") from failure


def _make(path: str) -> None:
    try:
        os.close(_opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    except OSError as failure:
        raise StepError("shell.output", f"$STEPLANE_OUTPUT cannot be made: {failure.strerror}") from failure


def _opened(path: str, flags: int) -> int:
    """A descriptor; that none is free may be over in a moment."""
    for pause in PAUSES:
        try:
            return os.open(path, flags | os.O_CLOEXEC, 0o600)
        except OSError as failure:
            if failure.errno not in {errno.EMFILE, errno.ENFILE}:
                raise
            time.sleep(pause)
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def collect(ctx: StepContext, path: str) -> dict[str, Any]:
    """The declared outputs that were written; others are left out, with a warning.

    A line is `NAME=VALUE` (text, split at the first `=`) or a JSON object; a later one replaces an earlier one. Raises
    `StepError` `shell.output` for any other line, and for a file that is none or is too large.
    """
    written: dict[str, Any] = {}
    for number, line in enumerate(_text(path).split("\n"), 1):
        written.update(_entries(line, number))
    for name in written.keys() - set(ctx.outputs_declared):
        ctx.warn(f"the step wrote an output {name!r}, which its `outputs` does not list: it is ignored")
    return {name: written[name] for name in ctx.outputs_declared if name in written}


def _entries(line: str, number: int) -> Iterator[tuple[str, Any]]:
    """The outputs of one line."""
    if line.lstrip().startswith("{"):
        try:
            yield from msgspec.json.decode(line, type=dict[str, Any]).items()
        except (msgspec.DecodeError, RecursionError) as error:
            raise _wrong(number, f"begins with `{{` but is no JSON object: {error}") from None
    elif line.strip():
        name, equals, value = line.partition("=")
        if not equals or not NAME.fullmatch(name):
            raise _wrong(number, "is neither NAME=VALUE nor a JSON object")
        yield name, value


def content_of(path: str, variable: str, error: str) -> bytes | None:
    """What a program wrote to the file that it knows by `variable`; None when there is no file. Raises `error`.

    The file was in the hands of the program, so nothing is taken on trust: no link, no pipe, no endless file.
    """
    if not os.path.lexists(path):  # to be told so it takes no descriptor, of which none may be free
        return None
    try:
        descriptor = _opened(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as failure:
        raise StepError(error, f"${variable} cannot be read: {failure.strerror}") from failure
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # before `open`, which refuses a directory in its own words
        os.close(descriptor)
        raise StepError(error, f"${variable} is no regular file any more")
    try:
        with open(descriptor, "rb") as file:
            content = file.read(LIMIT + 1)
    except OSError as failure:
        raise StepError(error, f"${variable} cannot be read: {failure.strerror}") from failure
    if len(content) > LIMIT:
        raise StepError(error, f"the step wrote more than {LIMIT >> 20} MiB to ${variable}")
    return content


def _text(path: str) -> str:
    try:
        return (content_of(path, "STEPLANE_OUTPUT", "shell.output") or b"").decode()
    except UnicodeDecodeError as error:
        raise StepError("shell.output", f"$STEPLANE_OUTPUT is not UTF-8 (byte {error.start})") from error


def _wrong(number: int, what: str) -> StepError:
    return StepError("shell.output", f"line {number} of $STEPLANE_OUTPUT {what}", detail={"line": number})
