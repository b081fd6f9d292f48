"""From the model to the plan: loops."""

from typing import Any

from steplane import model
from steplane.expressions import uses
from steplane.expressions.templates import Literal, Template
from steplane.plan.nodes import ForEach, Loop, Matrix, Rounds


def count_of(count: model.Count | None) -> Template | None:
    """A number as it is written: a literal, or an expression."""
    if count is None:
        return None
    return Literal(count.number) if count.value is None else count.value.template


def loop_of(step: model.Step) -> Loop | None:
    """What repeats the step, if anything does."""
    loop = step.loop
    if isinstance(loop, model.ForEach):
        common = _spread(loop.spread)
        common["concurrency"] = common["concurrency"] or Literal(1)
        opened = loop.open.text if loop.open is not None else ""
        return ForEach(items=loop.items.template, name=loop.item.text, open=opened, **common)
    if isinstance(loop, model.Matrix):
        return Matrix(
            axes=tuple((axis.name.text, axis.values.template) for axis in loop.axes),
            exclude=tuple(one.template for one in loop.exclude),
            include=tuple(one.template for one in loop.include),
            **_spread(loop.spread),
        )
    return _rounds(step, loop) if isinstance(loop, model.While | model.Until) else None


def _rounds(step: model.Step, loop: model.While | model.Until) -> Rounds:
    before, condition = isinstance(loop, model.While), loop.condition.expression
    keeps: dict[str, None] = {}
    if isinstance(step.action, model.Run | model.Uses) and step.outputs is not None and not before:
        looked = [use.path for use in uses(condition) if use.path[0] == "result"]
        keeps = dict.fromkeys(path[1] if len(path) > 1 else "*" for path in looked)
    return Rounds(condition, before, loop.limit, tuple(keeps))


def _spread(spread: model.Spread) -> dict[str, Any]:
    tolerance = spread.max_failures
    return {
        "key": spread.key.template if spread.key else None,
        "concurrency": count_of(spread.concurrency),
        "allowed": tolerance.count if tolerance else 0,
        "allowed_percent": tolerance.percent if tolerance else None,
        "enough": spread.complete.number if isinstance(spread.complete, model.Count) else None,
        "complete": spread.complete.expression if isinstance(spread.complete, model.Condition) else None,
        "cancel_rest": spread.rest == "cancel",
    }
