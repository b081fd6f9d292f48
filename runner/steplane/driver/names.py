"""The names that an expression sees, as views of the kernel's state: nothing is built before it is asked for."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from steplane.events import ENDED, OK, ErrorInfo
from steplane.expressions import Missing
from steplane.kernel import Instance, Scope, State
from steplane.plan.nodes import ForEach, Node, Plan

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - datetime.UTC is the same


class Lazy(Mapping[str, Any]):
    """A mapping whose values are computed when they are asked for."""

    def __init__(self, values: Mapping[str, Callable[[], Any]]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Places:
    """Where each step stands in the plan, for finding its latest activation from anywhere."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.by_id = {node.id: node for node in plan.nodes[1:]}

    def chain(self, node: Node) -> list[tuple[int, Node]]:
        """The lists around the node from outside in, each with the step in it that leads to the node."""
        links: list[tuple[int, Node]] = []
        while node.list >= 0:
            links.append((node.list, node))
            node = self.plan.nodes[self.plan.lists[node.list].owner]
        return links[::-1]

    def find(self, state: State, here: Instance, wanted: Node) -> tuple[Instance | None, Instance | None]:
        """The latest activation of the step that `here` can see; else None and the nearest enclosing one that exists."""
        links = self.chain(wanted)
        lists = [number for number, _ in links]
        came: Instance = here
        scope = here.scope
        while scope is not None and scope.list.number not in lists:
            came = scope.owner
            scope = came.scope
        if scope is None:
            return self._descend(here if here.scope is None else came, links)
        depth = lists.index(scope.list.number)
        return self._step_in(scope, links[depth:], came)

    def _step_in(
        self, scope: Scope, links: list[tuple[int, Node]], came: Instance
    ) -> tuple[Instance | None, Instance | None]:
        node = links[0][1]
        found = came if came.node is node else scope.current[node.position]
        if found is None or len(links) == 1:
            return found, scope.owner if found is None else found
        return self._descend(found, links[1:])

    def _descend(self, around: Instance, links: list[tuple[int, Node]]) -> tuple[Instance | None, Instance | None]:
        for scope in [*around.body, *([around.after] if around.after else [])]:
            if scope.list.number == links[0][0]:
                return self._step_in(scope, links, around)
        return None, around


class Steps(Mapping[str, Any]):
    """`steps`: what has become of the other steps."""

    def __init__(self, places: Places, state: State, here: Instance) -> None:
        self._places, self._state, self._here = places, state, here

    def __getitem__(self, name: str) -> Any:
        node = self._places.by_id[name]
        found, around = self._places.find(self._state, self._here, node)
        return step_view(node, found, around)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places.by_id)

    def __len__(self) -> int:
        return len(self._places.by_id)


def step_view(node: Node, found: Instance | None, around: Instance | None) -> Mapping[str, Any]:
    """One step as expressions see it."""
    if found is None:
        status = around.status if around is not None and around.status in ENDED else "pending"
        return {"outputs": Outputs(node, None, status), "status": status, "error": None, "attempts": 0, "recovered": False}
    one = found
    return Lazy(
        {
            "outputs": lambda: _outputs(node, one),
            "instances": lambda: [_instance_view(each) for each in one.loop.instances] if one.loop else [],
            "status": lambda: one.status,
            "error": lambda: error_view(one.error) if one.status in {"failed", "warning"} else None,
            "attempts": lambda: one.attempt,
            "recovered": lambda: one.recovered,
            "started_at": lambda: moment(one.first_at) if one.first_at else None,
            "ended_at": lambda: moment(one.ended_at) if one.ended_at else None,
            "duration": lambda: (one.ended_at - one.first_at) / 1e6 if one.ended_at and one.first_at else None,
        }
    )


class Outputs(Mapping[str, Any]):
    """The outputs of one step; what it does not have is missing, with the reason."""

    def __init__(self, node: Node, values: Mapping[str, Any] | None, status: str) -> None:
        self._node, self._values, self._status = node, values, status

    def __getitem__(self, name: str) -> Any:
        if self._values is not None and name in self._values:
            return self._values[name]
        known = self._status in OK and self._status != "skipped"
        why = "the step did not give it" if known else _WHY.get(self._status, "the step has not ended")
        return Missing(why)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values or {})

    def __len__(self) -> int:
        return len(self._values or {})


_WHY = {
    "skipped": "the step was skipped",
    "blocked": "the step was blocked",
    "failed": "the step failed",
    "cancelled": "the step was cancelled",
}


def _outputs(node: Node, one: Instance) -> Mapping[str, Any]:
    if one.loop is not None:
        return _gathered(node, one)
    values = one.outputs if one.status in OK and one.status != "warning" else None
    if one.status == "warning" and one.error is None:
        values = one.outputs
    return Outputs(node, values, "failed" if one.status == "warning" and one.error else one.status)


def _gathered(node: Node, one: Instance) -> Mapping[str, Any]:
    """Of a loop: each output as a list in the order of the items, null where an instance has none."""
    assert one.loop is not None
    if one.status not in OK:
        return Outputs(node, None, one.status)
    results = [_values(each) for each in one.loop.instances]
    names = dict.fromkeys(name for result in results for name in result)
    gathered = {name: [result.get(name) for result in results] for name in names}
    if not results:
        return _Nothing()
    return Outputs(node, gathered, one.status)


class _Nothing(Outputs):
    """The outputs of a loop over nothing: each is an empty list."""

    def __init__(self) -> None:
        pass

    def __getitem__(self, name: str) -> Any:
        return []

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _values(one: Instance | None) -> Mapping[str, Any]:
    return one.outputs if one is not None and one.ok and isinstance(one.outputs, Mapping) else {}


def _instance_view(one: Instance | None) -> dict[str, Any]:
    assert one is not None
    outputs = one.outputs if one.ok else None
    return {"key": one.key, "status": one.status, "outputs": outputs, "error": error_view(one.error) if not one.ok else None}


def error_view(error: ErrorInfo | None) -> dict[str, Any] | None:
    """An error as expressions see it."""
    if error is None:
        return None
    return {"type": error.type, "message": error.message, "code": error.code, "detail": error.detail, "step": error.step}


def moment(at: int, zone: Any = timezone.utc) -> str:  # noqa: UP017
    """A time in microseconds since the epoch as ISO 8601 text."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone).isoformat()


def loop_names(here: Instance) -> dict[str, Any]:
    """The item names, `loop` and `matrix` of the loops around, the innermost last."""
    names: dict[str, Any] = {}
    around: list[Instance] = []
    one: Instance | None = here
    while one is not None:
        if one.parent is not None:
            around.append(one)
        one = one.scope.owner if one.scope is not None else None
    for item in reversed(around):
        names.update(_loop_names(item))
    return names


def _loop_names(item: Instance) -> dict[str, Any]:
    loop = item.parent.loop if item.parent is not None else None
    assert loop is not None
    value = loop.items[item.index]
    length = len(loop.keys)
    counters = {
        "index": item.index + 1, "index0": item.index, "first": item.index == 0, "last": item.index == length - 1,
        "length": length, "key": item.key,
    }  # fmt: skip
    own = {item.node.loop.name: value} if isinstance(item.node.loop, ForEach) else {"matrix": value}
    return {"loop": counters, **own}


def handled_error(here: Instance) -> tuple[bool, ErrorInfo | None]:
    """Whether `here` stands in a rescue or finally list, and the error that it is about."""
    scope = here.scope
    while scope is not None:
        if scope.list.role in {"rescue", "finally", "compensate"}:
            return True, scope.owner.error
        scope = scope.owner.scope
    return False, None
