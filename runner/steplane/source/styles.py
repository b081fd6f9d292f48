"""The five styles of a YAML scalar, decoded with the source index of every character (YAML 1.2, chapters 7.3, 8.1)."""

import re
from collections.abc import Iterator

_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_CODES = {"x": 2, "u": 4, "U": 8}
_HEADER = re.compile(r"([|>])(?:[+-]?([1-9])?[+-]?)[ \t]*(?:#[^\n]*)?(\n|$)")


class Decoded:
    """Characters with their indexes into the source; `end` is the index behind the last one."""

    __slots__ = ("_protected", "characters", "end", "indexes")

    def __init__(self) -> None:
        self.characters: list[str] = []
        self.indexes: list[int] = []
        self.end = 0
        self._protected = 0

    def add(self, character: str, index: int) -> None:
        """One character that stands at the index."""
        self.characters.append(character)
        self.indexes.append(index)

    def protect(self) -> None:
        """Keep what is there from `fold`: escaped blanks before a line break stay."""
        self._protected = len(self.characters)

    def fold(self, source: str, index: int) -> int:
        """A line break of a flow scalar with the blanks around it; gives the index of what follows."""
        while len(self.characters) > self._protected and self.characters[-1] in " \t":
            self.characters.pop()
            self.indexes.pop()
        following, breaks = _skip_blank(source, index)
        for character in "\n" * (breaks - 1) or " ":
            self.add(character, index)
        self.protect()
        return following


def plain(source: str) -> Decoded:
    """An unquoted scalar."""
    decoded = Decoded()
    index = 0
    while index < len(source):
        if source[index] == "\n":
            index = decoded.fold(source, index)
        else:
            decoded.add(source[index], index)
            index += 1
    decoded.end = index
    return decoded


def single_quoted(source: str) -> Decoded:
    """A scalar in single quotes, the quotes included in the source."""
    decoded = Decoded()
    index = 1
    while index < len(source) - 1:
        if source[index] == "\n":
            index = decoded.fold(source, index)
            continue
        decoded.add(source[index], index)
        index += 2 if source[index] == "'" else 1
    decoded.end = index
    return decoded


def double_quoted(source: str) -> Decoded:
    """A scalar in double quotes, the quotes included in the source."""
    decoded = Decoded()
    index = 1
    while index < len(source) - 1:
        if source[index] == "\n":
            index = decoded.fold(source, index)
        elif source[index] == "\\":
            index = _escape(source, index, decoded)
        else:
            decoded.add(source[index], index)
            index += 1
    decoded.end = index
    return decoded


def _escape(source: str, index: int, decoded: Decoded) -> int:
    letter = source[index + 1]
    following = index + 2
    if letter == "\n":
        following, breaks = _skip_blank(source, index + 1)
        for _ in range(breaks - 1):
            decoded.add("\n", index)
    elif letter in _CODES:
        following += _CODES[letter]
        digits = source[index + 2 : following]
        decoded.add(chr(int(digits, 16)), index)
    else:
        decoded.add(_ESCAPES.get(letter, letter), index)
    decoded.protect()
    return following


def _skip_blank(source: str, index: int) -> tuple[int, int]:
    """The index behind line breaks and blanks, and the number of breaks."""
    breaks = 0
    while index < len(source) and source[index] in " \t\n":
        breaks += source[index] == "\n"
        index += 1
    return index, breaks


def block(source: str, text: str) -> Decoded | None:
    """A literal or folded scalar that decodes to `text`; the source may go on with blank lines. None if it does not."""
    header = _HEADER.match(source)
    if header is None:
        return None
    body = list(_lines(source, header.end()))
    for indent in _indents(body, header.group(2)):
        decoded = _block(body, indent, folded=header.group(1) == ">")
        found = "".join(decoded.characters) if decoded else ""
        if decoded and found.startswith(text) and not found[len(text) :].strip("\n"):
            decoded.end = decoded.indexes[len(text)] if len(found) > len(text) else len(source)
            del decoded.characters[len(text) :], decoded.indexes[len(text) :]
            return decoded
    return None


def _lines(source: str, index: int) -> Iterator[tuple[str, int]]:
    for line in source[index:].split("\n"):
        yield line, index
        index += len(line) + 1


def _indents(body: list[tuple[str, int]], indicator: str | None) -> Iterator[int]:
    widths = [len(line) - len(line.lstrip(" ")) for line, _ in body if line.strip(" ")]
    if indicator is None:
        yield widths[0] if widths else max((len(line) for line, _ in body), default=0)
    else:
        yield from range(min(widths, default=int(indicator)), int(indicator) - 1, -1)


def _block(body: list[tuple[str, int]], indent: int, *, folded: bool) -> Decoded | None:
    """All characters with every break at the end kept. The rule of the folds is libyaml's."""
    decoded = Decoded()
    line_break: int | None = None
    blank_breaks: list[int] = []
    before_is_blank = False
    for line, index in body:
        if len(line) <= indent and not line.strip(" "):
            blank_breaks.append(index + len(line))
            continue
        if line[:indent].strip(" "):
            return None
        blank = line[indent] in " \t"
        if line_break is not None:
            if not folded or before_is_blank or blank:
                decoded.add("\n", line_break)
            elif not blank_breaks:
                decoded.add(" ", line_break)
        for position in blank_breaks:
            decoded.add("\n", position)
        for offset in range(indent, len(line)):
            decoded.add(line[offset], index + offset)
        line_break, blank_breaks, before_is_blank = index + len(line), [], blank
    for position in ([line_break] if line_break is not None else []) + blank_breaks:
        decoded.add("\n", position)
    return decoded
