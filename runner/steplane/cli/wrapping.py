"""Lines that fit into a terminal: what goes on stands under where the words of a line begin."""

import re
from collections.abc import Iterator

from steplane.reporters.paint import width

_PAINT = re.compile(r"\x1b\[[0-9;]*m")
_HANG = re.compile(r" *(?:\+\S+ +)?(?:[\d.]+[a-z]\w* {2})?(?:[^\w\s`(+] )?")


def wrapped(text: str, columns: int) -> str:
    """The text with each line broken between words where it is wider than so many cells. Colours have no width."""
    return "".join(f"{part}\n" for line in text.splitlines() for part in _parts(line, columns))


def _parts(line: str, columns: int) -> Iterator[str]:
    plain = _PAINT.sub("", line)
    if width(plain) <= columns:
        yield line
        return
    begin = _HANG.match(plain)
    hang = min(begin.end() if begin is not None else 0, columns // 2) or 2
    done, used, fresh = "", 0, True
    for word in re.split(r"( +)", line):
        cells = width(_PAINT.sub("", word))
        if used + cells > columns and not fresh and word.strip():
            yield done.rstrip()
            done, used = " " * hang, hang
        done, used = done + word, used + cells
        fresh = not done.strip()
    yield done.rstrip()
