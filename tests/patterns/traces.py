"""From what a run has recorded to its trace."""

import re
from collections.abc import Iterable
from typing import Any

from tests.patterns.cases import Case

from steplane.events import RunEnded, StepEnded, StepStarted
from steplane.plan.nodes import Perform, Plan

MARK = {
    "succeeded": "-", "warning": "-", "compensated": "-", "reused": "=", "failed": "!", "cancelled": "~",
    "skipped": "/", "blocked": "^",
}  # fmt: skip


def working(plan: Plan) -> frozenset[str]:
    """The ids of the steps that do work themselves."""
    return frozenset(node.id for node in plan.nodes if isinstance(node.action, Perform))


def trace_of(case: Case, plan: Plan, facts: Iterable[Any]) -> list[str]:
    """The tokens of the facts. An attempt that was in flight at a crash begins again: that is one beginning."""
    found, begun, steps = list[str](), set[tuple[str, int]](), working(plan)
    for fact in facts:
        if isinstance(fact, RunEnded):
            found.append(f"={fact.status}")
        if not isinstance(fact, StepStarted | StepEnded) or not fact.path:
            continue
        name = name_of(fact.path, keyless=case.keyless)
        instance = fact.path.endswith("]") or not looped(plan, fact.step)
        if not (instance and fact.step in steps) and (name not in case.steps or (case.keyless and not instance)):
            continue
        if isinstance(fact, StepEnded):
            found.append(name + MARK[fact.status])
        elif (fact.path, fact.activation) not in begun:
            begun.add((fact.path, fact.activation))
            found.append(f"{name}+")
    return found


def looped(plan: Plan, step: str) -> bool:
    """Whether the step is a loop that owns its instances."""
    return any(node.loop is not None for node in plan.nodes if node.id == step)


def name_of(path: str, *, keyless: bool) -> str:
    """The step's id, and behind it the keys of the loops around it: `a[x]/b[0]` gives `b[x][0]`."""
    keys = "" if keyless else "".join(re.findall(r"\[[^\]]*\]", path))
    return path.rpartition("/")[2].partition("[")[0] + keys
