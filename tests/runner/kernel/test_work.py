"""The kernel's work for one event does not grow with the number of steps: counted in instructions, not in time."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from tests.runner.kernel.compiled import plan_of

from steplane.commands import Ask, Start
from steplane.events import Answered, AttemptEnded, Input, RunStarted
from steplane.kernel import Kernel

LEAF: dict[str, Any] = {"run": ["true"]}


class Work:
    """Counts the instructions that Python carries out."""

    def __init__(self) -> None:
        self.count = 0

    def trace(self, frame: FrameType, event: str, _: object) -> Callable[..., Any]:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self.count += event == "opcode"
        return self.trace

    def of(self, kernel: Kernel, event: Input) -> tuple[int, list[Any]]:
        """Instructions for the event, and its commands."""
        before, self.count = sys.gettrace(), 0
        sys.settrace(self.trace)
        try:
            commands = list(kernel.step(event))
        finally:
            sys.settrace(before)
        return self.count, commands


def chain(size: int) -> dict[str, Any]:
    return {"steps": [{"id": f"s{number}", **LEAF} for number in range(size)]}


def needing(size: int) -> dict[str, Any]:
    steps = [{"id": f"s{number}", **LEAF, "needs": [f"s{number - 1}"] if number else []} for number in range(size)]
    return {"steps": steps}


def fan(size: int) -> dict[str, Any]:
    return {"steps": [{"id": f"s{number}", **LEAF, "needs": []} for number in range(size)]}


def collected(size: int) -> dict[str, Any]:
    last = {"id": "last", **LEAF, "needs": [f"s{number}" for number in range(size)]}
    return {"steps": [*fan(size)["steps"], last]}


def looped(size: int) -> dict[str, Any]:
    return {"steps": [{"id": "s", **LEAF, "foreach": list(range(size)), "concurrency": 4}]}


def in_any_order(size: int) -> dict[str, Any]:
    return {"steps": [{"id": "g", "order": "any", "steps": chain(size)["steps"]}]}


def in_rounds(size: int) -> dict[str, Any]:
    return {"steps": [{"id": "s", **LEAF, "until": "inputs.x", "max": size}]}


def locked(size: int) -> dict[str, Any]:
    return {"steps": [{"id": f"s{number}", **LEAF, "needs": [], "lock": "one"} for number in range(size)]}


def play(workflow: dict[str, Any], size: int) -> list[int]:
    """The instructions of each event, from the second on: the first enters the list, which may take long."""
    kernel, work, found = Kernel(plan_of(workflow)), Work(), []
    queue: list[Input] = [RunStarted(pool=3)]
    while queue:
        count, commands = work.of(kernel, queue.pop(0))
        found.append(count)
        for command in commands:
            if isinstance(command, Start):
                one = AttemptEnded(instance=command.instance, attempt=command.attempt, outcome="succeeded")
                queue.append(one)
            elif isinstance(command, Ask):
                keys = [str(number) for number in range(size)]
                loop = {"keys": keys, "items": keys, "concurrency": 4, "allowed": 0}
                queue.append(Answered(instance=command.instance, question=command.question, value=loop))
    assert kernel.status == "succeeded"
    return found[1:]


@pytest.mark.parametrize("shape", [chain, needing, fan, collected, looped, in_any_order, locked])
def test_work_per_event_does_not_grow(shape: Callable[[int], dict[str, Any]]) -> None:
    small, large = sorted(play(shape(20), 20)), sorted(play(shape(200), 200))
    assert len(large) > 5 * len(small)
    assert large[-2] <= small[-2] * 1.25  # one event takes stock: of the items, of the needs of a join
    assert sum(large) / 200 <= sum(small) / 20 * 1.25
