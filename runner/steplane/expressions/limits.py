"""What one evaluation may use: time, the size of what it makes, the depth of what it nests."""

import time
from sys import getsizeof
from typing import Any

from steplane.expressions.faults import ExpressionError

SECONDS = 1.0
TEXT = 10_000_000
ITEMS = 1_000_000
RANGE = 100_000
DEPTH = 200
BITS = 4096
SMALL = 512
"""Characters of a text that need not be counted: the operations that make them are."""

LIST = 8
"""Items that take as much memory as a list itself does, before there is one in it."""

_EVERY = 256
_STRETCH = _EVERY << 10
"""Characters that are made between two looks at the clock."""

_ALL_TEXT = TEXT * 10
"""Characters, and bytes of those texts that have several for a character."""
_ALL_ITEMS = ITEMS * 10


class Budget:
    """The limits of one evaluation. Work is counted in ticks, and the clock is read every few hundred of them.

    Most evaluations use little: nothing is made for them but the object, and the common case of each check is one line.
    What is done most often counts `left` down by itself, and calls `look` when it is below 0.
    """

    _deadline = 0.0
    left = _EVERY
    _chars = 0
    _unseen = _STRETCH
    _items = 0

    def tick(self, count: int = 1) -> None:
        """Count work; raises ExpressionError when the time is over."""
        self.left -= count
        if self.left < 0:
            self.look()

    def look(self) -> None:
        """Read the clock; raises ExpressionError when the time is over."""
        self.left = _EVERY
        now = time.monotonic()
        if not self._deadline:
            self._deadline = now + SECONDS
        elif now > self._deadline:
            raise too_long()

    def text(self, length: int) -> None:
        """Allow a text of that many characters, before it is made."""
        self.left -= 1 + (length >> 10)
        if self.left < 0 or length > TEXT:
            self._allow(length)

    def spend(self, length: int) -> None:
        """As `text`, and count it to the whole of what this evaluation makes."""
        self._chars += length
        if self._chars > self._unseen:
            self._unseen = self._chars + _STRETCH
            self.left = -1
            self._allow(length)

    def weigh(self, text: str) -> None:
        """Count to the whole also what the text takes in memory beyond a byte for a character: up to three more."""
        self._chars += getsizeof(text) - len(text)
        if self._chars > _ALL_TEXT:
            self._allow(0)

    def small(self, values: list[Any]) -> None:
        """Count to the whole what the small texts among many values take in memory."""
        self._chars += sum([getsizeof(one) for one in values if one.__class__ is str and len(one) <= SMALL])
        if self._chars > _ALL_TEXT:
            self._allow(0)

    def _allow(self, length: int) -> None:
        """Raise where it is too much; how much it is may have come of a secret, and is not told."""
        if length > TEXT:
            raise ExpressionError(f"this would make a text of more than {TEXT:,} characters; no more are allowed")
        if self._chars > _ALL_TEXT:
            raise ExpressionError(f"this would make more than {_ALL_TEXT // 1_000_000} MB of text in all")
        if self.left < 0:
            self.look()

    def items(self, count: int) -> None:
        """Allow a list of that many items, before it is made."""
        self.left -= 1 + (count >> 2)
        self._items += count
        if self.left < 0 or count > ITEMS or self._items > _ALL_ITEMS:
            self._allow_items(count)

    def lists(self, count: int) -> None:
        """Count to the whole what that many lists, within one, take in memory beyond their items."""
        self._items += count * LIST
        if self._items > _ALL_ITEMS:
            self._allow_items(0)

    def _allow_items(self, count: int) -> None:
        """Raise where it is too much."""
        if count > ITEMS:
            raise ExpressionError(f"this would make a list of more than {ITEMS:,} items; no more are allowed")
        if self.left < 0:
            self.look()
        if self._items > _ALL_ITEMS:
            raise ExpressionError(f"this would make more than {_ALL_ITEMS:,} items of lists in all")

    def integer(self, value: int) -> int:
        """The integer, if it is not out of all bounds."""
        if value.bit_length() > BITS:
            raise ExpressionError(f"this number is too large: at most {BITS} bits are allowed")
        return value


def too_long() -> ExpressionError:
    """The error of an evaluation that takes too long."""
    return ExpressionError(f"this takes longer than {SECONDS:g} s to evaluate; such work belongs into a step")


def check_depth(depth: int) -> None:
    """Raise ExpressionError for data nested deeper than any real data is."""
    if depth > DEPTH:
        raise ExpressionError(f"this is nested deeper than {DEPTH} levels")
