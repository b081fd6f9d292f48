"""The files of a step with `cache`: those that its result stands on, and those that belong to the result.

Nothing outside of the working directory is read or written, and no link is followed: what is put back is put into a
folder that was entered from the folder around it.
"""

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence

from steplane.digests import blake2b
from steplane.errors import StateDamaged
from steplane.executors.artifacts import BLOCK, below, opened
from steplane.expressions.telling import Hides
from steplane.sdk.globs import Found, Globs
from steplane.store.files import make_directory, open_regular, sync_directory
from steplane.store.results import REMEDY, KeptFile

FILES = 10_000
"""The most files of one pattern list."""

BYTES = 10 << 30
"""The most bytes of a result's files together."""

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

Stamps = dict[str, tuple[int, ...]]
"""By path what tells whether a file was written to: device, inode, size, times."""


class TooMany(Exception):
    """There are more files than can be kept, or digested."""


class Digested:
    """The digests of files by their paths, their stamps, and the patterns that matched nothing."""

    def __init__(self) -> None:
        self.digests: dict[str, str] = {}
        self.stamps: Stamps = {}
        self.unused: tuple[str, ...] = ()


def digested(workdir: str, patterns: Sequence[str], salt: bytes, mask: Hides, stopped: Callable[[], bool]) -> Digested:
    """Digest what matches. Raises `OSError`, `TooMany`."""
    found = Digested()
    globs = Globs(patterns)
    for one in _matching(globs, workdir):
        made = blake2b(os.fsencode(one.path), digest_size=16, key=salt)
        for block in _content(one, stopped):
            made.update(block)
        found.digests[_name(one.path, mask)] = made.hexdigest()
        found.stamps[one.path] = _stamp(one.status)
    found.unused = globs.unused
    return found


def stamps(workdir: str, patterns: Sequence[str]) -> Stamps:
    """The stamps of what matches just now. Raises `OSError`, `TooMany`."""
    return {one.path: _stamp(one.status) for one in _matching(Globs(patterns), workdir)}


def keep(workdir: str, patterns: Sequence[str], store: str, staging: str) -> tuple[tuple[KeptFile, ...], list[str]]:
    """Copy what matches into the folder of the store's files; it, and the patterns that matched nothing.

    Raises `OSError`, `TooMany`.
    """
    kept: list[KeptFile] = []
    globs, size = Globs(patterns), 0
    for one in _matching(globs, workdir):
        size += one.status.st_size
        if size > BYTES:
            raise TooMany(f"the files of `cache.outputs` have more than {BYTES >> 30} GiB")
        if not _is_text(one.path):
            raise TooMany(f"the name of {one.path!a} is not UTF-8")
        kept.append(_keep(one, store, staging))
    return tuple(kept), list(globs.unused)


def restore(workdir: str, files: Sequence[KeptFile], store: str, staging: str, stopped: Callable[[], bool]) -> bool:
    """Put the files back, each in one step, all of them only once all are known to be good; False where it was stopped.

    What is there already stays as it is. Raises `OSError`, `StateDamaged`.
    """
    with opened(workdir) as base:
        missing = [(index, one) for index, one in enumerate(files) if not _is_there(base, _safe(one))]
        for index, one in missing:
            _copy(one, store, os.path.join(staging, str(index)), stopped)
        if stopped():
            return False
        for index, one in missing:
            above, _, name = one.path.rpartition("/")
            with below(base, above, make_=True) as folder:
                _put(os.path.join(staging, str(index)), folder, name)
    return True


def _matching(globs: Globs, workdir: str) -> Iterator[Found]:
    count = 0
    for one in globs.walk(workdir):
        if stat.S_ISREG(one.status.st_mode):
            count += 1
            if count > FILES:
                raise TooMany(f"more than {FILES} files match")
            yield one


def _content(one: Found, stopped: Callable[[], bool]) -> Iterator[bytes]:
    descriptor = one.open()
    try:
        while not stopped() and (block := os.read(descriptor, BLOCK)):
            yield block
    finally:
        os.close(descriptor)


def _name(path: str, mask: Hides) -> str:
    return mask.text(os.fsencode(path).decode("utf-8", "backslashreplace"))


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _keep(one: Found, store: str, staging: str) -> KeptFile:
    """A copy of the file under the name of its content."""
    temporary = os.path.join(staging, os.urandom(8).hex())
    made, size = hashlib.sha256(), 0
    target = os.open(temporary, _NEW, 0o600)
    try:
        for block in _content(one, lambda: False):
            made.update(block)
            size += len(block)
            _write(target, block)
        os.fsync(target)
    finally:
        os.close(target)
    name = made.hexdigest()
    folder = os.path.join(store, name[:2])
    make_directory(folder)
    os.rename(temporary, os.path.join(folder, name[2:]))
    sync_directory(folder)
    return KeptFile(one.path, size, stat.S_IMODE(one.status.st_mode) & 0o777, name)


def _write(descriptor: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(descriptor, view) :]


def _safe(one: KeptFile) -> KeptFile:
    """The file, if its path leads to where it may. Raises `StateDamaged`."""
    parts = one.path.split("/")
    if "\0" in one.path or any(part in {"", ".", ".."} for part in parts) or not _is_digest(one.sha256):
        raise StateDamaged(f"a recorded result names {one.path!r}, which is no file below a folder", REMEDY)
    return one


def _is_there(base: int, one: KeptFile) -> bool:
    """Whether the very file is there. Raises `OSError` where its name is taken by what is no plain file."""
    above, _, name = one.path.rpartition("/")
    try:
        with below(base, above) as folder:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EEXIST, f"{one.path} is no plain file")
            if (status.st_size, stat.S_IMODE(status.st_mode)) != (one.size, one.mode & 0o777):
                return False
            made = hashlib.sha256()
            for block in _content(Found(one.path, folder, name, status), lambda: False):
                made.update(block)
    except FileNotFoundError:
        return False
    return made.hexdigest() == one.sha256


def _copy(one: KeptFile, store: str, path: str, stopped: Callable[[], bool]) -> None:
    """A copy of what is kept, proved. Raises `StateDamaged` for one that is not what was recorded."""
    made = hashlib.sha256()
    target = os.open(path, _NEW, 0o600)
    try:
        with open_regular(os.path.join(store, one.sha256[:2], one.sha256[2:])) as source:
            while not stopped() and (block := source.read(BLOCK)):
                made.update(block)
                _write(target, block)
        os.fchmod(target, one.mode & 0o777)
    except FileNotFoundError as error:
        raise StateDamaged(f"the recorded file {one.path} is not in the store any more", REMEDY) from error
    finally:
        os.close(target)
    if not stopped() and made.hexdigest() != one.sha256:
        raise StateDamaged(f"the recorded file {one.path} is not what was recorded", REMEDY)


def _put(path: str, folder: int, name: str) -> None:
    """Give the file its place, in one step also where that is on another file system."""
    try:
        os.rename(path, name, dst_dir_fd=folder)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _put_across(path, folder, name)


def _put_across(path: str, folder: int, name: str) -> None:
    temporary = f".new-{os.urandom(8).hex()}"
    target = os.open(temporary, _NEW, 0o600, dir_fd=folder)
    try:
        with open_regular(path) as source:
            os.fchmod(target, stat.S_IMODE(os.fstat(source.fileno()).st_mode))
            while block := source.read(BLOCK):
                _write(target, block)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    finally:
        os.close(target)


def _is_digest(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


__all__ = ["Digested", "Stamps", "TooMany", "digested", "keep", "restore", "stamps"]
