"""Keys of a loop over a list that stands in the file: each once."""

from collections.abc import Iterator
from typing import Any

from steplane.checks.context import Context, words_for
from steplane.diagnostics import Diagnostic, Related, Span
from steplane.expressions import Engine, ExpressionError, Literal, uses
from steplane.expressions.limits import Budget
from steplane.expressions.values import text_of
from steplane.model import Axis, ForEach, Matrix, Step, Workflow
from steplane.source.nodes import Sequence


def check_keys(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Items of a literal list for which `key` is the same; a value that an axis of a matrix has twice."""
    for position in context.positions:
        step, loop = position.step, position.step.loop
        if isinstance(loop, ForEach):
            yield from _twice(step, loop)
        elif isinstance(loop, Matrix) and loop.spread.key is None and not loop.exclude:
            for axis in loop.axes:
                yield from _twice_on(step, axis)


def _twice_on(step: Step, axis: Axis) -> Iterator[Diagnostic]:
    """Values of an axis that are written alike in the keys of the combinations."""
    values, node = axis.values.template, axis.values.node
    if not isinstance(values, Literal) or not isinstance(node, Sequence):
        return
    seen: dict[str, Span] = {}
    for value, item in zip(values.value, node.items, strict=True):
        text = "null" if value is None else text_of(value, Budget())
        if text in seen:
            name = axis.name.text
            message = (
                f"two combinations of {words_for(step)} have the key `{name}={text}`: `{name}` has that value twice"
            )
            related = (Related(seen[text], "the first one"),)
            yield Diagnostic("duplicate-item", message, item.span, related=related,
                             help="take one out, or let `key` tell them apart")  # fmt: skip
        seen.setdefault(text, item.span)


def _twice(step: Step, loop: ForEach) -> Iterator[Diagnostic]:
    key, items, node = loop.spread.key, loop.items.template, loop.items.node
    if key is None or not isinstance(items, Literal) or not isinstance(items.value, list):
        return
    if not isinstance(node, Sequence) or any(use.path[0] != loop.item.text for use in uses(key.template)):
        return
    if not uses(key.template):
        return  # the same for all: said elsewhere
    seen: dict[str, Span] = {}
    for value, item in zip(items.value, node.items, strict=True):
        text = _key(key.template, loop.item.text, value)
        if text is None:
            return
        if text in seen:
            message = f"two items of {words_for(step)} have the key `{text}`"
            related = (Related(seen[text], "the first one"),)
            yield Diagnostic("duplicate-item", message, item.span, related=related,
                             help="take one out, or let `key` tell them apart")  # fmt: skip
        seen.setdefault(text, item.span)


def _key(template: Any, name: str, value: Any) -> str | None:
    try:
        return str(Engine().render_text(template, {name: value}))
    except ExpressionError:
        return None
