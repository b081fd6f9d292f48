"""Unpacks into a private folder, and puts that in its place when all has come: a failure leaves nothing."""

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from typing import Literal

from steplane.sdk import StepContext, StepError
from steplane_steps.archive.limits import Limits
from steplane_steps.archive.members import Member, Parts, Tree, check_link, parts_of, unsafe
from steplane_steps.files import explained, stop_if_cancelled

Existing = Literal["refuse", "replace", "merge"]
BLOCK = 1 << 20
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
LATEST = float(1 << 33)


class Placing:
    """One unpacking, into the folder of the descriptor `base`, which nobody else can write to."""

    def __init__(self, ctx: StepContext, base: int, limits: Limits, strip: int) -> None:
        self._ctx, self._base, self._strip = ctx, base, strip
        self.limits = limits
        self.tree = Tree()

    def take(self, member: Member, parts: Parts) -> None:
        """Place a member; links wait until the end, so that nothing is ever written through one."""
        stop_if_cancelled(self._ctx)
        for folder in self.tree.add(member, parts):
            self._new(member, folder, lambda path: os.mkdir(path, 0o700, dir_fd=self._base))
        if member.kind == "file":
            self._new(member, parts, lambda path: self._file(member, path))
        elif member.kind == "link":
            check_link(member.name, parts, member.link)
            self.tree.links[parts] = member.link
        elif member.kind == "copy":
            self._copy(member, parts)

    def _new(self, member: Member, parts: Parts, make: Callable[[str], None]) -> None:
        path = "/".join(parts)
        try:
            make(path)
        except FileExistsError:
            raise unsafe(member.name, "has a name that this file system cannot tell from another's") from None
        except OSError as error:
            raise StepError("file.access", f"`{path}`: {error.strerror}", code=error.errno) from error

    def _file(self, member: Member, path: str) -> None:
        mode = 0o644 if member.mode is None else member.mode & 0o755 | 0o600  # never setuid, never writable by others
        with open(os.open(path, NEW, mode, dir_fd=self._base), "wb") as file:
            assert member.read is not None
            while block := member.read(BLOCK):
                stop_if_cancelled(self._ctx)
                self.limits.count(len(block))
                file.write(block)
            file.flush()
            if member.mtime is not None:
                moment = min(max(member.mtime, 0.0), LATEST)
                os.utime(file.fileno(), (moment, moment))

    def _copy(self, member: Member, parts: Parts) -> None:
        """A hard link: to a file that was unpacked before, never to one that lies elsewhere."""
        source = parts_of(member.link, self._strip)
        if self.tree.kinds.get(source) == "link":
            check_link(member.name, parts, self.tree.links[source])
            self.tree.links[parts] = self.tree.links[source]
        elif self.tree.kinds.get(source) in {"file", "copy"}:
            self._new(member, parts, lambda path: os.link(
                "/".join(source), path, src_dir_fd=self._base, dst_dir_fd=self._base, follow_symlinks=False
            ))  # fmt: skip
        else:
            raise unsafe(
                member.name, f"is a hard link to `{member.link[:100]}`, which is no file before it in the archive"
            )

    def finish(self) -> None:
        """Make the links, and give the folders their permissions."""
        for parts, target in self.tree.links.items():
            try:
                os.symlink(target, "/".join(parts), dir_fd=self._base)
            except OSError as error:
                raise StepError("file.access", f"`{'/'.join(parts)}`: {error.strerror}", code=error.errno) from error
        allowed = _allowed(self._base)
        for parts in sorted((one for one, kind in self.tree.kinds.items() if kind == "folder"), key=len, reverse=True):
            mode = self.tree.modes[parts]
            os.chmod("/".join(parts), (0o755 if mode is None else mode & 0o755 | 0o700) & allowed, dir_fd=self._base)
        os.fchmod(self._base, 0o755 & allowed)


def _allowed(base: int) -> int:
    """The permissions that the umask leaves; it cannot be asked for without changing it for all threads."""
    name = f".umask-{os.urandom(6).hex()}"
    os.mkdir(name, 0o777, dir_fd=base)
    try:
        return stat.S_IMODE(os.stat(name, dir_fd=base).st_mode) | 0o700
    finally:
        os.rmdir(name, dir_fd=base)


@contextlib.contextmanager
def private_folder(beside: str) -> Iterator[str]:
    """A new folder in `beside` that only its owner can enter; what is left of it at the end is removed."""
    path = os.path.join(beside, f".unpacking-{os.urandom(8).hex()}")
    os.mkdir(path, 0o700)
    os.chmod(path, 0o700)
    try:
        yield path
    finally:
        if os.path.lexists(path):
            shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def opened_folder(path: str) -> Iterator[int]:
    """A descriptor of a folder, which is no link."""
    descriptor = os.open(path, FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def refuse_existing(target: str, shown: str, existing: Existing) -> bool:
    """Whether the target is there; raises `StepError` where that, or what it is, is not wanted."""
    try:
        status = os.lstat(target)
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        raise StepError("archive.exists", f"`{shown}` is there already, and is no directory")
    with explained(shown):
        if existing == "refuse" and os.listdir(target):
            raise StepError(
                "archive.exists",
                f"`{shown}` is there already, and is not empty; `existing: replace` or `merge` takes it",
            )
    return True


def put_in_place(folder: str, target: str, shown: str) -> None:
    """Give the folder its name; nothing is there."""
    try:
        os.rename(folder, target)
    except OSError as error:
        raise StepError("archive.exists", f"`{shown}` has come into being meanwhile: {error.strerror}") from error


def swap(folder: str, target: str, shown: str) -> None:
    """Put the folder in the place of the one that is there, which is then removed."""
    aside = f"{folder}-old"
    with explained(shown):
        os.rename(target, aside)
        try:
            os.rename(folder, target)
        except BaseException:
            os.rename(aside, target)
            raise
    shutil.rmtree(aside, ignore_errors=True)


def merge(folder: str, target: str, shown: str, tree: Tree) -> None:
    """Move what was unpacked into the folder that is there. Raises `StepError` before anything is moved where a thing
    of another kind is in the way; a link that is there is replaced, never followed.
    """
    ordered = sorted(tree.kinds.items(), key=lambda one: (len(one[0]), one[0]))
    with explained(shown), opened_folder(target) as base, opened_folder(folder) as source:
        for parts, kind in ordered:
            _look(base, parts, kind, shown)
        for parts, kind in ordered:
            _move(source, base, parts, kind)


def _look(base: int, parts: Parts, kind: str, shown: str) -> None:
    with _parent(base, parts[:-1]) as folder:
        if folder is None:
            return
        try:
            there = os.stat(parts[-1], dir_fd=folder, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return
    if stat.S_ISDIR(there) != (kind == "folder"):
        what = "a directory" if stat.S_ISDIR(there) else "no directory"
        raise StepError("archive.exists", f"`{shown}/{'/'.join(parts)}` is there already, and is {what}")


def _move(source: int, base: int, parts: Parts, kind: str) -> None:
    with _parent(base, parts[:-1]) as folder, _parent(source, parts[:-1]) as origin:
        if folder is None or origin is None:
            raise StepError("archive.exists", f"`{'/'.join(parts[:-1])}` has become something else meanwhile")
        if kind == "folder":
            mode = stat.S_IMODE(os.stat(parts[-1], dir_fd=origin).st_mode)
            with contextlib.suppress(FileExistsError):
                os.mkdir(parts[-1], mode, dir_fd=folder)
        else:
            os.rename(parts[-1], parts[-1], src_dir_fd=origin, dst_dir_fd=folder)


@contextlib.contextmanager
def _parent(base: int, parts: Parts) -> Iterator[int | None]:
    """A descriptor of a folder below `base`, reached through real folders only; None where there is none."""
    at: int | None = os.dup(base)
    for name in parts:
        assert at is not None
        before = at
        try:
            at = os.open(name, FOLDER, dir_fd=before)
        except (FileNotFoundError, NotADirectoryError, OSError):
            at = None
        os.close(before)
        if at is None:
            break
    try:
        yield at
    finally:
        if at is not None:
            os.close(at)
