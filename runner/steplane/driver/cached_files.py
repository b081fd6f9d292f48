"""The files of a step with `cache`: those that its result stands on, and those that belong to the result.

Nothing outside of the working directory is read, and no link is followed.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from steplane.digests import blake2b
from steplane.driver.putting_back import NEW, content, leads_out, write
from steplane.executors.artifacts import BLOCK, opened_below
from steplane.expressions.telling import Hides
from steplane.parts import Artifact
from steplane.sdk.globs import Found, Globs
from steplane.store.files import make_directory, sync_directory
from steplane.store.results import KeptFile, KeptFolder

FILES = 10_000
"""The most files of one pattern list."""

BYTES = 10 << 30
"""The most bytes of a result's files together."""

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
        if stat.S_ISLNK(one.status.st_mode):
            made.update(b"\0" + os.fsencode(os.readlink(one.name, dir_fd=one.folder)))
        else:
            for block in content(one, stopped):
                made.update(block)
        found.digests[_name(one.path, mask)] = made.hexdigest()
        found.stamps[one.path] = _stamp(one.status)
    found.unused = globs.unused
    return found


def stamps(workdir: str, patterns: Sequence[str]) -> Stamps:
    """The stamps of what matches just now. Raises `OSError`, `TooMany`."""
    return {one.path: _stamp(one.status) for one in _matching(Globs(patterns), workdir)}


class Kept:
    """What belongs to a result: files and links, folders; the patterns that matched nothing, and how many `links` are
    left out, for they may lead out of the working directory.
    """

    def __init__(self) -> None:
        self.files: list[KeptFile] = []
        self.folders: dict[str, KeptFolder] = {}
        self.unused: tuple[str, ...] = ()
        self.links = 0


def keep(workdir: str, patterns: Sequence[str], store: str, staging: str) -> Kept:
    """Copy what matches into the folder of the store's files. Raises `OSError`, `TooMany`."""
    kept, globs, size = Kept(), Globs(patterns), 0
    for one in globs.walk(workdir):
        kind = stat.S_IFMT(one.status.st_mode)
        if kind not in {stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR}:
            continue
        if len(kept.files) >= FILES or len(kept.folders) > FILES:
            raise TooMany(f"more than {FILES} files match")
        if not _is_text(one.path):
            raise TooMany(f"the name of {one.path!a} is not UTF-8")
        if kind == stat.S_IFDIR:
            kept.folders[one.path] = _folder(one.path, one.status)
            continue
        size += one.status.st_size
        if size > BYTES:
            raise TooMany(f"the files of `cache.outputs` have more than {BYTES >> 30} GiB")
        found = _keep(one, store, staging) if kind == stat.S_IFREG else _keep_link(one, workdir)
        if found is None:
            kept.links += 1
            continue
        kept.files.append(found)
    kept.unused = globs.unused
    _keep_above(kept, workdir)
    return kept


def _keep_link(one: Found, workdir: str) -> KeptFile | None:
    """The link itself; None where it leads out, or may do so elsewhere."""
    target = os.readlink(one.name, dir_fd=one.folder)
    if leads_out(one.path, target):
        return None
    root = os.path.realpath(workdir)
    if not f"{os.path.realpath(os.path.join(root, one.path))}/".startswith(f"{root.rstrip('/')}/"):
        return None
    if not _is_text(target):
        raise TooMany(f"what the link {one.path} names is not UTF-8")
    return KeptFile(one.path, 0, 0, "", target)


def _keep_above(kept: Kept, workdir: str) -> None:
    """The folders that files are in and that match no pattern themselves: their permissions, should they be gone."""
    for path in (*(one.path for one in kept.files), *kept.folders):
        above = os.path.dirname(path)
        while above and above not in kept.folders:
            kept.folders[above] = _folder(above, os.lstat(os.path.join(workdir, above)))
            above = os.path.dirname(above)


def _folder(path: str, status: os.stat_result) -> KeptFolder:
    return KeptFolder(path, stat.S_IMODE(status.st_mode) & 0o777)


def _matching(globs: Globs, workdir: str) -> Iterator[Found]:
    """Files, and links as such."""
    count = 0
    for one in globs.walk(workdir):
        if stat.S_IFMT(one.status.st_mode) in {stat.S_IFREG, stat.S_IFLNK}:
            count += 1
            if count > FILES:
                raise TooMany(f"more than {FILES} files match")
            yield one


def _name(path: str, mask: Hides) -> str:
    return mask.text(os.fsencode(path).decode("utf-8", "backslashreplace"))


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _keep(one: Found, store: str, staging: str) -> KeptFile:
    """A copy of the file under the name of its content."""
    size, name = _stored(content(one, lambda: False), store, staging)
    return KeptFile(one.path, size, stat.S_IMODE(one.status.st_mode) & 0o777, name)


def keep_artifacts(folder: str, files: Sequence[Artifact], store: str, staging: str) -> tuple[KeptFile, ...]:
    """Copies of what is kept of an instance in the folder. Raises `OSError`, also for what is not what was kept."""
    found = []
    for one in files:
        descriptor = opened_below(folder, one.name)
        with open(descriptor, "rb", buffering=0) as file:
            mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
            size, name = _stored(iter(partial(file.read, BLOCK), b""), store, staging)
        if name != one.sha256:
            raise OSError(errno.EIO, f"{one.name} of its `artifacts` is not what was kept")
        found.append(KeptFile(one.name, size, mode & 0o777, name))
    return tuple(found)


def _stored(blocks: Iterator[bytes], store: str, staging: str) -> tuple[int, str]:
    """Size and digest of a content that stands in the store now."""
    temporary = os.path.join(staging, os.urandom(8).hex())
    made, size = hashlib.sha256(), 0
    target = os.open(temporary, NEW, 0o600)
    try:
        for block in blocks:
            made.update(block)
            size += len(block)
            write(target, block)
        os.fsync(target)
    finally:
        os.close(target)
    name = made.hexdigest()
    folder = os.path.join(store, name[:2])
    make_directory(folder)
    os.rename(temporary, os.path.join(folder, name[2:]))
    sync_directory(folder)
    return size, name


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


__all__ = ["Digested", "Kept", "Stamps", "TooMany", "digested", "keep", "keep_artifacts", "stamps"]
