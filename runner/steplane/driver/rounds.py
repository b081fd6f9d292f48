"""Whether a loop goes on: `while`, `until` and `complete`; what rounds see of each other: `loop` and `result`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from steplane.driver.names import Lazy
from steplane.driver.views import round_view
from steplane.kernel import Instance, bodies
from steplane.plan.nodes import ForEach, Matrix, Rounds

if TYPE_CHECKING:
    from steplane.driver.evaluate import Evaluator


def is_complete(evaluator: "Evaluator", here: Instance) -> bool:
    """Whether enough of the instances have ended. Raises `ExpressionError`, `Refused`, as the others do."""
    loop, spec = here.loop, here.node.loop
    assert loop is not None
    assert isinstance(spec, ForEach | Matrix)
    assert spec.complete is not None
    last = loop.latest or here
    context = evaluator.context(last, result=_result(last, last.outputs))
    return evaluator.holds(spec.complete, {**context, "steps": evaluator.steps_and(here, last)})


def wants_round(evaluator: "Evaluator", here: Instance) -> bool:
    """Whether the `while` of a loop holds."""
    return evaluator.holds(_spec(here).condition, {**evaluator.context(here), "loop": before_round(here)})


def has_done(evaluator: "Evaluator", here: Instance) -> bool:
    """Whether the `until` of a loop holds."""
    last, loop, result = after_round(here)
    context = {**evaluator.context(last, result=result), "loop": loop, "steps": evaluator.steps_and(here, last)}
    return evaluator.holds(_spec(here).condition, context)


def added_item(evaluator: "Evaluator", here: Instance) -> dict[str, Any]:
    """The key of a further item."""
    from steplane.driver.adding import added

    return added(evaluator, here)


QUESTIONS: dict[str, Callable[["Evaluator", Instance], Any]] = {
    "complete": is_complete,
    "item": added_item,
    "while": wants_round,
    "until": has_done,
}
"""What is asked of a loop."""


def _spec(here: Instance) -> Rounds:
    loop = here.node.loop
    assert isinstance(loop, Rounds)
    return loop


def before_round(outer: Instance) -> Lazy:
    """`loop` for the question whether another round is wanted: it counts the coming one."""
    rounds = outer.loop.instances if outer.loop is not None else []
    return _loop(len(rounds), rounds[-1] if rounds else None)


def in_round(one: Instance) -> Lazy:
    """`loop` inside a round; the one before it is the latest that ended."""
    loop = one.parent.loop if one.parent is not None else None
    return _loop(one.index, loop.instances[one.index - 1] if loop is not None and one.index else None)


def after_round(outer: Instance) -> tuple[Instance, Lazy, Any]:
    """The round that has just ended, `loop` for `until`, and `result`."""
    loop = outer.loop
    assert loop is not None
    last = loop.instances[-1]
    assert last is not None
    kept = loop.result if _spec(outer).keeps else last.outputs
    return last, _loop(last.index, last), None if last.recovered else _result(last, kept)


def _result(one: Instance, kept: Any) -> Any:
    """`result` of an instance that has ended; `kept` is that of a step type, and of what was taken as ended."""
    performs = one.status == "reused" or (one.choice is None and not one.body)
    return kept if performs else bodies.given_back(one)


def _loop(index: int, previous: Instance | None) -> Lazy:
    return Lazy(
        {
            "index": lambda: index + 1,
            "index0": lambda: index,
            "first": lambda: index == 0,
            "key": lambda: str(index),
            "previous": lambda: None if previous is None else round_view(previous),
        }
    )
