"""What the live view costs: `python bench/live.py [--quick] [--json] [--in DIR] [NAME ...]`.

The same run is shown on a terminal (a pty of 80x24 that is read as fast as it comes) by `--format live`, by
`--format plain` and, for comparison, with `--quiet`, in turn, so that all see the same machine. Printed are the medians
of the CPU time of the command with all its processes, steps included, and of the wall time; and the ratios of live to
plain.
"""

import argparse
import json
import os
import pty
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path
from typing import NamedTuple

STEPLANE = [sys.executable, "-c", "import sys; from steplane.cli import main; sys.exit(main())"]
WAYS = {"live": ("--format", "live"), "plain": ("--format", "plain"), "quiet": ("--quiet",)}


class Cost(NamedTuple):
    """Seconds of one run: on all processors, and on the clock; and the bytes that it wrote to the terminal."""

    cpu: float
    wall: float
    written: int


class Figure(NamedTuple):
    """The median costs of one workflow, by the way in which it was shown."""

    name: str
    costs: dict[str, Cost]

    @property
    def cpu_ratio(self) -> float:
        return self.costs["live"].cpu / self.costs["plain"].cpu

    @property
    def wall_ratio(self) -> float:
        return self.costs["live"].wall / self.costs["plain"].wall


def chain(quick: bool) -> str:
    """A thousand short steps, one after the other."""
    lines = [f'  - {{id: s{number}, run: ["true"]}}\n' for number in range(100 if quick else 1000)]
    return "".join(lines)


def loop(quick: bool) -> str:
    """A thousand short instances of a loop, eight at once."""
    size = 100 if quick else 1000
    return f'  - {{id: each, foreach: "${{{{ range({size}) | list }}}}", concurrency: 8, run: ["true"]}}\n'


def chatty(quick: bool) -> str:
    """One step that writes a million lines."""
    return f'  - {{id: talk, run: ["seq", "{10_000 if quick else 1_000_000}"]}}\n'


WORKFLOWS: dict[str, Callable[[bool], str]] = {"chain": chain, "loop": loop, "chatty": chatty}


def measure(name: str, folder: Path, *, quick: bool, times: int) -> Figure:
    """Run it in every way, so many times, in turn. The workflow was compiled by a run before."""
    file = folder / f"{name}.yaml"
    file.write_text(f"steplane: 1\nname: {name}\nsteps:\n{WORKFLOWS[name](quick)}", "utf-8")
    shown(file, WAYS["quiet"])
    rounds = [{way: shown(file, options) for way, options in WAYS.items()} for _ in range(times)]
    return Figure(name, {way: median([one[way] for one in rounds]) for way in WAYS})


def median(costs: list[Cost]) -> Cost:
    cpu, wall, written = zip(*costs, strict=True)
    return Cost(statistics.median(cpu), statistics.median(wall), statistics.median_high(written))


def shown(file: Path, options: tuple[str, ...]) -> Cost:
    """Run the workflow on a terminal; it has to succeed."""
    command = [*STEPLANE, "run", str(file), "--state", str(file.parent / ".steplane"), *options]
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if not pid:
        os.environ["TERM"] = "xterm-256color"
        os.execv(command[0], command)
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    written = drain(terminal)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - began
    os.close(terminal)
    if status:
        sys.exit(f"{' '.join(command)}: exit code {os.waitstatus_to_exitcode(status)}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, written)


def drain(terminal: int) -> int:
    """Read until nobody writes any more; how many bytes came."""
    written = 0
    while True:
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:  # EIO: the last process has closed its end
            return written
        if not data:
            return written
        written += len(data)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What the live view costs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(WORKFLOWS)}; all without it")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller runs")
    parser.add_argument("--times", type=int, default=9, help="runs of each kind")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--in", dest="folder", default=".", help="where the state directories are made")
    options = parser.parse_args()
    if unknown := set(options.names) - set(WORKFLOWS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    figures = []
    for name in options.names or WORKFLOWS:
        with tempfile.TemporaryDirectory(prefix=".bench-", dir=options.folder) as folder:
            times = 2 if options.quick else options.times
            figures.append(measure(name, Path(folder).resolve(), quick=options.quick, times=times))
    print(json.dumps([data(one) for one in figures]) if options.json else table(figures))
    return 0


def data(figure: Figure) -> dict[str, object]:
    costs = {way: cost._asdict() for way, cost in figure.costs.items()}
    return {"name": figure.name, **costs, "cpu_ratio": figure.cpu_ratio, "wall_ratio": figure.wall_ratio}


def table(figures: list[Figure]) -> str:
    """The figures for people."""
    ways = " ".join(f"{f'{way} cpu/wall':>17}" for way in WAYS)
    rows = [f"{'benchmark':10} {ways} {'cpu':>6} {'wall':>6}  (live / plain)"]
    for one in figures:
        costs = " ".join(f"{f'{cost.cpu:.2f}s/{cost.wall:.2f}s':>17}" for cost in one.costs.values())
        rows.append(f"{one.name:10} {costs} {one.cpu_ratio:6.3f} {one.wall_ratio:6.3f}")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
