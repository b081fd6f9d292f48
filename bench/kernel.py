"""The kernel alone: `python bench/kernel.py`. Steps a second that it leads from their begin to their end, where every
attempt succeeds at once and nothing is recorded, evaluated or started. Each is the best of three.
"""

import sys
import time
from collections import deque
from collections.abc import Callable

from work import many_nothings, nothings, workflow

from steplane.commands import Ask, Start
from steplane.events import Answered, AttemptEnded, Input, RunStarted
from steplane.kernel import Kernel
from steplane.model.reading import read_workflow
from steplane.plan.compiler import compile_plan
from steplane.plan.nodes import Plan
from steplane.source import read

LEAST = 20_000
"""Steps a second that are aimed at."""

SIZES = (1_000, 10_000, 100_000)


def planned(text: str) -> Plan:
    """The plan of a workflow whose step types are not looked at."""
    document = read(text, "bench.yaml")
    found, wrong = read_workflow(document)
    if found is None or wrong:
        sys.exit(f"this is no workflow: {wrong[:1]}")
    return compile_plan(found, lambda _: None, text, "")


def led(plan: Plan, size: int) -> float:
    """Seconds of CPU time in which the kernel leads a run of so many steps to its end."""
    kernel = Kernel(plan)
    inputs: deque[Input] = deque([RunStarted(pool=8, at=1)])
    steps = 0
    began = time.process_time()
    while inputs:
        for command in kernel.step(inputs.popleft()):
            if isinstance(command, Start):
                steps += 1
                inputs.append(
                    AttemptEnded(instance=command.instance, attempt=command.attempt, outcome="succeeded", at=1)
                )
            elif isinstance(command, Ask):
                keys = [str(number) for number in range(size)]
                value = {"keys": keys, "items": keys, "concurrency": 8, "allowed": 0}
                inputs.append(Answered(instance=command.instance, question=command.question, value=value, at=1))
    taken = time.process_time() - began
    if not kernel.ended or kernel.status != "succeeded" or steps != size:
        sys.exit(f"the run ended as {kernel.status} after {steps} steps")
    return taken


def measured(name: str, make: Callable[[int], str], sizes: tuple[int, ...]) -> bool:
    """Print a line for each size; whether all are fast enough."""
    met = True
    for size in sizes:
        plan = planned(workflow(name, make(size)))
        rate = size / min(led(plan, size) for _ in range(3))
        met &= rate >= LEAST
        missed = "" if rate >= LEAST else "  missed"
        print(f"{name:8} {size:>8,} steps  {1e6 / rate:6.1f} us each  {rate:>8,.0f}/s{missed}")
    return met


def main() -> int:
    """A list of steps, one after the other, and a loop, eight at once."""
    listed = measured("list", nothings, SIZES[:2])
    looped = measured("loop", lambda size: many_nothings(size, 8), SIZES)
    return 0 if listed and looped else 1


if __name__ == "__main__":
    sys.exit(main())
