"""What a resumed process does not have any more, because it is secret: worked out again where that is possible."""

from contextlib import suppress
from typing import TYPE_CHECKING

from steplane.driver.loops import items_of
from steplane.driver.refusal import Refused
from steplane.expressions import ExpressionError, Missing
from steplane.expressions.templates import Template
from steplane.kernel import Instance
from steplane.plan.nodes import ForEach, Matrix, Perform
from steplane.plan.templates import given_to

if TYPE_CHECKING:
    from steplane.driver.evaluate import Evaluator

MOST = 1000
"""Instances whose values are made again on resume: the latest."""


def derive_again(evaluator: "Evaluator") -> None:
    """Evaluate again what programs of this run were given and what may be made of a secret: it has to be hidden still.

    What cannot be evaluated by now is left.
    """
    keeper = evaluator.engine.keeper
    if keeper is None:
        return
    begun = [one for one in evaluator.state.paths.values() if one.first_at and isinstance(one.node.action, Perform)]
    of_nodes: dict[int, list[Template]] = {}
    for one in begun[-MOST:]:
        node = one.node
        if node.number not in of_nodes:
            of_nodes[node.number] = [template for template in given_to(node) if keeper.meets(template)]
        for template in of_nodes[node.number]:
            with suppress(ExpressionError, RecursionError, MemoryError):
                evaluator.engine.render(template, evaluator.context(one))


def items_again(evaluator: "Evaluator", here: Instance) -> None:
    """Evaluate the items of the loops around again, where one is missing; they count if they have the same keys."""
    one: Instance | None = here
    while one is not None:
        outer = one.parent
        if outer is not None and outer.loop is not None and outer.loop.items[one.index].__class__ is Missing:
            _fill(evaluator, outer)
        one = one.scope.owner if one.scope is not None else None


def _fill(evaluator: "Evaluator", outer: Instance) -> None:
    spec, loop = outer.node.loop, outer.loop
    assert isinstance(spec, ForEach | Matrix)
    assert loop is not None
    with suppress(ExpressionError, Refused, RecursionError, MemoryError):
        items, keys = items_of(evaluator.engine, spec, evaluator.context(outer))
        if evaluator.told_keys(spec, keys) == loop.keys[: len(keys)]:  # others may have been added
            known = zip(loop.items, items, strict=False)
            loop.items[: len(items)] = [new if old.__class__ is Missing else old for old, new in known]
