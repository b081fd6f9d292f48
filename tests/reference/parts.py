"""What does not run: left out by the selection of the run, or by that of a resume."""

from typing import TYPE_CHECKING, Any

from tests.reference.life import Error, Life
from tests.reference.reading import Branch
from tests.reference.selecting import Pattern, verdict
from tests.reference.words import NOT_OK, OK

if TYPE_CHECKING:
    from tests.reference.instance import Instance
    from tests.reference.interpreter import Reference
    from tests.reference.loop import Loop
    from tests.reference.scope import Scope


def way(life: Life | None) -> Pattern:
    """The way to a life: ids, and items in brackets."""
    if life is None or life.scope is None:
        return ()
    around = way(life.scope.owner)
    if life.loop is not None:
        return (*around, life.step.id, life.path[len(life.loop.path) :])
    return (*around, life.step.id)


def beside_the_way(owner: "Instance", branch: Branch) -> bool:
    """Whether a list is a `rescue` or `finally`, or in one: it belongs to what runs, and is never left out."""
    if branch not in owner.step.body:
        return True
    return owner.scope is not None and beside_the_way(owner.scope.owner, owner.scope.branch)


def outside(reference: "Reference", owner: "Instance", branch: Branch, rest: Pattern) -> str:
    """Whether the step (or item) that the rest of its way leads to from the owner's list is left out, and by what."""
    if beside_the_way(owner, branch):
        return ""
    there = (*way(owner), *rest)
    if reference.selection is not None and verdict(reference.selection, there) == "out":
        return "run"
    return "resume" if reference.focus is not None and verdict(reference.focus, there) == "out" else ""


def step_outside(scope: "Scope", name: str) -> str:
    """The same for a step of the list."""
    return outside(scope.owner.reference, scope.owner, scope.branch, (name,))


def item_outside(loop: "Loop", key: str) -> str:
    """The same for an item of the loop."""
    assert loop.scope is not None
    return outside(loop.reference, loop.scope.owner, loop.scope.branch, (loop.step.id, f"[{key}]"))


def part_of(loop: "Loop") -> str:
    """Whether only a part of the loop runs, and by what."""
    assert loop.scope is not None
    reference, there = loop.reference, way(loop)
    if beside_the_way(loop.scope.owner, loop.scope.branch):
        return ""
    if reference.selection is not None and verdict(reference.selection, there) != "run":
        return "run"
    return "resume" if reference.focus is not None and verdict(reference.focus, there) != "run" else ""


def life_outside(life: Life) -> str:
    """The same for a life."""
    assert life.scope is not None
    rest = way(life)[len(way(life.scope.owner)) :]
    return outside(life.reference, life.scope.owner, life.scope.branch, rest)


def partly(scope: "Scope") -> bool:
    """Whether a resume goes on with a part of the list only, or with a part of a step in it."""
    reference = scope.owner.reference
    if reference.focus is None or beside_the_way(scope.owner, scope.branch):
        return False
    return verdict(reference.focus, way(scope.owner)) != "run"


def stand_in(life: Life) -> None:
    """What the run leaves out is reused where it was recorded as ok, else skipped."""
    recorded = (life.reference.recorded or {}).get(life.path, "skipped")
    life.end("reused" if recorded in OK - {"skipped"} else "skipped")


def leave_out(life: Life, why: str) -> None:
    """End at once what does not run."""
    if why == "run":
        stand_in(life)
    elif why == "resume":
        life.end("cancelled")


def left(life: Life) -> bool:
    """Whether a failed step failed before the resume, which goes on with something else, or for no more than that."""
    if life.scope is None or not partly(life.scope):
        return False
    return life.unfinished or life_outside(life) == "resume"


# ---------------------------------------------------------------- at a resume


def put_down(life: Life, status: str = "cancelled") -> None:
    """It ends at once, all that is in it as cancelled; nothing cleans up."""
    cut_off([one for one in life.everyone() if one is not life])
    life.stop_here(status)


def put_down_late(life: Life) -> None:
    """So do the branches of it that run on, and the instances that go on after their loop."""
    for scope in life.late_scopes():
        put_down_scope(scope)
    late = [one for one in getattr(life, "instances", ()) if life.ended and not one.ended]
    cut_off([inner for one in late for inner in one.everyone()])


def put_down_scope(scope: "Scope") -> None:
    """So does all in a list."""
    cut_off(scope.everyone())


def cut_off(everything: "list[Life | Scope]") -> None:
    """All of that is over at once; its lists keep in mind that they are not done.

    What is pending in a list of an attempt that is over, since it came with another definition, stays so.
    """
    lists = [one for one in everything if not isinstance(one, Life) and not one.over]
    for scope in lists:
        scope.drop_due()
    everything = [one for one in everything if not (isinstance(one, Life) and (never_begins(one) or one.is_due))]
    for one in everything:
        if isinstance(one, Life):
            one.stop_here("cancelled")
    for scope in lists:
        scope.cut_off = True


def never_begins(life: Life) -> bool:
    """Whether it is pending in a list that nothing begins in."""
    return life.status == "pending" and life.scope is not None and life.scope.owner.has_left(life.scope)


def mark(reference: "Reference", path: str, *, anew: bool) -> None:
    """Something is to be done again, or taken as ended: what is around it goes on, also where it had ended."""
    life = next((one for one in reversed(reference.lives) if one.path == path), None)
    if life is None or (anew and in_flight(life)):
        return
    chain: list[Life] = []
    one: Life | None = life
    while one is not None:
        chain.append(one)
        one = next_around(one)
    if anew:
        late = [one.scope for one in chain if one.scope is not None and one.scope.late and not one.scope.over]
        for scope in late:
            scope.cut_off = True  # to be gone through, though what is put down here be all that was alive in it
        put_down_late(life)
        forget_late(life)
        if life.status == "pending":
            life.old = None
        else:
            put_down(life)
            life.forgotten = True
    reference.again.update(one for one in chain if one.ended)


def next_around(life: Life) -> Life | None:
    """What it is in; for what is in a branch that runs on, what is around the list of that `parallel`."""
    if life.loop is not None and (life.ended or not life.loop.ended):
        return life.loop
    scope = life.scope
    while scope is not None and scope.late and (scope.cut_off or not scope.over):
        scope = scope.owner.scope
    return None if scope is None else scope.driver or scope.owner


def forget_late(life: Life) -> None:
    """Its late branches, and those of the activations before, belong to nothing any more."""
    for scope in life.late_scopes():
        scope.late = False
    if life.scope is not None:
        kept = []
        for position, scope in life.scope.adrift:
            mine = position == life.step.position and (life.loop is None or scope.owner.path == life.path)
            if mine:
                put_down_scope(scope)
            else:
                kept.append((position, scope))
        life.scope.adrift = kept


def in_flight(life: Life) -> bool:
    """Whether its attempt was cut off."""
    return bool(getattr(life, "has_slot", False) or life.lost)


def said_of(life: Life, left_out: bool) -> dict[str, Any] | None:
    """What was said of the life by hand; not of an attempt that goes on from what was said of it."""
    if in_flight(life) and not left_out:
        return None
    said: dict[str, Any] | None = life.reference.assumed.pop(life.path, None)
    return said


def take(life: Life, said: dict[str, Any]) -> None:
    """It has ended as was said."""
    if said["status"] == "failed":
        life.error = Error("assumed", life.path)
    put_down(life, said["status"])
    life.forgotten = True


def to_do_again(life: Life) -> bool:
    """Whether a new activation follows."""
    return (life.status in NOT_OK and not withdrawn(life)) or life in life.reference.again


def withdrawn(life: Life) -> bool:
    """Whether a `cancel` step wanted it to end so."""
    return life.cut and life.status == "cancelled"
