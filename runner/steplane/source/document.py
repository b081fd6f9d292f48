"""A file that was read: its text, its tree and what is wrong with it as YAML."""

from msgspec import Struct, field

from steplane.diagnostics import Diagnostic, Span
from steplane.source.nodes import Node, Scalar
from steplane.source.places import Places
from steplane.source.stretches import Stretches


class Document(Struct, frozen=True, eq=False):
    """A file that was read. `root` is the mapping at the top, or None where nothing could be read.

    `lines` are the lines without their ends. `broken` are stretches that could not be read as they stand (a step with a
    syntax error in it): the tree holds what is healthy of them, so nothing can be said there about what is missing.
    """

    file: str
    text: str
    lines: tuple[str, ...]
    root: Node | None
    diagnostics: tuple[Diagnostic, ...] = ()
    broken: tuple[Span, ...] = ()
    _places: list[Places] = field(default_factory=list)
    _stretches: list[Stretches] = field(default_factory=list)

    def place(self, scalar: Scalar, offset: int, length: int = 1) -> Span:
        """The place of `length` characters from `offset` of the scalar's decoded text.

        Where the text cannot be found again in the source (an alias, for example), it is the scalar's own start.
        """
        return self._look().place(scalar, offset, length)

    def comment_after(self, scalar: Scalar) -> bool:
        """Whether a comment cuts off an unquoted scalar on its line."""
        if not scalar.plain or not scalar.text:
            return False
        rest = self.lines[scalar.span.end_line - 1][scalar.span.end_column - 1 :]
        return rest[:1] in {" ", "\t"} and rest.lstrip().startswith("#") and self._look().is_written_here(scalar)

    def _look(self) -> Places:
        if not self._places:
            self._places.append(Places(self.lines))
        return self._places[0]

    def is_broken(self, span: Span) -> bool:
        """Whether a stretch that could not be read touches this place, so that what is said of it may be untrue."""
        if not self.broken:
            return False
        if not self._stretches:
            self._stretches.append(Stretches(self.broken))
        return self._stretches[0].touches(span)
