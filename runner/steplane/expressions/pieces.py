"""Cuts a value into its text, expressions, blocks and comments."""

import re
from typing import Literal

from msgspec import Struct

from steplane.expressions.faults import SyntaxFault
from steplane.expressions.tokens import Code, Token, read_code

_MARK = re.compile(r"\$\{(\{#|\{|%)")
_RAW = re.compile(r"\$\{%-?\s*raw\s*-?%\}")
_END_RAW = re.compile(r"\$\{%-?\s*endraw\s*-?%\}")


class Piece(Struct, frozen=True):
    """A stretch of a value. `text` is the text, or the code without its marks, beginning at `offset`; `outer` is where
    the opening mark stands and `end` is behind the closing mark.
    """

    kind: Literal["text", "expression", "block"]
    text: str
    offset: int
    outer: int
    end: int
    tokens: tuple[Token, ...] = ()


class Pieces(Struct, frozen=True):
    """The pieces of a value in order, and the syntax faults that were met."""

    pieces: tuple[Piece, ...]
    faults: tuple[SyntaxFault, ...]


class _Cutter:
    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces: list[Piece] = []
        self.faults: list[SyntaxFault] = []
        self.strip_next = False

    def run(self) -> None:
        offset = 0
        while match := _MARK.search(self.text, offset):
            self.add_text(offset, match.start(), strip=self.text.startswith("-", match.end()))
            offset = self.cut(match)
        self.add_text(offset, len(self.text), strip=False)

    def cut(self, match: re.Match[str]) -> int:
        if match.group(1) == "{#":
            return self.cut_comment(match)
        if match.group(1) == "%" and (raw := _RAW.match(self.text, match.start())):
            return self.cut_raw(raw)
        return self.cut_code(match, "block" if match.group(1) == "%" else "expression")

    def add_text(self, start: int, end: int, *, strip: bool) -> None:
        text = self.text[start:end]
        if self.strip_next:
            text = text.lstrip()
            self.strip_next = False
        if strip:
            text = text.rstrip()
        if text:
            self.pieces.append(Piece("text", text, start, start, end))

    def cut_comment(self, match: re.Match[str]) -> int:
        end = self.text.find("#}}", match.end())
        if end < 0:
            self.faults.append(_unclosed("${{#", "#}}", match.start()))
            return len(self.text)
        self.strip_next = self.text[end - 1] == "-" and end > match.end()
        return end + 3

    def cut_raw(self, opening: re.Match[str]) -> int:
        closing = _END_RAW.search(self.text, opening.end())
        if closing is None:
            self.faults.append(_unclosed("${% raw %}", "${% endraw %}", opening.start()))
            return len(self.text)
        self.strip_next = "-%}" in opening.group()
        self.add_text(opening.end(), closing.start(), strip="${%-" in closing.group())
        self.strip_next = "-%}" in closing.group()
        return closing.end()

    def cut_code(self, match: re.Match[str], kind: Literal["block", "expression"]) -> int:
        opener, closer = ("${%", "%}") if kind == "block" else ("${{", "}}")
        start = match.end() + self.text.startswith("-", match.end())
        code = read_code(self.text, start, closer)
        if code.end < 0:
            quote = code.fault if code.fault is not None and code.fault.code == "unclosed-quote" else None
            self.faults.append(quote or _unclosed(opener, closer, match.start()))
            return self.resume(match.end())
        self.add_code(match.start(), start, code, kind)
        return code.end + 2

    def resume(self, offset: int) -> int:
        """Where to go on behind an opening mark that is never closed: at the next mark, so that it is looked at too."""
        following = _MARK.search(self.text, offset)
        return following.start() if following else len(self.text)

    def add_code(self, outer: int, start: int, code: Code, kind: Literal["block", "expression"]) -> None:
        end, tokens = code.end, code.tokens
        if tokens and tokens[-1].text == "-" and tokens[-1].offset == end - 1:
            end, tokens, self.strip_next = end - 1, tokens[:-1], True
        if code.fault is not None:
            self.faults.append(code.fault)
            tokens = ()
        raw = self.text[start:end]
        inner = raw.strip()
        offset = start + len(raw) - len(raw.lstrip()) if inner else start
        if not inner and kind == "expression":
            self.faults.append(SyntaxFault("this expression is empty", outer, code.end + 2 - outer))
        self.pieces.append(Piece(kind, inner, offset, outer, code.end + 2, tokens))


def cut(text: str) -> Pieces:
    """Cut a value into pieces; comments are left out, faults are collected."""
    if "${" not in text:
        return Pieces((Piece("text", text, 0, 0, len(text)),) if text else (), ())
    cutter = _Cutter(text)
    cutter.run()
    return Pieces(tuple(cutter.pieces), tuple(cutter.faults))


def _unclosed(opener: str, closer: str, offset: int) -> SyntaxFault:
    return SyntaxFault(
        f"`{opener}` is never closed",
        offset,
        len(opener),
        f"add `{closer}` behind the expression",
        code="unclosed-expression",
    )
