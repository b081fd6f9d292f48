"""What a changed definition means for the steps of a run: which recorded results are results of what it says now.

The recipe of a step is what the file says of it (but for what only shows it, or comes after it), what it uses of the
rest of the file, and the recipes of the steps that it waits for, uses or stands in.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct

from steplane.expressions import uses
from steplane.plan.definitions import own_fields
from steplane.plan.nodes import Body, Call, Choice, Fork, Node, Perform, Plan, Rounds, StepList, Undo, inner_lists
from steplane.plan.templates import templates_of
from steplane.plan.waits import Race
from steplane.plan.written_keys import written_keys

Word = Literal["new", "gone", "changed", "after", "around"]
"""Of a step: it is new or gone; it is changed itself; something that it depends on is; what is inside it is."""

ANEW: frozenset[str] = frozenset({"changed", "after", "gone"})
"""What these steps have done counts no more."""

_COMPOSITE = (Body, Choice, Fork, Race, Call)
_SOFT = frozenset({
    "timeout", "timeout_value", "retry", "failure", "tolerant", "outputs", "declared", "ensure", "artifacts",
})  # fmt: skip
"""What is about a composite step as a whole: what is inside it is as it was."""

_OWN_KEYS = ("inputs", "secrets", "variables", "timezone")


class Change(Struct, frozen=True):
    """What becomes of a step, and why: the keys of the step, the names that it uses, or one other step."""

    word: Word
    why: tuple[str, ...] = ()


Changes = dict[str, dict[str, Change]]
"""By file and id. The workflow itself has the empty id."""


class Outside(Struct, frozen=True):
    """What is not in the files: inputs that have another value now, step types that have another version now.

    `seeds` are steps that begin anew for a reason of their own, by file and id.
    """

    inputs: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    seeds: Mapping[str, Mapping[str, str]] = {}


def compare(before: Plan, after: Plan, outside: Outside) -> Changes:
    """What becomes of each step that is not as it was. Empty where both mean the same."""
    old = {one.file: one for one in before.with_callees()}
    pairs = {one.file: _Pair(old[one.file], one, outside) for one in after.with_callees() if one.file in old}
    pairs[after.file].given(outside.inputs)
    going = True
    while going:
        going = sum(one.spread(pairs) for one in pairs.values()) > 0
    for one in pairs.values():
        if one.changes and one.is_touched():  # not where only a `rescue` is another: what it did not make good stays
            one.changes.setdefault("", Change("around"))
    return {file: one.changes for file, one in pairs.items() if one.changes}


class _Pair:
    """One file as it was and as it is."""

    def __init__(self, before: Plan, after: Plan, outside: Outside) -> None:
        self.before, self.after = before, after
        self.old = {node.id: node for node in before.nodes[1:]}
        self.new = {node.id: node for node in after.nodes[1:]}
        self.changes: dict[str, Change] = {name: Change("gone") for name in self.old if name not in self.new}
        self.hard = [key for key in _OWN_KEYS if _differ(getattr(before, key), getattr(after, key))]
        root = _different(before, before.nodes[0], after, after.nodes[0])
        self.hard += sorted(root & {"env", "cwd"})
        if root - {"env", "cwd", "action"}:
            self.changes[""] = Change("around", written_keys(root - {"env", "cwd", "action"}, after.nodes[0]))
        seeds = outside.seeds.get(after.file, {})
        self._uses = {name: _used(node) for name, node in self.new.items()}
        self._meanings = _meanings(before, after, frozenset())
        for name, node in self.new.items():
            self._own(name, node, outside.types, seeds)

    def given(self, inputs: Collection[str]) -> None:
        """These inputs of the workflow have another value now."""
        if not inputs:
            return
        self._meanings = _meanings(self.before, self.after, frozenset(inputs))
        for name in self.new:
            self._by_names(name)

    # ------------------------------------------------------------ a step by itself

    def _own(self, name: str, node: Node, types: Collection[str], seeds: Mapping[str, str]) -> None:
        was = self.old.get(name)
        if was is None:
            self.changes[name] = Change("new")
            return
        keys = _different(self.before, was, self.after, node)
        if _place(self.before, was) != _place(self.after, node):
            keys.add("place")
        if isinstance(node.action, Perform):
            keys |= {one for one in ("env", "cwd") if one in self.hard}
            if node.action.uses in types:
                keys.add("uses")
        soft = keys <= _SOFT and isinstance(node.action, _COMPOSITE) and node.loop is None
        if name in seeds:
            self.changes[name] = Change("changed", written_keys(keys, node) or (seeds[name],))
        elif keys:
            self.changes[name] = Change(
                "around" if soft and not (node.enter or was.enter) else "changed", written_keys(keys, node)
            )
        self._by_names(name)

    def _by_names(self, name: str) -> None:
        if self._is_anew(name) or name not in self.old:
            return
        other = sorted({".".join(path) for path in self._uses[name] if self._means_other(path)})
        if other:
            self.changes[name] = Change("changed", tuple(other))

    def _means_other(self, path: tuple[str, ...]) -> bool:
        if path[0] == "env":
            return "env" in self.hard
        if "timezone" in self.hard:
            return True
        return path[:2] in self._meanings or (len(path) == 1 and any(path[0] == one[0] for one in self._meanings))

    # ------------------------------------------------------------ what follows from the others

    def spread(self, pairs: "Mapping[str, _Pair]") -> bool:
        """Go once through all steps; whether anything came of it."""
        before = len(self.changes), sum(one.word == "around" for one in self.changes.values())
        for name, node in self.new.items():
            if name in self.old and not self._is_anew(name):
                self._follow(name, node, pairs)
        for listed in self.after.lists:
            self._in_order(listed)
        return before != (len(self.changes), sum(one.word == "around" for one in self.changes.values()))

    def _follow(self, name: str, node: Node, pairs: "Mapping[str, _Pair]") -> None:
        listed = self.after.lists[node.list]
        owner = self.after.nodes[listed.owner].id if listed.owner else ""
        if owner and self._is_anew(owner):
            self.changes[name] = Change("after", (owner,))
            return
        used = [path[1] for path in self._uses[name] if path[0] == "steps" and len(path) > 1]
        named = [*_named(self.after, node), *used]
        cause = next((one for one in named if one in self.changes and one != name), None)
        if cause is not None and not self._holds(name, cause):
            self.changes[name] = Change("after", (cause,))
            return
        inside = self._inside(node, pairs)
        if inside == "hard":
            self.changes[name] = Change("changed", ("call",))
        elif inside and isinstance(node.loop, Rounds):
            self.changes[name] = Change("changed", (node.loop.question,))
        elif inside and node.finally_ is not None and not isinstance(node.action, _COMPOSITE):
            self.changes[name] = Change("changed", ("finally",))
        elif inside and name not in self.changes:
            self.changes[name] = Change("around")

    def _holds(self, name: str, cause: str) -> bool:
        """Whether the step stands around the cause: what it uses of its own inside is no cause for it."""
        node = self.new.get(cause) or self.old.get(cause)
        plan = self.after if cause in self.new else self.before
        while node is not None and node.list >= 0 and plan.lists[node.list].owner:
            node = plan.nodes[plan.lists[node.list].owner]
            if node.id == name:
                return True
        return False

    def _inside(self, node: Node, pairs: "Mapping[str, _Pair]") -> str:
        """Whether something in the step that belongs to its result is another now."""
        action = node.action
        if isinstance(action, Call):
            called = pairs.get(action.file)
            if called is not None and called.hard:
                return "hard"
            if called is not None and (called.changes.get("") or called.is_touched()):
                return "some"
        return "some" if self._is_touched(self.old[node.id], node) else ""

    def is_touched(self) -> bool:
        """Whether something in the workflow's own lists is another now."""
        return self._is_touched(self.before.nodes[0], self.after.nodes[0])

    def _is_touched(self, was: Node, node: Node) -> bool:
        lists = [*inner_lists(node), *(() if node.finally_ is None else (node.finally_,))]
        earlier = [*inner_lists(was), *(() if was.finally_ is None else (was.finally_,))]
        now = [self.after.nodes[number].id for one in lists for number in self.after.lists[one].nodes]
        then = [self.before.nodes[number].id for one in earlier for number in self.before.lists[one].nodes]
        return any(one in self.changes for one in (*now, *then))

    def _in_order(self, listed: StepList) -> None:
        """Each step without `needs` waits for all above it: the same ones, in whatever order."""
        owner = self.after.nodes[listed.owner]
        if listed.owner and owner.any_order and listed.role == "steps":
            return
        then = self._names_before(listed)
        now = [self.after.nodes[number].id for number in listed.nodes]
        common = next((at for at, pair in enumerate(zip(now, then, strict=False)) if pair[0] != pair[1]), len(now))
        cause = ""
        for place, name in enumerate(now):
            if name in self.old and self.new[name].needs is None and not self._is_anew(name):
                lost = cause or ("" if place < common else _first_difference(now[:place], then, name))
                if lost:
                    self.changes[name] = Change("after", (lost,))
            if name in self.changes:
                cause = cause or name

    def _names_before(self, listed: StepList) -> list[str]:
        """The steps of the list as it was."""
        was = next((self.old[one] for one in (self.after.nodes[n].id for n in listed.nodes) if one in self.old), None)
        nodes = self.before.lists[was.list].nodes if was is not None else ()
        return [self.before.nodes[one].id for one in nodes]

    def _is_anew(self, name: str) -> bool:
        found = self.changes.get(name)
        return found is not None and found.word in ANEW


def _first_difference(above: list[str], then: list[str], name: str) -> str:
    """A step that stands above this one now and did not, or the other way round; empty where there is none."""
    before = then[: then.index(name)] if name in then else []
    now, earlier = set(above), set(before)
    gone = next((one for one in before if one not in now), "")
    return gone or next((one for one in above if one not in earlier), "")


def _named(plan: Plan, node: Node) -> list[str]:
    """The steps of its list that it names."""
    steps = plan.lists[node.list].nodes
    positions = [need.position for need in node.needs or ()]
    if isinstance(node.action, Undo):
        positions += node.action.positions
    if node.milestone is not None:
        positions += [one for one in (node.milestone.after, node.milestone.before) if one >= 0]
    return [plan.nodes[steps[one]].id for one in positions]


def _different(before: Plan, was: Node, after: Plan, node: Node) -> set[str]:
    """The fields of a step, not of those inside it, in which the two differ."""
    old, new = own_fields(before, was), own_fields(after, node)
    keys = {name for name, value in new.items() if value != old[name]}
    if (was.finally_ is None) != (node.finally_ is None):
        keys.add("finally_")
    return keys


def _place(plan: Plan, node: Node) -> tuple[str, str, str]:
    listed = plan.lists[node.list]
    return plan.nodes[listed.owner].id if listed.owner else "", listed.role, listed.label


def _differ(one: Any, other: Any) -> bool:
    return bool(_plain(one) != _plain(other))


def _plain(value: Any) -> Any:
    if isinstance(value, Struct):
        names = (name for name in value.__struct_fields__ if name not in {"line", "column", "description"})
        return (type(value).__name__, *(_plain(getattr(value, name)) for name in names))
    return tuple(_plain(one) for one in value) if isinstance(value, tuple) else value


def _used(node: Node) -> list[tuple[str, ...]]:
    return [use.path for template in templates_of(node) for use in uses(template) if use.path]


def _meanings(before: Plan, after: Plan, inputs: frozenset[str]) -> set[tuple[str, ...]]:
    """The names that mean something else now: inputs, variables, secrets, what is said of the workflow."""
    found: set[tuple[str, ...]] = {("inputs", name) for name in inputs}
    found |= {
        ("secrets", one) for one in _other({s.name: s for s in before.secrets}, {s.name: s for s in after.secrets})
    }
    words = ("name", "version", "title", "owner", "labels", "file", "hash")
    found |= {("workflow", one) for one in words if getattr(before, one) != getattr(after, one)}
    was, now = dict(before.variables), dict(after.variables)
    changed = _other(was, now)
    for name, template in after.variables:  # each sees those above it
        used = [use.path[:2] for use in uses(template)]
        if name in changed or any(one in found for one in used):
            found.add(("vars", name))
    return found | {("vars", name) for name in changed}


def names_changed(before: Plan, after: Plan, inputs: frozenset[str]) -> set[tuple[str, ...]]:
    """The names, such as `("vars", "x")`, that mean something else now; `inputs` are those that have another value."""
    return _meanings(before, after, inputs)


def _other(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    return {one for one in {*before, *after} if _differ(before.get(one), after.get(one))}


def dirty(changes: Changes, file: str) -> Iterator[str]:
    """The steps of the file of which nothing counts any more."""
    yield from (name for name, one in changes.get(file, {}).items() if one.word in ANEW)


__all__ = ["ANEW", "Change", "Changes", "Outside", "Word", "compare", "dirty", "names_changed"]
