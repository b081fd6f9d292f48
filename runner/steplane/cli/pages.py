"""How help looks: like a page of a manual, with sections, each option above what it is, and no line broken inside
something that is one.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

_UNBROKEN = r"`[^`]*`|\[[^\]]*\]|--?[a-z][a-z-]*[ =][A-Z]+\b"
_FACTS = r"\s*((?:\[[^\[\]]*\]\s*)+)\Z"
_FACT = r"\[([^\[\]]*)\]"
_TITLE = r"[A-Z][^.]*:"
_REMARK = r"(.*\S) {2,}(\(.*\))"
_GLUE = "\xa0"  # the patterns above are compiled when a page is first written


class Page(click.HelpFormatter):
    """Writes one page. Its width is that of the terminal, 100 at most."""

    def write_heading(self, heading: str) -> None:
        """The title of a section."""
        self.write(f"{'':>{self.current_indent}}{bold(f'{heading}:')}\n")

    def write_text(self, text: str) -> None:
        """Paragraphs; one that begins with a backspace, as click has it, stands as it is and may be a section."""
        for number, paragraph in enumerate(text.split("\n\n")):
            if number:
                self.write("\n")
            lines = paragraph.strip("\n").split("\n")
            if lines[0].strip() == "\b":
                self._write_raw(lines[1:])
            else:
                self._write_filled(paragraph, self.current_indent)

    def _write_raw(self, lines: Sequence[str]) -> None:
        if re.fullmatch(_TITLE, lines[0]):
            self.write(f"{bold(lines[0])}\n")
            lines = lines[1:]
        for line in lines:
            for one in _fitting(line, self.width):
                self.write(f"{one}\n")

    def _write_filled(self, text: str, indent: int) -> None:
        for line in filled(text, self.width - indent):
            self.write(f"{'':>{indent}}{line}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Each term on a line of its own with its text below; facts in brackets at the end of a text are the last."""
        for term, text in rows:
            said, facts = described(text)
            shown, choices = _short(term, self.width - self.current_indent)
            self.write(f"{'':>{self.current_indent}}{bold(shown)}\n")
            if said:
                self._write_filled(said, self.current_indent + 4)
            if choices:
                self._write_filled(f"One of: {choices}.", self.current_indent + 4)
            if facts:
                self._write_filled("  ".join(f"[{fact}]" for fact in facts), self.current_indent + 4)

    def write_table(self, rows: Sequence[tuple[str, str]]) -> None:
        """Terms and short texts in two columns."""
        wide = max(len(term) for term, _ in rows)
        room = self.width - self.current_indent - wide - 2
        for term, text in rows:
            first, *more = filled(text, room)
            self.write(f"{'':>{self.current_indent}}{bold(term)}{'':>{wide - len(term)}}  {first}\n")
            for line in more:
                self.write(f"{'':>{self.current_indent + wide + 2}}{line}\n")


class PageContext(click.Context):
    """The context of a call whose help is such a page, with the defaults of all options."""

    formatter_class = Page

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **{"show_default": True, "help_option_names": ["-h", "--help"], **keywords})


def bold(text: str) -> str:
    """Strong, where the page goes to a terminal that shows it."""
    from steplane.cli.output import use_color

    return click.style(text, bold=True) if text and use_color(sys.stdout) else text


def filled(text: str, width: int) -> list[str]:
    """A paragraph as lines of at most that width. What stands in backticks or brackets, and an option with its value,
    stays on one line if any line can hold it.
    """
    glued = re.sub(_UNBROKEN, lambda found: found[0].replace(" ", _GLUE) if len(found[0]) <= width else found[0], text)
    lines = list(_wrapped(glued.replace("\n", " ").split(" "), width))
    if any(len(line) > width and _GLUE in line for line in lines):  # what stands before it makes it too long
        lines = list(_wrapped(text.replace("\n", " ").split(" "), width))
    return [line.replace(_GLUE, " ") for line in lines] or [""]


def _wrapped(words: Sequence[str], width: int) -> Iterator[str]:
    line = ""
    for word in filter(None, words):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield line


def described(text: str) -> tuple[str, list[str]]:
    """What is said of an option, and the facts in brackets behind it."""
    found = re.search(_FACTS, text)
    if found is None:
        return text, []
    facts = [_readable(part) for fact in re.findall(_FACT, found[1]) for part in _parts(fact)]
    return text[: found.start()].rstrip(), [fact for fact in facts if fact]


def _parts(fact: str) -> list[str]:
    """Click puts its facts into one pair of brackets: `default: 20; x>=0`."""
    first, _, last = fact.rpartition("; ")
    return [first, last] if first and re.match(r"x[<>]|\d+<=?x", last) else [fact]


def _readable(fact: str) -> str:
    """A fact in words; what goes without saying becomes nothing."""
    if fact in {'default: ""', "x>=0"}:
        return ""
    return re.sub(r"^x>=(\d+)$", r"at least \1", fact)


def _short(term: str, width: int) -> tuple[str, str]:
    """An option with more choices than a line can hold, and the choices apart."""
    found = re.search(r"\[([^\]|]*\|[^\]]*)\]", term)
    if found is None or len(term) <= width:
        return term, ""
    name = term.split()[-2].lstrip("-").upper()
    return term.replace(found[0], name), ", ".join(found[1].split("|"))


def _fitting(line: str, width: int) -> list[str]:
    """A line of an example; a remark in parentheses that finds no room stands below it."""
    remark = re.fullmatch(_REMARK, line) if len(line) > width else None
    return [line.rstrip()] if remark is None else [remark[1], f"      {remark[2]}"]
