"""Actions that reach other steps: `cancel`, `finish`, `goto`, `undo`, `call`."""

from typing import TYPE_CHECKING

from tests.reference import compensation
from tests.reference.life import Cancelled, Error, Life, Process, Trouble
from tests.reference.reading import Branch, Step, read

if TYPE_CHECKING:
    from tests.reference.instance import Instance
    from tests.reference.scope import Scope

DEPTH = 100


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
        scope = scope.owner.scope
    around = scope if scope is not None else one.workflow()
    lives = [life for life in around.everyone() if isinstance(life, Life)]
    return [life for life in lives if life.step.id in ids and life.loop is None and not life.ended]


def cancel(one: "Instance") -> Process[None]:
    """Cancel steps, begun or not."""
    written = one.step.raw["cancel"]
    top = one.workflow().step
    ids = region(top, written["region"]) if isinstance(written, dict) else set(written)
    one.finishing = True
    for life in targets(one, ids):
        life.cancel()
    yield from ()


def finish(one: "Instance") -> Process[None]:
    """Force completion: as `cancel`, but the steps have succeeded."""
    one.finishing = True
    for life in targets(one, set(one.step.raw["finish"])):
        life.completed_by_force = life.begun
        life.cancel("skipped")
    yield from ()


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
    yield from compensation.undo(one.reference, [done for life in lives for done in compensation.completed(life)])


def call(one: "Instance") -> Process[None]:
    """Another workflow as a child."""
    from tests.reference.instance import Instance

    if depth(one) > DEPTH:
        raise Trouble(Error("call.depth", one.path))
    workflow = one.reference.files[str(one.step.raw["call"])]
    before = one.adopted()
    name = str(workflow.get("name", "child"))
    child = Instance(one.reference, read(workflow), None, f"{one.path}/{name}")
    child.caller, child.place = one, (*one.place, 0)
    if before is not None and one.attempt == 1:
        child.old = before.children[-1]
    one.children.append(child)
    if one.step.raw.get("detach"):
        yield lambda: child.begun or child.ended
        one.reference.late_lives.append(child)
        return
    yield lambda: child.over or one.interrupted
    if not child.over:
        child.cancel(one.unbegun)
        yield lambda: child.over
    one.give_way()
    if child.status == "failed":
        raise Trouble(child.error or Error("failed", child.path))
    if child.status == "cancelled":
        raise Cancelled


def depth(one: "Instance") -> int:
    """How many calls are around it."""
    around, found = one.around(), 1
    while around is not None:
        found += around.step.kind == "call"
        around = around.around()
    return found
