"""Whole templates: a text of its own, with values of its own."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from steplane.expressions.blocks import compile_tree
from steplane.expressions.faults import ExpressionError, Missing, SyntaxFault, UnreadableTemplate
from steplane.expressions.frames import Frame, Run, unknown
from steplane.expressions.grammar import parse_template
from steplane.expressions.pieces import Marks
from steplane.expressions.usage import unknown_calls

if TYPE_CHECKING:
    from steplane.expressions.engine import Engine


class Values(Mapping[str, Any]):
    """The values of a template. A name that is none of them is missing: `default` and `is defined` may catch it."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        return Missing(unknown("it is not among the values of the template", name, self._values))

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def render(engine: "Engine", text: str, values: Mapping[str, Any], marks: Marks) -> str:
    """The text of a template. Raises UnreadableTemplate, MissingValue, ExpressionError, with the place in it."""
    try:
        return str(_compiled(engine, text, marks)(Frame(Values(values), engine)))
    except ExpressionError as error:
        error.line, error.column = place(text, error.offset)
        raise
    except (RecursionError, MemoryError) as error:
        raise ExpressionError(f"this is too large to be rendered ({type(error).__name__})", 1, 1) from None


def _compiled(engine: "Engine", text: str, marks: Marks) -> Run:
    try:
        tree = parse_template(text, marks)
        for fault in unknown_calls(text, tree, engine.filters):
            raise fault
        return compile_tree(tree)
    except SyntaxFault as fault:
        raise UnreadableTemplate(f"{fault}{fault.hint}", offset=fault.offset) from None


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of an offset."""
    before = text[:offset]
    return before.count("\n") + 1, len(before) - before.rfind("\n")
