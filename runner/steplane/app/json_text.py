"""JSON that a person has written: what is wrong with it is told with its place, and nothing of it is taken silently."""

import re
from typing import Any

import msgspec

_PIECE = r'"(?:[^"\\]|\\.)*"|[{}\[\],:]'
_HALF = (
    r"(?<!\\)(?:\\\\)*"
    r"(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(\\u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)
"""A pair of surrogates, or (the second group) half of one; not behind a backslash that is escaped."""


class WrongJson(ValueError):
    """The text is no JSON that can be taken. Its words say where and why; `hidden` the same without any of the text."""

    def __init__(self, hidden: str, shown: str) -> None:
        super().__init__(f"{hidden}: {shown}" if shown else hidden)
        self.hidden = hidden


def parse(text: str) -> Any:
    """The data. Raises `WrongJson`."""
    try:
        data = msgspec.json.decode(text)
        twice = isinstance(data, dict | list) and _has_twice(text)
    except RecursionError:
        raise WrongJson("it is nested too deep", "") from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise _wrong(text, str(error)) from None
    if twice:
        raise _twice(text)
    return data


def _wrong(text: str, words: str) -> WrongJson:
    for half in re.finditer(_HALF, text):
        if half[2]:
            return WrongJson(f"{_place(text, half.start(2))}: half of a character (a lone surrogate)", f"`{half[2]}`")
    words = words.replace("JSON is malformed: ", "")
    byte = re.search(r" \(byte (\d+)\)$", words)
    if byte is None:
        return WrongJson("it ends too early" if "truncated" in words else words, "")
    before = text.encode("utf-8", "replace")[: int(byte[1])].decode("utf-8", "ignore")
    return WrongJson(f"{_place(text, len(before))}: {words[: byte.start()]}", "")


def _has_twice(text: str) -> bool:
    """Whether an object has a key twice: quick, and without telling where."""
    import json

    found = False

    def pairs(entries: list[tuple[str, Any]]) -> None:
        nonlocal found
        found = found or len({key for key, _ in entries}) < len(entries)

    json.loads(text, object_pairs_hook=pairs, parse_int=len, parse_float=len)  # numbers of any length
    return found


def _twice(text: str) -> WrongJson:
    """Where the first key stands that its object has already."""
    import json

    around: list[set[str] | None] = []  # the keys of each object that is open; None is an array
    last: re.Match[str] | None = None
    for token in re.finditer(_PIECE, text):
        sign = token[0]
        if sign in "{[":
            around.append(set() if sign == "{" else None)
        elif sign in "}]":
            around.pop()
        elif sign == ":" and last is not None and around and (keys := around[-1]) is not None:
            key = json.loads(last[0])
            if key in keys:
                return WrongJson(f"{_place(text, last.start())}: a key stands twice in one object", f"`{key}`")
            keys.add(key)
        last = token
    raise AssertionError("no key stands twice")


def _place(text: str, offset: int) -> str:
    line = text.count("\n", 0, offset) + 1
    return f"line {line}, column {offset - (text.rfind(chr(10), 0, offset) + 1) + 1}"
