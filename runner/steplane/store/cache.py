"""What can be made again, kept between runs: compiled plans and the like. Losing it costs time, never a result.

A compiled plan says what is run. So every entry is sealed with the key of the user, which no state directory holds:
one that somebody else has written, or that comes from another machine, is a miss.
"""

import os
from contextlib import suppress

from steplane.digests import blake2b
from steplane.store.files import make_directory, read_regular, write_whole
from steplane.store.own_key import own_key

MAX_ENTRIES = 256
"""Entries of one kind that are kept; the oldest go first."""

MAX_BYTES = 64 << 20
"""Bytes of one kind that are kept; the newest entry stays, whatever its size."""

LARGEST = 256 << 20
"""Bytes of an entry that is kept, and read."""

_DIGEST = 16


class Cache:
    """Entries by kind and key. One that is damaged, or not our own, is a miss; one that cannot be written is not kept;
    nothing raises.
    """

    __slots__ = ("folder",)

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def get(self, kind: str, key: str) -> bytes | None:
        """The bytes put under that kind and key, or None."""
        path = self._path(kind, key)
        try:
            whole = read_regular(path, LARGEST)
        except OSError:
            return None
        content, seal = whole[_DIGEST:], own_key(make=False)
        if seal is None:
            return None
        return content if whole[:_DIGEST] == _digest(seal, kind, key, content) else None

    def put(self, kind: str, key: str, content: bytes) -> None:
        """Keep bytes, in one step; then drop the oldest of that kind beyond `MAX_ENTRIES` and `MAX_BYTES`."""
        path, seal = self._path(kind, key), own_key(make=True)
        if seal is None or len(content) > LARGEST - _DIGEST:
            return
        with suppress(OSError):
            make_directory(self.folder)
            make_directory(os.path.dirname(path))
            if os.path.islink(os.path.dirname(path)):
                return
            write_whole(path, _digest(seal, kind, key, content) + content, durable=False)
            _prune(os.path.dirname(path))

    def _path(self, kind: str, key: str) -> str:
        name = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
        return os.path.join(self.folder, kind, name)


def _digest(seal: bytes, kind: str, key: str, content: bytes) -> bytes:
    made = blake2b(f"{kind}\0{key}\0".encode("utf-8", "surrogatepass"), digest_size=_DIGEST, key=seal)
    made.update(content)
    return made.digest()


def _prune(folder: str) -> None:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                found.append((status.st_mtime_ns, status.st_size, entry.path))
    kept = 0
    for count, (_, size, path) in enumerate(sorted(found, reverse=True), 1):
        kept += size
        if count > 1 and (count > MAX_ENTRIES or kept > MAX_BYTES):
            with suppress(OSError):
                os.unlink(path)
