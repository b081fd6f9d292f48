"""Keys of a loop over a list that stands in the file: each once."""

import math
from collections.abc import Iterator
from typing import Any

from steplane.checks.context import Context, words_for
from steplane.diagnostics import Diagnostic, Related, Span
from steplane.expressions import Engine, ExpressionError, Literal, uses
from steplane.expressions.combining import combined, key_part, row_key
from steplane.model import Axis, ForEach, Matrix, Step, Workflow
from steplane.source.nodes import Sequence

_MOST = 10_000
"""Combinations that are looked at before the run; the run looks at all."""


def check_keys(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Items of a literal list for which `key` is the same; a value that an axis of a matrix has twice."""
    for position in context.positions:
        step, loop = position.step, position.step.loop
        if isinstance(loop, ForEach):
            yield from _twice(step, loop)
        elif isinstance(loop, Matrix) and loop.spread.key is None:
            for axis in loop.axes if not loop.exclude else ():
                yield from _twice_on(step, axis)
            yield from _twice_added(step, loop)


def _twice_on(step: Step, axis: Axis) -> Iterator[Diagnostic]:
    """Values of an axis that are written alike in the keys of the combinations."""
    values, node = axis.values.template, axis.values.node
    if not isinstance(values, Literal) or not isinstance(node, Sequence):
        return
    seen: dict[str, Span] = {}
    for value, item in zip(values.value, node.items, strict=True):
        text = key_part(value)
        if text in seen:
            name = axis.name.text
            message = (
                f"two combinations of {words_for(step)} have the key `{name}={text}`: `{name}` has that value twice"
            )
            related = (Related(seen[text], "the first one"),)
            yield Diagnostic("duplicate-item", message, item.span, related=related,
                             help="take one out, or let `key` tell them apart")  # fmt: skip
        seen.setdefault(text, item.span)


def _twice_added(step: Step, loop: Matrix) -> Iterator[Diagnostic]:
    """Combinations that `include` adds, with the key of another, where all values stand in the file."""
    axes = {axis.name.text: axis.values.template for axis in loop.axes}
    lists = {name: one.value for name, one in axes.items() if isinstance(one, Literal) and isinstance(one.value, list)}
    excluded, included = ([one.template for one in values] for values in (loop.exclude, loop.include))
    known = [one.value for one in (*excluded, *included) if isinstance(one, Literal) and isinstance(one.value, dict)]
    if not included or len(lists) < len(axes) or len(known) < len(excluded) + len(included):
        return
    if math.prod(map(len, lists.values())) > _MOST:
        return
    rows, added = combined(lists, known[: len(excluded)], known[len(excluded) :])
    keys = [row_key(lists, row, index) for index, row in enumerate(rows)]
    spans = [None] * (len(rows) - len(added)) + [loop.include[position].span for position in added]
    seen: dict[str, Span | None] = {}
    for key, span in zip(keys, spans, strict=True):
        first = seen.setdefault(key, span)
        if span is not None and first is not span:
            message = f"two combinations of {words_for(step)} have the key `{key}`"
            related = (Related(first, "the first one"),) if first is not None else ()
            yield Diagnostic("duplicate-item", message, span, related=related,
                             help="take one out, or let `key` tell them apart")  # fmt: skip


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
