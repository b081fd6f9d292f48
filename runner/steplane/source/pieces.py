"""Which lines belong together, by indentation alone: what is left to go by where YAML does not parse."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_DASHES = re.compile(r"[ \t]*(?:-[ \t]+)*")
_ITEM = re.compile(r"([ \t]*)-(?:[ \t]|$)")

_HOLDS_KEYS = re.compile(r"[ \t]+(?:\{|[A-Za-z_][\w-]*:)")


class Piece(NamedTuple):
    """A key with all that is indented below it: lines `first` to `last`, from `column` of the first.

    `around_first` to `around_last` are the lines of the list item that holds it, else its own, and `holders` those of
    the keys that hold it. All from 1.
    `item`: the column of the list that the piece was meant as an item of, without a dash; else 0.
    """

    first: int
    last: int
    column: int
    around_first: int
    around_last: int
    item: int = 0
    holders: tuple[int, ...] = ()


def broken_piece(lines: Sequence[str], line: int, column: int) -> Piece | None:
    """The piece with the mistake at line and column, or None where nothing is left there to leave out.

    It begins at the key of the line; at the mistake where that stands before the key (a dash, a tab).
    """
    if not 1 <= line <= len(lines) or not lines[line - 1][column - 1 :].strip():
        return None
    if "\t" in lines[line - 1][: indent_of(lines[line - 1])]:
        around = _item_around(lines, line - 1, indent_of(_above(lines, line)) + 2)
        while around is not None and not _HOLDS_KEYS.match(lines[around[0] - 1], around[1]):
            around = _item_around(lines, around[0] - 1, around[1])
        first, last = (around[0], block_end(lines, *around)) if around else _top_level(lines, line)
        return Piece(line, line, 1, first, max(last, line))
    column = min(column, key_column(lines[line - 1]))
    if (without := _without_dash(lines, line)) is not None:
        return without
    last = block_end(lines, line, column)
    around = _item_around(lines, line, column)
    if around is None:
        return Piece(line, last, column, line, last, holders=_holders(lines, line))
    first, item_column = around
    return Piece(line, last, column, first, block_end(lines, first, item_column))


def _without_dash(lines: Sequence[str], line: int) -> Piece | None:
    """Keys in the column of a list's dashes, or what stands before its first dash and is indented more.

    What is said of the item above may be untrue: the keys may have been its own.
    """
    indent, dash = indent_of(lines[line - 1]), item_indent(lines[line - 1])
    above = next((number for number in range(line - 1, 0, -1) if 0 <= _indent(lines[number - 1]) <= indent), 0)
    if not above:
        return None
    last = line
    while last < len(lines) and (_indent(lines[last]) < 0 or _indent(lines[last]) >= indent):
        if dash < 0 and item_indent(lines[last]) == indent:
            break
        last += 1
    if dash < 0 and _is_in_list(lines, indent, above):
        return Piece(line, last, 1, above, last, indent + 1)
    after = item_indent(lines[last]) if last < len(lines) else -1
    if after >= 0 and item_indent(lines[above - 1]) < after and list_begins(lines, line, after):
        return Piece(line, last, 1, line, last, after + 1)
    return None


def _is_in_list(lines: Sequence[str], indent: int, above: int) -> bool:
    """Whether a key stands among the dashes of a list that is indented more than the key that holds it."""
    if item_indent(lines[above - 1]) != indent:
        return False
    others = (one for one in range(above, 0, -1) if 0 <= _indent(lines[one - 1]) <= indent)
    holder = next((one for one in others if item_indent(lines[one - 1]) != indent), 0)
    return holder > 0 and key_column(lines[holder - 1]) <= indent


def list_begins(lines: Sequence[str], line: int, indent: int) -> bool:
    """Whether the line is the first below a key without a value that is indented by at most so much."""
    above = _above(lines, line)
    return above.rstrip().endswith(":") and indent_of(above) <= indent


def _indent(line: str) -> int:
    return indent_of(line) if line.strip() else -1


def item_indent(line: str) -> int:
    """The number of blanks before the dash of a list item, or -1 where the line is none."""
    match = _ITEM.match(line)
    return len(match.group(1)) if match else -1


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


def _holders(lines: Sequence[str], line: int) -> tuple[int, ...]:
    """The lines of the keys that hold what stands in a line, by their indentation."""
    found, lowest = [], indent_of(lines[line - 1])
    for number in range(line - 1, 0, -1):
        if lowest == 0:
            break
        if lines[number - 1].strip() and indent_of(lines[number - 1]) < lowest:
            lowest = indent_of(lines[number - 1])
            found.append(number)
    return tuple(found)


def _top_level(lines: Sequence[str], line: int) -> tuple[int, int]:
    first = line
    while first > 1 and (not lines[first - 1].strip() or indent_of(lines[first - 1]) > 0):
        first -= 1
    return first, block_end(lines, first, 1)
