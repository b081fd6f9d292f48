"""An item that a signal adds to a loop that is kept open: its key, and how many instances may fail by then."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from steplane.driver.names import counters
from steplane.driver.refusal import Refused
from steplane.expressions.limits import Budget
from steplane.expressions.values import text_of
from steplane.kernel import Instance
from steplane.plan.nodes import ForEach, Matrix, Spread

if TYPE_CHECKING:
    from steplane.driver.evaluate import Evaluator

_ENTRY = frozenset({"key", "value"})


def allowed_of(loop: Spread, size: int) -> int:
    """How many of so many instances may fail."""
    return loop.allowed if loop.allowed_percent is None else int(size * loop.allowed_percent / 100 + 1e-9)


def added(evaluator: "Evaluator", here: Instance) -> dict[str, Any]:
    """What becomes of the item that is next to be added. Raises `Refused`, `ExpressionError`."""
    loop, spec = here.loop, here.node.loop
    assert loop is not None
    assert isinstance(spec, ForEach | Matrix)
    signal = loop.inbox[0]
    key = evaluator.mask.text(_key(evaluator, here, signal.data))
    evaluator.recordable("a key of the loop", key)
    if key in loop.keys:
        message = f"the item that the signal `{signal.name}` brings has the key `{key}`, as one before it; `key` must"
        raise Refused("input.invalid", f"{message} tell them apart")
    return {"key": key, "allowed": allowed_of(spec, len(loop.keys) + 1)}


def _key(evaluator: "Evaluator", here: Instance, item: Any) -> str:
    """By `key`; else that of an entry, as of a mapping; else its number."""
    loop, spec = here.loop, here.node.loop
    assert loop is not None
    assert isinstance(spec, ForEach)
    index = len(loop.keys)
    if spec.key is not None:
        numbers = counters(index, index + 1, more=True)
        names = {**evaluator.context(here), "loop": numbers, spec.name: item}
        return str(evaluator.engine.shown(spec.key, evaluator.engine.render_text(spec.key, names)))
    if isinstance(item, Mapping) and item.keys() == _ENTRY and item["key"] is not None:
        return text_of(item["key"], Budget())
    return str(index)
