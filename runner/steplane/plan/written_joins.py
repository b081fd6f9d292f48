"""`join`, `split` and `collect` as written, for the node of a step."""

from typing import Any

from steplane import model


def wanted_of(step: model.Step) -> int | None:
    """How many arrivals a step wants, or a `parallel` of its branches; None: all."""
    return step.join.count if step.join is not None and step.join.mode == "count" else None


def forked(step: model.Step) -> dict[str, Any]:
    """How the branches of a `parallel` are joined."""
    if step.join is None:
        return {}
    if step.join.mode == "active":
        return {"wanted": 1, "active": True}
    return {"wanted": wanted_of(step), "rest": "cancel" if step.join.rest == "cancel" else "run"}


def joined(step: model.Step) -> dict[str, Any]:
    """How the node of a step is joined; the `join` of a `parallel` is about its branches."""
    found: dict[str, Any] = {"split": step.split or 1, "collect": step.collect or 1}
    join = step.join
    if join is None or isinstance(step.action, model.Parallel):
        return found
    return {
        **found,
        "wanted": join.count,
        "each": join.mode == "each",
        "active": join.mode == "active",
        "rest": join.rest,
    }
