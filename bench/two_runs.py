"""Whether two runs at once in one state directory slow each other beyond the CPU: `python bench/two_runs.py`.

The same chain of steps is run alone, then by two runs at once in one state directory, then by two at once in a
directory each. What the third costs more than the first is the machine's; what the second costs more than the third
would be ours. Prints seconds and the two ratios, medians of some rounds; nothing is asserted.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEPLANE = [sys.executable, "-c", "import sys; from steplane.cli import main; sys.exit(main())"]


def workflow(size: int) -> str:
    """A chain of so many steps, the shortest that there are: nearly all is ours."""
    lines = [f'  - {{id: s{number}, run: ["true"]}}\n' for number in range(size)]
    return "".join(["steplane: 1\n", "name: chain\n", "steps:\n", *lines])


def seconds(file: Path, states: list[Path]) -> float:
    """One run in each of the state directories, all at once: the time until the last has ended."""
    begun = time.perf_counter()
    processes = [
        subprocess.Popen([*STEPLANE, "run", str(file), "--quiet", "--state", str(state)], stdin=subprocess.DEVNULL)
        for state in states
    ]
    codes = [process.wait() for process in processes]
    if any(codes):
        sys.exit(f"exit codes {codes}")
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=500, help="steps of each run (500)")
    parser.add_argument("--rounds", type=int, default=5, help="how often (5)")
    parser.add_argument("--in", dest="folder", help="where the state directories are made: the disk counts too")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="two-runs-", dir=options.folder) as name:
        folder = Path(name)
        file = folder / "chain.yaml"
        file.write_text(workflow(options.steps), "utf-8")
        shapes = {"alone": ["a"], "together": ["a", "a"], "apart": ["a", "b"]}
        times: dict[str, list[float]] = {shape: [] for shape in shapes}
        for state in ("a", "b"):
            seconds(file, [folder / state])  # compiled once
        for _ in range(options.rounds):
            for shape, states in shapes.items():
                times[shape].append(seconds(file, [folder / state for state in states]))
    found = {shape: statistics.median(measured) for shape, measured in times.items()}
    found["machine"] = found["apart"] / found["alone"]
    found["steplane"] = found["together"] / found["apart"]
    if options.json:
        print(json.dumps({"steps": options.steps, **{key: round(value, 3) for key, value in found.items()}}))
        return
    for shape in shapes:
        print(f"{shape:9} {found[shape]:7.3f} s")
    print(f"two at once, the machine's part  x {found['machine']:.2f}")
    print(f"in one state directory           x {found['steplane']:.2f}  (1.00: they do not meet)")


if __name__ == "__main__":
    main()
