"""The outputs that a program writes into the file `$STEPLANE_OUTPUT`."""

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from typing import Any

import msgspec

from steplane.sdk import StepContext, StepError

LIMIT = 16 << 20
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def prepare(ctx: StepContext) -> None:
    """Make the file empty: what an earlier attempt wrote does not count."""
    path = ctx.env.get("STEPLANE_OUTPUT")
    if path:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def collect(ctx: StepContext) -> dict[str, Any]:
    """The declared outputs that were written; others are left out, with a warning.

    A line is `NAME=VALUE` (text, split at the first `=`) or a JSON object; a later one replaces an earlier one. Raises
    `StepError` `shell.output` for any other line, and for a file that is none or is too large.
    """
    written: dict[str, Any] = {}
    for number, line in enumerate(_text(ctx).split("\n"), 1):
        written.update(_entries(line, number))
    for name in written.keys() - set(ctx.outputs_declared):
        ctx.warn(f"the step wrote an output {name!r}, which its `outputs` does not list: it is ignored")
    return {name: written[name] for name in ctx.outputs_declared if name in written}


def _entries(line: str, number: int) -> Iterator[tuple[str, Any]]:
    """The outputs of one line."""
    if line.lstrip().startswith("{"):
        try:
            yield from msgspec.json.decode(line, type=dict[str, Any]).items()
        except msgspec.DecodeError as error:
            raise _wrong(number, f"begins with `{{` but is no JSON object: {error}") from None
    elif line.strip():
        name, equals, value = line.partition("=")
        if not equals or not NAME.fullmatch(name):
            raise _wrong(number, "is neither NAME=VALUE nor a JSON object")
        yield name, value


def _text(ctx: StepContext) -> str:
    """The file's text; empty where there is none. It was in the hands of the program, so nothing is taken on trust."""
    path = ctx.env.get("STEPLANE_OUTPUT")
    if not path:
        return ""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise StepError("shell.output", f"$STEPLANE_OUTPUT cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise StepError("shell.output", "$STEPLANE_OUTPUT is no regular file any more")
        content = file.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise StepError("shell.output", f"the step wrote more than {LIMIT >> 20} MiB to $STEPLANE_OUTPUT")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise StepError("shell.output", f"$STEPLANE_OUTPUT is not UTF-8 (byte {error.start})") from error


def _wrong(number: int, what: str) -> StepError:
    return StepError("shell.output", f"line {number} of $STEPLANE_OUTPUT {what}", detail={"line": number})
