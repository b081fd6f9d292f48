"""Random runs of random workflows, as their journals: for laws that hold of every story."""

from functools import lru_cache
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from tests.runner.kernel.against_reference import COMMON, drive, held_of
from tests.runner.kernel.compiled import plan_of
from tests.runner.kernel.sides import Sides
from tests.runner.kernel.workflows import alone, workflow_of

from steplane.commands import Record
from steplane.events import AnyEvent
from steplane.plan.nodes import Plan

SEEDS = st.integers(0, 119)
"""Few, so that the laws share the journals, which take longer to make than to judge."""

ANY = st.integers(0, 2**48)
LAW = settings(COMMON, max_examples=80, derandomize=True)
FEW = settings(LAW, max_examples=40)
MANY = settings(LAW, max_examples=3000, derandomize=False)


class Journal:
    """A run: its plan, its inputs in order, and the facts that followed from each."""

    def __init__(self, plan: Plan, sides: Sides) -> None:
        self.plan = plan
        self.inputs = list(sides.inputs)
        self.facts = [[one.fact for one in commands if isinstance(one, Record)] for commands in sides.commands]
        self.ended = sides.kernel.ended
        self.workflow = sides.workflow

    @property
    def events(self) -> list[AnyEvent]:
        """As it is recorded: each input, then its facts."""
        return [event for one, facts in zip(self.inputs, self.facts, strict=True) for event in (one, *facts)]

    @property
    def jumps(self) -> bool:
        """Whether a list of the workflow may begin again: then a step has several lives, and some laws say too much."""
        return any(one.repeats for one in self.plan.lists)


@lru_cache(maxsize=200)
def journal(seed: int, resumes: int = 2, most: int = 400) -> Journal:
    """The journal of one random run."""
    random = Random(seed)
    workflow = alone(workflow_of(random))
    sides = Sides(workflow, plan_of(workflow), random.choice([1, 2, 8]))

    def resume() -> None:
        sides.resume(tuple(path for path in held_of(sides) if random.randint(0, 2)), {})

    drive(random, sides, resume, resumes=resumes, signals=False, most=most, look=lambda _: None)
    return Journal(sides.plan, sides)
