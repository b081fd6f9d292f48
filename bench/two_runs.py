"""Whether two runs at once in one state directory slow each other: `python bench/two_runs.py`.

The same chain of steps is run alone, held to one core, then by two runs at once in one state directory, with a core
each, then by two at once in a directory each. Prints how fast the slower of two is, as a part of its speed alone:
medians of some rounds. What the third shape loses is the machine's (one disk, one kernel, shared caches); what the
second loses more than the third would be ours. Ends with 1 where the aim is missed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from work import STEPLANE

LEAST = 0.9
"""The part of its speed alone that each of two runs in one state directory should have."""

HELD = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); os.execv(sys.argv[2], sys.argv[2:])"
"""Held to a core, with all its processes."""


def workflow(size: int) -> str:
    """A chain of so many steps, the shortest that there are: nearly all is ours."""
    lines = [f'  - {{id: s{number}, run: ["true"]}}\n' for number in range(size)]
    return "".join(["steplane: 1\n", "name: chain\n", "steps:\n", *lines])


def cores() -> list[int]:
    """Two cores that this process may use, one for each run; none where programs cannot be held to one."""
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return usable[:2] if len(usable) > 1 else []


def seconds(file: Path, runs: list[tuple[Path, int | None]]) -> float:
    """Runs at once, each in a state directory and on a core: how long the slowest takes."""
    processes = []
    begun = time.perf_counter()
    for state, core in runs:
        held = [] if core is None else [sys.executable, "-S", "-E", "-c", HELD, str(core)]
        words = [*held, *STEPLANE, "run", str(file), "--quiet", "--state", str(state)]
        processes.append(subprocess.Popen(words, stdin=subprocess.DEVNULL))
    codes = [process.wait() for process in processes]
    if any(codes):
        sys.exit(f"exit codes {codes}")
    return time.perf_counter() - begun


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=500, help="steps of each run (500)")
    parser.add_argument("--rounds", type=int, default=9, help="how often (9)")
    parser.add_argument("--in", dest="folder", help="where the state directories are made: the disk counts too")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    held: Sequence[int | None] = cores() or (None, None)
    with tempfile.TemporaryDirectory(prefix="two-runs-", dir=options.folder) as name:
        folder = Path(name)
        file = folder / "chain.yaml"
        file.write_text(workflow(options.steps), "utf-8")
        one, other = (folder / state for state in "ab")
        for state in (one, other):
            seconds(file, [(state, None)])  # compiled once
        times: dict[str, list[float]] = {"alone": [], "together": [], "apart": []}
        for number in range(options.rounds):
            first, second = held if number % 2 else held[::-1]  # a core may be slower than the other
            times["alone"].append(seconds(file, [(one, first)]))
            times["together"].append(seconds(file, [(one, first), (one, second)]))
            times["apart"].append(seconds(file, [(one, first), (other, second)]))
    alone, together, apart = (statistics.median(one) for one in times.values())
    figures = {"alone": alone, "together": together, "apart": apart}
    speed = {"together": alone / together, "apart": alone / apart}
    met = speed["together"] >= LEAST
    if options.json:
        rounded = {key: {name: round(one, 3) for name, one in of.items()} for key, of in
                   (("seconds", figures), ("speed", speed))}  # fmt: skip
        print(json.dumps({"steps": options.steps, "held to a core": held[0] is not None, **rounded, "met": met}))
        return 0 if met else 1
    if held[0] is None:
        print("programs cannot be held to a core here: the figures say less")
    print(f"one alone                        {alone:7.3f} s")
    for shape, where in (("apart", "a state directory each"), ("together", "in one state directory")):
        print(f"two at once, {where:22} {figures[shape]:5.3f} s, {speed[shape]:.2f} of the speed alone")
    print(f"aim: at least {LEAST:g} in one state directory{'' if met else ': missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
