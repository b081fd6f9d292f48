"""Single lines that need no shell."""

import re

from steplane.expressions.templates import Expression
from steplane.scripts.shapes import Direct

_WORD = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
_SINGLE_QUOTED = re.compile(r"'([^'\n]*)'")
_DOUBLE_QUOTED = re.compile(r'"([^"\n$`\\!]*)"')
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
    words = _words(parts)
    if not words or len(words[0]) != 1 or not isinstance(words[0][0], str):
        return None
    program = words[0][0]
    if not program or "=" in program or program in _OF_THE_SHELL:
        return None
    return Direct(tuple(words))


def _words(parts: tuple[str | Expression, ...]) -> list[tuple[str | Expression, ...]] | None:
    words: list[list[str | Expression]] = []
    joined = False
    last = len(parts) - 1
    for number, part in enumerate(parts):
        if isinstance(part, Expression):
            _join(words, part, joined)
            joined = True
            continue
        text = part.lstrip(" \t") if number == 0 else part
        found = _read(text.rstrip() if number == last else text, words, joined)
        if found is None:
            return None
        joined = found
    return [tuple(word) for word in words]


def _read(text: str, words: list[list[str | Expression]], joined: bool) -> bool | None:
    """Adds the words of a literal part; whether the last one is still open, None if it needs a shell."""
    at = 0
    while at < len(text):
        blank = _BLANKS.match(text, at)
        if blank:
            at, joined = blank.end(), False
            continue
        match = _WORD.match(text, at) or _SINGLE_QUOTED.match(text, at) or _DOUBLE_QUOTED.match(text, at)
        if match is None:
            return None
        _join(words, match[match.lastindex or 0], joined)
        at, joined = match.end(), True
    return joined


def _join(words: list[list[str | Expression]], part: str | Expression, joined: bool) -> None:
    if not joined:
        words.append([part])
    elif isinstance(part, str) and isinstance(words[-1][-1], str):
        words[-1][-1] += part
    else:
        words[-1].append(part)
