"""Text to a tree in which every key and value knows its place.

Reading never raises on a mistake in the text: what is wrong is in `Document.diagnostics`. Nothing is imported before it
is used: a run of an unchanged file reads none.
"""

from typing import TYPE_CHECKING

from steplane.exports import lazily

if TYPE_CHECKING:
    from steplane.source.document import Document
    from steplane.source.nodes import Entry, Mapping, Node, Scalar, Sequence, plain
    from steplane.source.reader import read, read_file
    from steplane.source.scalars import canonical_text

__all__ = [
    "Document",
    "Entry",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "canonical_text",
    "plain",
    "read",
    "read_file",
]

_MODULES = {
    "Document": "document",
    "Entry": "nodes",
    "Mapping": "nodes",
    "Node": "nodes",
    "Scalar": "nodes",
    "Sequence": "nodes",
    "canonical_text": "scalars",
    "plain": "nodes",
    "read": "reader",
    "read_file": "reader",
}

__getattr__ = lazily(__name__, _MODULES)
