"""The members of tar and zip files, one after the other."""

import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

from steplane.sdk import StepError
from steplane_steps.archive.formats import Expanding
from steplane_steps.archive.limits import Limits
from steplane_steps.archive.members import DRIVE, LONGEST_LINK, Member, unsafe

HEADERS = 1 << 20
"""Bytes that the headers of one member may take."""

ENDING = 16 << 20
"""Bytes that may stand behind the end of a tar file; tape drives fill up their blocks."""

NAMES = 8 << 20
"""Bytes that the names in a zip file's directory may take, beside 46 for each member."""

TAR_BROKEN = (tarfile.TarError, ValueError, IndexError, KeyError, OverflowError, EOFError)
ZIP_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error, OverflowError)


class Header(tarfile.TarInfo):
    """A header of which a broken one is an error: the library takes it for the end of the archive."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> "Header":
        """The next header."""
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.HeaderError as error:
            if type(error).__name__ == "EOFHeaderError":  # the two blocks of zeros
                raise
            raise _corrupt("it is cut off" if "empty" in str(error) else str(error)) from error


def tar_members(file: IO[bytes], form: str, encoding: str, limits: Limits) -> Iterator[Member]:
    """The members of a tar file. Raises `StepError`."""
    source = Expanding(file, form)
    try:
        source.allow(HEADERS)
        opened: Any = tarfile.open  # its types know no class of headers but their own
        tar = opened(fileobj=source, mode="r|", tarinfo=Header, encoding=encoding, errors="surrogateescape")
        while True:
            source.allow(max(tar.offset - source.given, 0) + HEADERS)
            info = tar.next()
            if info is None:
                break
            tar.members.clear()
            source.allow(max(limits.left, 0) + HEADERS)
            yield _tar_member(tar, info)
        source.allow(ENDING)
        while source.read(1 << 16):  # to its end: there stand the checksums of the compression
            continue
    except TAR_BROKEN as error:
        raise _corrupt(str(error)) from error


def _tar_member(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    mode, mtime = info.mode & 0o7777, float(info.mtime)
    if info.isdir():
        return Member(info.name, "folder", mode=mode, mtime=mtime)
    if info.issym():
        return Member(info.name, "link", link=info.linkname)
    if info.islnk():
        return Member(info.name, "copy", link=info.linkname)
    if not info.isreg():
        kinds = {tarfile.CHRTYPE: "device", tarfile.BLKTYPE: "device", tarfile.FIFOTYPE: "pipe"}
        raise unsafe(info.name, f"is a {kinds.get(info.type, 'thing that is no file')}")
    if info.size < 0:
        raise _corrupt("a member has a negative size")
    content = tar.extractfile(info)
    assert content is not None
    return Member(info.name, "file", info.size, mode, mtime, read=_explained(content.read, TAR_BROKEN))


def _explained(read: Callable[[int], bytes], broken: tuple[type[Exception], ...]) -> Callable[[int], bytes]:
    """The same; what the library says of a broken archive is the step's own error."""

    def reading(size: int) -> bytes:
        try:
            return read(size)
        except broken as error:
            raise _corrupt(str(error)) from error

    return reading


class Bounded:
    """A zip file of which never more is read at once than its directory may take."""

    def __init__(self, file: IO[bytes], largest: int) -> None:
        self._file, self._largest = file, largest

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes, or the rest."""
        data = self._file.read(self._largest + 1 if size < 0 else min(size, self._largest + 1))
        if len(data) > self._largest:
            raise StepError("archive.limit", "the archive's directory is too large (`max_members`)")
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where it stands."""
        return self._file.tell()

    def seekable(self) -> bool:
        """It is."""
        return True


def zip_members(file: IO[bytes], encoding: str | None, max_members: int) -> Iterator[Member]:
    """The members of a zip file. Raises `StepError`."""
    bounded: Any = Bounded(file, 46 * max_members + NAMES)
    try:
        with zipfile.ZipFile(bounded) as archive:
            for info in archive.infolist():
                yield from _zip_member(archive, info, _zip_name(info, encoding))
    except NotImplementedError as error:
        raise StepError(
            "archive.format", f"the archive is compressed in a way that is not known here: {error}"
        ) from error
    except ZIP_BROKEN as error:
        raise _corrupt(str(error)) from error


def _zip_name(info: zipfile.ZipInfo, encoding: str | None) -> str:
    """The name as it was meant: UTF-8 where it says so, or is so; in `encoding`; else CP437 as the format has it."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode(encoding or "utf-8")
        except UnicodeEncodeError:  # the library has read a Unicode name from elsewhere in the header
            pass
        except UnicodeDecodeError:
            if encoding is not None:
                raise unsafe(name, f"has a name that is not {encoding}") from None
    name = name.replace("\\", "/")
    if DRIVE.match(name):
        raise unsafe(name, "has an absolute path")
    return name


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Iterator[Member]:
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if info.flag_bits & 0x1:
        raise StepError("archive.format", f"the member `{name[:200]}` is encrypted, which is not supported")
    if name.endswith("/"):
        yield Member(name, "folder", mode=mode & 0o7777 if mode else None)
        return
    with archive.open(info) as content:
        if kind == stat.S_IFLNK:
            target = content.read(LONGEST_LINK)
            yield Member(name, "link", link=os.fsdecode(target))
        elif kind in {0, stat.S_IFREG}:
            read = _explained(content.read, ZIP_BROKEN)
            yield Member(name, "file", info.file_size, mode & 0o7777 if mode else None, _zip_time(info), read=read)
        else:
            raise unsafe(name, "is no file, folder or link")


def _zip_time(info: zipfile.ZipInfo) -> float | None:
    """Seconds since the epoch; a zip file holds local time."""
    import time

    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return None


def _corrupt(why: str) -> StepError:
    return StepError("archive.corrupt", f"the archive is broken: {why}")
