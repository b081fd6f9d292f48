"""Ids of steps: as given, else from the name, else from the position."""

import re
from collections.abc import Iterator

from steplane.source.nodes import Mapping, Node, Scalar, Sequence

VALID = re.compile(r"[a-z][a-z0-9_]*")
"""What an id looks like."""


def slug(name: str) -> str | None:
    """A name as an id (lower case, other characters to `_`), or None where that gives none."""
    text = re.sub(r"[^a-z0-9_]", "_", name.lower())
    return text if VALID.fullmatch(text) else None


OPAQUE = frozenset({"with", "env", "vars", "inputs"})
"""Keys below which an `id` is data of the author's, and names no step."""


def written_ids(root: Node) -> Iterator[str]:
    """The ids that the author gave to steps, at any depth."""
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, Sequence):
            pending += node.items
        elif isinstance(node, Mapping):
            given = node.get("id")
            if isinstance(given, Scalar):
                yield given.text
            pending += [entry.value for entry in node.entries if entry.name not in OPAQUE]


class Identities:
    """Gives each step of a file its id; ids that the author gave are taken before the first is derived."""

    def __init__(self, root: Mapping) -> None:
        self._used = set(written_ids(root))

    def derive(self, name: str | None, position: str) -> str:
        """An id that is not used yet: of the name, else `position`, with `_2`, `_3`, ... where that is taken."""
        named = slug(name) if name else None
        if named is not None and named not in self._used:
            self._used.add(named)
            return named
        derived, number = position, 1
        while derived in self._used:
            number += 1
            derived = f"{position}_{number}"
        self._used.add(derived)
        return derived
