"""What the file says of a step, to be compared: without places and numbers, which change with its neighbours."""

from typing import Any

from msgspec import Struct

from steplane.plan.nodes import Arm, Body, Branch, Need, Node, Plan

_PLACES = frozenset({"line", "column", "hash", "number", "list", "position"})
_LISTS = frozenset({"rescue", "finally_", "compensate"})


def definition(plan: Plan, node: Node) -> Any:
    """The step with all that is inside it. Equal for two plans where the step means the same in both."""
    return tuple((name, _field(plan, node, name)) for name in node.__struct_fields__ if name not in _PLACES)


def _field(plan: Plan, node: Node, name: str) -> Any:
    value = getattr(node, name)
    if name in _LISTS:
        return _steps(plan, value)
    return _needs(plan, node) if name == "needs" else _plain(plan, value)


def _needs(plan: Plan, node: Node) -> Any:
    """By name: positions change when a step is added above."""
    if node.needs is None:
        return None
    steps = plan.lists[node.list].nodes
    return tuple((plan.nodes[steps[need.position]].id, need.words) for need in node.needs)


def _steps(plan: Plan, number: int | None) -> Any:
    if number is None:
        return None
    return tuple((plan.nodes[one].id, definition(plan, plan.nodes[one])) for one in plan.lists[number].nodes)


def _plain(plan: Plan, value: Any) -> Any:
    if isinstance(value, Body | Branch | Arm):
        fields = ((name, getattr(value, name)) for name in value.__struct_fields__ if name not in _PLACES)
        return (*((name, _plain(plan, one)) for name, one in fields), _steps(plan, value.list))
    if isinstance(value, Struct) and not isinstance(value, Need):
        names = (name for name in value.__struct_fields__ if name not in _PLACES)
        return (type(value).__name__, *((name, _plain(plan, getattr(value, name))) for name in names))
    if isinstance(value, tuple):
        return tuple(_plain(plan, one) for one in value)
    return value
