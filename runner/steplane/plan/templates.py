"""Every value and condition of a step that is evaluated when the step runs."""

from collections.abc import Iterator

from steplane.expressions.templates import Template
from steplane.plan.nodes import Call, Choice, End, ForEach, Fork, Matrix, Node, Perform, Rounds
from steplane.plan.waits import Race, Send, Wait, awaited
from steplane.scripts import expressions_of


def templates_of(node: Node) -> Iterator[Template]:
    """Those of the step itself, not of the steps in its lists."""
    conditions = (node.condition, *node.require, *node.ensure)
    yield from (one for one in conditions if one is not None)
    yield from (field.value for field in node.outputs or ())
    yield from given_to(node)
    values = (node.timeout_value, node.cwd, node.lock.name if node.lock is not None else None)
    yield from (one for one in values if one is not None)
    if node.retry is not None:
        retry = (node.retry.when, node.retry.attempts_value, node.retry.delay_value)
        yield from (one for one in retry if one is not None)
    yield from _of_loop(node)
    action = node.action
    if isinstance(action, Fork):
        yield from (one.condition for one in action.branches if one.condition is not None)
    elif isinstance(action, Choice):
        yield from (one.condition for one in action.arms if one.condition is not None)
    elif isinstance(action, Wait | Race):
        yield from (
            one for each in awaited(action) for one in (each.duration, each.until, each.signal) if one is not None
        )
    elif isinstance(action, Send):
        yield from (one for one in (action.name, action.to, action.case, action.data) if one is not None)
    elif isinstance(action, Call):
        yield action.given
    elif isinstance(action, End):
        yield from (one for one in (action.message, action.outputs) if one is not None)


def given_to(node: Node) -> Iterator[Template]:
    """Those that a program of the step is given: its parameters, the values in its script, its environment."""
    yield from (value for _, value in node.env)
    if isinstance(node.action, Perform):
        yield node.action.parameters
        yield from (value for _, value in node.action.trusted)
        if node.action.script is not None:
            yield from expressions_of(node.action.script)


def _of_loop(node: Node) -> Iterator[Template]:
    loop = node.loop
    if loop is None:
        return
    if isinstance(loop, Rounds):
        yield loop.condition
        return
    yield from (one for one in (loop.key, loop.concurrency, loop.complete) if one is not None)
    if isinstance(loop, ForEach):
        yield loop.items
    elif isinstance(loop, Matrix):
        yield from (value for _, value in loop.axes)
        yield from (*loop.exclude, *loop.include)


__all__ = ["given_to", "templates_of"]
