"""Where a list goes on when a `goto` has ended: forward, or backward over what is then superseded."""

from typing import TYPE_CHECKING

from tests.reference import parts
from tests.reference.joins import Join
from tests.reference.reading import Step

if TYPE_CHECKING:
    from tests.reference.scope import Scope


def go_on(scope: "Scope") -> bool:
    """Make the jump that was asked for, or let the target begin once what it superseded is over."""
    life, scope.asked = scope.asked, None
    if life is None:
        return arrive(scope)
    target = next(step for step in scope.branch.steps if step.id == life.step.raw["goto"])
    if target.position <= life.step.position:
        supersede(scope, target)
    else:
        skip_to(scope, life.step, target)
    return True


def skip_to(scope: "Scope", start: Step, target: Step) -> None:
    """Forward: what stands between and has not begun is skipped."""
    for one in scope.counting:
        if start.position < one.step.position < target.position and not one.begun:
            one.end("skipped")
    for one in [one for one in scope.lives_of(target.id) if one.status == "pending"][:1]:
        one.forced = True


def supersede(scope: "Scope", target: Step) -> None:
    """Backward: all from the target on counts no more, and each step there is pending again."""
    steps = scope.branch.steps[target.position :]
    old = [life for life in scope.counting if life.step.position >= target.position]
    for life in old:
        life.superseded = life.status != "pending"
        life.old = life.old if life.superseded else None
        life.forced = False
    for step in scope.branch.steps[: target.position]:
        scope.joins[step.id].forget({one.id for one in steps})
    for step in steps:
        scope.joins[step.id] = Join(scope, step)
        waiting = scope.lives_of(step.id)
        life = waiting[0] if waiting else scope.add(step)
        life.due = False
        for extra in waiting[1:]:
            scope.lives.remove(extra)
        life.forced = step is target
        parts.leave_out(life, parts.step_outside(scope, step.id))
    if scope.stopped is not None:
        scope.stopped = min(scope.failed_anew, key=lambda one: one.ended_as, default=None)
    scope.jump = target
    for life in old:
        if life.superseded:
            life.cancel()
            life.cancel_late("cancelled")
    for position, branch in scope.adrift:
        if position >= target.position:
            branch.cancel()


def arrive(scope: "Scope") -> bool:
    """Let the target begin if nothing of what is superseded goes on; whether it did."""
    target = scope.jump
    assert target is not None
    adrift = [branch for position, branch in scope.adrift if position >= target.position]
    old = [life for life in scope.lives if life.superseded]
    if not all(life.over for life in old) or not all(branch.over for branch in adrift):
        return False
    scope.jump = None
    return True
