"""Rows read from the pages of an SQLite file itself, for a file that SQLite refuses: https://sqlite.org/fileformat2.html

Nothing is trusted: a page that looks like a leaf of a table is taken apart, and what does not fit is left out. Whether
a row is what was written, its own checksum must tell.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

from steplane.store.database import Row
from steplane.store.files import open_regular

_LEAF = 0x0D
_WAL_HEADER = 32
_FRAME_HEADER = 24
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_MOST = 256 << 20
"""Bytes that one row may take; the journal's own limit."""


class Pages:
    """The pages of a database file and of the write-ahead log beside it. Close it."""

    __slots__ = ("_descriptor", "_file", "_usable", "_versions", "count", "size")

    def __init__(self, path: str) -> None:
        self._file = open_regular(path)
        self._descriptor = self._file.fileno()
        head = os.pread(self._descriptor, 100, 0)
        self.size = _page_size(head)
        reserved = head[20] if len(head) > 20 and head[:15] == b"SQLite format 3" else 0
        self._usable = self.size - reserved
        self.count = -(-os.fstat(self._descriptor).st_size // self.size)
        self._versions: dict[int, list[bytes]] = {}
        with suppress(OSError):
            self._read_log(path + "-wal")

    def rows(self) -> Iterator[Row]:
        """Each row that can be read, the row's number first; one that stands in several versions of a page comes as
        often.
        """
        beyond = sorted(number for number in self._versions if number > self.count)  # one that is damaged may be huge
        for number in chain(range(1, self.count + 1), beyond):
            for page in self._images(number):
                yield from self._of_page(page, 100 if number == 1 else 0)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _images(self, number: int) -> list[bytes]:
        """The versions of a page, the newest first."""
        old = os.pread(self._descriptor, self.size, (number - 1) * self.size) if 0 < number <= self.count else b""
        return [*reversed(self._versions.get(number, [])), *([old] if old else [])]

    def _read_log(self, path: str) -> None:
        with open_regular(path) as log:
            log.seek(_WAL_HEADER)
            while len(frame := log.read(_FRAME_HEADER + self.size)) > _FRAME_HEADER:
                (number,) = struct.unpack(">I", frame[:4])
                self._versions.setdefault(number, []).append(frame[_FRAME_HEADER:])

    def _of_page(self, page: bytes, start: int) -> Iterator[Row]:
        if len(page) < start + 8 or page[start] != _LEAF:
            return
        (cells,) = struct.unpack_from(">H", page, start + 3)
        for at in range(start + 8, min(start + 8 + 2 * cells, len(page) - 1), 2):
            (place,) = struct.unpack_from(">H", page, at)
            with suppress(ValueError, IndexError, struct.error, UnicodeDecodeError):
                yield self._row(page, place)

    def _row(self, page: bytes, at: int) -> Row:
        size, at = _varint(page, at)
        number, at = _varint(page, at)
        if not 0 < size <= _MOST:
            raise ValueError(size)
        local = self._local(size)
        payload = page[at : at + local]
        if local < size:
            (following,) = struct.unpack_from(">I", page, at + local)
            payload = self._overflowing(payload, following, size)
        return (number, *_values(payload))

    def _local(self, size: int) -> int:
        """How much of a row stands in its own page."""
        most, least = self._usable - 35, (self._usable - 12) * 32 // 255 - 23
        if size <= most:
            return size
        some = least + (size - least) % (self._usable - 4)
        return some if some <= most else least

    def _overflowing(self, begun: bytes, number: int, size: int) -> bytes:
        parts, have, seen = [begun], len(begun), set[int]()
        while have < size and number:
            images = self._images(number)
            if not images or number in seen:
                raise ValueError("a page is missing, or follows itself")
            seen.add(number)
            (number,) = struct.unpack_from(">I", images[0])
            parts.append(images[0][4 : self._usable])
            have += len(parts[-1])
        return b"".join(parts)[:size]


def _page_size(head: bytes) -> int:
    size = int.from_bytes(head[16:18], "big") if len(head) >= 18 else 0
    size = 65536 if size == 1 else size
    return size if size in {512 << step for step in range(8)} else 4096


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where the next thing begins."""
    value = 0
    for index in range(9):
        byte = data[at + index]
        if index == 8:
            return _signed(value << 8 | byte), at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + index + 1
    raise ValueError("no end")  # pragma: no cover - the ninth byte is the last


def _signed(value: int) -> int:
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def _values(payload: bytes) -> list[object]:
    """The columns of a record."""
    length, at = _varint(payload, 0)
    body, kinds = length, []
    while at < length:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    found: list[object] = []
    for kind in kinds:
        size = _INTEGERS.get(kind, 8 if kind == 7 else max(kind - 12, 0) // 2)
        if body + size > len(payload):
            raise ValueError("cut off")
        found.append(_value(kind, payload[body : body + size]))
        body += size
    return found


def _value(kind: int, data: bytes) -> object:
    if kind in _INTEGERS:
        return int.from_bytes(data, "big", signed=True)
    if kind == 7:
        return float(struct.unpack(">d", data)[0])
    if kind >= 12:
        return data.decode() if kind % 2 else data
    return {8: 0, 9: 1}.get(kind)
