"""Random words for `--only`, `--from`, `--until`, and random things to say by hand at a resume."""

from random import Random
from typing import Any

from tests.reference.reading import Step, read
from tests.reference.selecting import names, way_to

from steplane.app.repairs import repairs
from steplane.errors import UsageError
from steplane.events import OK, Resumed
from steplane.kernel import Kernel
from steplane.kernel.state import State
from steplane.plan.nodes import Plan

Words = dict[str, list[str]]


def word_of(random: Random, workflow: Step, step: Step) -> str:
    """A step as a person may name it: by its id, by its path, now and then with items."""
    way = way_to(workflow, step.id) or []
    if random.randint(0, 1) and not any(one.loop for one in way):
        return step.id
    keyed = random.randint(0, 2) == 0 and not any("max" in one.raw for one in way)
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


def say(random: Random, plan: Plan, kernel: Kernel) -> Said:
    """Something that the product does not refuse."""
    for _ in range(4):
        said = some_of(random, plan, kernel)
        try:
            repairs(Resumed(), plan, kernel, "run", said.redo, said.assume, said.only)
        except UsageError:
            continue
        return said
    return Said()


def some_of(random: Random, plan: Plan, kernel: Kernel) -> Said:
    """Something, whether it can be done or not."""
    said, state = Said(), kernel.state
    known = [path for path in state.paths if path]
    pending = [*waiting_steps(plan, state), *waiting_items(state)]
    for path in random.sample(known, min(len(known), random.randint(0, 2))):
        if random.randint(0, 1):
            said.assume[path] = {"status": random.choice(["succeeded", "failed", "skipped"])}
        else:
            said.redo.append(path)
    if pending and random.randint(0, 3) == 0:
        said.assume[random.choice(pending)] = {"status": random.choice(["succeeded", "failed", "skipped"])}
    if random.randint(0, 1):
        to_do = [path for path in known if state.paths[path].status not in OK]
        more = random.sample(to_do, min(len(to_do), random.randint(0, 2)))
        said.only = list(dict.fromkeys([*said.redo, *said.assume, *more]))
        if pending and random.randint(0, 3) == 0:
            said.only.append(random.choice(pending))
    return said


def waiting_steps(plan: Plan, state: State) -> list[str]:
    """Paths of pending steps in the lists that are entered."""
    found = []
    entered = dict.fromkeys(one.scope for one in state.instances.values() if one.scope)  # no set: that has no order
    for scope in sorted(entered, key=lambda one: one.owner.path):
        for position, one in enumerate(scope.current):
            if one is None:
                name = scope.plan.nodes[scope.list.nodes[position]].id
                found.append(f"{scope.owner.path}/{name}" if scope.owner.path else name)
    return found


def waiting_items(state: State) -> list[str]:
    """Paths of items of which no turn has come."""
    loops = [(one.path, one.loop) for one in state.paths.values() if one.loop is not None]
    found = [(path, loop.keys[index]) for path, loop in loops for index in loop.todo]
    return [f"{path}[{key}]" for path, key in found if f"{path}[{key}]" not in state.paths]
