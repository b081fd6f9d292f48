"""A case played under a virtual clock: the kernel and the reference interpreter, attempts of random length, conditions
that come out at random, signals from outside at random times, and now and then a process that dies.
"""

import re
from functools import cache
from random import Random
from typing import Any

import yaml
from msgspec.structs import replace
from tests.patterns.cases import CANCEL, Case
from tests.patterns.traces import trace_of
from tests.reference.interpreter import Want
from tests.runner.kernel.sides import Sides

from steplane import events
from steplane.commands import Ask, Record
from steplane.driver.evaluate import Evaluator
from steplane.events import Input
from steplane.expressions import Engine
from steplane.plan.nodes import Plan

LONGEST = 60
"""Seconds of an attempt."""

MOST = 5
"""So often a condition of a run holds; then cycles and recursions have to come to an end."""

CHANCE = frozenset({"if", "switch", "branches", "while", "until", "complete", "call"})
"""Questions that are answered at random. All others are evaluated."""


@cache
def workflow_of(case: Case) -> dict[str, Any]:
    """The file as plain data, with the files that it calls."""
    text = case.file.read_text("utf-8")
    called = {name: (case.file.parent / name).read_text("utf-8") for name in re.findall(r"call: (\S+)", text)}
    return {**yaml.safe_load(text), "x-files": {name: yaml.safe_load(one) for name, one in called.items()}}


class Clocked(Sides):
    """Both sides, in a time that the player sets; the reference only where it is to be compared."""

    compared = False

    def both(self, event: tuple[Any, ...], own: Input) -> None:
        """Feed both sides, now."""
        self.trace.append(event)
        if self.compared:
            self.reference.feed(event, self.seconds)
        self.step(replace(own, at=self.seconds * 1_000_000))

    def check(self) -> None:
        """Both sides want the same, and have ended alike."""
        if self.compared:
            wanted = set(self.reference.wants())
            assert self.wanted == wanted, (self.wanted ^ wanted, self.trace)
            assert (self.kernel.status if self.kernel.ended else None) == self.reference.ended, self.trace


class Player:
    """One run of a case; `crashes`: so often its process dies; `compared`: the reference interpreter plays it too."""

    def __init__(self, case: Case, plan: Plan, seed: int, *, crashes: int = 0, compared: bool = True) -> None:
        self.case, self.plan = case, plan
        self.random = Random(f"{case.name} {seed}")
        self.sides = Clocked(workflow_of(case), plan, 8)
        self.sides.compared = compared
        self.evaluator = Evaluator(plan, self.sides.kernel.state, Engine(), names_of(plan), self.random.uniform)
        self.due: dict[Want, int] = {}
        self.outside = [(self.sides.seconds + self.random.randint(1, 2 * LONGEST), name) for name in case.outside]
        self.crashes = crashes
        self.held = 0

    def play(self) -> list[str]:
        """To the end; the trace."""
        for _ in range(1000):
            self.sides.check()
            if self.sides.kernel.ended or not self.turn():
                break
        return self.trace

    @property
    def trace(self) -> list[str]:
        """What was recorded until now."""
        commands = [one for commands in self.sides.commands for one in commands]
        return trace_of(self.case, self.plan, [one.fact for one in commands if isinstance(one, Record)])

    # ------------------------------------------------------------ time

    def turn(self) -> bool:
        """What is due next; whether there was anything."""
        wants = [want for want in self.sides.wanted if want[0] not in {"stop", "signal"}]
        self.due = {want: self.due.get(want) or self.time_of(want) for want in sorted(wants, key=repr)}
        for want in self.sides.wanted:
            if want[0] == "stop":  # what is asked to stop does so soon
                attempt = ("attempt", *want[1:])
                self.due[attempt] = min(self.due[attempt], self.sides.seconds + 1)
        if self.crashes and self.random.random() < 0.15:
            self.crash()
            return True
        if self.outside and (not self.due or min(self.outside)[0] <= min(self.due.values())):
            self.signal()
            return True
        if not self.due:
            return False
        want = min(self.due, key=lambda one: (self.due[one], self.random.random()))
        self.sides.seconds = max(self.sides.seconds, self.due.pop(want))
        self.reply(want)
        return True

    def time_of(self, want: Want) -> int:
        """When the answer comes."""
        now = self.sides.seconds
        if want[0] == "attempt":
            return now + self.random.randint(1, LONGEST)
        if want[0] == "timer":
            return max(now, self.sides.kernel.state.timers[self.sides.serial_of(want[1:3]), want[3]] // 1_000_000)
        return now

    def crash(self) -> None:
        """The process dies; another goes on. What was in flight begins again."""
        self.crashes -= 1
        self.due = {}
        self.sides.resume((), {})

    def signal(self) -> None:
        """A signal from outside comes, or the end of the run is asked for."""
        time, name = min(self.outside)
        self.outside.remove((time, name))
        self.sides.seconds = max(self.sides.seconds, time)
        if name == CANCEL:
            self.sides.cancel()
            return
        came = vars(events)["SignalCame"](name=name, data=1, transient=False)
        self.sides.both(("signal", name, 1, False), came)

    # ------------------------------------------------------------ answers

    def reply(self, want: Want) -> None:
        """The attempt has succeeded, the timer is due, the question has its answer."""
        if want[0] != "ask" or want[3] in CHANCE:
            self.sides.reply(want, self.choose)
            return
        path, number, question = want[1:]
        answered = self.evaluator.answer(Ask(self.sides.serial_of((path, number)), question))
        if answered.error is not None:  # it needs what attempts would have given
            self.sides.reply(want, self.choose)
            return
        self.sides.both(("answered", path, number, question, answered.value, None), answered)

    def choose(self, what: str, options: list[Any]) -> Any:
        """One of the options; nothing goes wrong."""
        if what in {"error", "refused", "sent"}:
            return options[0]
        if what in {"outcome", "holds"}:
            return options[0]
        if what == "keys":
            return [str(number) for number in range(self.random.randint(0, 3))]
        if what == "arm":
            return self.random.choice([one for one in options if one is not None])
        if what in {"if", "while", "until"}:
            self.held += 1
            return self.random.random() < 0.5 if self.held < MOST else what == "until"
        return self.random.choice(options)


def names_of(plan: Plan) -> dict[str, Any]:
    """What expressions see of the run itself."""
    return {"inputs": {}, "vars": {}, "run": {"id": "run", "status": "running"}, "workflow": {"name": plan.name}}
