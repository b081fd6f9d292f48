"""The critical path: a chain without a gap, as long as the longest chain of steps that waited for each other."""

from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import assume, given
from tests.runner.app.stories.journals import ANY, LAW, SEEDS, journal
from tests.runner.kernel.compiled import plan_of

from steplane.app.stories.critical import critical
from steplane.app.stories.replay import Replay
from steplane.commands import Record, SetTimer, Start
from steplane.events import AttemptEnded, ErrorInfo, Input, RunStarted, StepEnded, StepReady, TimerFired
from steplane.kernel import Kernel

Step = dict[str, Any]


@LAW
@given(seed=SEEDS)
def test_there_is_no_gap_and_each_part_is_of_something_that_was_alive(seed: int) -> None:
    one = journal(seed)
    assume(not one.jumps)  # a superseded step goes on while others begin again
    replay = Replay(one.plan).go(one.events)
    path = critical(replay)
    begin, end = one.inputs[0].at, replay.moments[replay.over].at if replay.over is not None else replay.end
    assert (path[0].begin, path[-1].end) == (begin, end) if path else begin == end
    lives = {(life.instance.path, life.ready_at, life.instance.ended_at) for life in replay.lives.values()}
    for before, part in zip([None, *path], path, strict=False):
        assert before is None or before.end == part.begin, (path, one.workflow)
        if part.path:
            within = [
                life for life in lives
                if life[0] == part.path and life[1] <= part.begin and (part.end <= life[2] or not life[2])
            ]  # fmt: skip
            assert within, (part, one.workflow)
        assert part.slot + part.locked + part.pauses <= (part.end - part.begin) / 1e6 or part.nobody


# ---------------------------------------------------------------- the longest chain, from the journal alone


class Work:
    """A random run of steps in groups and branches, in which time is spent by step types only."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.number = 0
        self.workflow: Step = {"steps": self.steps(2), "failure": "continue", **self.after(1)}
        self.plan = plan_of(self.workflow)
        self.ready: dict[str, int] = {}
        self.ended: dict[str, int] = {}
        self.inputs: list[Input] = []
        self.play()

    # ------------------------------------------------------------ the workflow

    def steps(self, depth: int) -> list[Step]:
        """One to five steps of one list."""
        found: list[Step] = []
        for _ in range(self.random.randint(1, 5 if depth == 2 else 3)):
            found.append(self.step(depth, [one["id"] for one in found]))
        return found

    def step(self, depth: int, above: list[str]) -> Step:
        """One step, with or without needs."""
        self.number += 1
        step: Step = {"id": f"s{self.number}"}
        kind = self.random.choice(["run", "run", "steps", "parallel"]) if depth else "run"
        if kind == "run":
            step["run"] = ["true"]
            step |= {"retry": {"attempts": 2, "delay": "3s"}} if self.random.random() < 0.2 else {}
        elif kind == "steps":
            step |= {"steps": self.steps(depth - 1), "failure": "continue", **self.after(depth - 1)}
        else:
            step["parallel"] = {name: self.steps(depth - 1) for name in ("left", "right")[: self.random.randint(1, 2)]}
            step["join"] = self.random.choice(["all", "any"])
        if self.random.random() < 0.6:
            named = self.random.sample(above, self.random.randint(0, min(2, len(above))))
            step["needs"] = {one: self.random.choice(["ok", "done", "done"]) for one in named} or []
            step |= {"join": "any"} if named and kind != "parallel" and self.random.random() < 0.3 else {}
        return step

    def after(self, depth: int) -> Step:
        """A `rescue`, a `finally`, both or none."""
        return {name: self.steps(depth) for name in ("rescue", "finally") if self.random.random() < 0.25}

    # ------------------------------------------------------------ the run

    def play(self) -> None:
        """End attempts in a random order, at random times."""
        kernel, now = Kernel(self.plan), 1_000_000
        open_: list[Any] = []
        event: Input = RunStarted(pool=self.random.choice([1, 2, 8]), at=now)
        while True:
            self.inputs.append(event)
            for command in kernel.step(event):
                if isinstance(command, Start | SetTimer):
                    open_.append(command)
                elif isinstance(command, Record) and isinstance(command.fact, StepReady):
                    self.ready[command.fact.path] = now
                elif isinstance(command, Record) and isinstance(command.fact, StepEnded):
                    self.ended[command.fact.path] = now
            if not open_:
                assert kernel.ended
                return
            now += self.random.randint(1, 9) * 1_000_000
            event = self.reply(open_.pop(self.random.randrange(len(open_))), now)

    def reply(self, command: Any, now: int) -> Input:
        """How an attempt, or a pause, ends."""
        if isinstance(command, SetTimer):
            return TimerFired(instance=command.instance, timer=command.timer, at=now)
        failed = self.random.random() < 0.3
        return AttemptEnded(
            instance=command.instance, attempt=command.attempt, outcome="failed" if failed else "succeeded",
            error=ErrorInfo("shell.exit") if failed else None, at=now,
        )  # fmt: skip

    # ------------------------------------------------------------ who waits for whom

    def longest(self) -> int:
        """The longest sum of the lives of step types of which each waited for the one before it."""
        waits = dict(self.waits("", self.workflow, set()))
        sums: dict[str, int] = {}
        for path in sorted(waits, key=lambda one: (self.ended[one], self.ready[one])):
            before = [sums[one] for one in waits[path] if one in sums and self.ended[one] <= self.ready[path]]
            sums[path] = self.ended[path] - self.ready[path] + max(before, default=0)
        return max(sums.values(), default=0)

    def waits(self, path: str, step: Step, outer: set[str]) -> Iterator[tuple[str, set[str]]]:
        """Each step type in it that had its turn, with those that it, or what is around it, waits for."""
        if "run" in step:
            if path in self.ready:
                yield path, outer
            return
        prefix = f"{path}/" if path else ""
        body = set(leaves(prefix, bodies(step)))
        for steps in bodies(step):
            yield from self.of_list(prefix, steps, outer)
        if "rescue" in step:
            yield from self.of_list(prefix, step["rescue"], outer | body)
        if "finally" in step:
            rescue = set(leaves(prefix, [step.get("rescue", [])]))
            yield from self.of_list(prefix, step["finally"], outer | body | rescue)

    def of_list(self, prefix: str, steps: list[Step], outer: set[str]) -> Iterator[tuple[str, set[str]]]:
        """The same of the steps of a list."""
        for position, step in enumerate(steps):
            beside = [steps[one] for one in awaited(steps, position)]
            yield from self.waits(prefix + step["id"], step, outer | set(leaves(prefix, [beside])))


def awaited(steps: list[Step], position: int) -> set[int]:
    """The positions that a step waits for, at first or second hand: one between may never have run."""
    step, ids = steps[position], [one["id"] for one in steps]
    direct = {ids.index(one) for one in step["needs"]} if "needs" in step else set(range(position))
    return direct.union(*(awaited(steps, one) for one in direct))


def bodies(step: Step) -> list[list[Step]]:
    """The lists of a step's action."""
    return [step["steps"]] if "steps" in step else list(step.get("parallel", {}).values())


def leaves(prefix: str, lists: list[list[Step]]) -> Iterator[str]:
    """The paths of the step types in the lists, at every depth."""
    for step in (one for steps in lists for one in steps):
        path = prefix + step["id"]
        if "run" in step:
            yield path
        else:
            after = [step[name] for name in ("rescue", "finally") if name in step]
            yield from leaves(f"{path}/", [*bodies(step), *after])


@LAW
@given(seed=ANY)
def test_it_is_as_long_as_the_longest_chain_of_waiting(seed: int) -> None:
    work = Work(seed)
    path = critical(Replay(work.plan).go(work.inputs))
    assert sum(part.end - part.begin for part in path) == work.longest(), (path, work.workflow)
    waits = dict(work.waits("", work.workflow, set()))
    assert all(before.path in waits[after.path] for before, after in pairwise(path))
