"""Puts back what belongs to a recorded result: files, links and folders, each in one step.

Nothing outside of the working directory is written, and no link is followed: what is put back is put into a folder that
was entered from the folder around it.
"""

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence

from steplane.errors import StateDamaged
from steplane.executors.artifacts import BLOCK, below, opened
from steplane.executors.own_folder import clear, make
from steplane.parts import Artifact
from steplane.sdk.globs import Found
from steplane.store.files import open_regular, sync_directory, sync_file
from steplane.store.results import REMEDY, KeptFile, KeptFolder, Result

NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def restore(workdir: str, result: Result, store: str, staging: str, stopped: Callable[[], bool]) -> bool:
    """Put the files back, each in one step, all of them only once all are known to be good; False where it was stopped.

    What is there already stays as it is. Raises `OSError`, `StateDamaged`.
    """
    folders = sorted(_safe_folders(result.folders), key=lambda one: one.path)  # what is around before what is in it
    with opened(workdir) as base:
        missing = [(index, one) for index, one in enumerate(result.files) if not _is_there(base, _safe(one))]
        made = [one for one in folders if not _is_folder(base, one.path)]
        for index, one in missing:
            if not one.link:
                copy(one, store, os.path.join(staging, str(index)), stopped)
        if stopped():
            return False
        for each in made:
            with below(base, each.path, make_=True):
                pass
        for index, one in missing:
            above, _, name = one.path.rpartition("/")
            with below(base, above, make_=True) as folder:
                if one.link:
                    _link(one.link, folder, name)
                else:
                    _put(os.path.join(staging, str(index)), folder, name)
        for each in reversed(made):  # at last, and from the inside out: one may be closed to its owner
            with below(base, each.path) as folder:
                inherited = os.fstat(folder).st_mode & stat.S_ISGID
                os.fchmod(folder, each.mode & 0o777 | inherited)
    return True


def restore_artifacts(folder: str, files: Sequence[KeptFile], store: str, staging: str) -> tuple[Artifact, ...]:
    """Let the files be what is kept in the folder, in the place of what is there; on disk when this returns.

    Raises `OSError`, `StateDamaged`; then there are none.
    """
    clear(folder)
    try:
        for one in files:
            copy(_safe(one), store, temporary := os.path.join(staging, os.urandom(8).hex()), lambda: False)
            sync_file(temporary)
            make(folder)
            above, _, name = one.path.rpartition("/")
            with opened(folder) as base, below(base, above, make_=True) as inner:
                _put(temporary, inner, name)
                os.fsync(inner)
                os.fsync(base)
        if files:
            sync_directory(os.path.dirname(folder))
    except BaseException:
        clear(folder)
        raise
    return tuple(Artifact(name=one.path, size=one.size, sha256=one.sha256) for one in files)


def leads_out(path: str, target: str) -> bool:
    """Whether a link at that path may lead out of the folder that the path is below.

    Behind its first folder there is no way up: what seems one down and one up may have gone through another link.
    """
    parts = [part for part in target.split("/") if part not in {"", "."}]
    up = next((place for place, part in enumerate(parts) if part != ".."), len(parts))
    return target.startswith("/") or ".." in parts[up:] or up > path.count("/")


def _is_folder(base: int, path: str) -> bool:
    """Whether there is a folder. Raises `OSError` where its name is taken by something else."""
    above, _, name = path.rpartition("/")
    try:
        with below(base, above) as folder:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EEXIST, f"{path} is no folder")
    return True


def _link(target: str, folder: int, name: str) -> None:
    """Give the link its place in one step, also where another link stands there."""
    temporary = f".new-{os.urandom(8).hex()}"
    os.symlink(target, temporary, dir_fd=folder)
    try:
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise


def content(one: Found, stopped: Callable[[], bool]) -> Iterator[bytes]:
    """The blocks of a file. Raises `OSError`."""
    descriptor = one.open()
    try:
        while not stopped() and (block := os.read(descriptor, BLOCK)):
            yield block
    finally:
        os.close(descriptor)


def write(descriptor: int, block: bytes) -> None:
    """Write every byte. Raises `OSError`."""
    view = memoryview(block)
    while view:
        view = view[os.write(descriptor, view) :]


def _safe(one: KeptFile) -> KeptFile:
    """The file, if its path leads to where it may. Raises `StateDamaged`."""
    if not _is_below(one.path) or not (one.link or _is_digest(one.sha256)):
        raise StateDamaged(f"a recorded result names {one.path!r}, which is no file below a folder", REMEDY)
    if one.link and ("\0" in one.link or leads_out(one.path, one.link)):
        raise StateDamaged(f"a recorded result names the link {one.path!r}, which leads out of the folder", REMEDY)
    return one


def _safe_folders(folders: Sequence[KeptFolder]) -> Sequence[KeptFolder]:
    """The folders, if their paths lead to where they may. Raises `StateDamaged`."""
    for one in folders:
        if not _is_below(one.path):
            raise StateDamaged(f"a recorded result names {one.path!r}, which is no folder below a folder", REMEDY)
    return folders


def _is_below(path: str) -> bool:
    return "\0" not in path and not any(part in {"", ".", ".."} for part in path.split("/"))


def _is_there(base: int, one: KeptFile) -> bool:
    """Whether the very file is there. Raises `OSError` where its name is taken by what is no plain file."""
    above, _, name = one.path.rpartition("/")
    try:
        with below(base, above) as folder:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if one.link:
                if not stat.S_ISLNK(status.st_mode):
                    raise OSError(errno.EEXIST, f"{one.path} is no symbolic link")
                return os.readlink(name, dir_fd=folder) == one.link
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EEXIST, f"{one.path} is no plain file")
            if (status.st_size, stat.S_IMODE(status.st_mode)) != (one.size, one.mode & 0o777):
                return False
            made = hashlib.sha256()
            for block in content(Found(one.path, folder, name, status), lambda: False):
                made.update(block)
    except FileNotFoundError:
        return False
    return made.hexdigest() == one.sha256


def copy(one: KeptFile, store: str, path: str, stopped: Callable[[], bool]) -> None:
    """A copy of what is kept, proved. Raises `StateDamaged` for one that is not what was recorded."""
    made = hashlib.sha256()
    target = os.open(path, NEW, 0o600)
    try:
        with open_regular(os.path.join(store, one.sha256[:2], one.sha256[2:])) as source:
            while not stopped() and (block := source.read(BLOCK)):
                made.update(block)
                write(target, block)
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
    target = os.open(temporary, NEW, 0o600, dir_fd=folder)
    try:
        with open_regular(path) as source:
            os.fchmod(target, stat.S_IMODE(os.fstat(source.fileno()).st_mode))
            while block := source.read(BLOCK):
                write(target, block)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    finally:
        os.close(target)


def _is_digest(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


__all__ = ["content", "copy", "leads_out", "restore", "restore_artifacts", "write"]
