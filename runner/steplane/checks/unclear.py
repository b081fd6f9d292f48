"""What a file declares in parts that could not be read: a misspelt key, a wrong kind, a syntax error.

The mistake itself has been said. Of a name that such a part may hold nothing is known, so nothing more is said of it.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from steplane.diagnostics import Diagnostic, Span
from steplane.model.reading.identity import written_ids
from steplane.schema.keys import RENAMING, meaning
from steplane.schema.steps import LOOPS
from steplane.source import Document
from steplane.source.nodes import Entry, Mapping, Node, Scalar, Sequence

_WORD = re.compile(r"[A-Za-z_][\w-]*")


class Declared(Struct, frozen=True):
    """The names under a key as they are spelled, right or wrong; with `any_name` it may hold others."""

    names: frozenset[str]
    any_name: bool = False

    def may_have(self, name: str) -> bool:
        """Whether the name is declared, as far as can be known."""
        return self.any_name or name in self.names


class Unclear:
    """The parts of one file that could not be read, by what the check of its shape has said."""

    def __init__(self, document: Document, shape: Iterable[Diagnostic]) -> None:
        self._document = document
        self._in_lines: dict[tuple[int, int], frozenset[str]] = {}
        said = list(shape)
        self._renamed = {one.span: one for one in said if one.code in RENAMING}
        self._errors = {one.span for one in said if one.severity == "error"}

    def meaning(self, entry: Entry, level: str) -> str:
        """The key that an entry stands for: its own, or, where it is misspelt or another tool's, ours."""
        found = self._renamed.get(entry.key.span)
        return entry.name if found is None else meaning(found, entry, level)

    def declared(self, owner: Mapping, key: str, level: str) -> Declared:
        """The names under a key of the workflow or of a step, or under what stands for it."""
        names: set[str] = set()
        any_name = False
        for entry in owner.entries:
            if self.meaning(entry, level) != key:
                continue
            if isinstance(entry.value, Mapping):
                names |= {one.name for one in entry.value.entries}
            elif isinstance(entry.value, Sequence) and key == "outputs":
                names |= {one.text for one in entry.value.items if isinstance(one, Scalar)}
            else:
                any_name = True
            if self._document.is_broken(entry.key.span):
                names.update(*self._words(self._document.broken))
        for words in self._words(span for span in self._document.broken if _touch(span, owner.span)):
            names |= words if key in words else set()
        return Declared(frozenset(names), any_name)

    def loop_names(self, step: Mapping) -> frozenset[str]:
        """The names that a loop of the step brings that is misspelt or of another kind than a loop can be."""
        names: set[str] = set()
        for entry in step.entries:
            key = self.meaning(entry, "step")
            if key in LOOPS and (key != entry.name or entry.value.span in self._errors):
                names |= {"loop", "matrix"} if key == "matrix" else {"loop", "item"} if key == "foreach" else {"loop"}
            if entry.name == "as" and isinstance(entry.value, Scalar):
                names.add(entry.value.text)
        return frozenset(names) if "loop" in names else frozenset()

    def ids(self, root: Node, known: Iterable[str]) -> frozenset[str]:
        """The ids below keys that are no keys here: they would be steps."""
        return frozenset(written_ids(root)).difference(known) if self._renamed else frozenset()

    def _words(self, stretches: Iterable[Span]) -> Iterator[frozenset[str]]:
        """The words of the lines of each stretch; what stands on the same lines is looked at once."""
        for lines in dict.fromkeys((one.line, one.end_line) for one in stretches):
            if lines not in self._in_lines:
                text = "\n".join(self._document.lines[lines[0] - 1 : lines[1]])
                self._in_lines[lines] = frozenset(_WORD.findall(text))
            yield self._in_lines[lines]


def _touch(one: Span, other: Span) -> bool:
    return (one.line, one.column) < (other.end_line, other.end_column) and (other.line, other.column) < (
        one.end_line,
        one.end_column,
    )


__all__ = ["Declared", "Unclear"]
