"""Cuts a value, or a template, into its text, expressions, blocks and comments."""

import re
from functools import cache, lru_cache
from typing import Literal

from msgspec import Struct

from steplane.expressions.faults import SyntaxFault
from steplane.expressions.tokens import Code, Token, read_code


class Marks(Struct, frozen=True):
    """How code is told from text: what opens an expression, a block and a comment, and what closes a comment.

    `trim`: the newline behind a block or comment is left out; `lstrip`: so are the blanks before it, where it is the
    first on its line. (Jinja's `trim_blocks` and `lstrip_blocks`.)
    """

    expression: str = "${{"
    block: str = "${%"
    comment: str = "${{#"
    comment_end: str = "#}}"
    trim: bool = False
    lstrip: bool = False


LANGUAGE = Marks()
"""The marks of workflow files."""

JINJA = Marks(expression="{{", block="{%", comment="{#", comment_end="#}")
"""The marks of most templates that exist."""


class _Patterns:
    """The patterns that find the marks."""

    def __init__(self, marks: Marks) -> None:
        openers = (marks.comment, marks.expression, marks.block)  # the comment first: another may be its beginning
        block = re.escape(marks.block)
        self.open = re.compile("|".join(map(re.escape, openers)))
        self.raw = re.compile(rf"{block}[-+]?\s*raw\s*[-+]?%\}}")
        self.end_raw = re.compile(rf"{block}[-+]?\s*endraw\s*[-+]?%\}}")


@cache
def _patterns(marks: Marks) -> _Patterns:
    return _Patterns(marks)


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


_READ_IN_VAIN = 500_000
"""Characters, beside twice the text, that are read to look for closing marks which are not there."""
_ENDLESS = Code((), -1)


class _Cutter:
    def __init__(self, text: str, marks: Marks) -> None:
        self.text = text
        self.marks = marks
        self.patterns = _patterns(marks)
        self.pieces: list[Piece] = []
        self.faults: list[SyntaxFault] = []
        self.strip_next: Literal["", "all", "newline"] = ""
        self.last_closer = {closer: text.rfind(closer) for closer in ("}}", "%}")}
        self.left = 2 * len(text) + _READ_IN_VAIN

    def run(self) -> None:
        offset = 0
        while match := self.patterns.open.search(self.text, offset):
            self.add_text(offset, match.start(), self.before(match))
            offset = self.cut(match)
        self.add_text(offset, len(self.text), "")

    def before(self, match: re.Match[str]) -> Literal["", "all", "line"]:
        """What is left out of the text before a mark: all blanks, or those of its line."""
        sign = self.text[match.end() : match.end() + 1]
        if sign == "-":
            return "all"
        return "line" if self.marks.lstrip and match.group() != self.marks.expression and sign != "+" else ""

    def cut(self, match: re.Match[str]) -> int:
        if match.group() == self.marks.comment:
            return self.cut_comment(match)
        if match.group() == self.marks.expression:
            return self.cut_code(match, "expression")
        raw = self.patterns.raw.match(self.text, match.start())
        return self.cut_raw(raw) if raw else self.cut_code(match, "block")

    def add_text(self, start: int, end: int, strip: Literal["", "all", "line"]) -> None:
        text = self.text[start:end]
        if self.strip_next:
            text = text.lstrip() if self.strip_next == "all" else text.removeprefix("\r").removeprefix("\n")
            self.strip_next = ""
        if strip == "all":
            text = text.rstrip()
        elif strip == "line":
            text = self.without_indent(text, end)
        if text:
            self.pieces.append(Piece("text", text, start, start, end))

    def without_indent(self, text: str, end: int) -> str:
        """The text before a mark at `end` without the blanks before the mark, if nothing else stands on its line."""
        line = self.text[self.text.rfind("\n", 0, end) + 1 : end]
        return text[: -len(line)] if line and not line.strip() and text.endswith(line) else text

    def behind(self, sign: str) -> Literal["", "all", "newline"]:
        """What is left out of the text behind a block or comment, by the sign before its closing mark."""
        if sign == "-":
            return "all"
        return "newline" if self.marks.trim and sign != "+" else ""

    def cut_comment(self, match: re.Match[str]) -> int:
        end = self.text.find(self.marks.comment_end, match.end())
        if end < 0:
            self.faults.append(_unclosed(self.marks.comment, self.marks.comment_end, match.start()))
            return len(self.text)
        self.strip_next = self.behind(self.text[end - 1] if end > match.end() else "")
        return end + len(self.marks.comment_end)

    def cut_raw(self, opening: re.Match[str]) -> int:
        closing = self.patterns.end_raw.search(self.text, opening.end())
        if closing is None:
            block = self.marks.block
            self.faults.append(_unclosed(f"{block} raw %}}", f"{block} endraw %}}", opening.start()))
            return len(self.text)
        self.strip_next = self.behind(opening.group()[-3])
        last = closing.group()[len(self.marks.block)]
        self.add_text(opening.end(), closing.start(), "all" if last == "-" else "line" if self.marks.lstrip else "")
        self.strip_next = self.behind(closing.group()[-3])
        return closing.end()

    def cut_code(self, match: re.Match[str], kind: Literal["block", "expression"]) -> int:
        opener, closer = match.group(), "%}" if kind == "block" else "}}"
        signs = "-+" if kind == "block" else "-"
        start = match.end() + self.text.startswith(tuple(signs), match.end())
        if self.left <= 0:
            return len(self.text)  # enough has been said of this text
        code = _ENDLESS
        if start <= self.last_closer[closer]:
            code = read_code(self.text, start, closer)
            self.left -= len(self.text) - start if code.end < 0 else 0
        if code.end < 0:
            after = self.resume(match.end())
            quote = next((one for one in code.faults[-1:] if one.code == "unclosed-quote"), None)
            if quote is not None and closer not in self.text[start:after]:
                quote = None  # the quote is likely that of the text around
            self.faults.append(quote or _unclosed(opener, closer, match.start()))
            return after
        self.add_code(match.start(), start, code, kind)
        return code.end + 2

    def resume(self, offset: int) -> int:
        """Where to go on behind an opening mark that is never closed: at the next mark, so that it is looked at too."""
        following = self.patterns.open.search(self.text, offset)
        return following.start() if following else len(self.text)

    def add_code(self, outer: int, start: int, code: Code, kind: Literal["block", "expression"]) -> None:
        end, tokens, sign = code.end, code.tokens, ""
        if tokens and tokens[-1].offset == end - 1 and tokens[-1].text in ("-", "+" if kind == "block" else "-"):
            end, sign, tokens = end - 1, tokens[-1].text, tokens[:-1]
        if kind == "block" or sign == "-":
            self.strip_next = self.behind(sign)
        if code.faults:
            self.faults += code.faults
            tokens = ()
        raw = self.text[start:end]
        inner = raw.strip()
        offset = start + len(raw) - len(raw.lstrip()) if inner else start
        if not inner and kind == "expression":
            self.faults.append(SyntaxFault("this expression is empty", outer, code.end + 2 - outer))
        self.pieces.append(Piece(kind, inner, offset, outer, code.end + 2, tokens))


@lru_cache(maxsize=64)
def cut(text: str, marks: Marks = LANGUAGE) -> Pieces:
    """Cut a text into pieces; comments are left out, faults are collected."""
    if marks.block[:-1] not in text:
        return Pieces((Piece("text", text, 0, 0, len(text)),) if text else (), ())
    cutter = _Cutter(text, marks)
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
