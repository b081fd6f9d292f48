"""Colour for a terminal, by hand and with restraint; and text that cannot command the terminal."""

import unicodedata

_RESET = "\x1b[0m"
_SEVERITIES = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "hint": "\x1b[1;36m"}
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")


class Paint:
    """Wraps text in escape sequences, or leaves it alone where colour is off."""

    __slots__ = ("_on",)

    def __init__(self, on: bool) -> None:
        self._on = on

    def severity(self, severity: str, text: str) -> str:
        """In the colour of the severity."""
        return self._wrap(_SEVERITIES[severity], text)

    def bold(self, text: str) -> str:
        """Strong."""
        return self._wrap("\x1b[1m", text)

    def rule(self, text: str) -> str:
        """What draws the frame and marks related places."""
        return self._wrap("\x1b[1;34m", text)

    def good(self, text: str) -> str:
        """What mends."""
        return self._wrap("\x1b[1;32m", text)

    def faint(self, text: str) -> str:
        """What may be overlooked."""
        return self._wrap("\x1b[2m", text)

    def _wrap(self, code: str, text: str) -> str:
        return f"{code}{text}{_RESET}" if self._on and text else text


def visible(text: str) -> str:
    r"""The text on one line, with every character that a terminal obeys or does not show written as `\\u{...}`."""
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in "\n\r":
        return " "
    if character not in _JOINERS and unicodedata.category(character) in _HIDDEN:
        return f"\\u{{{ord(character):x}}}"
    return character


def width(text: str) -> int:
    """The number of terminal cells that the text takes: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    cells = 0
    for character in text:
        if unicodedata.combining(character) or character in _JOINERS or character == "\ufe0f":
            continue
        cells += 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
    return cells


def escaped(text: str) -> str:
    r"""The text as a stream shows it that takes ASCII only: `\xe9` for what is beyond."""
    return text if text.isascii() else text.encode("ascii", "backslashreplace").decode()


def cut(text: str, cells: int, sign: str = "…") -> str:
    """The text if it fits into so many cells, else its beginning and the sign."""
    if width(text) <= cells:
        return text
    kept = text[: max(cells, 0)]
    while kept and width(kept) > cells - 1:
        kept = kept[:-1]
    return kept.rstrip() + sign if cells > 0 else ""
