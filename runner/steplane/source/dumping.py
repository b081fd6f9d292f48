"""Plain data as YAML text that reads back equal by the rules of this package."""

from collections.abc import Callable
from typing import Any

import yaml

from steplane.source.limits import SCALAR_CHARACTERS
from steplane.source.scalars import BadNumber, resolve


class _Page:
    """What is written to. `allow` is told again and again how long the text is, and may raise."""

    def __init__(self, allow: Callable[[int], None] | None) -> None:
        self.pieces: list[str] = []
        self.size = 0
        self.allow = allow

    def write(self, piece: str) -> None:
        self.pieces.append(piece)
        self.size += len(piece)
        self.work()

    def work(self) -> None:
        """Something was done; nothing need have been written yet."""
        if self.allow is not None:
            self.allow(self.size)

    def take(self, text: str) -> None:
        """Raises `ValueError` for a text that would not be read again, and takes long to be looked through."""
        if self.allow is not None and len(text) > SCALAR_CHARACTERS:
            raise ValueError(f"a text in it has {len(text):,} characters; at most {SCALAR_CHARACTERS:,} are read again")


class _Dumper(yaml.SafeDumper):
    """Quotes every text that would otherwise be read as something else."""

    stream: _Page

    def represent_data(self, data: Any) -> yaml.Node:
        self.stream.work()
        return super().represent_data(data)

    def anchor_node(self, node: yaml.Node) -> None:
        self.stream.work()
        super().anchor_node(node)

    def ignore_aliases(self, data: Any) -> bool:
        return True


_BREAKS = frozenset("\x85\u2028\u2029")
"""Ends of lines to YAML 1.1, which only escapes keep as they are."""


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    dumper.stream.take(value)
    style = "|" if "\n" in value else None
    if not _BREAKS.isdisjoint(value) or (style is None and not _stays_text(value)):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _stays_text(value: str) -> bool:
    try:
        return isinstance(resolve(value), str)
    except BadNumber:
        return False


_Dumper.add_representer(str, _text)


def dump(value: Any, allow: Callable[[int], None] | None = None) -> str:
    """The value as block YAML, keys in their order. No mark ends it: it may become a part of another text.

    With `allow` it is bounded: that is called with the characters that were written, again and again, and ends it by
    raising; a text that would not be read again raises `ValueError`.
    """
    page = _Page(allow)
    yaml.dump(value, page, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=120)
    text = "".join(page.pieces)
    return text[:-4] if text.endswith("\n...\n") else text
