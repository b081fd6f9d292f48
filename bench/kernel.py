"""The kernel alone: `python bench/kernel.py [--quick]`. Steps a second led from their begin to their end, where
every attempt succeeds at once and nothing is recorded, evaluated or started, with the collector of garbage set as the
command sets it. Each is the best of five. Ends with 1 where one is slower than is aimed at, or the cost of a step is
not flat. With `--quick` all is a tenth of the size: to see that it works.
"""

import argparse
import gc
import sys
import time
from collections import deque
from collections.abc import Callable

from work import many_nothings, nothings, workflow

from steplane.cli import SELDOM
from steplane.commands import Ask, Start
from steplane.events import Answered, AttemptEnded, Input, RunStarted
from steplane.kernel import Kernel
from steplane.model.reading import read_workflow
from steplane.plan.compiler import compile_plan
from steplane.plan.nodes import Plan
from steplane.source import read

LEAST = 20_000
"""Steps a second that are aimed at."""

FLAT = 1.25
"""What a step of the largest run may cost, by what one of the smallest costs."""

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
    """Print a line for each size, and how flat they are; whether all are as is aimed at."""
    rates = []
    for size in sizes:
        plan = planned(workflow(name, make(size)))
        rates.append(size / min(led(plan, size) for _ in range(5)))
        missed = "" if rates[-1] >= LEAST else "  missed"
        print(f"{name:8} {size:>8,} steps  {1e6 / rates[-1]:6.1f} us each  {rates[-1]:>8,.0f}/s{missed}")
    growth = rates[0] / rates[-1]
    missed = "" if growth <= FLAT else "  missed"
    print(f"{name:8} a step of {sizes[-1]:,} costs {growth:.2f} of one of {sizes[0]:,} (at most {FLAT:g}){missed}")
    return min(rates) >= LEAST and growth <= FLAT


def main() -> int:
    """A list of steps, one after the other, and a loop, eight at once."""
    parser = argparse.ArgumentParser(description="The kernel alone.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size: to see that it works")
    quick = parser.parse_args().quick
    sizes = tuple(size // 10 for size in SIZES) if quick else SIZES
    gc.set_threshold(SELDOM)
    listed = measured("list", nothings, sizes[:2])
    looped = measured("loop", lambda size: many_nothings(size, 8), sizes)
    return 0 if quick or (listed and looped) else 1


if __name__ == "__main__":
    sys.exit(main())
