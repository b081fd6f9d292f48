"""Results of an earlier run that stand in for the steps that a run leaves out: `--of RUN`."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from steplane.app.history import find_run
from steplane.app.recorded import folded, recorded_header
from steplane.errors import UsageError
from steplane.events import OK, Recorded, Taken
from steplane.kernel import Instance, State
from steplane.parts import Part
from steplane.plan.definitions import definition
from steplane.plan.nodes import Node, Plan, Rounds, StepList, inner_lists, lists_of
from steplane.plan.selection import Selection
from steplane.plugins import Registry
from steplane.store import LATEST, RunStore

_RESULTS = frozenset({"succeeded", "warning", "reused"})
_WELL = (OK, frozenset({"succeeded", "reused"}), frozenset({"succeeded"}))


class Earlier(Struct, frozen=True):
    """What is taken from an earlier run: its results, and its inputs, which hold where none are given anew."""

    taken: Taken
    inputs: dict[str, Any]


def take(store: RunStore, registry: Registry, run: str, plan: Plan, selection: Selection) -> Earlier:
    """Take what the run recorded of the steps that are not selected. `run` may be the beginning of an id, or `latest`:
    the newest of this workflow.

    Raises `UsageError` where a step that is selected waits for one that did not end well there, where such a step has
    changed since, and for the run of another workflow.
    """
    if selection.recorded is None:
        raise UsageError("`--of` goes with `--from` or `--only`", "Say which steps run; the others are taken from RUN.")
    run_id = _latest(store, plan.name) if run == LATEST and LATEST not in store.ids() else find_run(store, run)
    with store.read(run_id) as journal:
        state = folded(journal, registry, store).state
        before = state.plan
        if before.name != plan.name:
            raise UsageError(
                f"run {run_id} is one of `{before.name}`, not of `{plan.name}`",
                f"See its runs: steplane runs --workflow {plan.name}",
            )
        inputs = dict(recorded_header(journal)["inputs"])
    known = {spec.name for spec in plan.inputs}
    taken = taken_from(run_id, plan, before, state, selection.recorded.part)
    return Earlier(taken, {name: value for name, value in inputs.items() if name in known})


def taken_from(run: str, plan: Plan, before: Plan, state: State, part: Part) -> Taken:
    """What the run of that state, of the plan as it was `before`, has recorded beside the part. Raises `UsageError`."""
    taking = _Taking(run, plan, before, state)
    taking.inside(plan.lists[_body(plan)], "", part)
    taking.refuse_changed()
    return Taken(run, taking.results, taking.items)


def _latest(store: RunStore, workflow: str) -> str:
    found = next((one.id for one in store.list_runs() if one.workflow == workflow), None)
    if found is None:
        raise UsageError(f"there is no run of `{workflow}` yet", "See what there is: steplane runs")
    return found


def _body(plan: Plan) -> int:
    return inner_lists(plan.nodes[0])[0]


class _Taking:
    """Goes through the lists of which not all is selected, beside what the earlier run has at the same paths."""

    def __init__(self, run: str, plan: Plan, before: Plan, state: State) -> None:
        self.run, self.plan, self.before, self.state = run, plan, before, state
        self.results: dict[str, Recorded] = {}
        self.items: dict[str, tuple[str, ...]] = {}
        self._used: dict[str, Node] = {}
        self._old = {node.id: node for node in before.nodes[1:]}

    def inside(self, steps: StepList, prefix: str, part: Part) -> None:
        """One list of a step that is entered."""
        for number in steps.nodes:
            node = self.plan.nodes[number]
            path = f"{prefix}{node.id}"
            if number not in part.steps:
                self._result(path, node)
                continue
            for other in _waited(self.plan, steps, node):
                if other.number not in part.steps:
                    self._require(f"{prefix}{other.id}", other, node)
            inner = part.steps[number]
            if inner is not None:
                self._entered(node, path, inner)

    def _entered(self, node: Node, path: str, part: Part) -> None:
        if node.loop is None:
            self._lists(node, path, part)
            return
        if isinstance(node.loop, Rounds):
            raise UsageError(
                f"`{path}` goes in rounds: a part of it cannot stand on the rounds of another run",
                f"Run all of it: --from {path}",
            )
        loop = self._loop(path)
        self.items[path] = tuple(loop)
        for key, one in loop.items():
            inner = part.item(key)
            if inner is not None and inner.nothing:
                self._recorded(one.path, node, one)
            elif inner is not None:
                self._lists(node, one.path, inner)

    def _lists(self, node: Node, path: str, part: Part) -> None:
        for number in inner_lists(node):
            self.inside(self.plan.lists[number], f"{path}/", part)

    def _loop(self, path: str) -> dict[str, Instance]:
        one = self.state.paths.get(path)
        if one is None or one.loop is None:
            raise UsageError(
                f"run {self.run} has not come to the loop `{path}`", f"Run all of it: --from {path}, or another --of."
            )
        return {each.key or "": each for each in one.loop.instances if each is not None}

    def _result(self, path: str, node: Node) -> None:
        one = self.state.paths.get(path)
        if one is not None:
            self._recorded(path, node, one)

    def _recorded(self, path: str, node: Node, one: Instance) -> None:
        if one.ended and one.known_as in _RESULTS and node.id in self._old:
            self._used[node.id] = node
            self.results[path] = recorded(one)

    def _require(self, path: str, other: Node, node: Node) -> None:
        """A step that is selected waits for one that is not: that must have ended well."""
        one = self.state.paths.get(path)
        if one is not None and one.ended and one.ok:
            return
        status = "was not begun" if one is None else f"is {one.status}"
        raise UsageError(
            f"step `{path}` {status} in run {self.run}, and `{node.id}` waits for it",
            f"Run it too: --from {other.id}",
        )

    def refuse_changed(self) -> None:
        """Raise `UsageError` where the definition of a step whose result is taken is another than it was."""
        changed = [
            name for name, node in self._used.items()
            if definition(self.plan, node) != definition(self.before, self._old[name])
        ]  # fmt: skip
        if changed:
            named = ", ".join(f"`{one}`" for one in changed[:3]) + (" and others" if len(changed) > 3 else "")
            raise UsageError(
                f"the file says something else of {named} than when run {self.run} was begun",
                f"Run {'it' if len(changed) == 1 else 'them'} too: --from {changed[0]}",
            )


def _waited(plan: Plan, steps: StepList, node: Node) -> Iterator[Node]:
    """The steps of the list that must have ended well before the step may start."""
    if node.needs is None:
        yield from (plan.nodes[number] for number in steps.nodes[: node.position])
        return
    for need in node.needs:
        if need.words in _WELL:
            yield plan.nodes[steps.nodes[need.position]]


def recorded(one: Instance) -> Recorded:
    """What a run recorded of an instance, with all that is inside it. Secret outputs are not there: nobody has them."""
    numbers = lists_of(one.node)
    lists: dict[int, dict[int, Recorded]] = {}
    for scope in [*one.body, *([one.after] if one.after is not None else [])]:
        inside = {position: recorded(each) for position, each in enumerate(scope.current) if each is not None}
        if scope.list.role != "call":  # of a child no more is taken than what it gives
            lists[numbers.index(scope.list.number)] = inside
    items: Mapping[str, Recorded] | None = None
    if one.loop is not None:
        items = {each.key or "": recorded(each) for each in one.loop.instances if each is not None}
    return Recorded(
        status=one.known_as, outputs=one.outputs, error=one.error, attempts=one.attempt, recovered=one.recovered,
        tainted=one.tainted, first_at=one.first_at, ended_at=one.ended_at, lists=lists,
        items=None if items is None else dict(items),
    )  # fmt: skip
