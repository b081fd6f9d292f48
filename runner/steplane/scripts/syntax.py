"""The syntax tree of a shell script, by tree-sitter; the only module that imports it."""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

LEVELS = 500
"""Constructs inside each other around a value."""


@cache
def _parser() -> "Parser":
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def parse(source: bytes) -> "Node":
    """The root of the tree; `has_error` tells whether some of the text was not understood."""
    return _parser().parse(source).root_node


def node_at(root: "Node", start: int, end: int) -> "Node":
    """The smallest node that covers these bytes."""
    found = root.descendant_for_byte_range(start, end)
    return root if found is None else found


def ancestors(node: "Node") -> Iterator[tuple["Node", "Node"]]:
    """(child, parent) from the node's own parent to the root."""
    child, parent = node, _parent(node)
    while parent is not None:
        yield child, parent
        child, parent = parent, _parent(parent)


@lru_cache(maxsize=100_000)
def _parent(node: "Node") -> "Node | None":
    """Kept, for the parser looks for it from the root down, and many values stand below the same."""
    return node.parent


def forget() -> None:
    """Let go of the trees that were read."""
    _parent.cache_clear()


def is_deep(root: "Node", at: int) -> bool:
    """Whether a byte stands deeper in the tree than is looked at."""
    cursor = root.walk()
    return all(cursor.goto_first_child_for_byte(at) is not None for _ in range(LEVELS))


def text_of(node: "Node") -> str:
    """The node's own text."""
    return (node.text or b"").decode()


def contains(node: "Node", start: int, end: int) -> bool:
    """Whether the bytes lie within the node."""
    return bool(node.start_byte <= start and end <= node.end_byte)
