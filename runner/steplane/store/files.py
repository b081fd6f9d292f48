"""Private directories and files: made so that no umask opens them, written so that no crash leaves half of one."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import BinaryIO

from steplane.errors import StateError
from steplane.shortage import behind

_IN_THE_WAY = "A file stands where a directory should be: name another directory with `--state DIR`."
_REMEDIES = {
    errno.ENOSPC: "Free some space on that disk; nothing recorded is lost.",
    errno.EDQUOT: "Free some of the quota; nothing recorded is lost.",
    errno.EFBIG: "Raise the limit on the size of files (`ulimit -f`); nothing recorded is lost.",
    errno.EROFS: "Name a directory on a writable disk with `--state DIR`.",
    errno.EACCES: "Make it accessible to you, or name another directory with `--state DIR`.",
    errno.EPERM: "Make it accessible to you, or name another directory with `--state DIR`.",
    errno.EEXIST: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.ELOOP: "It is a link that leads back to itself: name a directory with `--state DIR`.",
    errno.ENAMETOOLONG: "Name a directory whose path is shorter with `--state DIR`.",
    errno.EIO: "The disk fails: copy the state directory to another one, then see what is whole: steplane runs check",
}
_ELSEWHERE = "Name a directory that can be made with `--state DIR`."
_OTHERS = "See what of it is whole: steplane runs check"


@contextmanager
def state_errors(path: str, doing: str = "write") -> Iterator[None]:
    """Turn an `OSError` within the block into a `StateError` that names the path and how to go on."""
    try:
        yield
    except OSError as error:
        raise state_error(path, error, doing) from error


def state_error(path: str, error: OSError, doing: str = "write") -> StateError:
    """The `StateError` for an error of the operating system at `path`."""
    if (lacking := behind(error)) is not None:
        return StateError(f"cannot {doing} {path}: {lacking[0]}", lacking[1])
    why = error.strerror or str(error)
    if error.errno == errno.ENOENT and os.path.islink(path):
        leads = f"It is a link to {os.readlink(path)}, which is not there"
        return StateError(f"cannot {doing} {path}: {why}", f"{leads}: make that, or name another with `--state DIR`.")
    others = _ELSEWHERE if doing == "make" else _OTHERS
    return StateError(f"cannot {doing} {path}: {why}", _REMEDIES.get(error.errno or 0, others))


def make_directory(path: str, *, durable: bool = False) -> None:
    """Make a directory of mode 0700, under any umask, unless it is there. Parents must exist. Raises `OSError`."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return
    os.chmod(path, 0o700)
    if durable:
        sync_directory(os.path.dirname(path))


def make_above(path: str) -> None:
    """Make the directories above a path, however many. Raises `OSError`; for a path that is too long, before any."""
    with suppress(FileNotFoundError, NotADirectoryError):
        os.stat(path)
    missing = []
    while not os.path.isdir(path := os.path.dirname(path)):
        missing.append(path)
    for one in reversed(missing):
        with suppress(FileExistsError):
            os.mkdir(one)


def restore_directory(path: str) -> None:
    """Make a directory again that is gone: an empty one gets lost where a state directory is copied without such.

    Raises `StateError`, also where something else stands there: no link is followed.
    """
    with state_errors(path, "make"):
        make_directory(path)
        found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        raise StateError(*no_directory(path))


def no_directory(path: str) -> tuple[str, str]:
    """What is said where something else stands in the place of a directory that can be made again, and the remedy."""
    return f"{path} is not a directory", "Move it away: it is made again."


def make_file(path: str) -> int:
    """Make a new file of mode 0600, under any umask; its descriptor, open for reading and writing."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor


def write_whole(path: str, content: bytes, *, durable: bool = True) -> None:
    """Put `content` at `path` in one step: a reader finds the old file or the new one, whole.

    With `durable` it survives power loss once this returns. Raises `OSError`; nothing is left behind then.
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".new-{os.getpid()}-{os.urandom(4).hex()}-{name[:80]}")
    descriptor = make_file(temporary)
    try:
        try:
            write_all(descriptor, content)
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    if durable:
        sync_directory(folder)


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte, however small the pieces that the operating system takes. Raises `OSError`."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def open_regular(path: str) -> BinaryIO:
    """A plain file for reading: a link, a pipe or a device in its place is refused, not followed or waited for.

    Raises `OSError`.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a plain file", path)
    return os.fdopen(descriptor, "rb")


def read_regular(path: str, most: int) -> bytes:
    """The bytes of a plain file; see `open_regular`. Raises `OSError`, also where it has more than `most`."""
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        return file.read(most)


def read_plain(path: str, most: int) -> bytes:
    """The first bytes of a plain file, or of that to which a link leads; no pipe or device is waited for.

    Raises `OSError`.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a NUL in the name
        raise FileNotFoundError(errno.ENOENT, str(error), path) from error
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a plain file", path)
        return file.read(most)


def sync_file(path: str) -> None:
    """Make what a file holds survive power loss, whoever has written it. Raises `OSError`."""
    _sync(path, os.O_NOFOLLOW)


def sync_directory(path: str) -> None:
    """Make the names in a directory survive power loss. Raises `OSError`."""
    _sync(path, os.O_DIRECTORY)


def _sync(path: str, kind: int) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | kind)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def has_content(path: str) -> bool:
    """Whether there is a file that is not empty. Raises `OSError`."""
    return os.path.exists(path) and os.stat(path).st_size > 0


def free_bytes(path: str, unknown: int) -> int:
    """How many bytes may still be written beside the file; `unknown` where the system does not tell."""
    try:
        disk = os.statvfs(os.path.dirname(os.path.abspath(path)))
    except OSError:
        return unknown
    return disk.f_bavail * disk.f_frsize


def remove_leftovers(folder: str) -> None:
    """Remove what a crash left of `write_whole` in a folder that nobody else writes into."""
    with suppress(OSError):
        for name in os.listdir(folder):
            if name.startswith(".new-"):
                os.unlink(os.path.join(folder, name))


def disk_usage(path: str) -> int:
    """The bytes that a folder takes on its disk with all that is in it; no link is followed."""
    total, todo = 0, [path]
    while todo:
        one = todo.pop()
        with suppress(OSError):  # it is going away, or nobody may look: then it does not count
            status = os.lstat(one)
            total += status.st_blocks * 512
            if stat.S_ISDIR(status.st_mode):
                todo += [os.path.join(one, name) for name in os.listdir(one)]
    return total


def delete_tree(path: str) -> None:
    """Remove a folder with all that is in it, also what its owner may not write into; no link is followed.

    Folders inside are brought up beside each other first: none is too deep. Raises `StateError` for what stays.
    """
    mark, numbers = f".gone-{os.urandom(4).hex()}-", count()
    with state_errors(path, "remove"):
        todo = [path]
        while todo:
            one = todo[-1]
            os.chmod(one, 0o700)
            deeper = []
            for entry in _entries(one):
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)
                elif one == path:
                    deeper.append(entry.path)
                else:
                    os.chmod(entry.path, 0o700)  # to be moved it has to be writable
                    deeper.append(os.path.join(path, f"{mark}{next(numbers)}"))
                    os.rename(entry.path, deeper[-1])
            if one != path or not deeper:
                os.rmdir(todo.pop())
            todo += deeper


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return list(found)


def remove_tree(path: str) -> None:
    """Remove a folder with all that is in it, as far as that can be done."""
    import shutil

    shutil.rmtree(path, ignore_errors=True)
