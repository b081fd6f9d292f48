"""Plays random workflows in random orders of events on the kernel and on the reference interpreter, and compares."""

from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from tests.runner.kernel.compiled import plan_of
from tests.runner.kernel.sides import Sides
from tests.runner.kernel.workflows import alone, share, workflow_of

from steplane.commands import Command
from steplane.events import ENDED, Input
from steplane.kernel import Kernel
from steplane.plan.nodes import Plan

COMMON = settings(
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),  # a seed does not shrink
)
SEED = st.integers(0, 2**48)


def check(sides: Sides) -> None:
    """Both want the same, and have ended alike."""
    wanted = set(sides.reference.wants())
    assert sides.wanted == wanted, (sides.wanted - wanted, wanted - sides.wanted, sides.workflow, sides.trace)
    ended = sides.kernel.status if sides.kernel.ended else None
    assert ended == sides.reference.ended, (ended, sides.reference.ended, sides.workflow, sides.trace)


def play(random: Random, *, resumes: int, shared: bool = False) -> Sides:
    """A random workflow; reply in a random order until nothing is wanted. `shared`: with many locks of the store."""
    workflow = workflow_of(random)
    workflow = share(random, alone(workflow)) if shared else workflow  # locks around children: see `modifiers`
    sides = Sides(workflow, plan_of(workflow), random.choice([1, 2, 8]))

    def resume() -> None:
        held = held_of(sides)
        redo = tuple(path for path in held if random.randint(0, 2))
        said = {path: {"status": random.choice(["succeeded", "failed"])} for path in held if path not in redo}
        sides.resume(redo, said if random.randint(0, 3) else {})

    return drive(random, sides, resume, resumes=resumes)


def drive(
    random: Random,
    sides: Sides,
    resume: Callable[[], None],
    *,
    resumes: int,
    often: int = 2,
    signals: bool = True,
    most: int = 400,
    look: Callable[[Sides], None] = check,
) -> Sides:
    """Reply in a random order until nothing is wanted, at most so many times; `look` after each.

    Now and then the run is cancelled, gets a signal (`signals`), or is resumed: at most `resumes` times, in about so
    many of 40 moves (`often`), and where nothing is wanted.
    """

    def choose(_: str, options: list[Any]) -> Any:
        return random.choice(options)

    look(sides)
    for _ in range(most):
        move = random.randint(0, 40)
        replies = sorted((want for want in sides.wanted if want[0] != "stop"), key=repr)
        if move == 0 and not sides.kernel.ended:
            sides.cancel()
        elif resumes and (move <= often or not replies):
            resumes -= 1
            resume()
        elif move == 40 and signals:
            sides.signal(random.choice(["red", "blue"]), choose)
        elif not replies:
            break
        else:
            sides.reply(random.choice(replies), choose)
        look(sides)
    return sides


def held_of(sides: Sides) -> list[str]:
    """The paths of attempts of which somebody must say what became of them."""
    return sorted({one.path for one in sides.kernel.in_flight() if one.node.at_most_once})


def finish(sides: Sides) -> None:
    """Nothing is left open, every end is the same, and every prefix replays equal."""
    ends = {name: status for name, status in sides.reference.statuses().items() if status in ENDED and name[0]}
    seen = sides.statuses()
    assert seen == ends, (set(seen.items()) ^ set(ends.items()), sides.workflow, sides.trace)
    assert sides.kernel.ended or sides.reference.held(), (sides.workflow, sides.trace)
    assert replay(sides.plans, sides.inputs) == sides.commands


def replay(plans: list[Plan], inputs: list[Input]) -> list[list[Command]]:
    """The commands of each event of a fold, under one plan after the other: where all are equal, every prefix is."""
    first, *later = plans
    kernel = Kernel(first, lambda _: later.pop(0))
    return [list(kernel.step(event)) for event in inputs]
