"""What the joins of a list make of it: which steps may begin more than once, and what an active join waits for."""

from collections.abc import Callable, Sequence
from typing import Any

from steplane.plan.nodes import Goto, Node

Left = Callable[[int], bool]
"""Whether the step at a position does not run."""


def repeating(nodes: Sequence[Node]) -> dict[str, Any]:
    """What makes a list begin some of its steps more than once."""
    counted = counts_arrivals(nodes)
    jumps = any(isinstance(node.action, Goto) for node in nodes)
    often = begins_often(nodes) if counted else ()
    return {"repeats": jumps or any(often), "often": often, "returning": returning(nodes) if counted else {}}


def counts_arrivals(nodes: Sequence[Node]) -> bool:
    """Whether a list needs more than to know that each step has ended: `each`, `active`, `rest`, `split`, `collect`."""
    return any(node.each or node.active or node.rest != "run" or node.split > 1 or node.collect > 1 for node in nodes)


def begins_often(nodes: Sequence[Node], left: Left = lambda _: False) -> tuple[bool, ...]:
    """For each position whether the arrivals can start the step more than once."""
    known: dict[int, bool] = {}
    return tuple(_often(nodes, position, left, known) for position in range(len(nodes)))


def _often(nodes: Sequence[Node], start: int, left: Left, known: dict[int, bool]) -> bool:
    pending = [start]
    while pending:
        node = nodes[pending[-1]]
        named = [need.position for need in node.needs or () if not left(need.position)]
        unknown = [one for one in named if one not in known]
        if unknown:
            pending += unknown
            continue
        known[pending.pop()] = _repeats(node, [known[one] or nodes[one].split > 1 for one in named])
    return known[start]


def _repeats(node: Node, again: list[bool]) -> bool:
    """Whether a step with needs that can come again, or not, can start again."""
    if node.each:
        return len(again) > 1 or any(again)
    every = node.wanted is None and not node.active
    return bool(again) and (all(again) if every else any(again))


def returning(nodes: Sequence[Node]) -> dict[int, tuple[int, ...]]:
    """For each active join the positions of the `goto`s that can bring back a step that it names.

    Not those that wait for the join themselves, at whatever remove: also by another active join.
    """
    gotos = [node.position for node in nodes if isinstance(node.action, Goto)]
    behind = {node.position: _leading_back(nodes, gotos, node) for node in nodes if node.active}
    found = {}
    for position, some in behind.items():
        kept = tuple(one for one in some if position not in _upstream(nodes, behind, one))
        if kept:
            found[position] = kept
    return found


def _leading_back(nodes: Sequence[Node], gotos: Sequence[int], join: Node) -> list[int]:
    last = max((need.position for need in join.needs or ()), default=-1)
    targets = [(one, nodes[one].action) for one in gotos]
    return [one for one, action in targets if isinstance(action, Goto) and action.target <= last]


def _upstream(nodes: Sequence[Node], behind: dict[int, list[int]], start: int) -> set[int]:
    """All that a step waits for."""
    seen: set[int] = set()
    pending = [start]
    while pending:
        node = nodes[pending.pop()]
        near = range(node.position) if node.needs is None else [need.position for need in node.needs]
        for one in (*near, *behind.get(node.position, ())):
            if one not in seen:
                seen.add(one)
                pending.append(one)
    return seen
