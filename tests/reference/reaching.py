"""Actions that reach other steps: `cancel`, `finish`, `goto`, `undo`, `call`."""

from typing import TYPE_CHECKING

from tests.reference import compensation
from tests.reference.life import Condition, Error, Life, Process, Trouble
from tests.reference.reading import Branch, Step, child_of

if TYPE_CHECKING:
    from tests.reference.instance import Instance
    from tests.reference.scope import Scope

DEPTH = 100
IN_ITS_PLACE: Condition = lambda: True  # noqa: E731 - what can go on above it does so first


def all_steps(branch: Branch) -> list[Step]:
    """The steps of a list and of all lists in them."""
    found = []
    for step in branch.steps:
        found.append(step)
        for inner in [*step.body, *step.after.values()]:
            found += all_steps(inner)
    return found


def region(step: Step, name: str) -> set[str]:
    """The ids of the steps of a region."""
    lists = [*step.body, *step.after.values()]
    return {one.id for branch in lists for one in all_steps(branch) if one.raw.get("region") == name}


def targets(one: "Instance", ids: set[str]) -> list[Life]:
    """The activations of the steps that have not ended, in the smallest list around that holds them all."""
    scope: Scope | None = one.scope
    while scope is not None and not ids <= {step.id for step in all_steps(scope.branch)}:
        scope = scope.owner.scope if not scope.owner.step.is_workflow else None
    around = scope if scope is not None else one.workflow()
    lives = [life for life in around.everyone() if isinstance(life, Life) and stands_in(life, one.workflow())]
    return [life for life in lives if life.step.id in ids and life.loop is None and not life.ended and not life.is_due]


def stands_in(life: Life, workflow: "Instance") -> bool:
    """Whether it is a step of the workflow, not one of a child."""
    return life.scope is not None and not life.step.is_workflow and life.scope.owner.workflow() is workflow


def cancel(one: "Instance") -> Process[None]:
    """Cancel steps, begun or not."""
    written = one.step.raw["cancel"]
    top = one.workflow().step
    ids = region(top, written["region"]) if isinstance(written, dict) else set(written)
    one.finishing = True
    for life in targets(one, ids):
        life.cut = life.cut or not (life.cancelling or life.finishing)
        life.cancel()
    if "ensure" not in one.step.raw:
        yield IN_ITS_PLACE
    one.finishing = False


def finish(one: "Instance") -> Process[None]:
    """Force completion: as `cancel`, but the steps have succeeded."""
    one.finishing = True
    for life in targets(one, set(one.step.raw["finish"])):
        life.completed_by_force |= life.begun and not life.cancelling and not life.finishing
        life.cancel("skipped")
    if "ensure" not in one.step.raw:
        yield IN_ITS_PLACE
    one.finishing = False


def goto(one: "Instance") -> Process[None]:
    """Jump within the list, at most so many times."""
    scope = one.scope
    assert scope is not None
    made = scope.jumps.get(one.step.id, 0)
    if made >= int(one.step.raw["max"]):
        raise Trouble(Error("goto.max", one.path))
    scope.jumps[one.step.id] = made + 1
    one.finishing = one.reached = True
    yield from ()


def undo(one: "Instance") -> Process[None]:
    """Compensate steps of the same list on demand."""
    assert one.scope is not None
    one.finishing = True
    lives = [life for life in one.scope.counting if life.step.id in one.step.raw["undo"]]
    one.undoing = [done for life in lives for done in compensation.completed(life)]
    error = yield from compensation.undo(one, one.undoing, mark=False)
    if error is not None:
        one.finishing = False
        raise Trouble(error)


def call(one: "Instance") -> Process[None]:
    """Another workflow as a child; where it is detached nobody waits for its end."""
    from tests.reference.bodies import conclude, enter

    before = one.adopted() if one.attempt == 1 else None
    if before is None and not one.going_back:
        if depth(one) > DEPTH:
            raise Trouble(Error("call.depth", one.path))
        yield from one.ask("call")
    scope = enter(one, child_of(one.reference.workflow_at(str(one.step.raw["call"]))))
    if not one.step.raw.get("detach"):
        yield from one.until_over([scope])
        conclude(one, [scope])
        return
    yield lambda: one.interrupted or scope.over or scope.lives[-1].begun
    if one.interrupted:
        scope.cancel(one.unbegun)
        yield lambda: scope.over
    one.give_way()
    if scope.over:
        one.reference.late_failed |= scope.result == "failed"
    else:
        one.reference.run_on(scope)


def depth(one: "Instance") -> int:
    """How many calls are around it."""
    around, found = one.around(), 1
    while around is not None:
        found += around.step.kind == "call"
        around = around.around()
    return found
