"""How legal traces are written down: text to expressions of the algebra.

    a+ a- a! a~ a/ a^ a=   step `a` begins, ends ok, fails, is cancelled, skipped, blocked, reused
    a                      `a+ a-`
    a[x]                   the instance of item `x`
    =succeeded             how the run ends
    P Q                    P, then Q             P | Q     one of them
    P & Q                  interleaved           (P)       a group
    (P)? (P)* (P){2}       at most once, any number of times, twice

A sequence binds closer than `&`, and that closer than `|`. `()` is the trace without tokens.
"""

import re
from collections.abc import Iterator

from tests.patterns.algebra import Token, Traces, either, option, repeat, shuffle, then, times

MARKS = "+-!~/^="
_WORD = re.compile(r"\s*(?:(=[a-z]+)|([a-z][a-z0-9_]*(?:\[[^\]]*\])*)([+\-!~/^=]?)|([()|&*?])|\{(\d+)\})")


def parse(text: str) -> Traces:
    """The set of traces that the text says. Raises `ValueError` at what is no word of the notation."""
    reader = _Reader(list(_words(text)))
    found = reader.options()
    if reader.words:
        raise ValueError(f"what does {reader.words[0]!r} belong to in {text!r}?")
    return found


def _words(text: str) -> Iterator[str]:
    place, text = 0, text.rstrip()
    while place < len(text):
        word = _WORD.match(text, place)
        if word is None:
            raise ValueError(f"no word of the notation: {text[place:]!r}")
        place = word.end()
        yield word[0].strip()


class _Reader:
    """Recursive descent over the words that are left."""

    def __init__(self, words: list[str]) -> None:
        self.words = words

    def next_is(self, *words: str) -> bool:
        return bool(self.words) and self.words[0] in words

    def options(self) -> Traces:
        found = [self.threads()]
        while self.next_is("|"):
            self.words.pop(0)
            found.append(self.threads())
        return either(*found)

    def threads(self) -> Traces:
        found = [self.sequence()]
        while self.next_is("&"):
            self.words.pop(0)
            found.append(self.sequence())
        return shuffle(*found)

    def sequence(self) -> Traces:
        found = []
        while self.words and not self.next_is("|", "&", ")"):
            found.append(self.repeated())
        return then(*found)

    def repeated(self) -> Traces:
        one = self.single()
        while self.words and (self.next_is("?", "*") or self.words[0][0] == "{"):
            word = self.words.pop(0)
            one = option(one) if word == "?" else repeat(one) if word == "*" else times(one, int(word[1:-1]))
        return one

    def single(self) -> Traces:
        word = self.words.pop(0)
        if word == "(":
            found = self.options()
            if not self.next_is(")"):
                raise ValueError("a bracket is not closed")
            self.words.pop(0)
            return found
        if word in {"?", "*"} or word[0] == "{":
            raise ValueError(f"nothing stands before {word!r}")
        if word[0] == "=" or word[-1] in MARKS:
            return Token(word)
        return then(Token(f"{word}+"), Token(f"{word}-"))
