"""The tree of a YAML file with the place of every key and value."""

from typing import TypeAlias

from msgspec import Struct

from steplane.diagnostics import Span


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
        for entry in self.entries:
            if entry.key.text == name:
                return entry
        return None


class Sequence(Struct, frozen=True, eq=False):
    """A list of nodes."""

    items: tuple["Node", ...]
    span: Span


Node: TypeAlias = Scalar | Mapping | Sequence


def plain(node: Node) -> object:
    """The node as plain data: mappings, lists, texts, numbers, booleans and null."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {entry.name: plain(entry.value) for entry in node.entries}
