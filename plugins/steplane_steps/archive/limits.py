"""What an archive may become: how many members, how many bytes, how much more than it is itself."""

from steplane.sdk import StepError

SMALL = 64 << 20
"""Bytes up to which any ratio will do."""


class Limits:
    """Counts what is unpacked. Raises `StepError` (`archive.limit`) beyond a limit, before it is written."""

    def __init__(self, members: int, size: int, ratio: float, packed: int) -> None:
        self._members, self._size, self._ratio, self._packed = members, size, ratio, max(packed, 1)
        self.members = self.size = 0

    @property
    def left(self) -> int:
        """How many bytes may still come."""
        return self._size - self.size

    def member(self, size: int) -> None:
        """One more member, that says it is so large."""
        self.members += 1
        if self.members > self._members:
            raise self._over(f"more than {self._members} members", "max_members", self._members)
        self._look(self.size + size)

    def count(self, size: int) -> None:
        """So many bytes more."""
        self.size += size
        self._look(self.size)

    def _look(self, size: int) -> None:
        if size > self._size:
            raise self._over(f"more than {self._size} bytes", "max_bytes", self._size)
        if size > SMALL and size > self._packed * self._ratio:
            raise self._over(f"more than {self._ratio:g} times as much as it is itself", "max_ratio", self._ratio)

    @staticmethod
    def _over(what: str, name: str, limit: float) -> StepError:
        return StepError("archive.limit", f"the archive holds {what} (`{name}`)", detail={name: limit})
