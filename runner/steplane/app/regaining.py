"""Secret outputs are not recorded: a resume that needs one runs the step again that gives it."""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from steplane.driver.holding import Held
from steplane.driver.names import Places
from steplane.driver.views import is_lost, secret_names
from steplane.errors import UsageError
from steplane.events import OK, Resumed
from steplane.expressions import uses
from steplane.kernel import Instance, Scope, State, members, undoing
from steplane.plan.nodes import Node, Plan, inner_lists, lists_of
from steplane.plan.templates import templates_of

Link = tuple[int, Node]


class Regained(Struct, frozen=True):
    """The instances that run again (path → the step that needs it); by the number of each step what it needs."""

    paths: dict[str, str] = {}
    needs: dict[int, set[str]] = {}

    def within(self, event: Resumed) -> Resumed:
        """The resume that begins them anew.

        An attempt that waits for them may hold a slot: there is one more, so that they never wait for each other.
        """
        return (
            replace(event, redo=(*event.redo, *self.paths), pool=event.pool + 1) if self.paths or self.needs else event
        )

    @property
    def warning(self) -> str:
        """What the caller is told of it."""
        said = [f"`{path}` runs again: `{needed}` needs its secret output" for path, needed in self.paths.items()]
        more = f", and {len(said) - 3} more steps" if len(said) > 3 else ""
        return ", ".join(said[:3]) + more

    def held(self) -> Held:
        """What is kept back until they have ended."""
        return Held(self.needs)


def regained(plan: Plan, state: State, event: Resumed, run: str) -> Regained:
    """Which steps must run again. Raises `UsageError` for one that may run at most once."""
    givers = {node.id: node for node in plan.nodes[1:] if secret_names(node)}
    if not givers or event.cancel or undoing.demanded(state) is not None:
        return Regained()
    search = _Search(plan, state, event, givers)
    while search.further():
        pass
    for path, needed in search.found.items():
        if _once(plan, state.paths[path].node):
            raise UsageError(
                f"step `{needed}` needs a secret output of step `{path}`; it is not recorded, and the step may run at "
                "most once",
                f"If it may run once more after all: steplane resume {run} --redo {path}. Otherwise begin a new run.",
            )
    around = {number for path in search.running() for number in _around(state.paths[path])}
    return Regained(search.found, {number: paths for number, paths in search.needs.items() if number not in around})


class _Search:
    """Looks for instances whose secret outputs are gone and needed, until there are no more."""

    def __init__(self, plan: Plan, state: State, event: Resumed, givers: Mapping[str, Node]) -> None:
        self._places, self._state, self._event = Places(plan), state, event
        self._users = {name: list(_needing(plan, node)) for name, node in givers.items()}
        self.found: dict[str, str] = {}
        self.needs: dict[int, set[str]] = {}
        for path, one in state.paths.items():
            if one.node.id in givers and one.parent is None and self._is_coming(one):
                self._look(path, one)

    def running(self) -> set[str]:
        """All that runs again, also what an earlier resume had begun anew."""
        return {path for paths in self.needs.values() for path in paths}

    def further(self) -> bool:
        """Look once through all; whether more was found."""
        before = len(self.found)
        for path, one in self._state.paths.items():
            if one.node.id in self._users and one.parent is None and path not in self.found and self._is_gone(one):
                self._look(path, one)
        return len(self.found) > before

    def _is_gone(self, one: Instance) -> bool:
        """Whether it ended well, and gave a secret output that is not there any more."""
        only = self._event.selection.only if self._event.selection is not None else None
        if self._again(one.path) or one.path in self._event.assume:
            return False
        if only is not None and not any(_is_in(one.path, word) for word in only):
            return False
        if not one.ended or one.status not in OK or one.status == "skipped" or one.recovered:
            return False
        ended = [one] if one.loop is None else [each for each in one.loop.instances if each is not None]
        return any(is_lost(name, ended) for name in secret_names(one.node))

    def _look(self, path: str, one: Instance) -> None:
        for node in self._users[one.node.id]:
            if self._still_to_run(one, node):
                if not self._is_coming(one):
                    self.found.setdefault(path, node.id or "the workflow")
                self.needs.setdefault(node.number, set()).add(path)

    def _is_coming(self, one: Instance) -> bool:
        """Whether it begins anew without us: somebody says so, or an earlier resume had, and was cut off."""
        return any(_is_in(one.path, redo) for redo in self._event.redo) or _comes_again(one)

    def _again(self, path: str) -> bool:
        return any(_is_in(path, one) for one in (*self._event.redo, *self.found))

    def _still_to_run(self, giver: Instance, node: Node) -> bool:
        """Whether the step `node`, where it sees the giver, may yet be evaluated."""
        mine, its = self._places.chain(giver.node), self._places.chain(node)
        common = [index for index, (one, other) in enumerate(zip(mine, its, strict=False)) if one[0] == other[0]]
        around = giver
        if not common:  # the workflow itself, or its `rescue` or `finally`
            return not (root := _outermost(giver)).ended or root.status not in OK
        number, together = its[common[-1]]
        while around.scope is not None and around.scope.list.number != number:
            around = around.scope.owner
        if around.scope is None:
            return True
        if together is not around.node:
            return self._to_do_at(around.scope, together.position, its[common[-1] + 1 :])
        return not self._is_done(around)

    def _is_done(self, one: Instance) -> bool:
        return one.ended and one.status in OK and not self._again(one.path)

    def _to_do_at(self, scope: Scope, position: int, rest: list[Link]) -> bool:
        there = members.at(scope, position)
        return members.is_pending(scope, position) or any(self._to_do(one, rest) for one in there)

    def _to_do(self, one: Instance | None, rest: list[Link]) -> bool:
        if one is None:
            return True
        if rest and rest[0][0] == one.node.compensate:
            return one.undone == "claimed"
        if self._is_done(one):
            return False
        if one.loop is not None:
            return any(each is None or self._to_do_in(each, rest) for each in one.loop.instances)
        return self._to_do_in(one, rest)

    def _to_do_in(self, one: Instance, rest: list[Link]) -> bool:
        if self._is_done(one):
            return False
        if not rest:
            return True
        number, node = rest[0]
        if number not in inner_lists(one.node):  # `finally` runs again with the step
            return True
        for scope in one.body:
            if scope.list.number == number:
                return self._to_do_at(scope, node.position, rest[1:])
        return not one.body  # an arm that is not taken is not entered


def _comes_again(one: Instance) -> bool:
    """Whether the instance has begun anew and not ended yet, or is to begin anew: its outputs are still to come."""
    return one.forgotten if one.ended else one.number > 1


def _needing(plan: Plan, giver: Node) -> Iterator[Node]:
    """The steps that use a secret output of the step."""
    secret: set[tuple[str, ...]] = {("steps", giver.id, "outputs", name) for name in secret_names(giver)}
    secret.add(("steps", giver.id, "instances"))
    for node in plan.nodes:
        used = (use.path for template in templates_of(node) for use in uses(template))
        if any(path[: len(one)] == one[: len(path)] for path in used for one in secret):
            yield node


def _once(plan: Plan, node: Node) -> bool:
    inner = (plan.nodes[number] for one in lists_of(node) for number in plan.lists[one].nodes)
    return node.at_most_once or any(_once(plan, one) for one in inner)


def _around(one: Instance) -> Iterator[int]:
    """The numbers of the steps around it."""
    while one.scope is not None:
        one = one.scope.owner
        yield one.node.number


def _outermost(one: Instance) -> Instance:
    while one.scope is not None:
        one = one.scope.owner
    return one


def _is_in(path: str, around: str) -> bool:
    return path == around or path.startswith((f"{around}/", f"{around}["))


__all__ = ["Regained", "regained"]
