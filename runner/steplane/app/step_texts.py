"""What the file says of a step, as it is written; and how that differs from what it said."""

from collections.abc import Iterator
from difflib import unified_diff

from steplane.plan.nodes import Node, Plan

_CONTEXT = 2


def step_text(plan: Plan, name: str) -> list[str]:
    """The lines of the step with what is inside it; of the empty name, the lines before `steps:` and behind."""
    lines = plan.text.splitlines()
    node = next((one for one in plan.nodes[1:] if one.id == name), None)
    return _around_steps(lines) if node is None else _block(lines, node)


def _block(lines: list[str], node: Node) -> list[str]:
    """From the line of the step on, all that is indented deeper than its dash (or its key)."""
    first = node.line - 1
    if not 0 <= first < len(lines):
        return []
    outer = len(lines[first]) - len(lines[first].lstrip())
    last = first
    for at in range(first + 1, len(lines)):
        text = lines[at].strip()
        if text and not text.startswith("#") and len(lines[at]) - len(lines[at].lstrip()) <= outer:
            break
        last = at if text and not text.startswith("#") else last
    return [line[outer:] if line[:outer].isspace() or not outer else line for line in lines[first : last + 1]]


def _around_steps(lines: list[str]) -> list[str]:
    """The workflow's own keys."""
    kept, inside = [], False
    for line in lines:
        if line[:1] not in {" ", "#", ""}:
            inside = line.startswith(("steps:", "- "))
        if not inside and line.strip() and not line.startswith("#"):
            kept.append(line)
    return kept


def difference(before: Plan, after: Plan, name: str) -> Iterator[str]:
    """A unified diff of what the two say of the step, without heads; empty where they say the same."""
    old = step_text(before, name) if _has(before, name) else []
    new = step_text(after, name) if _has(after, name) else []
    for line in list(unified_diff(old, new, lineterm="", n=_CONTEXT))[2:]:
        if not line.startswith("@@"):
            yield line


def _has(plan: Plan, name: str) -> bool:
    return not name or any(one.id == name for one in plan.nodes[1:])


__all__ = ["difference", "step_text"]
