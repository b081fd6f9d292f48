"""Keeps files with the run: what a step has put into the folder of its own, and what its `artifacts` name.

All that is touched was in the hands of a step. So a folder is entered, and a file opened, only from the folder around
it and only where it is no link: nothing outside of the working directory is read, nothing outside of the run written.
"""

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence

from steplane.executors.own_folder import FOLDER
from steplane.parts import Artifact
from steplane.sdk.globs import Found, Globs

FILES = 10_000
"""The most files that are kept of one attempt."""

BYTES = 10 << 30
"""The most bytes of them together."""

BLOCK = 1 << 20
EVERYTHING = ("**", "**/.*")

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

Say = Callable[[str], None]
"""Writes a warning into the step's log."""


def collect(
    folder: str,
    workdir: str,
    patterns: Sequence[str],
    say: Say,
    *,
    private: str = "",
    stopped: Callable[[], bool] = lambda: False,
    quiet: bool = False,
    hidden: Callable[[str], bool] = lambda _: False,
) -> tuple[Artifact, ...]:
    """Copy what matches below `workdir` into `folder`; all that is kept there, sorted by name. Never raises.

    `private`: a folder that nothing is taken from. `stopped`: whether it should be cut short. A pattern that matches
    nothing is told, unless `quiet`. `hidden`: whether a name holds a secret: such a file is not kept, and told.
    """
    keeper = _Keeper(folder, say, stopped, hidden)
    try:
        with opened(folder) as base:
            keeper.own(base)
            if patterns:
                keeper.copy(base, workdir, patterns, private=private, quiet=quiet)
            keeper.settle(base)
    except OSError as error:
        say(f"artifacts cannot be kept: {error.strerror or error}")
    if keeper.hidden:
        say(left_out(keeper.hidden))
    return tuple(sorted(keeper.kept.values(), key=lambda one: one.name))


def discard(folder: str, names: Sequence[str]) -> None:
    """Take files, links and empty folders out of a folder, those around them too as far as they are empty then."""
    with contextlib.suppress(OSError), opened(folder) as base:
        for path in (each for name in names for each in (name, *_above(name)) if each):
            above, _, last = path.rpartition("/")
            with contextlib.suppress(OSError), below(base, above) as inner:
                if stat.S_ISDIR(os.stat(last, dir_fd=inner, follow_symlinks=False).st_mode):
                    os.rmdir(last, dir_fd=inner)
                else:
                    os.unlink(last, dir_fd=inner)


def left_out(names: Sequence[str]) -> str:
    """What is said of files whose names hold a secret; whoever says it masks the name."""
    if len(names) == 1:
        return f"artifacts: {names[0]} is left out, its name holds a secret"
    return f"artifacts: {len(names)} files are left out, their names hold a secret: {names[0]}, ..."


class _Keeper:
    """What is kept so far, by name; the folders that were made are to be written to disk."""

    def __init__(self, folder: str, say: Say, stopped: Callable[[], bool], hides: Callable[[str], bool]) -> None:
        self._folder, self._say, self._stopped, self._hides = folder, say, stopped, hides
        self.hidden: list[str] = []
        self.kept: dict[str, Artifact] = {}
        self._size = 0
        self._full = False

    def own(self, base: int) -> None:
        """What the step has put there itself."""
        gone: list[str] = []
        for one in Globs(EVERYTHING).walk(base):
            if self._hides(one.path):
                gone.append(one.path)
                self.hidden += [] if stat.S_ISDIR(one.status.st_mode) else [one.path]
                continue
            if stat.S_ISREG(one.status.st_mode) and self._has_room(one) and not self._stopped():
                with self._told(one), contextlib.closing(_Reader(one)) as reader:
                    for _ in reader:
                        continue
                    self._enter(one.path, reader)
        discard(self._folder, gone[::-1])

    def copy(self, base: int, workdir: str, patterns: Sequence[str], *, private: str, quiet: bool) -> None:
        """What the patterns name."""
        globs = Globs(patterns)
        links = 0
        for one in globs.walk(workdir, _identity(private)):
            if self._stopped():
                return
            if self._hides(one.path):
                self.hidden += [] if stat.S_ISDIR(one.status.st_mode) else [one.path]
                continue
            links += stat.S_ISLNK(one.status.st_mode)
            if stat.S_ISREG(one.status.st_mode) and self._has_room(one):
                if one.path in self.kept:
                    self._say(f"artifacts: {one.path} is left out, the step has put a file of that name there itself")
                    continue
                with self._told(one), contextlib.closing(_Reader(one)) as reader:
                    _write(base, one, reader)
                    self._enter(one.path, reader)
        if links:
            self._say(f"artifacts: {links} symbolic link{'s are' if links > 1 else ' is'} left out: none is followed")
        for pattern in () if quiet else globs.unused:
            self._say(f"artifacts: nothing matches {pattern}")

    def settle(self, base: int) -> None:
        """Make the names survive a power loss."""
        if self.kept:
            for name in sorted({above for one in self.kept for above in _above(one)}, key=len, reverse=True):
                with below(base, name) as folder:
                    os.fsync(folder)
            with opened(os.path.dirname(self._folder)) as around:
                os.fsync(around)

    def _enter(self, name: str, reader: "_Reader") -> None:
        self._size += reader.size
        self.kept[name] = Artifact(name=name, size=reader.size, sha256=reader.digest.hexdigest())

    def _has_room(self, one: Found) -> bool:
        """Whether it may be kept too; said once where it may not."""
        if not _is_text(one.path):
            self._say(f"artifacts: {one.path!a} is left out, its name is not UTF-8")
            return False
        if len(self.kept) < FILES and self._size + one.status.st_size <= BYTES:
            return True
        if not self._full:
            self._full = True
            most = f"at most {FILES} files with {BYTES >> 30} GiB are kept"
            self._say(f"artifacts: {one.path} and what follows is left out: {most}")
        return False

    @contextlib.contextmanager
    def _told(self, one: Found) -> Iterator[None]:
        """Say which file could not be kept, and go on with the next."""
        try:
            yield
        except OSError as error:
            self._say(f"artifacts: {one.path} cannot be kept: {error.strerror or error}")


class _Reader:
    """The blocks of a file, counted and digested; no more than it had when it was found, should it grow."""

    def __init__(self, one: Found) -> None:
        self._descriptor = one.open()
        self._left = os.fstat(self._descriptor).st_size
        self.mode = os.fstat(self._descriptor).st_mode
        self.digest = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        while self._left > 0 and (block := os.read(self._descriptor, min(BLOCK, self._left))):
            self._left -= len(block)
            self.size += len(block)
            self.digest.update(block)
            yield block
        with contextlib.suppress(OSError):
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Close it."""
        os.close(self._descriptor)


def _write(base: int, one: Found, reader: _Reader) -> None:
    """A copy under the same name below `base`; nothing is left of one that fails. Raises `OSError`."""
    above, _, name = one.path.rpartition("/")
    with below(base, above, make_=True) as folder:
        descriptor = os.open(name, _NEW, 0o600 | reader.mode & 0o100, dir_fd=folder)
        try:
            for block in reader:
                view = memoryview(block)
                while view:
                    view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        except BaseException:
            os.unlink(name, dir_fd=folder)
            raise
        finally:
            os.close(descriptor)


def opened_below(folder: str, name: str) -> int:
    """A descriptor for reading a file that is kept in a folder, reached through no link. Raises `OSError`."""
    above, _, last = name.rpartition("/")
    with opened(folder) as base, below(base, above) as inner:
        descriptor = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=inner)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file")
    return descriptor


@contextlib.contextmanager
def opened(path: str) -> Iterator[int]:
    """A descriptor of a folder for the time of the block. Raises `OSError`."""
    descriptor = os.open(path, FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def below(base: int, path: str, *, make_: bool = False) -> Iterator[int]:
    """A folder below another one, reached through no link; with `make_` what is missing on the way is made."""
    at = os.dup(base)
    try:
        for name in filter(None, path.split("/")):
            if make_:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=at)
            inner = os.open(name, FOLDER, dir_fd=at)
            os.close(at)
            at = inner
        yield at
    finally:
        os.close(at)


def _above(name: str) -> Iterator[str]:
    """The folders that a file is in, the innermost first; the empty one last."""
    while name:
        name = name.rpartition("/")[0]
        yield name


def _identity(path: str) -> set[tuple[int, int]]:
    """Device and inode of a folder, if it is there."""
    try:
        status = os.stat(path)
    except OSError:
        return set()
    return {(status.st_dev, status.st_ino)}


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
