"""The keys of the file that are behind the fields of a step in the plan."""

from collections.abc import Collection

from steplane.plan.nodes import Call, Choice, End, Fork, Goto, Node, Perform, Rounds, Undo
from steplane.plan.waits import Race, Reach, Send, Wait

_WRITTEN = {
    "condition": "if", "loop": "foreach", "timeout_value": "timeout", "tolerant": "on_error", "wanted": "join",
    "each": "join", "active": "join", "rest": "join", "declared": "outputs", "finally_": "finally",
    "any_order": "order",
}  # fmt: skip
_FOLLOWS = frozenset({"handler", "enter"})
"""Fields that follow from others."""


def written_keys(fields: Collection[str], node: Node) -> tuple[str, ...]:
    """The keys of the file that are behind fields of the plan."""
    found = {_WRITTEN.get(one, one) for one in fields if one not in _FOLLOWS}
    if "action" in found:
        found = found - {"action"} | {_action_key(node)}
    if "foreach" in found and isinstance(node.loop, Rounds):
        found = found - {"foreach"} | {node.loop.question}
    return tuple(sorted(found))


def _action_key(node: Node) -> str:
    action = node.action
    if isinstance(action, Perform):
        return "run" if action.uses == "shell" else "with"
    if isinstance(action, Reach):
        return "finish" if action.force else "cancel"
    return _ACTIONS.get(type(action), "steps")


_ACTIONS: dict[type, str] = {
    Fork: "parallel", Choice: "switch", Race: "race", Call: "call", Wait: "wait", Send: "signal", End: "end",
    Goto: "goto", Undo: "undo",
}  # fmt: skip
