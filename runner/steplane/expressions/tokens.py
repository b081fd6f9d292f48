"""The words of an expression with their exact places: the lexer, without Jinja2."""

import re
from typing import Any

from msgspec import Struct

from steplane.expressions.faults import SyntaxFault

_OPERATORS = {
    "+": "add", "-": "sub", "/": "div", "//": "floordiv", "*": "mul", "%": "mod", "**": "pow", "~": "tilde",
    "[": "lbracket", "]": "rbracket", "(": "lparen", ")": "rparen", "{": "lbrace", "}": "rbrace", "==": "eq",
    "!=": "ne", ">": "gt", ">=": "gteq", "<": "lt", "<=": "lteq", "=": "assign", ".": "dot", ":": "colon",
    "|": "pipe", ",": "comma", ";": "semicolon",
}  # fmt: skip
_TOKEN = re.compile(
    r"""(?P<blank>\s+)
    | (?P<foreign>===|!==|&&|\|\||=>|\?\?|\?\.|\?|!(?!=)|\$\{\{|\{\{|&)
    | (?P<name>[^\W\d]\w*)
    | (?P<number>0[xX][0-9a-fA-F]+ | (?:[0-9](?:_?[0-9])*)(?:(?:(?<!\.[0-9])\.[0-9]+)?[eE][+-]?[0-9]+|\.[0-9]+)?)
    | (?P<string>'(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*")
    | (?P<operator>//|\*\*|==|!=|>=|<=|[-+/*%~\[\](){}<>=.:|,;])""",
    re.VERBOSE | re.DOTALL,
)
_INDEX = re.compile(r"[0-9]+")
_HINTS = {
    "===": "write `==`", "!==": "write `!=`", "&&": "write `and`", "||": "write `or`", "!": "write `not x`",
    "?": "write `b if a else c`", "??": "write `x | default(y)`", "?.": "write `x.y | default(z)`",
    "=>": "write `>=`", "&": "write `and`", "{{": "leave the inner braces out: this is an expression already",
    "${{": "leave the inner `${{ }}` out: this is an expression already",
}  # fmt: skip
_INSTEAD = {"===": "==", "!==": "!=", "&&": "and", "||": "or", "!": "not", "&": "and"}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\n|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "\\": "\\", "'": "'", '"': '"', "\n": ""}
_LONGEST_NUMBER = 400


class Token(Struct, frozen=True):
    """One word: `type` as Jinja's parser names it, `value` what it means, `text` how it is written at `offset`."""

    type: str
    value: Any
    text: str
    offset: int


class Code(Struct, frozen=True):
    """The words up to `end`, where the closing mark stands (`end` is -1 when there is none), and the faults: each
    operator of another language that stands for one of ours (which is then among the words), and the first other one.
    """

    tokens: tuple[Token, ...]
    end: int
    faults: tuple[SyntaxFault, ...] = ()

    @property
    def fault(self) -> SyntaxFault | None:
        """The first fault."""
        return self.faults[0] if self.faults else None

    @property
    def is_understood(self) -> bool:
        """Whether the words say what was meant."""
        return all(one.instead for one in self.faults)


def read_code(text: str, start: int = 0, closer: str = "") -> Code:
    """Read words from `start` to the `closer` (`}}` or `%}`) outside strings and braces, or to the end."""
    tokens: list[Token] = []
    faults: list[SyntaxFault] = []
    opened: list[str] = []
    offset = start
    while offset < len(text):
        # `}}` ends it also within an open `(` or `[`: the parser then says what is missing.
        if closer and opened[-1:] != ["{"] and text.startswith(closer, offset):
            return Code(tuple(tokens), offset, tuple(faults))
        try:
            token, offset = _read_token(text, offset, tokens)
        except SyntaxFault as found:
            if found.instead or all(one.instead for one in faults):
                faults.append(found)
            offset = len(text) if found.code == "unclosed-quote" else found.offset + found.length
            token = _meant(found)
        if token is not None:
            _balance(opened, token.text)
            tokens.append(token)
    return Code(tuple(tokens), -1 if closer else len(text), tuple(faults))


def _meant(fault: SyntaxFault) -> Token | None:
    """The operator of ours that one of another language stands for."""
    word = fault.instead.strip()
    return Token(_OPERATORS.get(word, "name"), word, word, fault.offset) if word else None


def _balance(opened: list[str], word: str) -> None:
    if word in ("(", "[", "{"):
        opened.append(word)
    elif word in (")", "]", "}") and opened:
        opened.pop()


def _read_token(text: str, offset: int, before: list[Token]) -> tuple[Token | None, int]:
    match = _TOKEN.match(text, offset)
    if match is None:
        raise _bad_character(text, offset)
    word, kind = match.group(), match.lastgroup
    if kind == "blank":
        return None, match.end()
    if kind == "foreign":
        raise _foreign(text, word, offset)
    if kind == "number" and before and before[-1].text == ".":
        word = _INDEX.match(word).group()  # type: ignore[union-attr]  # `rows.0.name`: an index, no fraction
    type_, value = _meaning(kind or "", word, offset)
    return Token(type_, value, word, offset), offset + len(word)


def _meaning(kind: str, word: str, offset: int) -> tuple[str, Any]:
    if kind == "operator":
        return _OPERATORS[word], word
    if kind == "name":
        return "name", word
    if kind == "string":
        return "string", unescape(word[1:-1])
    if len(word) > _LONGEST_NUMBER:
        raise SyntaxFault("this number is too long", offset, len(word))
    if word[:2] in ("0x", "0X"):
        return "integer", int(word, 16)
    if any(mark in word for mark in ".eE"):
        return "float", float(word)
    return "integer", int(word)


def unescape(text: str) -> str:
    """The text that a string literal stands for; a backslash before any other character is kept, as in a pattern."""
    return _ESCAPE.sub(_unescape_one, text) if "\\" in text else text


def _unescape_one(match: re.Match[str]) -> str:
    word = match.group(1)
    if len(word) > 1:
        code = int(word[1:], 16)
        return chr(code) if code < 0x110000 else match.group()
    return _SIMPLE.get(word, match.group())


def _foreign(text: str, word: str, offset: int) -> SyntaxFault:
    code = "nested-braces" if "{{" in word else "foreign-operator"
    message = f"`{word}` is not an operator of expressions"
    if word == "?":
        message = "`a ? b : c` is the choice of other languages; here it is `b if a else c`"
    instead = _INSTEAD.get(word, "")
    if instead.isalpha():  # a word touches no other
        before, after = text[max(0, offset - 1) : offset], text[offset + len(word) :][:1]
        instead = " " * _touches(before, "([{") + instead + " " * _touches(after, ")]}")
    return SyntaxFault(message, offset, len(word), _HINTS[word], code=code, instead=instead)


def _touches(character: str, brackets: str) -> bool:
    return bool(character) and not character.isspace() and character not in brackets


def _bad_character(text: str, offset: int) -> SyntaxFault:
    character = text[offset]
    if character in "'\"":
        return SyntaxFault(
            "this quote is never closed", offset, 1, f"add the closing `{character}`", code="unclosed-quote"
        )
    if character in "“”‘’„":
        return SyntaxFault(f"`{character}` is not a quote of expressions", offset, 1, "write `'` or `\"`")
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return SyntaxFault(f"`{shown}` means nothing in an expression", offset)
