"""The fast path: plain paths and literals are read without Jinja2."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from msgspec import Struct

from steplane.expressions.frames import DECLARED, Frame, Run, item, key_run, name_run
from steplane.expressions.tokens import unescape

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_PATH = re.compile(rf"{_NAME}(?:\.{_NAME}|\['[^'\\]*'\]|\[\"[^\"\\]*\"\]|\[-?[0-9]{{1,9}}\])*", re.ASCII)
_STEP = re.compile(rf"\.({_NAME})|\['([^']*)'\]|\[\"([^\"]*)\"\]|\[(-?[0-9]+)\]", re.ASCII)
_WORD = re.compile(_NAME, re.ASCII)
_LONGEST = 400
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)
_STRING = re.compile(r"'[^'\\]*'|\"[^\"\\]*\"")
KEYWORDS = frozenset({"and", "or", "not", "if", "else", "in", "is"})
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "null": None, "none": None, "None": None}


class Step(Struct, frozen=True):
    """One part of a path: a key or an index, and where its own word stands."""

    key: str | int
    offset: int
    length: int


@lru_cache(maxsize=1024)
def read_path(text: str) -> tuple[Step, ...] | None:
    """The parts of `a.b['c'][0]`, or None when the text is anything else."""
    if len(text) > _LONGEST or not _PATH.fullmatch(text):
        return None
    first = _WORD.match(text)
    assert first is not None
    if first.group() in KEYWORDS or first.group() in _CONSTANTS:
        return None
    steps = [Step(first.group(), 0, first.end())]
    for match in _STEP.finditer(text, first.end()):
        group = match.lastindex or 1
        word = match.group(group)
        steps.append(Step(int(word) if group == 4 else word, match.start(group), len(word)))
    return tuple(steps)


def read_literal(text: str) -> tuple[Any] | None:
    """The value of a plain literal in a tuple of one, or None when the text is anything else."""
    if text in _CONSTANTS:
        return (_CONSTANTS[text],)
    if _NUMBER.fullmatch(text):
        return (float(text) if "." in text else int(text),)
    if _STRING.fullmatch(text):
        return (unescape(text[1:-1]),)
    return None


def describe(keys: tuple[str | int, ...]) -> str:
    """A path as an author writes it."""
    text = str(keys[0])
    for key in keys[1:]:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            text += f".{key}" if _WORD.fullmatch(key) else f"['{key}']"
    return text


def path_run(keys: tuple[str | int, ...]) -> Run:
    """The look-up of a whole path; it may give `Missing`."""
    run = name_run(str(keys[0]))
    for position, key in enumerate(keys[1:], start=1):
        path = describe(keys[:position])
        if isinstance(key, str):
            run = key_run(run, key, path, declared=position == 1 and keys[0] in DECLARED)
        else:
            run = _index_run(run, key, path)
    return run


def _index_run(inner: Run, index: int, path: str) -> Callable[[Frame], Any]:
    return lambda frame: item(inner(frame), index, path)


def missing_message(path: str, reason: str) -> str:
    """The sentence for a missing value that was used."""
    keys = tuple(step.key for step in read_path(path) or ())
    if len(keys) >= 4 and keys[0] == "steps" and keys[2] == "outputs":
        return f"the output `{keys[3]}` of step `{keys[1]}` is missing: {reason}"
    return f"`{path}` is missing: {reason}" if path else f"the value is missing: {reason}"
