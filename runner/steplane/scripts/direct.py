"""Single lines that need no shell."""

import re

from steplane.expressions.templates import Expression
from steplane.scripts.shapes import Direct, Slot

_WORD = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
_SINGLE_QUOTED = re.compile(r"'([^'\n]*)'")
_IN_DOUBLE_QUOTES = re.compile(r'[^"\n$`\\!]*')
_BLANKS = re.compile(r"[ \t]+")

# Builtins and reserved words of bash 5 and dash: POSIX 2.9.1 and bash(1), "SHELL BUILTIN COMMANDS".
_RESERVED = (
    ". : [ [[ ! { } alias bg bind break builtin caller case cd chdir command compgen complete compopt continue coproc "
    "declare dirs disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts "
    "hash help history if in jobs kill let local logout mapfile newgrp popd printf pushd pwd read readarray readonly "
    "return select set shift shopt source suspend test then time times trap true type typeset ulimit umask unalias "
    "unset until wait while"
)
_OF_THE_SHELL = frozenset(_RESERVED.split())


def direct_line(parts: tuple[str | Expression, ...]) -> Direct | None:
    """The program and arguments of a line without shell syntax; None where a shell is needed."""
    line = _Line()
    last = len(parts) - 1
    for number, part in enumerate(parts):
        if isinstance(part, Expression):
            line.value(part)
        elif not line.text(_stripped(part, first=number == 0, last=number == last)):
            return None
    words = line.words
    if line.quoted or not words or len(words[0]) != 1 or not isinstance(words[0][0], str):
        return None
    program = words[0][0]
    if not program or "=" in program or program in _OF_THE_SHELL:
        return None
    return Direct(tuple(map(_settled, words)))


class _Line:
    """The words of a line, as far as it was read; `quoted` within double quotes."""

    __slots__ = ("joined", "quoted", "words")

    def __init__(self) -> None:
        self.words: list[list[str | Slot]] = []
        self.joined = self.quoted = False

    def value(self, expression: Expression) -> None:
        """Take in a value."""
        self._join(Slot(expression, "text" if self.quoted else "word"))

    def text(self, text: str) -> bool:
        """Take in a literal part; whether it needs no shell."""
        at = 0
        while at < len(text):
            if self.quoted:
                at = self._in_quotes(text, at)
            elif text[at] == '"':
                self._join("")
                self.quoted, at = True, at + 1
            elif blank := _BLANKS.match(text, at):
                at, self.joined = blank.end(), False
            elif match := _WORD.match(text, at) or _SINGLE_QUOTED.match(text, at):
                self._join(match[match.lastindex or 0])
                at = match.end()
            else:
                return False
            if at < 0:
                return False
        return True

    def _in_quotes(self, text: str, at: int) -> int:
        """Where what stands in double quotes ends, and they with it; -1 where the shell has something to do there."""
        match = _IN_DOUBLE_QUOTES.match(text, at)
        assert match is not None
        self._join(match[0])
        at = match.end()
        if at == len(text):
            return at
        self.quoted = False
        return at + 1 if text[at] == '"' else -1

    def _join(self, part: str | Slot) -> None:
        if not self.joined:
            self.words.append([part])
        elif isinstance(part, str) and isinstance(self.words[-1][-1], str):
            self.words[-1][-1] += part
        else:
            self.words[-1].append(part)
        self.joined = True


def _stripped(text: str, *, first: bool, last: bool) -> str:
    text = text.lstrip(" \t") if first else text
    return text.rstrip() if last else text


def _settled(word: list[str | Slot]) -> tuple[str | Slot, ...]:
    """A word without the empty texts that quotes leave beside values, and with the places of these."""
    if len(word) == 1:
        return tuple(word)
    parts = [one for one in word if one != ""]
    glued = len(word) > 1
    return tuple(
        Slot(one.expression, "glued") if glued and isinstance(one, Slot) and one.place == "word" else one
        for one in parts
    )
