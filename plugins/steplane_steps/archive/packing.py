"""Writes tar and zip files."""

import os
import stat
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

from msgspec import Struct

from steplane.sdk import StepContext, StepError
from steplane.sdk.globs import Found
from steplane_steps.archive.formats import compressing
from steplane_steps.files import stop_if_cancelled

BLOCK = 1 << 20
FIRST_ZIP_TIME = 315532800
"""1980-01-01 in UTC: a zip file knows nothing before it."""


class Style(Struct, frozen=True):
    """How members are written. With `fixed` every time is that (seconds since the epoch), owners and permissions are
    the same on every machine; `prefix` stands before every name.
    """

    form: str
    prefix: str = ""
    fixed: int | None = None
    level: int | None = None


def pack(ctx: StepContext, into: IO[bytes], found: Iterable[Found], style: Style) -> int:
    """Write what was found; how many files."""
    known = (one for one in found if _is_known(ctx, one))
    if style.form == "zip":
        return _zip(ctx, into, known, style)
    with compressing(into, style.form, style.level) as stream:
        return _tar(ctx, stream, known, style)


def _is_known(ctx: StepContext, one: Found) -> bool:
    mode = one.status.st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode):
        return True
    ctx.warn(f"{one.path} is no file, directory or link: it is left out")
    return False


def _tar(ctx: StepContext, stream: Any, found: Iterable[Found], style: Style) -> int:
    count = 0
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT, encoding="utf-8") as tar:
        for one in found:
            stop_if_cancelled(ctx)
            info = _header(one, style)
            if info.isreg():
                with _opened(one) as file:
                    info.size = os.fstat(file.fileno()).st_size
                    tar.addfile(info, _Exactly(ctx, file, info.size, one.path))  # type: ignore[arg-type]
                count += 1
            else:
                tar.addfile(info)
    return count


def _header(one: Found, style: Style) -> tarfile.TarInfo:
    status = one.status
    info = tarfile.TarInfo(style.prefix + one.path)
    info.mode = _mode(status, style)
    info.mtime = int(status.st_mtime) if style.fixed is None else style.fixed
    if style.fixed is None:
        info.uid, info.gid = status.st_uid, status.st_gid
    if stat.S_ISDIR(status.st_mode):
        info.type = tarfile.DIRTYPE
    elif stat.S_ISLNK(status.st_mode):
        info.type, info.linkname = tarfile.SYMTYPE, os.readlink(one.name, dir_fd=one.folder)
    return info


def _mode(status: os.stat_result, style: Style) -> int:
    """The permissions; on every machine the same with `fixed`, and never setuid."""
    mode = stat.S_IMODE(status.st_mode) & 0o777
    if style.fixed is None or stat.S_ISLNK(status.st_mode):
        return mode
    return 0o755 if stat.S_ISDIR(status.st_mode) or mode & 0o100 else 0o644


def _opened(one: Found) -> IO[bytes]:
    return os.fdopen(one.open(), "rb")


class _Exactly:
    """A file of a known size: one that has become shorter meanwhile is an error, what was added is left out."""

    def __init__(self, ctx: StepContext, file: IO[bytes], size: int, path: str) -> None:
        self._ctx, self._file, self._left, self._path = ctx, file, size, path

    def read(self, size: int) -> bytes:
        """The next bytes."""
        stop_if_cancelled(self._ctx)
        block = self._file.read(min(size, self._left))
        if not block and self._left and size:
            raise StepError("file.access", f"`{self._path}` became shorter while it was read")
        self._left -= len(block)
        return block


def _zip(ctx: StepContext, into: IO[bytes], found: Iterable[Found], style: Style) -> int:
    count = 0
    with zipfile.ZipFile(
        into, "w", zipfile.ZIP_DEFLATED, compresslevel=style.level, strict_timestamps=False
    ) as archive:
        for one in found:
            stop_if_cancelled(ctx)
            info = _entry(one, style)
            if stat.S_ISREG(one.status.st_mode):
                with _opened(one) as file:
                    info.file_size = os.fstat(file.fileno()).st_size
                    content = _Exactly(ctx, file, info.file_size, one.path)
                    with archive.open(info, "w", force_zip64=info.file_size >= 1 << 31) as target:
                        for block in _blocks(content.read):
                            target.write(block)
                count += 1
            else:
                is_link = stat.S_ISLNK(one.status.st_mode)
                archive.writestr(info, os.fsencode(os.readlink(one.name, dir_fd=one.folder)) if is_link else b"")
    return count


def _blocks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while block := read(BLOCK):
        yield block


def _entry(one: Found, style: Style) -> zipfile.ZipInfo:
    status, name = one.status, style.prefix + one.path
    try:
        name.encode()
    except UnicodeEncodeError:
        raise StepError("archive.format", f"{one.path!a} is not UTF-8, and a zip file knows no other names") from None
    if style.fixed is None:
        moment = time.localtime(max(status.st_mtime, FIRST_ZIP_TIME + 86400))
    else:
        moment = time.gmtime(max(style.fixed, FIRST_ZIP_TIME))
    info = zipfile.ZipInfo(name + ("/" if stat.S_ISDIR(status.st_mode) else ""), moment[:6])
    info.create_system = 3  # Unix, so that permissions count
    info.external_attr = (stat.S_IFMT(status.st_mode) | _mode(status, style)) << 16
    if stat.S_ISDIR(status.st_mode):
        info.external_attr |= 0x10
    else:
        info.compress_type = zipfile.ZIP_DEFLATED
    return info
