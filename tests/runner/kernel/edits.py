"""Random edits of a workflow that is plain data, and a world in which every step does the same each time."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any
from zlib import crc32

from msgspec.structs import replace
from tests.runner.kernel.compiled import plan_of

from steplane.app.editing import changes_of
from steplane.commands import Acquire, Ask, Command, DropTimer, Forward, Record, SetTimer, Start
from steplane.events import (
    Answered,
    AttemptEnded,
    ErrorInfo,
    Input,
    LockAnswered,
    Redefined,
    Resumed,
    RunStarted,
    Sent,
    SignalCame,
    StepStarted,
    TimerFired,
)
from steplane.kernel import Instance, Kernel
from steplane.plan.nodes import Fork, Node, Perform, Plan, StepList
from steplane.plan.recipes import Changes, Outside

LISTS = ("steps", "rescue", "finally", "compensate")

# ---------------------------------------------------------------- edits


def edited(random: Random, workflow: dict[str, Any], times: int = 1) -> dict[str, Any]:
    """The workflow with so many random edits; an edit that makes no workflow is not made."""
    for _ in range(times):
        for _attempt in range(20):
            found = deepcopy(workflow)
            random.choice([change, change, add, remove, swap, limit])(random, found, f"n{random.randrange(10**6)}")
            if is_sound(found):
                workflow = found
                break
    return workflow


def is_sound(workflow: dict[str, Any]) -> bool:
    """Whether it can be compiled, and no steps wait for each other."""
    try:
        plan = plan_of(workflow)
    except (AssertionError, KeyError, ValueError, IndexError, RecursionError):
        return False
    return all(_can_end(one, steps) for one in plan.with_callees() for steps in one.lists)


def _can_end(plan: Plan, steps: StepList) -> bool:
    """Whether no steps of the list wait for each other."""
    left = dict(enumerate(plan.nodes[number] for number in steps.nodes))
    while left:
        free = [at for at, node in left.items() if not any(_waits(node, other) for other in left if other != at)]
        if not free:
            return False
        for at in free:
            del left[at]
    return True


def _waits(node: Node, other: int) -> bool:
    if node.milestone is not None and node.milestone.after == other:
        return True
    if node.needs is None:
        return node.position > other
    return any(need.position == other for need in node.needs)


def lists_in(part: Any) -> Iterator[list[dict[str, Any]]]:
    """Every list of steps."""
    if isinstance(part, list):
        if part and all(isinstance(one, dict) and "id" in one for one in part):
            yield part
        for one in part:
            yield from lists_in(one)
    elif isinstance(part, dict):
        for one in part.values():
            yield from lists_in(one)


def steps_in(part: Any) -> list[dict[str, Any]]:
    """Every step."""
    return [step for one in lists_in(part) for step in one]


def change(random: Random, workflow: dict[str, Any], name: str) -> None:
    """Another command."""
    found = [one for one in steps_in(workflow) if "run" in one]
    if found:
        one = random.choice(found)
        one["run"] = [*one["run"], name]


def add(random: Random, workflow: dict[str, Any], name: str) -> None:
    """One step more."""
    steps = random.choice(list(lists_in(workflow)))
    one: dict[str, Any] = {"id": f"{name}x", "run": ["true"]}
    if random.randint(0, 2) == 0:
        one["needs"] = []
    steps.insert(random.randint(0, len(steps)), one)


def remove(random: Random, workflow: dict[str, Any], _: str) -> None:
    """One step less; nobody names it any more."""
    steps = random.choice(list(lists_in(workflow)))
    if len(steps) < 2:
        return
    gone = steps.pop(random.randrange(len(steps)))
    for one in steps:
        needs = one.get("needs")
        if isinstance(needs, list) and gone["id"] in needs:
            one["needs"] = [each for each in needs if each != gone["id"]]
        elif isinstance(needs, dict):
            needs.pop(gone["id"], None)
        join = one.get("join")
        wanted = join["count"] if isinstance(join, dict) else 1 if join == "any" else join
        if needs is not None and isinstance(wanted, int) and "parallel" not in one and wanted > len(one["needs"]):
            del one["join"]


def swap(random: Random, workflow: dict[str, Any], _: str) -> None:
    """Two steps in another order."""
    steps = random.choice(list(lists_in(workflow)))
    if len(steps) > 1:
        at = random.randrange(len(steps) - 1)
        steps[at], steps[at + 1] = steps[at + 1], steps[at]


def limit(random: Random, workflow: dict[str, Any], _: str) -> None:
    """Another time limit."""
    random.choice(steps_in(workflow))["timeout"] = "900s"


# ---------------------------------------------------------------- the world


class World:
    """One run; what is asked and attempted always comes out the same. `fails` says which steps fail, by id."""

    def __init__(self, workflow: dict[str, Any], fails: Callable[[str], bool] = lambda _: False) -> None:
        self.plan = plan_of(workflow)
        self.plans = [self.plan]
        self.fails = fails
        self.kernel = Kernel(self.plan, lambda _: self.plans.pop(0) if len(self.plans) > 1 else self.plans[0])
        self.seconds = 1000
        self.open: dict[tuple[int, str], Command] = {}
        self.commands: list[list[Command]] = []
        self.inputs: list[Input] = []
        self.feed(RunStarted(pool=4))

    def feed(self, event: Input) -> None:
        """One event."""
        event = replace(event, at=self.seconds * 1_000_000)
        self.inputs.append(event)
        self.commands.append(list(self.kernel.step(event)))
        for command in self.commands[-1]:
            if isinstance(command, Ask):
                self.open[command.instance, "ask"] = command
            elif isinstance(command, Start | Acquire | Forward):
                self.open[command.instance, type(command).__name__] = command
            elif isinstance(command, SetTimer):
                self.open[command.instance, command.timer] = command
            elif isinstance(command, DropTimer):
                self.open.pop((command.instance, command.timer), None)

    def go(self, random: Random, moves: int = 10_000) -> bool:
        """Reply to so many wants, in a random order; whether the run is over."""
        for _ in range(moves):
            if self.kernel.ended:
                return True
            live = self.kernel.state.instances
            self.open = {key: one for key, one in self.open.items() if key[0] in live}
            timers = [key for key, one in self.open.items() if isinstance(one, SetTimer)]
            others = [key for key in self.open if key not in timers]
            if others:
                self.reply(random.choice(others))
            elif [key for key in timers if key[1] != "timeout"]:
                self.reply(min((key for key in timers if key[1] != "timeout"), key=repr))
            elif self.kernel.state.listeners:
                self.feed(SignalCame(name=min(self.kernel.state.listeners)))
                if "blue" in self.kernel.state.listeners or "red" in self.kernel.state.listeners:
                    continue
            elif timers:
                self.reply(timers[0])
            else:
                return False
        return self.kernel.ended

    def reply(self, key: tuple[int, str]) -> None:
        """Reply to one."""
        command, one = self.open.pop(key), self.kernel.state.instances[key[0]]
        self.seconds += 1
        if isinstance(command, Ask):
            value, error = answer(command.question, one)
            info = ErrorInfo(error) if error else None
            self.feed(Answered(instance=one.serial, question=command.question, value=value, error=info))
        elif isinstance(command, Start):
            bad = self.fails(one.node.id)
            assert isinstance(one.node.action, Perform)
            event = AttemptEnded(instance=one.serial, attempt=command.attempt, outcome="failed" if bad else "succeeded")
            if bad:
                event = replace(event, error=ErrorInfo("shell.exit"))
            else:
                event = replace(event, outputs={"text": repr(one.node.action.parameters)})
            self.feed(event)
        elif isinstance(command, Acquire):
            self.feed(LockAnswered(instance=one.serial))
        elif isinstance(command, Forward):
            self.feed(Sent(instance=one.serial))
        else:
            self.feed(TimerFired(instance=one.serial, timer=key[1]))

    def edit(self, workflow: dict[str, Any]) -> Changes:
        """Go on under another definition."""
        after = plan_of(workflow)
        changes = changes_of(self.kernel.state, after, Outside())
        self.plans.append(after)
        self.plans.pop(0)
        self.plan = after
        words: dict[str, dict[str, str]] = {
            file: {name: one.word for name, one in found.items()} for file, found in changes.items()
        }
        self.feed(Redefined(steps=words))
        return changes

    def resume(self) -> None:
        """Go on in a new process."""
        self.open.clear()
        self.feed(Resumed(pool=4))

    def started(self, since: int = 0) -> list[str]:
        """The paths of the steps that were started since then, in their order."""
        facts = [one.fact for commands in self.commands[since:] for one in commands if isinstance(one, Record)]
        return [fact.path for fact in facts if isinstance(fact, StepStarted)]

    def ends(self) -> dict[str, tuple[str, Any]]:
        """The latest end and outputs of all that stands in the lists."""
        found: dict[str, tuple[str, Any]] = {}
        for path, one in self.kernel.state.paths.items():
            if one.ended:
                found[path] = (one.known_as, one.outputs)
        return found


def answer(question: str, one: Instance) -> tuple[Any, str | None]:
    """What is answered; always the same for the same step."""
    seed = crc32(f"{one.node.id}{question}".encode())
    if question in {"if", "complete"}:
        return seed % 4 > 0, None
    if question in {"while", "until"}:
        count = len(one.loop.keys) if one.loop is not None else 0
        return question == "until" or count < 1, None
    simple: dict[str, Any] = {
        "require": True, "ensure": True, "outputs": {"x": one.node.id}, "call": {"inputs": {}, "vars": {}},
        "cache": {"hit": False}, "enter": {"attempts": 1}, "retry": {"again": False, "delay": 0.0},
    }  # fmt: skip
    if question in simple:
        return simple[question], None
    if question == "loop":
        keys = ["a", "b", "c"][: 1 + seed % 3]
        return {"keys": keys, "items": keys, "concurrency": 2, "allowed": 0}, None
    if question == "switch":
        return seed % len(one.node.action.arms), None  # type: ignore[union-attr]
    if question == "branches":
        assert isinstance(one.node.action, Fork)
        branches = one.node.action.branches
        return [branch.condition is None or seed % 2 == 0 for branch in branches], None
    if question == "wait":
        return {str(rank): 1.0 for rank in range(3)}, None
    if question == "signal":
        return {"name": "red", "transient": False, "here": True}, None
    assert question == "item"
    return {"key": str(len(one.loop.keys) if one.loop else 0), "allowed": 0}, None


# ---------------------------------------------------------------- workflows in which the order of events is the same

_LEFT_OUT = frozenset({
    "milestone", "open", "complete", "rest", "join", "split", "collect", "retry", "timeout", "lock", "at_most_once",
    "detach", "on_error", "failure", "rescue", "while", "until", "max", "compensate",
})  # fmt: skip
_ACTIONS = frozenset({"goto", "cancel", "finish", "end", "race", "undo", "region", "restart", "signal"})


def sober(part: Any) -> Any:
    """The workflow without what depends on the order of events."""
    if isinstance(part, list):
        return [sober(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: sober(value) for key, value in part.items() if key not in _LEFT_OUT}
    if _ACTIONS & part.keys() or ("wait" in part and "steps" not in part):
        found = {key: value for key, value in found.items() if key in {"id", "needs"}} | {"run": ["true"]}
    if isinstance(found.get("needs"), dict):
        found["needs"] = list(found["needs"])
    return found


def without(part: Any, *keys: str) -> Any:
    """The workflow without these keys."""
    if isinstance(part, list):
        return [without(one, *keys) for one in part]
    if not isinstance(part, dict):
        return part
    return {key: without(value, *keys) for key, value in part.items() if key not in keys}


def lists_called(part: Any, key: str) -> Iterator[list[dict[str, Any]]]:
    """Every list of steps that stands under that key."""
    if isinstance(part, list):
        for one in part:
            yield from lists_called(one, key)
    elif isinstance(part, dict):
        if key in part:
            yield part[key]
        for one in part.values():
            yield from lists_called(one, key)
