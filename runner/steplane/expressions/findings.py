"""What is wrong in an expression, with its place in the text."""

from typing import Any

from msgspec import Struct

from steplane.expressions.comparing import start_of
from steplane.expressions.types import Type, in_words
from steplane.expressions.writing import source_of


class Finding(Struct, frozen=True):
    """Something that cannot work (an error), or that never holds (`vain`). `offset` is counted in the expression."""

    code: str
    message: str
    offset: int
    length: int
    help: str = ""
    meant: str = ""
    vain: bool = False


class Findings:
    """Gathers what is wrong in one expression, in `found`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Finding] = []

    def report(self, code: str, message: str, offset: int, length: int, *, help_: str = "", meant: str = "") -> None:
        """Something cannot work."""
        self.found.append(Finding(code, message, offset, length, help_, meant))

    def vain(self, message: str, node: Any, help_: str = "") -> None:
        """Something never holds."""
        self.found.append(
            Finding(
                "never-holds", message, *self.stretch(node), help_ or "mend the comparison, or take it out", vain=True
            )
        )

    def words(self, node: Any, given: Type) -> str:
        """What a node is."""
        name = source_of(node) if type(node).__name__ != "Const" else ""
        return f"`{name}` is {in_words(given)}" if name else f"this is {in_words(given)}"

    def key(self, node: Any, part: str) -> tuple[int, int]:
        """Where the key behind a node stands."""
        place = self.text.find(part, node.lineno or 0)
        return (place, len(part)) if place >= 0 else (node.lineno or 0, 1)

    def stretch(self, node: Any) -> tuple[int, int]:
        """Where a node stands, as far as its text is plain."""
        start = start_of(node)
        if type(node).__name__ == "Const" and self.text[start : start + 1] in ("'", '"'):
            end = self.text.find(self.text[start], start + 1)
            return start, max(1, end + 1 - start)
        source = source_of(node)
        return start, len(source) if source and self.text.startswith(source, start) else 1
