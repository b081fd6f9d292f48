"""What the file says of a step, to be compared: without places and numbers, which change with its neighbours."""

from typing import Any

from msgspec import Struct

from steplane.plan.needing import Need
from steplane.plan.nodes import Arm, Body, Branch, Choice, Fork, Goto, Node, Plan, Undo
from steplane.plan.waits import Milestone, Race, RaceBranch, Reach

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


_SHOWN = frozenset({"title", "lane", "region", "cache", "needs", "milestone", *_LISTS})


def own_fields(plan: Plan, node: Node) -> dict[str, Any]:
    """What the file says of the step itself, by field: without what is inside it, and what only shows it."""
    names = (name for name in node.__struct_fields__ if name not in _PLACES and name not in _SHOWN)
    found = {name: _own(plan, node, getattr(node, name)) for name in names}
    return {**found, "needs": _needs(plan, node), "milestone": _milestone(node.milestone)}


def _milestone(one: Milestone | None) -> Any:
    return None if one is None else (one.after_id, one.before_id)


def _own(plan: Plan, node: Node, value: Any) -> Any:
    """Lists are left out, and places are told by names."""
    if isinstance(value, Undo):
        steps = plan.lists[node.list].nodes
        return ("undo", *(plan.nodes[steps[one]].id for one in value.positions))
    if isinstance(value, Goto):
        return ("goto", value.name, value.limit)
    if isinstance(value, Reach):
        return ("reach", value.force, value.names, value.region, frozenset(plan.nodes[one].id for one in value.steps))
    if isinstance(value, Fork | Choice | Race | Branch | Arm | RaceBranch):
        names = (name for name in value.__struct_fields__ if name != "list")
        return (type(value).__name__, *(_own(plan, node, getattr(value, name)) for name in names))
    if isinstance(value, tuple):
        return tuple(_own(plan, node, one) for one in value)
    return (type(value).__name__,) if isinstance(value, Body) else _plain(plan, value)
