"""Random words for `--only`, `--from`, `--until`, and random things to say by hand at a resume."""

from random import Random
from typing import Any

from tests.reference.reading import Step, read
from tests.reference.selecting import names, way_to

from steplane.kernel import Instance
from steplane.kernel.reach import around, obstacle
from steplane.kernel.state import State
from steplane.plan.nodes import Plan

Words = dict[str, list[str]]
AGAIN = frozenset({"failed", "blocked", "cancelled"})


def word_of(random: Random, workflow: Step, step: Step) -> str:
    """A step as a person may name it: by its id, by its path, now and then with items."""
    way = way_to(workflow, step.id) or []
    if random.randint(0, 1) and not any(one.loop for one in way):
        return step.id
    keyed = random.randint(0, 2) == 0
    parts = [one.id + (f"[{random.choice('abc')}]" if one.loop and keyed else "") for one in way]
    return "/".join(parts)


def words_of(random: Random, workflow: dict[str, Any]) -> Words:
    """A selection; empty where the workflow has nothing to select."""
    root = read(workflow)
    everything = names(root)

    def some(most: int) -> list[str]:
        return [word_of(random, root, random.choice(everything)) for _ in range(random.randint(1, most))]

    kind = random.randint(0, 3)
    if kind == 0:
        return {"only": some(3)}
    return {1: {"since": some(2)}, 2: {"until": some(2)}, 3: {"since": some(2), "until": some(2)}}[kind]


# ---------------------------------------------------------------- at a resume


class Said:
    """What is said at a resume: paths to do again, ends to take, the only ones to go on with."""

    def __init__(self) -> None:
        self.redo: list[str] = []
        self.assume: dict[str, Any] = {}
        self.only: list[str] = []


def say(random: Random, plan: Plan, state: State) -> Said:
    """Something that does not contradict itself, and that a resume can do."""
    said = Said()
    reachable = [one for one in state.paths.values() if one.path and not obstacle(state, one) and not left_out(one)]
    for one in random.sample(reachable, min(len(reachable), random.randint(0, 2))):
        if clashes(one.path, [*said.redo, *said.assume]) or guards(state, one):
            continue
        if not one.ended or one.status in AGAIN:
            status = random.choice(["succeeded", "failed", "skipped"])
            if random.randint(0, 1):
                said.assume[one.path] = {"status": status}
                continue
        said.redo.append(one.path)
    pending = waiting_steps(plan, state)
    if pending and random.randint(0, 3) == 0:
        path = random.choice(pending)
        if not clashes(path, [*said.redo, *said.assume]):
            said.assume[path] = {"status": random.choice(["succeeded", "failed", "skipped"])}
    if random.randint(0, 1):
        choose_only(random, plan, state, said, reachable)
    return said


def choose_only(random: Random, plan: Plan, state: State, said: Said, reachable: list[Instance]) -> None:
    """Now and then with one or two instances only."""
    anew = [one for one in reachable if one.path in said.redo]
    fitting = [one for one in reachable if can_be_alone(plan, one, anew)]
    chosen = random.sample(fitting, min(len(fitting), random.randint(0, 2)))
    paths = [one.path for one in chosen]
    if not paths or clashes_any(paths, list(said.assume)):
        return
    if not all(any(inside(path, one) for one in paths) for path in said.redo):
        return
    undecided = [one for one in (*state.live("attempt"), *state.live("undecided")) if one.node.at_most_once]
    if all(one.path in said.redo or one.path in said.assume for one in undecided):
        said.only = paths


def can_be_alone(plan: Plan, one: Instance, anew: list[Instance]) -> bool:
    """Whether a resume can go on with the instance alone: something of it is to do, and nothing around it is ok."""
    chain = [one, *around(one)]
    to_do = not one.ended or one.status in AGAIN or one in anew
    for here in chain:
        if here.scope is not None and here.scope.list.role in {"rescue", "finally"}:
            return False
    return to_do and (one in anew or not any(here.ended and here.ok and not is_late_owner(here) for here in chain))


def is_late_owner(one: Instance) -> bool:
    """Whether branches of it go on."""
    return one.scope is not None and any(branch.owner is one for branch in one.scope.late)


def left_out(one: Instance) -> bool:
    """Whether the selection of the run leaves out the instance."""
    scope = one.scope
    if scope is not None and scope.bounds is not None and scope.bounds.outside(one.node.number) == "run":
        return True
    if one.parent is not None and one.parent.bounds is not None:
        return one.parent.bounds.item_outside(one.key or "") == "run"
    return False


def guards(state: State, one: Instance) -> bool:
    """Whether an `at_most_once` attempt of which nobody knows is inside it."""
    in_flight = [*state.live("attempt"), *state.live("undecided")]
    return any(one in around(inner) for inner in in_flight if inner.node.at_most_once)


def waiting_steps(plan: Plan, state: State) -> list[str]:
    """Paths of pending steps in the lists that are entered."""
    found = []
    scopes = {one.scope for one in state.instances.values() if one.scope is not None and not obstacle(state, one)}
    for scope in sorted(scopes, key=lambda one: one.owner.path):
        for position, one in enumerate(scope.current):
            if one is None and not scope.cancelled and not scope.over and position not in scope.old:
                name = plan.nodes[scope.list.nodes[position]].id
                found.append(f"{scope.owner.path}/{name}" if scope.owner.path else name)
    return found


def inside(path: str, other: str) -> bool:
    """Whether the path is the other, or inside it."""
    return path == other or path.startswith((f"{other}/", f"{other}["))


def clashes(path: str, others: list[str]) -> bool:
    """Whether one of the paths is in the other."""
    return any(inside(path, other) or inside(other, path) for other in others)


def clashes_any(paths: list[str], others: list[str]) -> bool:
    """Whether something is to go on alone and to be taken as ended."""
    return any(inside(path, other) for path in paths for other in others)
