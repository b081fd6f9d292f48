"""What the rounds of `while` and `until` see of each other: `loop` and `result`."""

from typing import Any

from steplane.driver.names import Lazy
from steplane.driver.views import round_view
from steplane.kernel import Instance
from steplane.plan.nodes import Rounds


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
    loop, spec = outer.loop, outer.node.loop
    assert loop is not None
    assert isinstance(spec, Rounds)
    last = loop.instances[-1]
    assert last is not None
    result = loop.result if spec.keeps else last.outputs
    return last, _loop(last.index, last), None if last.recovered or last.body else result


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
