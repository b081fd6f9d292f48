"""The kernel and the reference interpreter side by side, driven by the same events."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from msgspec.structs import replace
from tests.reference import selecting
from tests.reference.interpreter import Reference, Want
from tests.reference.reading import read

from steplane.commands import Acquire, Ask, Command, DropTimer, Forward, Record, SetTimer, Start, Stop
from steplane.events import (
    Answered,
    AttemptEnded,
    CancelRequested,
    CompensateRequested,
    ErrorInfo,
    Input,
    LockAnswered,
    Redefined,
    Resumed,
    RunStarted,
    Sent,
    SignalCame,
    StepCompensated,
    StepEnded,
    Taken,
    TimerFired,
)
from steplane.expressions.templates import Literal
from steplane.kernel import Instance, Kernel
from steplane.parts import Group
from steplane.plan.nodes import ForEach, Fork, Matrix, Plan
from steplane.plan.selection import select, select_again
from steplane.plan.waits import Send, awaited

Name = tuple[str, int]


class Sides:
    """Both, and what each wants from outside."""

    def __init__(
        self,
        workflow: dict[str, Any],
        plan: Plan,
        pool: int,
        words: Mapping[str, Sequence[str]] | None = None,
        taken: Taken | None = None,
        recorded: dict[str, str] | None = None,
    ) -> None:
        self.plan = plan
        self.plans = [plan]  # with those of the definitions that it went on under
        self.workflow = workflow
        self.pool = pool
        words = words or {}
        group = group_of(workflow)
        selection = select(plan, words.get("only", ()), words.get("since", ()), words.get("until", ())).recorded
        patterns = selecting.select(read(workflow), **words) if words else None
        self.items = taken.items if taken is not None else {}  # the only ones that a loop may have
        self.reference = Reference(workflow, pool, workflow.get("x-files"), selection=patterns, recorded=recorded)
        self.kernel = Kernel(plan)
        self.names: dict[int, Name] = {}
        self.wanted: set[Want] = set()
        self.inputs: list[Input] = []
        self.commands: list[list[Command]] = []
        self.trace: list[Any] = []
        self.random = Random(pool)
        self.seconds = 1000
        self.reference.now = self.seconds
        self.reference.begin()
        self.step(RunStarted(pool=pool, at=self.seconds * 1_000_000, selection=selection, taken=taken, group=group))

    def step(self, event: Input) -> None:
        """The kernel's side of an event."""
        self.inputs.append(event)
        self.commands.append(list(self.kernel.step(event)))
        for command in self.commands[-1]:
            if not isinstance(command, Record) and command.instance in self.kernel.state.instances:
                self.note(command)
        self.forget_ended()

    def note(self, command: Any) -> None:
        """Keep what a command wants."""
        name = self.name_of(command.instance)
        if isinstance(command, Ask):
            self.wanted.add(("ask", *name, command.question))
        elif isinstance(command, Start):
            self.wanted.add(("attempt", *name, command.attempt))
        elif isinstance(command, Stop):
            self.wanted.add(("stop", *name, command.attempt))
        elif isinstance(command, Forward):
            self.wanted.add(("sent", *name, "other"))
        elif isinstance(command, Acquire):
            self.wanted.add(("lock", *name, "store"))
        elif isinstance(command, SetTimer):
            self.wanted.add(("timer", *name, command.timer))
        elif isinstance(command, DropTimer):
            self.wanted.discard(("timer", *name, command.timer))

    def name_of(self, serial: int) -> Name:
        """Path and activation of an instance."""
        if serial not in self.names:
            instance = self.kernel.state.instances[serial]
            self.names[serial] = (instance.path, instance.number)
        return self.names[serial]

    def serial_of(self, name: Name) -> int:
        """The instance of a path and activation."""
        return next(serial for serial, known in self.names.items() if known == name)

    def forget_ended(self) -> None:
        """What an ended or cancelled instance had asked is wanted no more."""
        live = {(one.path, one.number): one for one in self.kernel.state.instances.values()}
        self.wanted = {want for want in self.wanted if self.still(want, live)}
        for one in live.values():
            self.wanted.update(("signal", one.path, one.number, name) for _, name in one.listens)

    def still(self, want: Want, live: dict[Name, Instance]) -> bool:
        """Whether the want still stands."""
        instance = live.get((want[1], want[2]))
        if instance is None:
            return False
        if want[0] == "signal":
            return False
        if want[0] == "sent":
            return instance.phase == "sending"
        if want[0] == "ask":
            return instance.phase in _PHASES[want[3]]
        if want[0] == "timer":
            return (instance.serial, want[3]) in self.kernel.state.timers
        if want[0] == "lock":
            return instance.phase == "lock" and instance.asked
        if want[0] == "stop":
            return instance.phase == "stopping"
        return instance.phase in {"attempt", "stopping"} and instance.attempt == want[3]

    # ------------------------------------------------------------ events

    def reply(self, want: Want, choose: Callable[[str, list[Any]], Any]) -> None:
        """Reply to a want in some way."""
        kind, path, number, what = want
        if kind == "signal":
            self.signal(what, choose)
            return
        serial = self.serial_of((path, number))
        if kind == "ask":
            value, error = answer(what, choose, self.kernel.state.instances[serial])
            if what == "loop" and path in self.items and error is None:
                value["keys"] = value["items"] = list(self.items[path])
            info = ErrorInfo(error) if error else None
            self.both(
                ("answered", path, number, what, value, error),
                Answered(instance=serial, question=what, value=value, error=info),
            )
        elif kind == "attempt":
            outcome, error = choose("outcome", _OUTCOMES)
            info = ErrorInfo(error) if error else None
            self.both(
                ("attempt.ended", path, number, what, outcome, error),
                AttemptEnded(instance=serial, attempt=what, outcome=outcome, error=info),
            )
        elif kind == "sent":
            error = choose("sent", [None, None, "signal.refused"])
            info = ErrorInfo(error) if error else None
            self.both(("sent", path, number, error), Sent(instance=serial, error=info))
        elif kind == "lock":
            full = [] if path else ["concurrency.full"] * 3
            error = choose("refused", [None] * 9 + ["lock.deadlock", *full])
            info = ErrorInfo(error) if error else None
            self.both(("lock", path, number, error), LockAnswered(instance=serial, error=info))
        else:
            self.both(("timer", path, number, what), TimerFired(instance=serial, timer=what))

    def both(self, event: tuple[Any, ...], own: Input) -> None:
        """Feed both sides."""
        self.trace.append(event)
        self.seconds += self.random.choice([0, 0, 1, 2])
        self.reference.feed(event, self.seconds)
        self.step(replace(own, at=self.seconds * 1_000_000))

    def signal(self, name: str, choose: Callable[[str, list[Any]], Any]) -> None:
        """A signal comes."""
        data, transient = choose("data", [None, 1]), choose("transient", [False, False, True])
        self.both(("signal", name, data, transient), SignalCame(name=name, data=data, transient=transient))

    def cancel(self) -> None:
        """Ask for the end of the run."""
        self.both(("cancel",), CancelRequested())

    def compensate(self, *paths: str) -> None:
        """Ask to undo what the run, or these instances, had completed."""
        self.wanted = set()
        self.both(("compensate", paths), CompensateRequested(pool=self.pool, steps=paths))

    def resume(self, redo: tuple[str, ...], assume: dict[str, Any], only: tuple[str, ...] = ()) -> None:
        """Go on in a new process; with `only` with these instances alone."""
        self.wanted = set()
        selection = select_again(self.plan, only).recorded if only else None
        focus = selecting.select(read(self.workflow), only=only) if only else None
        event = Resumed(pool=self.pool, redo=redo, assume=assume, selection=selection)
        self.both(("resumed", redo, assume, focus), event)

    def redefine(self, workflow: dict[str, Any], plan: Plan, words: dict[str, dict[str, str]]) -> None:
        """Go on under another definition; a resume follows. `words` say what becomes of each step."""
        self.workflow, self.plan, self.wanted = workflow, plan, set()
        self.plans.append(plan)
        self.kernel.plan_of = lambda _: plan
        self.both(("redefined", workflow, words), Redefined(steps=words))

    # ------------------------------------------------------------ what is seen

    def statuses(self) -> dict[Name, str]:
        """Ends by path and activation, as the kernel has recorded them."""
        facts = [one.fact for commands in self.commands for one in commands if isinstance(one, Record)]
        ends = {(fact.path, fact.activation): str(fact.status) for fact in facts if isinstance(fact, StepEnded)}
        undone = [fact for fact in facts if isinstance(fact, StepCompensated) and fact.ok]
        return {**ends, **{(fact.path, fact.activation): "compensated" for fact in undone}}


def group_of(workflow: dict[str, Any]) -> Group | None:
    """The runs that count together with one of this workflow."""
    written = workflow.get("concurrency")
    return Group(written["group"], written["limit"], written["when_full"]) if written else None


_OUTCOMES = [("succeeded", None), ("failed", "shell.exit"), ("failed", "input.invalid"), ("succeeded", None)]
_PHASES = {
    "if": {"if"}, "loop": {"loop"}, "enter": {"enter"}, "cache": {"cache"}, "require": {"require"},
    "switch": {"choose"},
    "branches": {"choose"}, "call": {"choose"}, "wait": {"wait"}, "signal": {"signal"}, "item": {"item"},
    "complete": {"complete"},
    "while": {"while"}, "until": {"until"}, "ensure": {"ensure"}, "outputs": {"outputs", "rescued"}, "retry": {"retry"},
}  # fmt: skip


def entry(choose: Callable[[str, list[Any]], Any], instance: Instance) -> dict[str, Any]:
    """What `enter` gives: a value for each expression."""
    node, values = instance.node, {}
    if node.lock is not None and node.lock.static is None:
        values["lock"] = choose("lock", ["alpha", "beta"])
    if node.timeout_value is not None:
        values["timeout"] = 5.0
    if node.retry is not None and node.retry.attempts_value is not None:
        values["attempts"] = choose("attempts", [1, 2, 3])
    if node.retry is not None and node.retry.delay_value is not None:
        values["delay"] = choose("delay", [1.0, 3.0])
    return values


def sent(choose: Callable[[str, list[Any]], Any], instance: Instance) -> dict[str, Any]:
    """A signal that a step sends, to this run or to another."""
    action = instance.node.action
    assert isinstance(action, Send)
    name = choose("name", ["red", "blue"])
    name = action.name.value if isinstance(action.name, Literal) else name
    found: dict[str, Any] = {"name": name, "transient": action.transient, "here": True}
    if action.data is not None:
        found["data"] = 1
    if action.to is not None:
        found |= {"to": "other", "here": False}
    return found


def names(choose: Callable[[str, list[Any]], Any], instance: Instance) -> dict[str, Any]:
    """The signals that a wait waits for."""
    waits = awaited(instance.node.action)
    return {str(rank): choose("name", ["red", "blue"]) for rank, one in enumerate(waits) if one.signal}


_SIMPLE: dict[str, Callable[[Callable[[str, list[Any]], Any], Instance], Any]] = {
    "outputs": lambda _, __: {"x": 1},
    "cache": lambda choose, _: {"hit": choose("hit", [True, False])},
    "call": lambda _, __: {"inputs": {}, "vars": {}},
    "wait": names,
    "signal": sent,
    "enter": entry,
}


def answer(question: str, choose: Callable[[str, list[Any]], Any], instance: Instance) -> tuple[Any, str | None]:
    """A possible answer to the question: its value and the type of an error."""
    if choose("error", [False] * 9 + [True]):
        return None, "expression"
    if question == "if":
        return choose("if", [True, True, False]), None
    if question in {"complete", "while", "until"}:
        return choose(question, [True, False]), None
    if question in {"require", "ensure"}:
        return (True, None) if choose("holds", [True, True, False]) else (None, question)
    if question == "loop":
        loop = instance.node.loop
        assert isinstance(loop, ForEach | Matrix)
        concurrency = loop.concurrency.value if loop.concurrency is not None else None  # type: ignore[union-attr]
        keys = choose("keys", [["a", "b", "c"], ["a"], [], ["a", "b"]])
        return {"keys": keys, "items": keys, "concurrency": concurrency, "allowed": loop.allowed}, None
    if question == "item":
        assert instance.loop is not None
        return {"key": str(len(instance.loop.keys)), "allowed": choose("allowed", [0, 1])}, None
    if question == "switch":
        return choose("arm", [None, *range(len(instance.node.action.arms))]), None  # type: ignore[union-attr]
    if question == "branches":
        assert isinstance(instance.node.action, Fork)
        branches = instance.node.action.branches
        held = [one.condition is None or choose("branch", [True, False]) for one in branches if not one.default]
        return [not one.default and held.pop(0) for one in branches], None
    if question in _SIMPLE:
        return _SIMPLE[question](choose, instance), None
    return {"again": choose("again", [True, True, False]), "delay": 1.0}, None
