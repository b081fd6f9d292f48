"""Room in the write-ahead log, made before it is needed.

A commit that makes the log longer waits for the file system's own journal too, since the size of the file has changed:
on ext4 it takes half as long again as one that overwrites what is there, or more. So the log is lengthened by zeros,
which SQLite takes for its end (a frame without the log's salt is none, see "The WAL File Format" in
https://sqlite.org/fileformat2.html), and from then on overwritten. At 1,000 pages SQLite begins at the log's start
again, so it needs no more than that.
"""

import os
from contextlib import suppress

_FIRST = 128 << 10
_MOST = 1100 * (4096 + 24)


class LogRoom:
    """Keeps the log of one open database longer than what is in it. Never raises: where there is no room there is none.

    SQLite's locks are on other files, so this descriptor of our own takes none away when it is closed.
    """

    __slots__ = ("_descriptor", "_made")

    def __init__(self, log: str) -> None:
        self._made = 0
        self._descriptor = -1
        with suppress(OSError):
            self._descriptor = os.open(log, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)

    def ahead(self) -> None:
        """Make room if what was made is used up. To be called after a commit."""
        if self._descriptor < 0 or self._made >= _MOST:
            return
        try:
            size = os.lseek(self._descriptor, 0, os.SEEK_END)  # cheaper than its status: see `Presence.refuse_cut`
            if size > self._made:
                self._made = max(min(max(size * 2, _FIRST), _MOST), size)
                os.pwrite(self._descriptor, bytes(self._made - size), size)
        except OSError:  # a full disk: SQLite will say so itself when it matters
            self.close()

    def close(self) -> None:
        """Give the descriptor back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
