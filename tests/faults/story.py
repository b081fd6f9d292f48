"""The oracle: what a run's journal tells, less times and repeated beginnings; and what the ledger may hold."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from msgspec import Struct, to_builtins
from tests.faults.rig import Rig

from steplane.app.examining import examine_run
from steplane.events import AnyEvent, AttemptEnded, Resumed, RunStarted, StepEnded, StepStarted
from steplane.plugins import Registry, read_index

_LEFT_OUT = {"at", "instance", "type", "path", "until", "limit", "sender", "holders"}


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
    """What is told without times, and without the run that a signal, a result or a lock was had from."""
    told = {name: value for name, value in data.items() if name not in _LEFT_OUT}
    for holder in ("value", "outputs"):
        inner = told.get(holder)
        if isinstance(inner, dict) and "sender" in inner:
            told[holder] = {name: value for name, value in inner.items() if name not in {"sender", "time", "at"}}
        if isinstance(inner, dict) and "hit" in inner:
            told[holder] = {"hit": inner["hit"]}  # why not, and from which run, tells of the runs before
    if told.get("status") == "reused":
        del told["reason"]
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


def sound(rig: Rig, run: str) -> None:
    """What holds of every run, whatever has become of it: its own check is clean; what was done was recorded as begun
    before; and an attempt is begun again only because the run was resumed, once each time.
    """
    assert examine_run(rig.store, Registry(read_index(None)), run).problems == [], run
    begun, attempts = Counter[str](), set[tuple[str, int, int]]()
    lives = 0
    for event in rig.events(run):
        lives += isinstance(event, Resumed)
        if isinstance(event, StepStarted):
            key = f"{event.path}/{event.activation}"
            begun[key] += 1
            attempts.add((key, event.instance, event.attempt))
    made = Counter(key for key, _, _ in attempts)
    for key, number in executions_of(rig, run).items():
        assert number <= begun[key], f"{run}/{key} was done {number} times, and begun {begun[key]}: {rig.outputs()}"
    for key, number in begun.items():
        assert number <= made[key] * (1 + lives), f"{run}/{key} was begun {number} times in {1 + lives} lives"


def _cancelled(wanted: Story) -> set[str]:
    """The keys of what a step of the workflow cancels: on a resume that may come before it has done anything."""
    return {
        f"{path}/{activation}"
        for (path, activation), lines in wanted.steps.items()
        if any(kind == "step.ended" and data.get("status") == "cancelled" for kind, data in lines)
    }


def judge_whole(rig: Rig, run: str, wanted: Story, crashes: list[Crash], whole: str, once: str) -> None:
    """What stands in a group that a resume runs whole: its last life is as if nothing had been, each step in order.

    The lives before are cut off, or had ended well. `once` has a recorded result: it was done once, unless cut off.
    """
    found, lives = story(rig.events(run)), dict[str, list[list[Any]]]()
    for (path, _), lines in sorted(found.steps.items(), key=lambda one: one[0][1]):
        if path.startswith(f"{whole}/"):
            lives.setdefault(path, []).append([_alike(line) for line in lines])
    assert lives.keys() == {path for path, _ in wanted.steps if path.startswith(f"{whole}/")}
    for path, each in lives.items():
        wants = [_alike(line) for line in wanted.steps[path, 1]]
        *before, last = each
        reused = path == once and bool(before) and last[-1][1]["status"] == "reused"
        assert reused or last == wants, f"{path}\nhas   {last}\nwants {wants}"
        assert reused or path != once or all(ends[-1][1]["status"] == "cancelled" for ends in before), each
        for lines in before:
            assert lines in (wants, last) or lines[-1][1]["reason"] == "begun anew on resume", (path, lines)
    counts, cut_off = executions_of(rig, run), 0
    for key, number in counts.items():
        if key.startswith(f"{whole}/"):
            assert number == 1, (key, number)  # an attempt that is cut off is not made again: the step begins anew
            cut_off += key.rpartition("/")[0] == once and any(f"{run}/{key}" in one.in_flight for one in crashes)
    done = sum(number for key, number in counts.items() if key.rpartition("/")[0] == once)
    assert 1 <= done <= 1 + cut_off, (done, crashes)


def _alike(line: Any) -> Any:
    """Without what differs from life to life."""
    kind, told = line
    return kind, {name: value for name, value in told.items() if name != "activation"}


def _without(story_: Story, whole: str) -> Story:
    """The story of all that does not stand in the group."""
    steps = {name: lines for name, lines in story_.steps.items() if not name[0].startswith(f"{whole}/")}
    return Story(steps, [one for one in story_.order if one[0] in steps])


def _beside(counts: Counter[str], whole: str) -> Counter[str]:
    return Counter({key: number for key, number in counts.items() if not whole or not key.startswith(f"{whole}/")})


def _left(story_: Story, beside: Collection[str]) -> Story:
    """The story without those steps."""
    steps = {name: lines for name, lines in story_.steps.items() if name[0] not in beside}
    return Story(steps, [one for one in story_.order if one[0] in steps])


def _path(key: str) -> str:
    return key.rpartition("/")[0]


def judge(
    rig: Rig,
    run: str,
    wanted: Story,
    executions: Counter[str],
    crashes: list[Crash],
    ordered: bool,
    whole: str = "",
    once: str = "",
    beside: Collection[str] = (),
) -> None:
    """The oracle. `executions` are those of the undisturbed run, by key without the run's id. What happened to the
    steps `beside` (the run itself is ``), and whether they were executed, is the fault's own and not compared.
    """
    found = story(rig.events(run))
    if beside:
        found, wanted = _left(found, beside), _left(wanted, beside)
        executions = Counter({key: number for key, number in executions.items() if _path(key) not in beside})
    if whole:
        judge_whole(rig, run, wanted, crashes, whole, once)
        found, wanted = _without(found, whole), _without(wanted, whole)
    assert examine_run(rig.store, Registry(read_index(None)), run).problems == []
    for name in wanted.steps.keys() | found.steps.keys():
        has, wants = found.steps.get(name), wanted.steps.get(name)
        assert has == wants, f"{run}: {name}\nhas   {has}\nwants {wants}\n{crashes}\n{rig.outputs()}"
    assert not ordered or found.order == wanted.order
    counts = executions_of(rig, run)
    if beside:
        counts = Counter({key: number for key, number in counts.items() if _path(key) not in beside})
    if whole:
        counts, executions = _beside(counts, whole), _beside(executions, whole)
    missing = executions.keys() - counts.keys()
    assert not counts.keys() - executions.keys()
    assert missing <= _cancelled(wanted), f"{run}: {missing} never ran\n{crashes}"
    for key, number in counts.items():
        extra = sum(f"{run}/{key}" in one.in_flight for one in crashes)
        assert executions[key] <= number <= executions[key] + extra, (key, number, extra)
    for one in crashes:
        ended = _beside(Counter({key.removeprefix(f"{run}/"): number for key, number in one.ended.items()}), whole)
        assert all(counts[key] == number for key, number in ended.items()), one
