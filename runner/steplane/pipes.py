"""Files of the call that may be pipes: read to their end, written whole, and never waited for where nobody is.

A pipe that has a name is opened at once, whoever is at its other end. Where nobody is, that is looked at for `PATIENCE`
seconds, for somebody may just be starting; one that has a writer is waited for as long as it takes. Pipes without a
name (`<(...)` of a shell, `/dev/stdin`, `/dev/fd/N`) have had their writer from the beginning.
"""

import errno
import os
import stat
import time

PATIENCE = 5.0
"""Seconds for which somebody is waited for."""

_PAUSE = 0.02


def read_named(path: str, most: int) -> bytes:
    """As `read_source`, of a file whose path is recorded and told: it must be text. Raises `OSError`."""
    if not is_text(path):
        raise OSError(errno.EILSEQ, "its path is not UTF-8: rename it")
    return read_source(path, most)


def is_text(path: str) -> bool:
    """Whether the bytes of the path are UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_source(path: str, most: int) -> bytes:
    """The first `most` bytes of a file, or of what is written into a pipe before all who write have closed it.

    Raises `OSError`, also where nobody writes into the pipe; `FileNotFoundError` for a name with a NUL.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:
        raise FileNotFoundError(errno.ENOENT, str(error), path) from error
    with open(descriptor, "rb") as file:
        first = _first(descriptor, path) if _is_named_pipe(path) else b""
        os.set_blocking(descriptor, True)
        return (first + file.read(max(0, most - len(first))))[:most]


def write_whole_into(path: str, content: bytes) -> None:
    """Write into a pipe or a device, in pieces of the size that it takes.

    Raises `OSError`, also where nobody reads the pipe, or nobody goes on reading it.
    """
    import select

    descriptor = _opened_for_writing(path)
    try:
        look = select.poll()
        look.register(descriptor, select.POLLOUT)
        view = memoryview(content)
        while view:
            if not look.poll(PATIENCE * 1000):
                raise OSError(errno.ETIMEDOUT, f"nobody has read on for {PATIENCE:g} s", path)
            try:
                view = view[os.write(descriptor, view) :]
            except BlockingIOError:
                continue
    finally:
        os.close(descriptor)


def _first(descriptor: int, path: str) -> bytes:
    """What a named pipe holds once somebody has written; empty if somebody is about to."""
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            if data := os.read(descriptor, 1 << 16):
                return data
        except BlockingIOError:
            return b""  # it has a writer
        if time.monotonic() > limit:
            raise OSError(errno.ETIMEDOUT, f"it is a pipe, and nobody has written into it for {PATIENCE:g} s", path)
        time.sleep(_PAUSE)


def _opened_for_writing(path: str) -> int:
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno != errno.ENXIO or not _is_named_pipe(path):
                raise
        if time.monotonic() > limit:
            raise OSError(errno.ENXIO, f"it is a pipe, and nobody has read it for {PATIENCE:g} s", path)
        time.sleep(_PAUSE)


def _is_named_pipe(path: str) -> bool:
    try:
        return stat.S_ISFIFO(os.lstat(os.path.realpath(path)).st_mode)
    except OSError:
        return False
