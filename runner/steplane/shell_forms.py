r"""How shells, and programs that quote for them, write a text: `'it'\''s'`, `it\'s`, `$'it\'s'`, `'it'$'\t''s'`.

What stands around the whole (`'...'`, `$'...'`) is left out: other text may stand there too.
"""

import re
import string
from collections.abc import Callable, Iterator
from typing import NamedTuple

_MARKS = frozenset(string.punctuation + " ")

_LETTERS = dict(zip(map(ord, "\a\b\f\n\r\t\v"), ("\\a", "\\b", "\\f", "\\n", "\\r", "\\t", "\\v"), strict=True))
_CONTROLS = {one: f"\\{one:03o}" for one in (*range(32), 127)} | _LETTERS
_OCTAL = _CONTROLS | {one: f"\\{one:03o}" for one in range(128, 256)}

_IN_QUOTES = {ord(one): "\\" + one for one in '"$`\\'}
_OF_BASH: dict[int, str] = {27: "\\E"}
_OF_C: dict[int, str] = {}
_OF_ZSH = {one: f"\\C-{chr(one + 64)}" for one in range(32) if one not in _LETTERS} | {127: "\\C-?"}
_OF_ZSH_ASKED = {ord("!"): "\\!"}
_OF_FISH = {one: f"\\c{chr(one + 96)}" for one in range(1, 27)} | _LETTERS | {27: "\\e", 127: "\\x7f"}
_BREAKS = {ord("\n"): "\\n", ord("\t"): "\\t"}


def _meta(byte: int) -> str:
    low = byte - 128
    return f"\\C-{chr(low + 64)}" if low < 32 else "\\C-?" if low == 127 else chr(low)


_OF_ZSH_TRACED = _OF_ZSH | {one: "\\M-" + _meta(one) for one in range(128, 256)}


def in_shells(text: str) -> Iterator[str]:
    """The text as each of them writes it."""
    yield from (text.replace("'", "'\"'\"'"), text.replace("'", "'\\''"))
    yield re.sub("[!']", lambda found: f"'\\{found[0]}'", text)  # git
    yield text.translate(_IN_QUOTES)
    yield "\\" + "\\".join(text)  # bash: set -x; [[ x == "$y" ]]
    yield text.replace("\\", "\\\\").translate(_OF_FISH)  # fish: set --show
    yield from _traced(text)
    single_bytes = text.encode("utf-8", "replace").decode("latin-1")
    for shown in dict.fromkeys((text, single_bytes)):  # as where the locale has its letters, and where it has none
        escaped = _OCTAL if shown is single_bytes else _CONTROLS
        for quoted in ("\\'", '\\"'):  # `$'...'`; `"..."` of C, as git writes it
            marks = {ord(one): "\\" + one for one in quoted}
            for program in (_OF_BASH, _OF_C, _OF_ZSH, _OF_ZSH_ASKED, _OF_ZSH_TRACED):
                yield shown.translate(escaped | marks | program)
        yield _in_pieces(shown, escaped)
        for way in _WAYS.values():
            yield from _with_backslashes(shown, way, escaped)


class _Way(NamedTuple):
    """How a program escapes: the marks that it leaves as they are inside a word, beside letters and digits; and what it
    makes of a character that is no mark of ASCII, no letter and no digit, given what is an escape there.
    """

    bare: str
    odd: Callable[[str, dict[int, str]], str] = lambda one, _: one


def _in_quotes(one: str, escaped: dict[int, str]) -> str:
    return f"$'{escaped[ord(one)]}'" if ord(one) in escaped else one


_WAYS = {
    "bash: printf %q": _Way("_-./:@%+=#~"),
    "bash before 4.3; GNU make, cmake": _Way("_-./:,@%+="),
    "zsh: ${(q)x}": _Way("_-./:,@%+=!~", _in_quotes),
    "zsh: ${(q)x}, asked": _Way("_-./:,@%+=~", _in_quotes),
    "zsh: set -x; [[ x == $y ]]": _Way("!\"%&'+,-./:;=@_`{}", lambda one, escaped: _in_quotes(one, _BREAKS)),
    "fish: string escape --style=regex": _Way("!\"#%&',/:;<=>@_`~ "),
    "fish: string escape": _Way("_-./:,@+=!^`", lambda one, _: one.translate(_OF_FISH)),
    "fish 3: string escape": _Way("_-./:,@+=!", lambda one, _: one.translate(_OF_FISH)),
    "Ruby: Shellwords.escape": _Way("_-./:,@+", lambda one, _: "'\n'" if one == "\n" else "\\" + one),
    "Python: re.escape": _Way("_/:,@%=!\"'`<>;", lambda one, _: ("\\" if one in "\t\n\r\v\f" else "") + one),
    "Perl: quotemeta": _Way("_", lambda one, _: ("\\" if one.isascii() else "") + one),
}


def _with_backslashes(text: str, way: _Way, escaped: dict[int, str]) -> Iterator[str]:
    """A backslash before each mark that could mean something.

    What means something only where a word or an assignment begins (`~`, `#`, `=`) is escaped there alone, and the text
    may stand there or behind other text: both are found.
    """
    written = {
        ord(one): "\\" + one if one in _MARKS else way.odd(one, escaped)
        for one in set(text)  # once each, for a secret may be long
        if one not in way.bare and not (one.isascii() and one.isalnum())
    }
    inside = text.translate(written)
    for whole in (inside, re.sub("([:=])~", r"\1\\~", inside)):
        yield whole
        if whole.startswith(("~", "#", "=")):
            yield "\\" + whole


def _traced(text: str) -> Iterator[str]:
    r"""As `zsh -x` and `${(q-)x}` write it: an apostrophe outside the quotes, and so none around nothing: `\''a b'`."""
    for plain in ("", r"[\w./:,@%+!=~^#-]*"):
        parts = [
            "\\'" * len(part) if part.startswith("'") else part if re.fullmatch(plain, part) else f"'{part}'"
            for part in re.split("('+)", text)
        ]
        yield "".join(parts).removeprefix("'").removesuffix("'" if parts[-1].startswith("'") else "")


def _in_pieces(text: str, escaped: dict[int, str]) -> str:
    r"""What is quoted has an end before what is escaped: `'p'$'\303\244'` of ls, rm, cp."""
    odd = "".join(map(re.escape, map(chr, escaped)))
    whole = re.sub(f"([{odd}]+)|'", lambda found: f"'$'{found[1].translate(escaped)}''" if found[1] else "'\\''", text)
    return whole.removeprefix("'$'").removesuffix("''")
