"""What a step with `cache` is, and what it reads of what is around it."""

from collections.abc import Iterator

from steplane.expressions.templates import Template
from steplane.plan.definitions import definition
from steplane.plan.nodes import Call, Matrix, Node, Plan, Rounds, lists_of
from steplane.plan.templates import templates_of

Path = tuple[str, ...]

_AROUND = frozenset({
    "id", "title", "lane", "region", "needs", "wanted", "each", "active", "rest", "split", "collect", "handler",
    "condition", "loop", "lock", "enter", "retry", "timeout", "timeout_value", "tolerant", "rescue", "finally_",
    "compensate", "cache", "milestone", "artifacts", "restart", "isolate",
})  # fmt: skip
"""What changes when, how often and beside what a step runs, but not what it gives."""

_OWN = frozenset({"attempt", "result", "error"})
"""Names that the step itself gives."""

_DEPTH = {"inputs": 2, "vars": 2, "env": 2, "secrets": 2, "matrix": 2, "loop": 2, "run": 2, "workflow": 2}
"""How many words of a path name what can change for itself."""


def recipe(plan: Plan, node: Node) -> str:
    """The text that the step is, with all that is inside of it and the files that are called, wherever it stands."""
    fields = [one for one in definition(plan, node) if one[0] not in _AROUND]
    calls = any(isinstance(one.action, Call) for one, _ in inside(plan, node))
    called = [(file, one.hash) for file, one in sorted(plan.callees.items())] if calls else []
    return repr((fields, called))


def types_in(plan: Plan, node: Node) -> set[str]:
    """The step types that the step, or what is inside of it, uses."""
    found = {one.action.uses for one, _ in inside(plan, node) if hasattr(one.action, "uses")}
    if any(isinstance(one.action, Call) for one, _ in inside(plan, node)):
        found |= {name for one in plan.callees.values() for name in one.types}
    return found


def inside(plan: Plan, node: Node, bound: frozenset[str] = frozenset()) -> Iterator[tuple[Node, frozenset[str]]]:
    """The step, then those inside of it in order, each with the names that what is between them gives it."""
    yield node, bound
    for number in lists_of(node):
        for one in plan.lists[number].nodes:
            inner = plan.nodes[one]
            yield from inside(plan, inner, bound | _given_by(inner))


def _given_by(node: Node) -> frozenset[str]:
    """The names that a loop gives to the step itself."""
    if node.loop is None:
        return frozenset()
    if isinstance(node.loop, Matrix | Rounds):
        return frozenset({"loop", "matrix"} if isinstance(node.loop, Matrix) else {"loop"})
    return frozenset({"loop", node.loop.name})


def read_outside(plan: Plan, node: Node) -> list[Path]:
    """The paths of all names that the step reads and does not give itself, each once, in order. One that ends at
    `steps` reads steps that only the run knows.
    """
    from steplane.expressions.usage import uses

    own = {one.id for one, _ in inside(plan, node)} - {node.id}
    found: set[Path] = set()
    for one, bound in inside(plan, node):
        for template in templates_of(one) if one is not node else _own_templates(node):
            for use in uses(template):
                path = _shortened(use.path)
                root = path[0]
                if root in _OWN or root in bound or (root == "steps" and len(path) > 1 and path[1] in own):
                    continue
                found.add(path)
    return sorted(found)


def _own_templates(node: Node) -> Iterator[Template]:
    """Those of what a recorded result stands for."""
    asked_before: list[Template | None] = [node.condition, node.timeout_value]
    if node.lock is not None:
        asked_before.append(node.lock.name)
    if node.retry is not None:
        asked_before += [node.retry.when, node.retry.attempts_value, node.retry.delay_value]
    loop = node.loop
    if loop is not None:
        names = ("key", "concurrency", "complete", "items", "condition", "exclude", "include")
        for name in names:
            value = getattr(loop, name, None)
            asked_before += value if isinstance(value, tuple) else [value]
        asked_before += [value for _, value in loop.axes] if isinstance(loop, Matrix) else []
    left = [id(one) for one in asked_before if one is not None]
    yield from (one for one in templates_of(node) if id(one) not in left)


def _shortened(path: Path) -> Path:
    if path[0] == "steps":
        return path[: 4 if len(path) > 2 and path[2] == "outputs" else 3]
    return path[: _DEPTH.get(path[0], 1)]


__all__ = ["Path", "inside", "read_outside", "recipe", "types_in"]
