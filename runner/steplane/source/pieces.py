"""Which lines belong together, by indentation alone: what is left to go by where YAML does not parse."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_DASHES = re.compile(r"[ \t]*(?:-[ \t]+)*")
_ITEM = re.compile(r"([ \t]*)-(?:[ \t]|$)")


class Piece(NamedTuple):
    """A key with all that is indented below it: lines `first` to `last`, from `column` of the first.

    `around_first` to `around_last` are the lines of the list item (or the top-level key) that holds it. All from 1.
    """

    first: int
    last: int
    column: int
    around_first: int
    around_last: int


def broken_piece(lines: Sequence[str], line: int, column: int) -> Piece | None:
    """The piece with the mistake at line and column, or None where nothing is left there to leave out.

    It begins at the key of the line; at the mistake where that stands before the key (a dash, a tab).
    """
    if not 1 <= line <= len(lines) or not lines[line - 1][column - 1 :].strip():
        return None
    if "\t" in lines[line - 1][: indent_of(lines[line - 1])]:
        around = _item_around(lines, line, indent_of(_above(lines, line)) + 1)
        first, last = (around[0], block_end(lines, *around)) if around else _top_level(lines, line)
        return Piece(line, line, 1, first, max(last, line))
    column = min(column, key_column(lines[line - 1]))
    last = block_end(lines, line, column)
    around = _item_around(lines, line, column)
    if around is None:
        return Piece(line, last, column, *_top_level(lines, line))
    first, item_column = around
    return Piece(line, last, column, first, block_end(lines, first, item_column))


def key_column(line: str) -> int:
    """The column of what stands behind the indentation and the dashes of list items."""
    match = _DASHES.match(line)
    return (match.end() if match else 0) + 1


def indent_of(line: str) -> int:
    """The number of blanks that the line begins with."""
    return len(line) - len(line.lstrip(" \t"))


def block_end(lines: Sequence[str], first: int, column: int) -> int:
    """The last line of the block that begins in line `first` at `column`: the next as little indented is not in it."""
    last = first
    for number in range(first + 1, len(lines) + 1):
        line = lines[number - 1]
        if not line.strip():
            continue
        if indent_of(line) < column:
            break
        last = number
    while last < len(lines) and lines[last].lstrip().startswith(("]", "}")):
        last += 1
    return last


def _item_around(lines: Sequence[str], line: int, column: int) -> tuple[int, int] | None:
    """Line and column of the nearest `- ` above (or on) the line that is less indented than `column`."""
    lowest = column
    for number in range(line, 0, -1):
        text = lines[number - 1]
        if not text.strip():
            continue
        match = _ITEM.match(text)
        if match is not None and len(match.group(1)) + 1 < lowest:
            return number, len(match.group(1)) + 1
        lowest = min(lowest, indent_of(text) + 1) if match is None else lowest
        if lowest == 1:
            return None
    return None


def _above(lines: Sequence[str], line: int) -> str:
    return next((lines[number] for number in range(line - 2, -1, -1) if lines[number].strip()), "")


def _top_level(lines: Sequence[str], line: int) -> tuple[int, int]:
    first = line
    while first > 1 and (not lines[first - 1].strip() or indent_of(lines[first - 1]) > 0):
        first -= 1
    return first, block_end(lines, first, 1)
