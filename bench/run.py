"""What Steplane adds to the work itself: `python bench/run.py [--quick] [--json] [NAME ...]`.

Each benchmark does the same work with Steplane and without, in turn, so that both see the same machine; the medians are
printed. Every run has a new state directory, in `--in DIR` (the disk there is part of what is measured).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

STEPLANE = [sys.executable, "-c", "import sys; from steplane.cli import main; sys.exit(main())"]

TRIVIAL = """\
steplane: 1
name: trivial
steps:
  - run: ["true"]
"""

ALONE = 'import subprocess; subprocess.run(["true"], check=True)'

LOOP = """\
import subprocess, sys
for _ in range(int(sys.argv[1])):
    process = subprocess.Popen(["true"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    process.communicate()
"""


class Figure(NamedTuple):
    """The result of one benchmark, in seconds for the whole work; `size` is the number of steps."""

    name: str
    size: int
    steplane: float
    other: float
    against: str

    @property
    def per_step(self) -> float:
        """What Steplane adds to a step, in milliseconds."""
        return (self.steplane - self.other) / self.size * 1000


def trivial(folder: Path, quick: bool) -> Figure:
    """One trivial step against bare Python. The workflow was compiled by a run before."""
    file = folder / "trivial.yaml"
    file.write_text(TRIVIAL, "utf-8")
    command = [*STEPLANE, "run", str(file), "--quiet"]
    call(command, folder)
    bare = [sys.executable, "-c", ALONE]
    ours, other = medians(lambda: call(command, folder), lambda: call(bare, folder), 5 if quick else 25)
    return Figure("trivial", 1, ours, other, "python -c subprocess.run")


def chain(folder: Path, quick: bool) -> Figure:
    """A thousand processes, one after the other, against a loop of Popen."""
    size = 100 if quick else 1000
    file = folder / "chain.yaml"
    lines = [f'  - {{id: s{number}, run: ["true"]}}\n' for number in range(size)]
    file.write_text("".join(["steplane: 1\n", "name: chain\n", "steps:\n", *lines]), "utf-8")
    command = [*STEPLANE, "run", str(file), "--quiet"]
    call(command, folder)
    loop = [sys.executable, "-c", LOOP, str(size)]
    ours, other = medians(lambda: call(command, folder), lambda: call(loop, folder), 2 if quick else 5)
    return Figure("chain", size, ours, other, "loop of subprocess.Popen")


BENCHMARKS: dict[str, Callable[[Path, bool], Figure]] = {"trivial": trivial, "chain": chain}


def call(command: list[str], folder: Path) -> None:
    """Run a command whose output nobody reads; it has to succeed."""
    environment = {**os.environ, "STEPLANE_STATE": str(folder / ".steplane")}
    nothing = subprocess.DEVNULL
    subprocess.run(command, cwd=folder, env=environment, stdin=nothing, stdout=nothing, check=True)


def medians(one: Callable[[], None], other: Callable[[], None], times: int) -> tuple[float, float]:
    """The median seconds of both, taken in turn."""
    pairs = [(seconds(one), seconds(other)) for _ in range(times)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def seconds(work: Callable[[], None]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> int:
    """Run the benchmarks and print their figures."""
    parser = argparse.ArgumentParser(description="What Steplane adds to the work itself.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)}; all without it")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller runs")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--in", dest="folder", default=".", help="where the state directories are made")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    figures = []
    for name in options.names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix=".bench-", dir=options.folder) as folder:
            figures.append(BENCHMARKS[name](Path(folder).resolve(), options.quick))
    data = [{**one._asdict(), "per_step_ms": one.per_step} for one in figures]
    print(json.dumps(data) if options.json else table(figures))
    return 0


def table(figures: list[Figure]) -> str:
    """The figures for people."""
    rows = [f"{'benchmark':10} {'steps':>6} {'steplane':>10} {'without':>10} {'adds a step':>12}  against"]
    rows += [
        f"{one.name:10} {one.size:6} {one.steplane * 1000:8.0f}ms {one.other * 1000:8.0f}ms {one.per_step:10.2f}ms"
        f"  {one.against}"
        for one in figures
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
