"""The formats of archives: told from a file's first bytes, or from a name; read and written block by block."""

import bz2
import contextlib
import importlib
import lzma
import zlib
from collections.abc import Iterator
from typing import IO, Any, Literal

from steplane.sdk import StepError

Format = Literal["auto", "tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst", "zip"]

ENDINGS: tuple[tuple[str, str], ...] = (
    (".tar", "tar"), (".tar.gz", "tar.gz"), (".tgz", "tar.gz"), (".tar.bz2", "tar.bz2"), (".tbz2", "tar.bz2"),
    (".tar.xz", "tar.xz"), (".txz", "tar.xz"), (".tar.zst", "tar.zst"), (".tzst", "tar.zst"), (".zip", "zip"),
)  # fmt: skip

MAGIC = (
    (0, b"\x1f\x8b", "tar.gz"), (0, b"BZh", "tar.bz2"), (0, b"\xfd7zXZ\x00", "tar.xz"),
    (0, b"\x28\xb5\x2f\xfd", "tar.zst"), (0, b"PK\x03\x04", "zip"), (0, b"PK\x05\x06", "zip"), (257, b"ustar", "tar"),
)  # fmt: skip
"""Offset, bytes and format (gzip: RFC 1952, xz: its file format, zstd: RFC 8878, zip: APPNOTE, tar: POSIX pax)."""

BLOCK = 1 << 16
MEMORY = 256 << 20
"""The most bytes that unpacking xz may need (an archive says how large its dictionary is)."""

BROKEN = (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)


def by_name(path: str) -> str:
    """The format that a name ends in. Raises `StepError` (`archive.format`)."""
    name = path.lower()
    for ending, form in sorted(ENDINGS, key=lambda one: -len(one[0])):
        if name.endswith(ending):
            return form
    known = ", ".join(one for one, _ in ENDINGS)
    raise StepError("archive.format", f"`{path}` ends in none of {known}: say the `format`")


def by_content(head: bytes, path: str) -> str:
    """The format of a file that begins so (512 bytes). Raises `StepError` (`archive.format`)."""
    for offset, magic, form in MAGIC:
        if head.startswith(magic, offset):
            return form
    if len(head) == 512 and _is_old_tar(head):
        return "tar"
    raise StepError("archive.format", f"`{path}` is no archive: neither tar (plain, gzip, bzip2, xz, zstd) nor zip")


def _is_old_tar(head: bytes) -> bool:
    """Whether the checksum of a header from before POSIX is right."""
    try:
        stated = int(head[148:156].strip(b" \0"), 8)
    except ValueError:
        return False
    return stated == sum(head[:148]) + 8 * 32 + sum(head[156:])


def zstd() -> Any:
    """The library for zstd, which Python has from 3.14 on. Raises `StepError` (`archive.format`)."""
    try:
        return importlib.import_module("compression.zstd")
    except ImportError:
        raise StepError("archive.format", "zstd needs Python 3.14 or newer; repack it as tar.gz or tar.xz") from None


@contextlib.contextmanager
def compressing(file: IO[bytes], form: str, level: int | None) -> Iterator[Any]:
    """What is written into it reaches the file compressed; no name and no time is stored."""
    if form in {"tar", "zip"}:
        yield file
    elif form == "tar.gz":
        import gzip

        with gzip.GzipFile(
            filename="", fileobj=file, mode="wb", compresslevel=9 if level is None else level, mtime=0
        ) as into:
            yield into
    elif form == "tar.bz2":
        with bz2.BZ2File(file, "wb", compresslevel=9 if level is None else max(level, 1)) as into:
            yield into
    elif form == "tar.xz":
        with lzma.LZMAFile(file, "wb", preset=6 if level is None else level) as into:
            yield into
    else:
        with zstd().ZstdFile(file, "wb", level=level) as into:
            yield into


class Expanding:
    """The tar stream of a compressed file, read block by block.

    `given` counts what was handed out; `allow` says how much may be handed out from now on, before `StepError`
    (`archive.limit`) is raised: a header that says it is a gigabyte long is not read to its end.
    """

    def __init__(self, file: IO[bytes], form: str) -> None:
        self._file, self._form = file, form
        self._decoder: Any = None
        self._left = b""
        self._ended = False
        self._allowed = BLOCK
        self.given = 0

    def allow(self, size: int) -> None:
        """From now on at most that many bytes."""
        self._allowed = size

    def read(self, size: int) -> bytes:
        """So many bytes, fewer only at the end. Raises `StepError` (`archive.corrupt`, `archive.limit`)."""
        parts, have = [], 0
        while have < size and not self._ended:
            block = self._more(size - have)
            have += len(block)
            parts.append(block)
            self.given += len(block)
            self._allowed -= len(block)
            if self._allowed < 0:
                raise StepError("archive.limit", "a header of the archive is far too long")
        return b"".join(parts)

    def _more(self, size: int) -> bytes:
        if self._form == "tar":
            block = self._file.read(size)
            self._ended = not block
            return block
        try:
            return self._decompressed(size)
        except BROKEN as error:
            raise StepError("archive.corrupt", f"the archive is broken: {error}") from error

    def _decompressed(self, size: int) -> bytes:
        """At most so many bytes; perhaps none although there are more."""
        if self._decoder is None:
            self._decoder = _decoder(self._form)
        if not self._left and self._decoder.needs_input:
            self._left = self._file.read(BLOCK)
            if not self._left:
                raise EOFError("it is cut off")
        block: bytes = self._decoder.decompress(self._left, size)
        self._left = b""
        if self._decoder.eof:  # another one may follow, as `cat a.gz b.gz` makes them
            self._left = self._decoder.unused_data or self._file.read(BLOCK)
            self._ended = not self._left.startswith(_magic(self._form))
            self._decoder = None
        return block


class Inflate:
    """zlib's decoder with the face of the others."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)

    @property
    def needs_input(self) -> bool:
        """Whether all that was given is used up."""
        return not self._decoder.unconsumed_tail

    @property
    def eof(self) -> bool:
        """Whether the stream is complete."""
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        """What stands behind its end."""
        return self._decoder.unused_data

    def decompress(self, data: bytes, size: int) -> bytes:
        """At most so many bytes."""
        return self._decoder.decompress(self._decoder.unconsumed_tail + data, size)


def _decoder(form: str) -> Any:
    if form == "tar.gz":
        return Inflate()
    if form == "tar.bz2":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(memlimit=MEMORY) if form == "tar.xz" else zstd().ZstdDecompressor()


def _magic(form: str) -> bytes:
    return next(magic for _, magic, one in MAGIC if one == form)
