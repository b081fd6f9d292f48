"""Answers as lines: the kind, the value, a description."""

from collections.abc import Iterable, Iterator
from typing import Any

from click.shell_completion import CompletionItem

PATHS = ("file", "dir", "yaml")
"""Kinds of answers that are all paths of a kind."""

_LONGEST = 100


def described(items: Iterable[CompletionItem[Any]]) -> Iterator[str]:
    """One line for each, for shells that quote and describe by themselves.

    `value`: a word; `file`, `dir`, `yaml` (workflow files): the shell's own paths, after the prefix that stands in
    place of the value.
    """
    for item in items:
        value = str(item.value)
        if fits(value):
            kind = item.type if item.type in PATHS else "value"
            yield f"{kind}\t{value}\t{line_of(item.help)}"


def fits(value: str) -> bool:
    """Whether a value can stand on a command line as it is."""
    return value.isprintable()


def line_of(text: str | None) -> str:
    """A description on one line of bearable length, with nothing in it that a terminal obeys."""
    if not text:
        return ""
    from steplane.reporters.paint import visible

    shown = visible(" ".join(text.split()))
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 3]}..."
