"""The tree of the live view follows the kernel: random workflows, random orders of events."""

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.runner.kernel.sides import Sides
from tests.runner.kernel.test_parts_against_reference import begin

from steplane.commands import Record
from steplane.events import Resumed, StepEnded
from steplane.kernel import NOT_SELECTED, Instance, State
from steplane.plan.nodes import Perform
from steplane.plan.waits import Race, Wait
from steplane.reporters.activations import shown_name
from steplane.reporters.live.notes import Notes
from steplane.reporters.live.reasons import Reasons
from steplane.reporters.live.rows import Chooser
from steplane.reporters.live.state import Entry, Tree

_SETTINGS = settings(
    max_examples=100, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),  # a seed does not shrink
)  # fmt: skip


class Follower:
    """A tree beside a kernel; a resume begins with an empty one, as a new process does."""

    def __init__(self, sides: Sides) -> None:
        self.sides = sides
        self.seen = 0
        self.resumed = False
        self.since = 0
        self.top: list[str] = []
        self._begin()

    def _begin(self) -> None:
        self.notes, self.tree, self.reasons = Notes(), Tree(self.sides.plan), Reasons()
        self.finished: list[str] = []
        self.chooser = Chooser(lambda path, most: [f"{path} {number}" for number in range(most)])

    def follow(self) -> None:
        """Take in what has happened since the last time."""
        state = self.sides.kernel.state
        for event, commands in list(zip(self.sides.inputs, self.sides.commands, strict=True))[self.seen :]:
            if isinstance(event, Resumed):
                self.resumed, self.since = True, event.at
                self._begin()
            facts = [replace(one.fact, at=event.at) for one in commands if isinstance(one, Record)]
            for one in (event, *facts):
                path = getattr(one, "path", None)
                named = state.root if path is None else state.named(path, getattr(one, "instance", 0))
                for note in self.notes.of(one, named):
                    ended = isinstance(note.event, StepEnded)
                    because = self.reasons.of(note.event, note.node) if isinstance(note.event, StepEnded) else ""
                    self.tree.take(note, because)
                    assert not note.begun or note.begun >= self.since  # nobody ran it before
                    if ended and note.inside == "":
                        self.top.append(note.event.path)  # type: ignore[union-attr]
        self.seen = len(self.sides.inputs)
        self.finished += [entry.path for entry, _ in self.tree.finished]
        self.tree.finished.clear()


def acts(one: Instance) -> bool:
    """Whether the view says that the instance does something."""
    looped = one.node.loop is not None and one.parent is None
    work = isinstance(one.node.action, Perform) and not looped and one.attempt > 0
    return one.scope is not None and (one.phase in {"backoff", "listening"} or work)


def acting(state: State) -> set[str]:
    return {shown_name(one) for one in state.instances.values() if acts(one)}


def given_up(state: State) -> set[str]:
    """Waits that are over without having come true, while it is asked what follows: nothing has said so yet."""
    waits = [one for one in state.live("retry") if isinstance(one.node.action, Wait | Race)]
    return {shown_name(one) for one in waits}


def entries(entry: Entry) -> list[Entry]:
    inside = {**entry.children, **entry.busy}.values()
    return [entry, *(one for child in inside for one in entries(child))]


def check(follower: Follower, random: Random) -> None:
    """The tree is as the kernel is, and of what is shown nothing is worth less than what is left out."""
    tree, state = follower.tree, follower.sides.kernel.state
    shown = {one.path for one in entries(tree.root) if one.acting}
    wanted = acting(state)
    over = shown - given_up(state)
    assert over <= wanted if follower.resumed else over == wanted, (shown ^ wanted, follower.sides.workflow)
    for one in entries(tree.root):
        assert one.active == one.acting + sum(child.active for child in one.busy.values())
        assert 0.0 <= one.fraction <= 1.0
        assert one.size is None or one.key is not None or one.done <= one.size or follower.resumed
    for room in (random.randint(0, 3), random.randint(4, 30), 1000):
        rows = follower.chooser.rows(tree, room, round(state.now))
        assert len(rows) <= room
        assert sum(row.status == "more" for row in rows) <= 1
        if not follower.resumed and room == 1000:
            assert sum(row.status in {"running", "retry", "waits"} for row in rows) >= min(1, len(wanted))
        if "failed" in next((row.words for row in rows if row.status == "more"), "") and room < 5:
            assert {row.status for row in rows} <= {"failed", "more"}


def play(random: Random, *, resumes: int, selected: bool = False) -> Follower:
    """A random run with the tree beside it."""
    sides = begin(random, selected=selected)
    follower = Follower(sides)

    def choose(_: str, options: list[Any]) -> Any:
        return random.choice(options)

    for _ in range(200):
        follower.follow()
        check(follower, random)
        move = random.randint(0, 40)
        replies = sorted((want for want in sides.wanted if want[0] != "stop"), key=repr)
        if resumes and (move <= 2 or not replies):
            resumes -= 1
            held = {one.path for one in sides.kernel.in_flight() if one.node.at_most_once}
            sides.resume(tuple(sorted(held)), {})
        elif not replies:
            break
        elif move == 3 and not sides.kernel.ended:
            sides.cancel()
        else:
            sides.reply(random.choice(replies), choose)
    follower.follow()
    return follower


@pytest.mark.parametrize("resumes", [0, 2])
@_SETTINGS
@given(seed=st.integers(0, 2**48))
def test_the_tree_follows_the_kernel(seed: int, resumes: int) -> None:
    random = Random(seed)
    follower = play(random, resumes=resumes)
    check(follower, random)
    if follower.sides.kernel.ended and not follower.resumed:
        assert follower.tree.root.children == {}
        assert follower.tree.root.active == 0
        assert sorted(follower.finished) == sorted(follower.top)


@_SETTINGS
@given(seed=st.integers(0, 2**48))
def test_what_is_not_selected_is_neither_to_come_nor_done(seed: int) -> None:
    follower = play(Random(seed), resumes=0, selected=True)
    tree, root = follower.tree, follower.sides.kernel.state.root
    assert root is not None
    if not root.body:
        return  # it was not let into its group: nothing has begun
    (steps,) = root.body
    if steps.course is not None or any(one is not None and one.number > 1 for one in steps.current):
        return  # what has begun again is to come again
    selected = [one for one in steps.current if one is not None and one.reason != NOT_SELECTED]
    assert (tree.root.size or 0) == sum(one is None or one.reason != NOT_SELECTED for one in steps.current)
    assert tree.root.done == sum(one.ended for one in selected)
    assert not {one.path for one in steps.current if one is not None and one.reason == NOT_SELECTED} & set(
        follower.finished
    )
