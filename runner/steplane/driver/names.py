"""The names that an expression sees, as views of the kernel's state: nothing is built before it is asked for."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

from steplane.driver.views import step_view
from steplane.events import ErrorInfo
from steplane.kernel import Instance, Scope, State
from steplane.moments import within
from steplane.plan.nodes import ForEach, Node, Plan, Rounds

UTC: tzinfo = timezone.utc  # noqa: UP017 - datetime.UTC is the same
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


class Once(Mapping[str, Any]):
    """A mapping that is made as a whole when it is first looked into."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make
        self._made: Mapping[str, Any] | None = None

    def _whole(self) -> Mapping[str, Any]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, name: str) -> Any:
        return self._whole()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())


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

    def find(self, state: State, here: Instance, wanted: Node) -> tuple[Instance | None, Instance]:
        """The latest activation of the step that `here` can see, or None; and the nearest one around it that exists."""
        links = self.chain(wanted)
        lists = [number for number, _ in links]
        came, scope = here, _within(here)
        while scope is not None and scope.list.number not in lists:
            came = scope.owner
            scope = _within(came)
        if scope is None:
            return self._descend(state, came, links)
        return self._step_in(state, scope, links[lists.index(scope.list.number) :], came)

    def _step_in(
        self, state: State, scope: Scope, links: list[tuple[int, Node]], came: Instance
    ) -> tuple[Instance | None, Instance]:
        node = links[0][1]
        found = came if came.node is node else scope.current[node.position]
        if found is None and scope.course is not None:  # a `goto` led back, and its turn has not come again
            found = scope.course.before.get(node.position)
        if found is None or len(links) == 1:
            return found, scope.owner
        return self._descend(state, found, links[1:])

    def _descend(
        self, state: State, around: Instance, links: list[tuple[int, Node]]
    ) -> tuple[Instance | None, Instance]:
        number, node = links[0]
        for scope in [*around.body, *([around.after] if around.after else [])]:
            if scope.list.number == number:
                return self._step_in(state, scope, links, around)
        # The list is over and another has come after it: `finally` looks at what was in `rescue`.
        found = state.paths.get(f"{around.path}/{node.id}" if around.path else node.id)
        if found is None or found.scope is None or found.scope.owner is not around:
            return None, around
        return self._step_in(state, found.scope, links, around)


def _within(one: Instance) -> Scope | None:
    """The list that the instance stands in; None for a workflow: what is around a call is not seen in the child."""
    return one.scope if one.node.number else None


class Steps(Mapping[str, Any]):
    """`steps`: what has become of the other steps."""

    def __init__(self, places: Places, state: State, here: Instance, zone: tzinfo, own: Instance | None = None) -> None:
        self._own = own  # the loop of the instance that it is seen from, where that is meant and not the instance
        self._places, self._state, self._here, self._zone = places, state, here, zone

    def __getitem__(self, name: str) -> Any:
        node = self._places.by_id[name]
        found, around = self._places.find(self._state, self._here, node)
        if self._own is not None and self._own.node is node:
            found = self._own
        return step_view(node, found, around, lambda at: moment(at, self._zone))

    def __iter__(self) -> Iterator[str]:
        return iter(self._places.by_id)

    def __len__(self) -> int:
        return len(self._places.by_id)


def moment(at: int, zone: tzinfo = UTC) -> str:
    """A time in microseconds since the epoch as ISO 8601 text, always with all six digits: such texts sort."""
    return (_EPOCH + timedelta(microseconds=within(at))).astimezone(zone).isoformat(timespec="microseconds")


def loop_names(here: Instance) -> dict[str, Any]:
    """The item names, `loop` and `matrix` of the loops around, the innermost last."""
    names: dict[str, Any] = {}
    around: list[Instance] = []
    one: Instance | None = here
    while one is not None:
        if one.parent is not None:
            around.append(one)
        scope = _within(one)
        one = scope.owner if scope is not None else None
    for item in reversed(around):
        names.update(_loop_names(item))
    return names


def _loop_names(item: Instance) -> dict[str, Any]:
    loop = item.parent.loop if item.parent is not None else None
    assert loop is not None
    if isinstance(item.node.loop, Rounds):
        from steplane.driver.rounds import in_round

        return {"loop": in_round(item)}
    name = item.node.loop.name if isinstance(item.node.loop, ForEach) else "matrix"
    more = isinstance(item.node.loop, ForEach) and bool(item.node.loop.open) and not loop.closed
    return {"loop": counters(item.index, len(loop.keys), item.key, more=more), name: loop.items[item.index]}


def counters(index: int, length: int, key: str | None = None, *, more: bool = False) -> dict[str, Any]:
    """`loop` of the item at the index (from 0); without `key` while keys are made. `more`: others may be added."""
    last = index == length - 1 and not more
    numbers = {"index": index + 1, "index0": index, "first": index == 0, "last": last, "length": length}
    return numbers if key is None else {**numbers, "key": key}


def handled_error(here: Instance) -> tuple[bool, ErrorInfo | None]:
    """Whether `here` stands in a rescue, finally or compensate list, and the error that it is about."""
    scope = _within(here)
    while scope is not None:
        if scope.list.role in {"rescue", "finally", "compensate"}:
            return True, _own_error(scope.around, scope.list.role)
        scope = _within(scope.owner)
    return False, None


def _own_error(owner: Instance, role: str) -> ErrorInfo | None:
    """The error that is handled, or for which something is undone; none where a later attempt was good.

    What was cancelled has none of its own, so that nothing takes it as failed: its `finally` is told so.
    """
    if role == "finally" and owner.outcome == "cancelled":
        what = f"step `{owner.path}`" if owner.path else "the run"
        return ErrorInfo("cancelled", f"{what} was cancelled", step=owner.path)
    if role == "finally" and not owner.recovered and owner.outcome not in {"failed", "warning"}:
        return None
    return owner.error
