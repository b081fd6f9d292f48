"""What the built-in step types have in common when they touch files."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from typing import IO, Annotated

from steplane.sdk import Meta, PlanContext, StepContext, StepError

READ_LIMIT = 16 << 20
"""The most bytes that a step reads into an output; larger files are for programs, not for expressions."""

FILE_ERRORS = ("file.missing", "file.exists", "file.kind", "file.access", "file.encoding", "file.size")

Path = Annotated[str, Meta(min_length=1, description="The file; relative to the step's working directory")]
Encoding = Annotated[str, Meta(description="The text's encoding, by any name that Python knows")]
MakeFolders = Annotated[bool, Meta(description="Make the directories above the file that are missing")]
Mode = Annotated[
    str,
    Meta(pattern="^0?[0-7]{3}$", description="Octal permissions, quoted: '0644'. Default: unchanged, or by the umask"),
]


def located(ctx: StepContext | PlanContext, path: str) -> str:
    """The path, absolute: relative ones start at the step's working directory."""
    if "\0" in path:
        raise StepError("input.invalid", "a path cannot hold the character NUL")
    return os.path.join(ctx.workdir, path)


@contextlib.contextmanager
def explained(path: str) -> Iterator[None]:
    """Turn what the system says of a file into the step's own errors, with the path as the author wrote it."""
    try:
        yield
    except FileNotFoundError as error:
        raise StepError("file.missing", f"`{path}` does not exist") from error
    except FileExistsError as error:
        raise StepError("file.exists", f"`{path}` exists already") from error
    except IsADirectoryError as error:
        raise StepError("file.kind", f"`{path}` is a directory, not a file") from error
    except NotADirectoryError as error:
        raise StepError("file.kind", f"a part of `{path}` is no directory") from error
    except OSError as error:
        raise StepError("file.access", f"`{path}`: {error.strerror or error}", code=error.errno) from error
    except UnicodeError as error:
        raise StepError("file.encoding", f"`{path}` is not in the stated encoding: {error}") from error
    except LookupError as error:
        raise StepError("input.invalid", f"`encoding`: {error}") from error


@contextlib.contextmanager
def opened(ctx: StepContext, path: str) -> Iterator[IO[bytes]]:
    """A regular file for reading. A pipe or a device, which could block for ever, is refused."""
    with explained(path):
        descriptor = os.open(located(ctx, path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISDIR(mode):
                raise IsADirectoryError
            if not stat.S_ISREG(mode):
                raise StepError("file.kind", f"`{path}` is no regular file")
            yield file


def read_bytes(ctx: StepContext, path: str, limit: int = READ_LIMIT) -> bytes:
    """The whole file; `file.size` when it is larger than `limit`."""
    with opened(ctx, path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise StepError("file.size", f"`{path}` is larger than {limit >> 20} MiB: too much for the outputs of a step")
    return content


def stop_if_cancelled(ctx: StepContext) -> None:
    """End the step when it should stop."""
    if ctx.cancelled:
        raise StepError("cancelled", "the step was stopped")


@contextlib.contextmanager
def replacing(ctx: StepContext, path: str, *, mkdir: bool = False, mode: str | None = None) -> Iterator[IO[bytes]]:
    """A new file that takes the place of `path` when all is written: readers see the old one or the new one, whole.

    A symbolic link is followed, as by any program. It is on disk before it is seen; on any failure nothing is left.
    What is left by a kill is removed when the attempt is made again.
    """
    with explained(path):
        target = os.path.realpath(located(ctx, path))
        make_room(target, path, mkdir=mkdir)
        permissions = _permissions(target, mode)
        temporary = f"{os.path.dirname(target)}/.{os.path.basename(target)[:200]}.{_attempt(ctx)}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                if permissions is not None:
                    os.fchmod(descriptor, permissions)
                yield file
                file.flush()
                os.fsync(descriptor)
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise


def make_room(target: str, path: str, *, mkdir: bool) -> None:
    """See to it that the directory of the target is there: make it, or say how it is made. `path` is what is told."""
    folder = os.path.dirname(target)
    if mkdir:
        os.makedirs(folder, exist_ok=True)
    elif not os.path.lexists(folder):
        what = f"the directory `{os.path.dirname(path.rstrip('/')) or folder}` does not exist"
        raise StepError("file.missing", f"{what}; `mkdir: true` makes it")


def _attempt(ctx: StepContext) -> str:
    """A word for the attempt: the same when it is made again after a crash, another for every other."""
    return hashlib.blake2b(f"{ctx.idempotency_key}/{ctx.attempt}".encode(), digest_size=6).hexdigest()


def _permissions(target: str, mode: str | None) -> int | None:
    """The permissions that the new file gets; None for what the umask says. What is there must be a file."""
    try:
        there = os.stat(target).st_mode
    except FileNotFoundError:
        return int(mode, 8) if mode else None
    if stat.S_ISDIR(there):
        raise IsADirectoryError
    if not stat.S_ISREG(there):
        raise StepError("file.kind", f"`{target}` is no regular file")
    return int(mode, 8) if mode else stat.S_IMODE(there)
