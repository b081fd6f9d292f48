"""Text to a tree in which every key and value knows its place.

Reading never raises on a mistake in the text: what is wrong is in `Document.diagnostics`.
"""

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
