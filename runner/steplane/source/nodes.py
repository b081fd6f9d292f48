"""The tree of a YAML file with the place of every key and value."""

from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

from steplane.diagnostics import Span

WIDE = 64
"""Entries of a mapping from which on it is worth an index."""


class Scalar(Struct, frozen=True, eq=False):
    """A leaf. `value` follows the YAML 1.2 core schema, `text` is the decoded text, `plain`: it was unquoted."""

    value: bool | int | float | str | None
    text: str
    span: Span
    plain: bool = True


class Entry(Struct, frozen=True, eq=False):
    """One key of a mapping with its value. Keys are text."""

    key: Scalar
    value: "Node"

    @property
    def name(self) -> str:
        """The key's text."""
        return self.key.text


class Mapping(Struct, frozen=True, eq=False):
    """Keys in the order of the file, merges (`<<`) already applied, each key once."""

    entries: tuple[Entry, ...]
    span: Span

    def get(self, name: str) -> "Node | None":
        """The value under the key, or None."""
        for entry in self.entries:  # the most asked question of all: without a further call
            if entry.key.text == name:
                return entry.value
        return None

    def entry(self, name: str) -> Entry | None:
        """Key and value, or None."""
        if len(self.entries) > WIDE:
            return _by_name(self).get(name)
        for entry in self.entries:
            if entry.key.text == name:
                return entry
        return None


@lru_cache(maxsize=8)
def _by_name(mapping: Mapping) -> dict[str, Entry]:
    """Its entries by their names: of thousands each is asked for."""
    return {entry.key.text: entry for entry in reversed(mapping.entries)}


class Sequence(Struct, frozen=True, eq=False):
    """A list of nodes."""

    items: tuple["Node", ...]
    span: Span


Node: TypeAlias = Scalar | Mapping | Sequence


def moved(node: Node, span: Span) -> Node:
    """The node at the place of an alias; what is inside it keeps its own places."""
    if isinstance(node, Scalar):
        return Scalar(node.value, node.text, span, node.plain)
    if isinstance(node, Sequence):
        return Sequence(node.items, span)
    return Mapping(node.entries, span)


def plain(node: Node) -> object:
    """The node as plain data: mappings, lists, texts, numbers, booleans and null."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {entry.name: plain(entry.value) for entry in node.entries}


def with_keys(root: Mapping, names: dict[Span, str]) -> Mapping:
    """The tree with other names for the keys at some places. What holds none of them is shared, and so are aliases."""
    done: dict[int, Node] = {}

    def renamed(node: Node) -> Node:
        if isinstance(node, Scalar):
            return node
        if id(node) not in done:
            done[id(node)] = sequence(node) if isinstance(node, Sequence) else mapping(node)
        return done[id(node)]

    def sequence(node: Sequence) -> Node:
        items = tuple(renamed(item) for item in node.items)
        changed = any(one is not other for one, other in zip(items, node.items, strict=True))
        return Sequence(items, node.span) if changed else node

    def mapping(node: Mapping) -> Mapping:
        entries = tuple(entry(one) for one in node.entries)
        changed = any(one is not other for one, other in zip(entries, node.entries, strict=True))
        return Mapping(entries, node.span) if changed else node

    def entry(one: Entry) -> Entry:
        value, name = renamed(one.value), names.get(one.key.span)
        if name is not None:
            return Entry(Scalar(name, name, one.key.span, one.key.plain), value)
        return one if value is one.value else Entry(one.key, value)

    return mapping(root)
