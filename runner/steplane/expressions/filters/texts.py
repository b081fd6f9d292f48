"""Filters on text."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from steplane.expressions.faults import ExpressionError
from steplane.expressions.filters.wanted import sequence, text, whole
from steplane.expressions.frames import Frame
from steplane.expressions.limits import ITEMS, SMALL, TEXT
from steplane.expressions.matching import matches, replaced
from steplane.expressions.values import text_of

_TITLED = re.compile(r"[^-\s({\[<]+")
_BETWEEN = re.compile(r"[-\s({\[<]")
_WORDS = re.compile(r"\w+")
_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""What ends a line for `splitlines`; a carriage return and a line feed together end one."""

_AT_ONCE = 1 << 16
"""Characters of a long text that are taken at once, where what is made of them takes much more than they do."""

_STRETCH = 8192
"""Characters between two looks at the clock."""


def upper(frame: Frame, value: Any) -> str:
    """In capitals."""
    line = text(frame, value, "upper")
    if len(line) <= _AT_ONCE or line.isascii():
        return line.upper()
    return _of_pieces(frame, (line[start : start + _AT_ONCE].upper() for start in range(0, len(line), _AT_ONCE)))


def lower(frame: Frame, value: Any) -> str:
    """In small letters."""
    return _allowed(frame, text(frame, value, "lower").lower())


def capitalize(frame: Frame, value: Any) -> str:
    """The first letter a capital, the others small."""
    return _allowed(frame, text(frame, value, "capitalize").capitalize())


def _allowed(frame: Frame, made: str) -> str:
    """A text that has more characters than it was made of: the capital of `ß` is `SS`."""
    if len(made) > TEXT:
        frame.budget.text(len(made))
    return made


def _of_pieces(frame: Frame, pieces: Iterable[str]) -> str:
    """The text that they make, which is refused as soon as it is too long."""
    made, size = [], 0
    for piece in pieces:
        made.append(piece)
        size += len(piece)
        frame.budget.text(size)
    return "".join(made)


def title(frame: Frame, value: Any) -> str:
    """Each word with a capital: what begins the text, or stands behind a blank, a hyphen, `(`, `{`, `[` or `<`."""
    budget = frame.budget

    def capital(found: re.Match[str]) -> str:
        budget.left -= 1
        if budget.left < 0:
            budget.look()
        word = found[0]
        return word[:1].upper() + word[1:].lower()

    line = text(frame, value, "title")
    if len(line) <= _AT_ONCE:
        return _TITLED.sub(capital, line)
    return _of_pieces(frame, (_TITLED.sub(capital, piece) for piece in _apart(line)))


def _apart(line: str) -> Iterator[str]:
    """The text in pieces that end where a word ends: a text of words is not held as a list of all of them."""
    start = 0
    while start < len(line):
        found = _BETWEEN.search(line, start + _AT_ONCE)
        end = found.end() if found is not None else len(line)
        yield line[start:end]
        start = end


def string(frame: Frame, value: Any) -> str:
    """The value as it stands in text."""
    return text_of(value, frame.budget)


def trim(frame: Frame, value: Any, chars: Any = None) -> str:
    """Without blanks (or the given characters) at both ends."""
    line = text(frame, value, "trim")
    if chars is None:
        return line.strip()
    wanted = text(frame, chars, "trim")
    return line.strip(wanted) if len(wanted) <= FEW else _stripped(frame, line, set(wanted))


FEW = 32
"""Characters each of which is held against each of a text."""


def _stripped(frame: Frame, line: str, wanted: set[str]) -> str:
    start, end = 0, len(line)
    while start < end and line[start] in wanted:
        frame.budget.tick()
        start += 1
    while start < end and line[end - 1] in wanted:
        frame.budget.tick()
        end -= 1
    return line[start:end]


def replace(frame: Frame, value: Any, old: Any, new: Any, count: Any = -1) -> str:
    """Every `old` (at most `count` of them) becomes `new`."""
    whole_text, before, after = (text(frame, one, "replace") for one in (value, old, new))
    most = whole(count, "replace", -1, TEXT)
    found = whole_text.count(before)
    times = found if most < 0 else min(found, most)
    size = len(whole_text) + max(0, times * (len(after) - len(before)))
    if size > SMALL:
        frame.budget.spend(size)
    return whole_text.replace(before, after, most)


def split(frame: Frame, value: Any, separator: Any = None) -> list[str]:
    """The pieces between the separators; without one the words between blanks."""
    whole_text = text(frame, value, "split")
    between = None if separator is None else text(frame, separator, "split")
    pieces = whole_text.split(between, ITEMS)  # no more than may be, and one to be refused for
    frame.budget.items(len(pieces))
    frame.budget.spend(len(whole_text))
    return pieces


def center(frame: Frame, value: Any, width: Any = 80) -> str:
    """In the middle of a field of that many characters."""
    line = text(frame, value, "center")
    return line.center(_room(frame, width, "center"))


def _room(frame: Frame, width: Any, name: str) -> int:
    room = whole(width, name, 0, 10**18)
    frame.budget.spend(room)
    return room


def indent(frame: Frame, value: Any, width: Any = 4, first: Any = False, blank: Any = False) -> str:
    """Every line but the first (with `first` that one too; with `blank` also empty ones) moved to the right."""
    source = text(frame, value, "indent")
    if len(source) > ITEMS:  # may have more lines than can be allowed, which are not made then
        frame.budget.items(sum(map(source.count, _ENDS)) - source.count("\r\n"))
    lines = (source + "\n").splitlines()  # of whatever kind their ends are, as Jinja takes them
    frame.budget.items(len(lines) - 1)
    by = text(frame, width, "indent") if isinstance(width, str) else " " * _room(frame, width, "indent")
    frame.budget.spend(len(source) + len(lines) * len(by))
    begin, *rest = lines
    moved = [by + line if line or blank else line for line in rest]
    return "\n".join([by + begin if first else begin, *moved])


def truncate(  # noqa: PLR0917  # the arguments of Jinja's filter, in its order
    frame: Frame, value: Any, length: Any = 255, killwords: Any = False, end: Any = "...", leeway: Any = 5
) -> str:
    """Cut to `length` characters, `end` included, at a blank unless `killwords`; `leeway` more are let be."""
    line, tail = text(frame, value, "truncate"), text(frame, end, "truncate")
    most = whole(length, "truncate", len(tail), TEXT)
    if len(line) <= most + whole(leeway, "truncate", 0, TEXT):
        return line
    kept = line[: most - len(tail)]
    return (kept if killwords else kept.rsplit(" ", 1)[0]) + tail


def wordcount(frame: Frame, value: Any) -> int:
    """How many words: letters, digits and `_` that stand together."""
    line = text(frame, value, "wordcount")
    count = 0
    for start in range(0, len(line), _STRETCH):
        frame.budget.tick(_STRETCH >> 5)
        count += len(_WORDS.findall(line, start, start + _STRETCH))
        if start and _WORDS.fullmatch(line, start - 1, start + 1):
            count -= 1  # a word that is cut is one
    return count


def wordwrap(frame: Frame, value: Any, width: Any = 79) -> str:
    """Broken into lines of at most `width` characters; long words are broken too."""
    from steplane.expressions.filters.wrapping import wrapped

    lines = text(frame, value, "wordwrap")
    if len(lines) > TEXT // 10:
        raise ExpressionError("the filter `wordwrap` is for shorter texts")
    columns = whole(width, "wordwrap", 1, TEXT)
    broken = []
    for line in lines.splitlines():
        frame.budget.tick(1 + len(line))
        broken.append("\n".join(wrapped(line, columns, frame.budget)))
    return "\n".join(broken)


def basename(frame: Frame, value: Any) -> str:
    """The last part of a path."""
    return text(frame, value, "basename").rpartition("/")[2]


def dirname(frame: Frame, value: Any) -> str:
    """A path without its last part."""
    import posixpath

    return posixpath.dirname(text(frame, value, "dirname"))


def shell_quote(frame: Frame, value: Any) -> str:
    """Quoted as one word of a POSIX shell; of a list, its items as words."""
    if isinstance(value, list | tuple):
        words = [_quoted(frame, one) for one in sequence(frame, value, "shell_quote")]
        frame.budget.spend(sum(map(len, words)) + len(words))
        return " ".join(words)
    return _quoted(frame, value)


def _quoted(frame: Frame, value: Any) -> str:
    import shlex

    word = text(frame, value, "shell_quote")
    if len(word) > SMALL:
        frame.budget.text(len(word) + 4 * word.count("'"))
    return shlex.quote(word)


def regex_match(frame: Frame, value: Any, pattern: Any) -> bool:
    """Whether the RE2 pattern is found in the text (write `^...$` for the whole of it)."""
    wanted, whole_text = text(frame, pattern, "regex_match"), text(frame, value, "regex_match")
    try:
        return matches(frame, wanted, whole_text)
    except ValueError as error:
        raise ExpressionError(f"the pattern of `regex_match` is wrong: {error}") from None


def regex_replace(frame: Frame, value: Any, pattern: Any, replacement: Any) -> str:
    r"""Every match of the RE2 pattern replaced; `\1` or `\g<name>` in the replacement stand for its groups."""
    wanted, whole_text, new = (text(frame, one, "regex_replace") for one in (pattern, value, replacement))
    try:
        return replaced(frame, wanted, whole_text, new)
    except ValueError as error:
        raise ExpressionError(f"the pattern of `regex_replace` is wrong: {error}") from None
