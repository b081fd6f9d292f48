"""Why things happened in a run, derived from its journal: for `explain`."""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from steplane.app.chosen import chosen, step_ids, unknown_step
from steplane.app.history import RunRecord, read_run
from steplane.app.recorded import Held, Plans, compiler
from steplane.app.senseless import making_sense
from steplane.app.stories.instances import stories
from steplane.app.stories.replay import Replay
from steplane.app.stories.shapes import Story, Waiting, Whole
from steplane.app.stories.timeline import by_first_clock
from steplane.app.stories.waiting import pending
from steplane.app.stories.whole import whole
from steplane.errors import UsageError
from steplane.events import AnyEvent
from steplane.plan.nodes import Plan
from steplane.plan.step_names import around, id_path
from steplane.plugins import Registry
from steplane.store import Definition, LockTable, RunStore

MOST = 5
"""Instances of a step that are told one by one."""


class Explained(Struct, frozen=True):
    """What was asked for: the whole run, or the stories of a step. `more` are the paths of instances that are not told.

    `pending` is what a step waits for that has not come about.
    """

    record: RunRecord
    plan: Plan
    whole: Whole | None = None
    stories: tuple[Story, ...] = ()
    more: tuple[str, ...] = ()
    pending: tuple[Waiting, ...] = ()


def explain_run(store: RunStore, registry: Registry, run_id: str) -> Explained:
    """The story of a run. Raises `UsageError`, `UnknownRun`, `StateError`."""
    with making_sense(run_id):
        return _explain_run(store, registry, run_id)


def _explain_run(store: RunStore, registry: Registry, run_id: str) -> Explained:
    plans, record = _plans_of(store, registry, run_id), by_first_clock(read_run(store, run_id))
    plan = plans.latest
    until = record.sessions[-1].end if record.sessions else 0
    _, told = whole(plans, _events(store, run_id), until, set_by=store.clock_set(run_id))
    told = replace(told, waiting=_with_others(store, run_id, told.waiting))
    return Explained(record, plan, whole=told)


def explain_step(store: RunStore, registry: Registry, run_id: str, wanted: str) -> Explained:
    """The stories of the instances that STEP[KEY] means. Raises `UsageError` for one that is none, and the others."""
    with making_sense(run_id):
        return _explain_step(store, registry, run_id, wanted)


def _explain_step(store: RunStore, registry: Registry, run_id: str, wanted: str) -> Explained:
    plans, record = _plans_of(store, registry, run_id), by_first_clock(read_run(store, run_id))
    plan = plans.latest
    steps = {one.path: one.step for one in record.steps}
    try:
        paths = _meant(run_id, steps, wanted)
    except UsageError:
        return _of_none(store, plans, record, run_id, wanted, steps)
    order = _interesting(record, plan, paths)
    shown = set(order[:MOST])
    live = record.summary.status == "running"
    set_by = store.clock_set(run_id)
    _, told = stories(plans, _events(store, run_id), lambda one: one.path in shown, live=live, set_by=set_by)
    told = [replace(story, waiting=_with_others(store, run_id, story.waiting)) for story in told]
    kept = sorted(told, key=lambda story: (order.index(story.path), story.activation))
    return Explained(record, plan, stories=tuple(kept), more=tuple(order[MOST:]))


def _with_others(store: RunStore, run_id: str, waits: tuple[Waiting, ...]) -> tuple[Waiting, ...]:
    """With the runs that hold the locks of the store which are waited for."""
    if not any(one.data.get("scope") == "store" for one in waits):
        return waits
    claims = [one for one in LockTable(store.directory).claims() if one.held and one.run != run_id]
    found = []
    for one in waits:
        shared = one.kind == "lock" and one.data["scope"] == "store"
        others = tuple((each.holder, "running") for each in claims if shared and each.name == one.data["lock"])
        found.append(replace(one, on=one.on + others) if others else one)
    return tuple(found)


def plan_of(store: RunStore, registry: Registry, run_id: str) -> Plan:
    """The plan that a run goes on under; also where a plugin that it used is not installed any more."""
    return _plans_of(store, registry, run_id).latest


def _plans_of(store: RunStore, registry: Registry, run_id: str) -> Held:
    with store.read(run_id) as journal:
        known = compiler(journal, registry, store)

        def compile_one(definition: Definition, file: str, files: Mapping[str, str]) -> Plan:
            try:
                return known(definition, file, files)
            except UsageError:
                plan = _unchecked(definition.text, file, files)
                if plan is None:
                    raise
                return replace(plan, hash=definition.hash)

        return Plans(journal, compile_one).held()


def _unchecked(text: str, file: str, called: Mapping[str, str]) -> Plan | None:
    """The plan of a workflow that was right once, whatever is installed now, with the files that it calls."""
    plan = _unchecked_one(text, file)
    callees = {name: _unchecked_one(one, name) for name, one in called.items()}
    if plan is None or None in callees.values():
        return None
    return replace(plan, callees={name: one for name, one in callees.items() if one is not None})


def _unchecked_one(text: str, file: str) -> Plan | None:
    from steplane.checks import check_workflow
    from steplane.diagnostics import has_errors
    from steplane.plan.compiler import compile_plan
    from steplane.plan.scripts import script_of
    from steplane.source import read

    workflow, found = check_workflow(read(text.encode(), file), None)
    return None if workflow is None or has_errors(list(found)) else compile_plan(workflow, script_of, text, "")


def _events(store: RunStore, run_id: str) -> Iterator[AnyEvent]:
    with store.read(run_id) as journal:
        for _, event in journal.events():
            yield event


def _meant(run_id: str, steps: dict[str, str], wanted: str) -> list[str]:
    """The paths of the instances themselves, without what is inside them. Raises `UsageError`."""
    if wanted in steps:
        return [wanted]
    found = chosen(run_id, steps, wanted)
    last = step_ids(wanted)[-1]
    return [path for path in found if steps[path] == last] or found


def _interesting(record: RunRecord, plan: Plan, paths: list[str]) -> list[str]:
    """A loop before its items, then what failed, then what had trouble, then what took longest."""
    of = {one.path: one for one in record.steps}
    bad = {"failed": 0, "cancelled": 1, "blocked": 1, "interrupted": 1, "running": 1, "waiting": 1, "warning": 2}

    def rank(path: str) -> tuple[int, int, float]:
        one = of[path]
        return bad.get(one.status, 3 if one.attempts <= 1 else 2), -one.activation, -(one.seconds or 0.0)

    looped = {node.id for node in plan.nodes if node.loop is not None}
    outer = [path for path in paths if of[path].step in looped and not path.endswith("]")]
    items = [path for path in paths if path.endswith("]") or of[path].step not in looped]
    return [*outer, *(sorted(items, key=rank) if len(items) > MOST else items)]


def _of_none(  # noqa: PLR0917 - all that is known
    store: RunStore, plans: Held, record: RunRecord, run_id: str, wanted: str, steps: dict[str, str]
) -> Explained:
    """A step without any activation: what it waits for, or why it never came about."""
    plan = plans.latest
    names = step_ids(wanted)
    nodes = {node.id: node for node in plan.nodes[1:]}
    if names[-1] not in nodes:
        raise unknown_step(run_id, wanted, [*nodes, *steps])
    node = nodes[names[-1]]
    outer = set(around(plan, node.number))
    if len(names) > 1 and names != id_path(plan, node.number).split("/"):
        raise unknown_step(run_id, wanted, [*nodes, *steps])
    replay, told = stories(plans, _events(store, run_id), lambda one: one.node.number in outer, live=False)
    if "[" in wanted:
        _refuse_unknown_item(replay, run_id, wanted, steps)
    found = tuple(_with_seen(one, told) for one in pending(replay, node, wanted))
    return Explained(record, plan, pending=found)


def _with_seen(one: Waiting, told: list[Story]) -> Waiting:
    """With what the condition saw that took another arm or branch."""
    entries = [entry for story in told if story.path == one.data.get("outer") for entry in story.entries]
    seen: list[str] = next((e.data["seen"] for e in reversed(entries) if e.kind in {"arm", "branches"}), [])
    return replace(one, data={**one.data, "seen": seen}) if one.kind in {"arm", "branch"} else one


def _refuse_unknown_item(replay: Replay, run_id: str, wanted: str, steps: dict[str, str]) -> None:
    """Raise `UsageError` for an item that the loop has not, with the nearest of those that it has."""
    for life in replay.lives.values():
        loop, path = life.instance.loop, life.instance.path
        if loop is not None and wanted.startswith(f"{path}["):
            known = [f"{path}[{key}]" for key in loop.keys]
            if not any(wanted == one or wanted.startswith(f"{one}/") for one in known):
                raise unknown_step(run_id, wanted, known)
            return
    raise unknown_step(run_id, wanted, steps)


__all__ = ["MOST", "Explained", "explain_run", "explain_step", "plan_of"]
