"""Steps as people name them: `deploy`, `release/deploy`, `price[order-17]/quote`."""

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from steplane.errors import UsageError
from steplane.plan.nodes import Call, Node, Plan, lists_of
from steplane.suggest import did_you_mean

_KEYS = r"\[.*?\](?=/|$)"
_ID = r"[^\[\]/]*"
_SHOWN = 12
_FORMS = "Write STEP, STEP/STEP, STEP[KEY] or STEP[KEY]/STEP."


class Named(Struct, frozen=True):
    """A step with what is around it, outermost first: its number, and the key of the item that is meant, if one is."""

    trail: tuple[tuple[int, str | None], ...]

    @property
    def node(self) -> int:
        """The number of the step itself."""
        return self.trail[-1][0]


def inner_path(path: str, outer: str) -> bool:
    """Whether the path of an instance is the other, or of something inside it."""
    return path == outer or path.startswith((f"{outer}/", f"{outer}["))


def inside(plan: Plan, number: int) -> Iterator[int]:
    """The numbers of all steps inside a step, those of its `rescue`, `finally` and `compensate` too."""
    pending = [number]
    while pending:
        for one in lists_of(plan.nodes[pending.pop()]):
            yield from plan.lists[one].nodes
            pending += plan.lists[one].nodes


def around(plan: Plan, number: int) -> list[int]:
    """The numbers of the steps around a step, innermost first, without the workflow."""
    found = []
    while number and (number := plan.lists[plan.nodes[number].list].owner):
        found.append(number)
    return found


class Instances:
    """The steps of instances by their paths, also in files that are called."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._by_id: dict[str, dict[str, Node]] = {}

    def way(self, path: str) -> str:
        """The id of the step of the path; in a file that is called behind `CALL/WORKFLOW/` for each call."""
        return self._find(path)[0]

    def node(self, path: str) -> Node | None:
        """The step of the path; None where there is none any more."""
        return self._find(path)[1]

    def file(self, path: str) -> str:
        """The file in which the step of the path stands."""
        return self._find(path)[2]

    def _find(self, path: str) -> tuple[str, Node | None, str]:
        way, called, nodes = "", self._plan, self._nodes(self._plan)
        names = re.sub(_KEYS, "", path).split("/")
        index = 0
        while index < len(names) - 1:
            node = nodes.get(names[index])
            index += 1
            child = self._plan.of_file(node.action.file) if node is not None and isinstance(node.action, Call) else None
            if child is None or names[index] != child.nodes[0].id:
                continue  # in a list of the step itself: its `rescue`, where it is a call
            way += f"{names[index - 1]}/{names[index]}"
            index += 1
            if index == len(names):
                return way, child.nodes[0], child.file
            way, called, nodes = f"{way}/", child, self._nodes(child)
        return way + names[-1], nodes.get(names[-1]), called.file

    def _nodes(self, plan: Plan) -> dict[str, Node]:
        if plan.file not in self._by_id:
            self._by_id[plan.file] = {node.id: node for node in plan.nodes[1:]}
        return self._by_id[plan.file]


def id_path(plan: Plan, number: int) -> str:
    """The path of ids of a step: `release/deploy`."""
    return "/".join(plan.nodes[one].id for one in (*reversed(around(plan, number)), number))


def named(plan: Plan, text: str) -> Named:
    """The step that the text names: an id, or a path of ids; keys of items in brackets. Raises `UsageError`."""
    words = _split(plan, text)
    by_id = {node.id: node.number for node in plan.nodes[1:]}
    keys: dict[int, str | None] = {}
    before: int | None = None
    for name, key in words:
        number = by_id.get(name)
        if number is None and before is not None and isinstance(plan.nodes[before].action, Call):
            call = plan.nodes[before].id
            raise UsageError(
                f"`{text}` is in the workflow that step `{call}` calls, and a child is run whole", f"Name `{call}`."
            )
        if number is None:
            raise unknown(plan, name, text)
        outside = around(plan, number)
        if before is not None and (not outside or outside[0] != before):
            raise UsageError(
                f"step `{name}` is not directly inside `{plan.nodes[before].id}`",
                f"Its path is `{id_path(plan, number)}`; the id alone will do.",
            )
        if key is not None and plan.nodes[number].loop is None:
            raise UsageError(f"step `{name}` is no loop: it has no item `{key}`", f"Write `{name}` without a key.")
        keys[number] = key
        before = number
    assert before is not None
    trail = (*reversed(around(plan, before)), before)
    return Named(tuple((number, keys.get(number)) for number in trail))


def _split(plan: Plan, text: str) -> list[tuple[str, str | None]]:
    """The ids and keys. A key may hold anything: it ends at the first `]` after which a step or nothing follows."""
    ids = {node.id for node in plan.nodes[1:]} | {one.nodes[0].id for one in plan.with_callees()}
    words: list[tuple[str, str | None]] = []
    rest = text
    while True:
        name = re.match(_ID, rest)
        assert name is not None
        rest = rest[name.end():]  # fmt: skip
        key = None
        if rest.startswith("["):
            end = _end_of_key(rest, ids)
            if end is None:
                raise UsageError(f"`{text}` has a `[` without its `]`", _FORMS)
            key, rest = rest[1:end], rest[end + 1:]  # fmt: skip
        words.append((name.group(), key))
        if not rest:
            return words
        if not rest.startswith("/"):
            raise UsageError(f"`{text}` is not the path of a step", _FORMS)
        rest = rest[1:]


def _end_of_key(rest: str, ids: set[str]) -> int | None:
    """Where the `]` of the key stands with which the text begins."""
    ends = [found.start() for found in re.finditer(r"\]", rest)]
    for end in ends:
        after = rest[end + 1:]  # fmt: skip
        name = re.match(_ID, after[1:]) if after.startswith("/") else None
        if not after or (name is not None and name.group() in ids):
            return end
    return ends[-1] if ends else None


def unknown(plan: Plan, name: str, text: str) -> UsageError:
    """The error for a name that no step has: the nearest one, and the list."""
    names = [node.id for node in plan.nodes[1:]]
    near = did_you_mean(name, names)
    inside_text = "" if name == text else f" (in `{text}`)"
    guess = f" Did you mean `{near}`?" if near else ""
    return UsageError(f"there is no step `{name}`{inside_text}.{guess}", f"The steps are {listed(names)}.")


def listed(names: Iterable[str], most: int = _SHOWN) -> str:
    """Names in a row, not too many."""
    everything: Sequence[str] = list(names)
    shown = ", ".join(everything[:most])
    return shown + (f" and {len(everything) - most} more" if len(everything) > most else "")
