"""The oracle: what a run's journal tells, less times and repeated beginnings; and what the ledger may hold."""

from collections import Counter
from typing import Any

from msgspec import Struct, to_builtins
from tests.faults.rig import Rig

from steplane.app.examining import examine_run
from steplane.events import AnyEvent, AttemptEnded, Resumed, RunStarted, StepEnded, StepStarted
from steplane.plugins import Registry, read_index

_LEFT_OUT = {"at", "instance", "type", "path", "until", "limit", "sender"}


class Story(Struct, frozen=True):
    """Of each activation what happened to it, in order; of the run how it ended."""

    steps: dict[tuple[str, int], list[Any]]
    order: list[Any]


def story(events: list[AnyEvent]) -> Story:
    """The story of a run."""
    names = {getattr(event, "instance", -1): _name(event) for event in events if getattr(event, "path", None)}
    steps: dict[tuple[str, int], list[Any]] = {}
    order: list[Any] = []
    for event in events:
        if isinstance(event, RunStarted | Resumed):
            continue
        if isinstance(event, AttemptEnded) and event.outcome == "cancelled":
            continue  # one that died while it was being stopped counts as ended, without more
        data = to_builtins(event)
        told = (data["type"], _steady(data))
        name = _name(event) if getattr(event, "path", None) else names.get(getattr(event, "instance", -1), ("", 1))
        lines = steps.setdefault(name, [])
        if isinstance(event, StepStarted) and told in lines:
            continue  # an attempt that was in flight is begun again
        lines.append(told)
        order.append((name, told))
    return Story(steps, order)


def _steady(data: dict[str, Any]) -> dict[str, Any]:
    """What is told without times, and without the run that a signal comes from."""
    told = {name: value for name, value in data.items() if name not in _LEFT_OUT}
    for holder in ("value", "outputs"):
        inner = told.get(holder)
        if isinstance(inner, dict) and "sender" in inner:
            told[holder] = {name: value for name, value in inner.items() if name not in {"sender", "time", "at"}}
    return told


def _name(event: Any) -> tuple[str, int]:
    return event.path, event.activation


def executions_of(rig: Rig, run: str) -> Counter[str]:
    """The executions of one run, by key without the run's id."""
    return Counter({key[len(run) + 1 :]: number for key, number in rig.counts().items() if key.startswith(f"{run}/")})


class Crash(Struct, frozen=True):
    """What the journal showed when the process had died: executions of what had ended, and what was in flight."""

    ended: dict[str, int]
    in_flight: frozenset[str]


def crash(rig: Rig, run: str) -> Crash:
    """Look at the run as the crash left it."""
    if not rig.exists(run):
        return Crash({}, frozenset())
    counts, begun, over, ended = rig.counts(), set(), set(), {}
    keys: dict[int, str] = {}
    for event in rig.events(run):
        if isinstance(event, StepStarted):
            keys[event.instance] = f"{run}/{event.path}/{event.activation}"
            begun.add((event.instance, event.attempt))
        elif isinstance(event, AttemptEnded):
            over.add((event.instance, event.attempt))
        elif isinstance(event, StepEnded):
            key = f"{run}/{event.path}/{event.activation}"
            ended[key] = counts[key]
    in_flight = frozenset(keys[instance] for instance, _ in begun - over)
    return Crash(ended, in_flight)


def _cancelled(wanted: Story) -> set[str]:
    """The keys of what a step of the workflow cancels: on a resume that may come before it has done anything."""
    return {
        f"{path}/{activation}"
        for (path, activation), lines in wanted.steps.items()
        if any(kind == "step.ended" and data.get("status") == "cancelled" for kind, data in lines)
    }


def judge(rig: Rig, run: str, wanted: Story, executions: Counter[str], crashes: list[Crash], ordered: bool) -> None:
    """The oracle. `executions` are those of the undisturbed run, by key without the run's id."""
    found = story(rig.events(run))
    assert examine_run(rig.store, Registry(read_index(None)), run).problems == []
    for name in wanted.steps.keys() | found.steps.keys():
        has, wants = found.steps.get(name), wanted.steps.get(name)
        assert has == wants, f"{run}: {name}\nhas   {has}\nwants {wants}\n{crashes}\n{rig.outputs()}"
    assert not ordered or found.order == wanted.order
    counts = executions_of(rig, run)
    missing = executions.keys() - counts.keys()
    assert not counts.keys() - executions.keys()
    assert missing <= _cancelled(wanted), f"{run}: {missing} never ran\n{crashes}"
    for key, number in counts.items():
        extra = sum(f"{run}/{key}" in one.in_flight for one in crashes)
        assert executions[key] <= number <= executions[key] + extra, (key, number, extra)
    for one in crashes:
        assert all(counts[key.removeprefix(f"{run}/")] == number for key, number in one.ended.items()), one
