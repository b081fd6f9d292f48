"""Keys of a loop over a list that stands in the file: each once."""

from collections.abc import Iterator
from typing import Any

from steplane.checks.context import Context, words_for
from steplane.diagnostics import Diagnostic, Related, Span
from steplane.expressions import Engine, ExpressionError, Literal, uses
from steplane.model import ForEach, Step, Workflow
from steplane.source.nodes import Sequence


def check_keys(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Items of a literal list for which `key` is the same."""
    for position in context.positions:
        if isinstance(position.step.loop, ForEach):
            yield from _twice(position.step, position.step.loop)


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
