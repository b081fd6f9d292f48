"""Ways through a workflow: every list of steps, with what is around it."""

from collections.abc import Iterator
from typing import Literal as OneOf

from msgspec import Struct

from steplane.model.steps import Group, Parallel, Race, Step, Switch
from steplane.model.workflow import Workflow

Role = OneOf["steps", "branch", "arm", "rescue", "finally", "compensate"]


class StepList(Struct, frozen=True, eq=False):
    """An ordered list of steps: whose it is (None: the workflow's own), in which role, and inside which steps.

    `label` is the branch's name or the arm's number. `owners` are the steps around it, outermost first.
    """

    steps: tuple[Step, ...]
    role: Role
    owner: Step | None
    owners: tuple[Step, ...] = ()
    label: str = ""


def lists_of(step: Step) -> Iterator[tuple[tuple[Step, ...], Role, str]]:
    """The lists that a step owns: steps, role and label."""
    action = step.action
    if isinstance(action, Group):
        yield action.steps, "steps", ""
    elif isinstance(action, Parallel | Race):
        for branch in action.branches:
            yield branch.steps, "branch", branch.name.text
    elif isinstance(action, Switch):
        for number, arm in enumerate(action.arms, 1):
            yield arm.steps, "arm", str(number)
    yield step.rescue, "rescue", ""
    yield step.finally_, "finally", ""
    yield step.compensate, "compensate", ""


def step_lists(workflow: Workflow) -> Iterator[StepList]:
    """Every list that has steps, outer ones first, in the order of the file within each."""
    own: tuple[tuple[tuple[Step, ...], Role], ...] = (
        (workflow.steps, "steps"),
        (workflow.rescue, "rescue"),
        (workflow.finally_, "finally"),
    )
    for steps, role in own:
        if steps:
            yield from _below(StepList(steps, role, None))


def _below(around: StepList) -> Iterator[StepList]:
    pending = [around]
    while pending:
        current = pending.pop()
        yield current
        inner = [
            StepList(steps, role, step, (*current.owners, step), label)
            for step in current.steps
            for steps, role, label in lists_of(step)
            if steps
        ]
        pending += reversed(inner)


def all_steps(workflow: Workflow) -> Iterator[Step]:
    """Every step of the file."""
    for listed in step_lists(workflow):
        yield from listed.steps
