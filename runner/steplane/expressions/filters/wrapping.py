"""Lines of a width: what `textwrap.wrap` gives, in linear time and within the limits.

That one cuts a long word by copying all that is left of it, for every line.
"""

import textwrap
from collections.abc import Iterator

from steplane.expressions.limits import Budget

_WORDS = textwrap.TextWrapper(expand_tabs=False, replace_whitespace=False)


class _Chunks:
    """The words and blanks of a line, read from the front; of a long one a part may have been taken."""

    def __init__(self, chunks: list[str]) -> None:
        self._left = iter(chunks)
        self._taken = 0
        self.there = True
        self.skip()

    def skip(self) -> None:
        """Go on to the next."""
        self._taken = 0
        chunk = next(self._left, None)
        self.there = chunk is not None
        self._chunk = chunk or ""
        self._inked = len(self._chunk.rstrip())

    @property
    def length(self) -> int:
        """Characters of what is left of the chunk."""
        return len(self._chunk) - self._taken

    @property
    def blank(self) -> bool:
        """Whether what is left of the chunk shows nothing."""
        return self._taken >= self._inked

    def take(self) -> str:
        """What is left of the chunk."""
        part = self._chunk[self._taken :] if self._taken else self._chunk
        self.skip()
        return part

    def cut(self, room: int) -> str:
        """As much of a chunk that is longer than the room, up to its last hyphen if there is anything before it."""
        start, end = self._taken, self._taken + room
        hyphen = self._chunk.rfind("-", start, end)
        if hyphen > start and self._chunk[start:hyphen].strip("-"):
            end = hyphen + 1
        self._taken = end
        return self._chunk[start:end]


def wrapped(line: str, width: int, budget: Budget) -> Iterator[str]:
    """The line in lines of at most `width` characters; blanks at a break are left out, long words are cut."""
    chunks = _Chunks(_WORDS._split(line))  # where words end is its own to say
    first = True
    while chunks.there:
        budget.tick()
        if not first and chunks.blank:
            chunks.skip()
        parts: list[str] = []
        room = width
        while chunks.there and chunks.length <= room:
            budget.tick()
            room -= chunks.length
            parts.append(chunks.take())
        if chunks.there and chunks.length > width:
            parts.append(chunks.cut(room))
        if parts and not parts[-1].strip():
            parts.pop()
        if parts:
            first = False
            yield "".join(parts)
