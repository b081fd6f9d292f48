"""One step as expressions see it: `steps.x`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from steplane.events import ENDED, OK, ErrorInfo
from steplane.expressions import Missing
from steplane.kernel import NOT_SELECTED, Instance
from steplane.plan.nodes import Node, Rounds
from steplane.plan.waits import Race

WITHHELD = "it is secret and therefore not recorded; the step that gives it has to run again"
"""Why a secret value is missing that was there in another process."""

_WHY = {
    NOT_SELECTED: "the step was not selected for this run; `--of RUN` takes its outputs from an earlier run",
    "skipped": "the step was skipped",
    "blocked": "the step was blocked",
    "failed": "the step failed",
    "cancelled": "the step was cancelled",
    "compensated": "the step was undone",
}


class StepView(Mapping[str, Any]):
    """The attributes of one activation, each worked out when it is asked for."""

    NAMES = (
        "outputs", "status", "error", "attempts", "recovered", "started_at", "ended_at", "duration",
    )  # fmt: skip

    def __init__(self, node: Node, one: Instance, moment: Callable[[int], str]) -> None:
        self._node, self._one, self._moment = node, one, moment

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return getattr(self, f"_{name}")()

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self.NAMES, *_of_loop(self._node))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _outputs(self) -> Mapping[str, Any]:
        one = self._one
        if one.loop is not None:
            return _of_rounds(self._node, one) if _is_rounds(self._node) else _gathered(self._node, one)
        if one.choice is not None and not one.ended and isinstance(self._node.action, Race):
            return Outputs(self._node, one.outputs, "succeeded")  # its branch sees what came
        return _outputs(self._node, one)

    def _status(self) -> str:
        return self._one.known_as

    def _error(self) -> dict[str, Any] | None:
        return _kept_error(self._one)

    def _attempts(self) -> int:
        return self._one.attempt

    def _recovered(self) -> bool:
        return self._one.recovered

    def _started_at(self) -> str | None:
        return self._moment(self._one.first_at) if self._one.first_at else None

    def _ended_at(self) -> str | None:
        return self._moment(self._one.ended_at) if self._one.ended_at else None

    def _duration(self) -> float | None:
        one = self._one
        return (one.ended_at - one.first_at) / 1e6 if one.ended_at and one.first_at else None

    def _instances(self) -> list[dict[str, Any]]:
        loop = self._one.loop
        return [_instance_view(each) for each in loop.instances if each is not None] if loop else []

    def _rounds(self) -> int:
        return len(self._one.loop.keys) if self._one.loop is not None else 0


def _of_loop(node: Node) -> tuple[str, ...]:
    """What a looped step has besides."""
    if node.loop is None:
        return ()
    return ("rounds",) if _is_rounds(node) else ("instances",)


def _is_rounds(node: Node) -> bool:
    return isinstance(node.loop, Rounds)


def step_view(node: Node, found: Instance | None, around: Instance, moment: Callable[[int], str]) -> Mapping[str, Any]:
    """The step `node`: its activation, or what can be said of it where there is none. `moment` writes a time."""
    if found is not None:
        return StepView(node, found, moment)
    status = _status_without_life(around)
    nothing: dict[str, Any] = {
        "outputs": Outputs(node, None, status), "status": status, "error": None, "attempts": 0, "recovered": False,
        "started_at": None, "ended_at": None, "duration": None,
    }  # fmt: skip
    return {**nothing, **no_instances(node)}


def no_instances(node: Node) -> dict[str, Any]:
    """What a looped step has where it has not begun."""
    return {name: 0 if name == "rounds" else [] for name in _of_loop(node)}


def _status_without_life(around: Instance) -> str:
    """A branch or arm that was not taken is skipped; what never began shares the end of what is around it."""
    if around.body or around.status in OK:
        return "skipped"
    return around.status if around.status in ENDED else "pending"


class Outputs(Mapping[str, Any]):
    """The outputs of one step; what it does not have is missing, with the reason."""

    def __init__(self, node: Node, values: Mapping[str, Any] | None, status: str) -> None:
        self._node, self._status = node, status
        self._values = values or {}

    def __getitem__(self, name: str) -> Any:
        return self._values[name] if name in self._values else Missing(self._reason(name))

    def _reason(self, name: str) -> str:
        if self._status not in OK or self._status == "skipped":
            return _WHY.get(self._status, "the step has not ended")
        return WITHHELD if name in secret_names(self._node) else "the step did not give it"

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class _Lists(Outputs):
    """The outputs of a loop of which no item has a value: a null for each, under any name."""

    def __init__(self, node: Node, count: int) -> None:
        super().__init__(node, None, "succeeded")
        self._count = count

    def __getitem__(self, name: str) -> Any:
        return [None] * self._count

    def __contains__(self, name: object) -> bool:
        return True


_NOTHING = frozenset[str]()


def secret_names(node: Node) -> frozenset[str]:
    """The outputs of the step that are never stored."""
    return frozenset(one.name for one in node.outputs if one.secret) if node.outputs else _NOTHING


def _outputs(node: Node, one: Instance) -> Mapping[str, Any]:
    if one.status == "skipped" and one.reason == NOT_SELECTED:
        return Outputs(node, None, NOT_SELECTED)
    if one.known_as == "warning" and one.error is not None and not one.tainted:
        return Outputs(node, None, "failed")
    return Outputs(node, one.outputs if one.status in OK else None, one.status)


def _gathered(node: Node, one: Instance) -> Mapping[str, Any]:
    """Of a loop: each output as a list in the order of the items, null where an instance has none."""
    assert one.loop is not None
    if one.status not in OK and one.phase != "complete":  # which sees what there is by now
        return Outputs(node, None, one.status)
    ended = [each for each in one.loop.instances if each is not None]
    results = [_values(each) for each in ended]
    lost = {name for name in secret_names(node) if is_lost(name, ended)}
    if not any(results) and not lost:
        return _Lists(node, len(results))
    declared = [field.name for field in node.outputs or ()] or list(node.declared)
    names = dict.fromkeys([*declared, *(name for result in results for name in result)])
    gathered = {name: [result.get(name) for result in results] for name in names if name not in lost}
    return Outputs(node, gathered, one.status)


def _of_rounds(node: Node, one: Instance) -> Mapping[str, Any]:
    """Of rounds: those of the latest."""
    last = one.loop.instances[-1] if one.loop is not None and one.loop.instances else None
    if last is None or (one.ended and one.status not in OK):
        return Outputs(node, None, one.status)
    return _outputs(node, last)


def round_view(one: Instance) -> dict[str, Any]:
    """A round as the next one sees it: `loop.previous`."""
    return {"outputs": _outputs(one.node, one), "status": one.known_as}


def is_lost(name: str, ended: list[Instance]) -> bool:
    """Whether one of them gave the secret output, and it is not there any more."""
    return any(each.known_as == "succeeded" and not each.recovered and name not in _values(each) for each in ended)


def _values(one: Instance) -> Mapping[str, Any]:
    return one.outputs if one.ok and isinstance(one.outputs, Mapping) else {}


def _instance_view(one: Instance) -> dict[str, Any]:
    outputs = one.outputs if one.ok else None
    return {"key": one.key, "status": one.known_as, "outputs": outputs, "error": _kept_error(one)}


def _kept_error(one: Instance) -> dict[str, Any] | None:
    """The error of a step that failed; one that was tolerated or rescued is kept with it."""
    return error_view(one.error) if one.recovered or one.known_as in {"failed", "warning"} else None


def error_view(error: ErrorInfo | None) -> dict[str, Any] | None:
    """An error as expressions see it."""
    if error is None:
        return None
    return {
        "type": error.type,
        "message": error.message,
        "code": error.code,
        "detail": error.detail,
        "step": error.step,
    }


__all__ = [
    "WITHHELD",
    "Outputs",
    "StepView",
    "error_view",
    "is_lost",
    "no_instances",
    "round_view",
    "secret_names",
    "step_view",
]
