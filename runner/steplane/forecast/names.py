"""The names of expressions before the run: those that have a value, and those that have none yet."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from steplane.driver.views import Outputs, error_view, no_instances
from steplane.events import Recorded
from steplane.expressions.faults import NotKnown
from steplane.plan.nodes import Node

if TYPE_CHECKING:
    from steplane.forecast.recorded import RecordedResults

RUN = frozenset({"id", "started_at", "status", "case", "parent"})
LATER = frozenset({"attempt", "error", "result", "loop", "matrix"})
"""Names that have a value only while a step runs."""


class Basis(Struct, frozen=True):
    """What is known before the run.

    `inputs` with their values; `missing` are those that have none, `given` those that do not have their default.
    `environ`: the caller's environment without what secrets are read from; `home`: the folder of the file; `run`: the
    run's id, where it is given; `recorded`: the results of steps with `cache`, where there are any.
    """

    inputs: Mapping[str, Any]
    missing: frozenset[str]
    given: frozenset[str]
    environ: Mapping[str, str]
    home: str
    called_in: str
    run: str = ""
    recorded: "RecordedResults | None" = None


class Partly(Mapping[str, Any]):
    """A mapping of which some keys have no value yet."""

    def __init__(self, name: str, known: Mapping[str, Any], unknown: frozenset[str] = frozenset()) -> None:
        self._name, self._known, self._unknown = name, known, unknown

    def __getitem__(self, key: str) -> Any:
        if key in self._known:
            return self._known[key]
        if key in self._unknown:
            raise NotKnown((self._name, key))
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        if self._unknown:
            raise NotKnown((self._name,))
        return iter(self._known)

    def __len__(self) -> int:
        if self._unknown:
            raise NotKnown((self._name,))
        return len(self._known)


class Steps(Mapping[str, Any]):
    """`steps`: those that are skipped for sure, or taken from an earlier run; nothing of the others."""

    def __init__(
        self, nodes: Mapping[str, Node], is_skipped: Callable[[str], bool], taken: Mapping[str, Recorded]
    ) -> None:
        self._nodes, self._is_skipped, self._taken = nodes, is_skipped, taken

    def __getitem__(self, name: str) -> Any:
        node = self._nodes[name]
        recorded = self._taken.get(name)
        if recorded is not None and node.loop is None:
            return Partly(f"steps.{name}", _taken(node, recorded), frozenset({"started_at", "ended_at", "duration"}))
        if recorded is not None or not self._is_skipped(name):
            raise NotKnown(("steps", name))
        view: dict[str, Any] = {
            "outputs": Outputs(node, None, "skipped"), "status": "skipped", "error": None, "attempts": 0,
            "recovered": False, "started_at": None, "ended_at": None, "duration": None,
        }  # fmt: skip
        return {**view, **no_instances(node)}

    def __iter__(self) -> Iterator[str]:
        raise NotKnown(("steps",))

    def __len__(self) -> int:
        raise NotKnown(("steps",))


def _taken(node: Node, recorded: Recorded) -> dict[str, Any]:
    """A step as an earlier run has recorded it."""
    return {
        "outputs": Outputs(node, recorded.outputs, "reused"), "status": "reused", "error": error_view(recorded.error),
        "attempts": recorded.attempts, "recovered": recorded.recovered,
    }  # fmt: skip


class Names(dict[str, Any]):
    """A context: what is in it is known, `later` are names that have no value yet."""

    def __init__(self, known: Mapping[str, Any], later: frozenset[str]) -> None:
        super().__init__(known)
        self.later = later

    def __missing__(self, name: str) -> Any:
        if name in self.later:
            raise NotKnown((name,))
        raise KeyError(name)

    def with_(self, **more: Any) -> "Names":
        """The same with further known names."""
        return Names({**self, **more}, self.later - more.keys())

    def without(self, *names: str) -> "Names":
        """The same, but these have no value yet."""
        return Names({name: value for name, value in self.items() if name not in names}, self.later.union(names))
