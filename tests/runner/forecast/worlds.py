"""Random workflows played for real by the kernel, to be held against what was said of them before."""

import json
from random import Random
from typing import Any

from tests.runner.kernel.workflows import workflow_of

from steplane.commands import Ask, Forward, Record, SetTimer, Start, Stop
from steplane.driver.evaluate import Evaluator
from steplane.events import AttemptEnded, ErrorInfo, Outcome, RunStarted, Sent, SignalCame, StepStarted, TimerFired
from steplane.expressions import Engine
from steplane.kernel import Kernel
from steplane.parts import Selected
from steplane.plan.nodes import Plan

GIVEN: dict[str, Any] = {"x": True, "y": False, "n": 2, "d": "1s", "t": "5s", "s": "red"}
"""Inputs that are known before the run; `z` is not."""

ROUNDS = [(one, most) for one in ("inputs.x", "inputs.y") for most in (1, 2, 3)] + [("loop.index >= 2", 3)]
"""Of rounds: conditions that end them, or never do, and one that an `until` cannot know before."""

CONDITIONS = ("inputs.x", "inputs.y", "inputs.z", "not inputs.z", "inputs.y and inputs.z", "inputs.z or inputs.x")


def random_workflow(random: Random) -> dict[str, Any]:
    """A workflow with conditions on inputs of which some are known, and conditions on steps that are skipped."""
    workflow = workflow_of(random)
    while '"call"' in json.dumps(workflow):  # there is nobody here who gives a child its inputs
        workflow = workflow_of(random)
    _vary(random, workflow, [])
    kinds = {
        "x": "boolean",
        "y": "boolean",
        "z": "boolean",
        "n": "integer",
        "d": "string",
        "t": "string",
        "s": "string",
    }
    workflow["inputs"] = {name: {"type": kind} for name, kind in kinds.items()}
    return workflow


def _vary(random: Random, part: Any, above: list[str]) -> None:
    """Put other conditions in the place of those of the generator; locks, which may deadlock, are left out."""
    if isinstance(part, dict):
        part.pop("lock", None)
        for key, value in list(part.items()):
            if value == "inputs.x" and key in {"if", "when"}:
                part[key] = _condition(random, above)
            elif key == "complete" and value == "inputs.x":
                part[key] = _condition(random, [])
            elif key in {"while", "until"} and value == "inputs.x":
                part[key], part["max"] = random.choice(ROUNDS)
            elif value == ["inputs.x"]:
                part[key] = [random.choice(["inputs.x", "inputs.x", "inputs.x", "inputs.y"])]
            else:
                _vary(random, value, above)
        if "id" in part and "switch" not in part and "parallel" not in part and "steps" not in part:
            above.append(part["id"])
    elif isinstance(part, list):
        before = list(above)
        for one in part:
            _vary(random, one, before)


def _condition(random: Random, above: list[str]) -> str:
    if above and random.randint(0, 3) == 0:
        name = random.choice(above)
        return random.choice([f"steps.{name}.status == 'skipped'", f"steps.{name}.status != 'skipped' or inputs.z"])
    return random.choice(CONDITIONS)


class World:
    """One run of a plan: every question answered truly, attempts that end in a random order, some of them failed."""

    def __init__(
        self, plan: Plan, random: Random, *, z: bool, failures: float = 0.0, selection: Selected | None = None
    ) -> None:
        self.kernel = Kernel(plan)
        self.random, self.failures = random, failures
        names = {"inputs": {**GIVEN, "z": z}, "run": {"id": "r"}, "vars": {}, "workflow": {}}
        self.evaluator = Evaluator(plan, self.kernel.state, Engine(), names, random.uniform)
        self.begun: set[str] = set()
        self._wants: list[Any] = []
        self._now = 1_000_000
        self._feed(RunStarted(pool=random.choice([1, 2, 8]), selection=selection))
        while not self.kernel.ended and (self._wants or self.kernel.state.listeners):
            awaited = list(self.kernel.state.listeners)
            if awaited and random.randrange(len(self._wants) + 1) == 0:
                self._feed(SignalCame(name=random.choice(awaited)))
            else:
                self._reply(self._wants.pop(random.randrange(len(self._wants))))

    def _feed(self, event: Any) -> None:
        from msgspec.structs import replace

        self._now += 500_000
        for command in self.kernel.step(replace(event, at=self._now)):
            if isinstance(command, Record):
                if isinstance(command.fact, StepStarted):
                    self.begun.add(command.fact.step)
            elif isinstance(command, Ask | Start | Stop | SetTimer | Forward):
                self._wants.append(command)

    def _reply(self, want: Any) -> None:
        if want.instance not in self.kernel.state.instances:
            return
        if isinstance(want, Ask):
            if self.kernel.awaits(want):
                self._feed(self.evaluator.answer(want))
        elif isinstance(want, SetTimer):
            waits = self.kernel.state.instances[want.instance].phase == "listening"
            if want.timer != "timeout" or (waits and self.failures):
                self._feed(TimerFired(instance=want.instance, timer=want.timer))
        elif isinstance(want, Forward):
            self._feed(Sent(instance=want.instance))
        elif isinstance(want, Stop):
            self._feed(AttemptEnded(instance=want.instance, attempt=want.attempt, outcome="cancelled"))
        elif self.random.random() < self.failures:
            outcome: Outcome = self.random.choice(["failed", "failed", "failed", "cancelled"])
            error = ErrorInfo("trouble") if outcome == "failed" else None
            self._feed(AttemptEnded(instance=want.instance, attempt=want.attempt, outcome=outcome, error=error))
        else:
            self._feed(AttemptEnded(instance=want.instance, attempt=want.attempt, outcome="succeeded"))
