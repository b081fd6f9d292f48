"""Where in a file the structure check stands, in the author's words."""

from msgspec import Struct

from steplane.diagnostics import Diagnostic, Span
from steplane.source.nodes import Mapping, Node, Scalar


class Place(Struct, frozen=True):
    """The keys since the last step (or the top), the step, the list's item, and the key's own node.

    `flow`: the key stands in braces. `needed`: what holds the key must have it.
    """

    keys: tuple[str, ...] = ()
    owner: str = ""
    item: int = 0
    key: Scalar | None = None
    flow: bool = False
    needed: bool = False

    def under(self, key: Scalar, *, flow: bool = False, needed: bool = False) -> "Place":
        """The place of the key's value."""
        keys = (*self.keys, f"{self.item}") if self.item else self.keys
        return Place((*keys, key.text), self.owner, 0, key, flow, needed)

    def at(self, number: int) -> "Place":
        """The place of a list's item; they count from 1."""
        return Place(self.keys, self.owner, number, self.key, self.flow, self.needed)

    def step(self, node: Node) -> "Place":
        """The place of a step."""
        return Place((), step_words(node), 0, None)

    def empty(self, span: Span, advice: str) -> Diagnostic:
        """What to say where nothing stands; `advice` is what to write."""
        omittable = not self.item and not self.needed and bool(self.keys)
        other = ", or leave the key out" if omittable else ", or leave it out" if self.item else ""
        message = f"{self.subject} is empty"
        return Diagnostic("empty", message, span, help=f"{advice}{other}", omittable=omittable)

    @property
    def subject(self) -> str:
        """What a message begins with: "`delay` of `retry` of step `build`"."""
        if not self.keys:
            return self.owner or "the file"
        name = f"`{'.'.join(self.keys)}`"
        whole = f"item {self.item} of {name}" if self.item else name
        return f"{whole} of {self.owner}" if self.owner else whole


def step_words(node: Node) -> str:
    """What a step is called in messages: by its id, its name, or its line."""
    for key in ("id", "name"):
        named = node.get(key) if isinstance(node, Mapping) else None
        if isinstance(named, Scalar) and named.text.strip() and len(named.text) <= 60 and "\n" not in named.text:
            return f"step `{named.text}`"
    return f"the step in line {node.span.line}"


def is_flow(node: Mapping) -> bool:
    """Whether the mapping is written in braces: it begins before its first key."""
    first = node.entries[0].key.span if node.entries else node.span
    return (node.span.line, node.span.column) < (first.line, first.column)
