"""The syntax tree of a shell script, by tree-sitter; the only module that imports it."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


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
    child, parent = node, node.parent
    while parent is not None:
        yield child, parent
        child, parent = parent, parent.parent


def text_of(node: "Node") -> str:
    """The node's own text."""
    return (node.text or b"").decode()


def contains(node: "Node", start: int, end: int) -> bool:
    """Whether the bytes lie within the node."""
    return bool(node.start_byte <= start and end <= node.end_byte)
