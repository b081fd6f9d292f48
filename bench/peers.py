"""Steplane beside other runners: `python bench/peers.py [--programs DIR] [--times N] [--in DIR] [WORK ...]`.

Each work is done by every peer in turn, several times; the medians are printed as a table. A peer is found among the
programs in DIR, an environment made with `pip install -r bench/peers.txt`. Before it is measured, each does a little of
the same work with a program that leaves a trace, and what has not done all of it is not measured.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import run
from peer_files import PEERS, Work
from work import printing

WORKS = {
    "one": ("one step, a process", Work("chain", 1, "/bin/true")),
    "chain": ("1,000 processes in a chain", Work("chain", 1000, "/bin/true")),
    "pairs": ("1,000 independent processes, 2 at once", Work("pairs", 1000, "/bin/true")),
    "no-ops": ("10,000 steps that do nothing, in a chain", Work("no-ops", 10_000, "")),
    "fan-out": ("10,000 steps that do nothing, at once", Work("fan-out", 10_000, "")),
    "output": ("100 MB of output", Work("output", 1, "")),
}
SLOW = {"luigi": 5, "DBOS": 10}
"""Peers that do less, and by how much: they would take minutes. Their time is shown for the whole."""

CANNOT = {("pypyr", "pairs")} | {(name, "output") for name in ("make", "go-task", "just", "pypyr")}
"""What a peer has not: two at once with a limit; output that it takes in, and does not leave to the terminal."""


def command_for(name: str, work: Work, folder: Path, programs: Path) -> list[str] | None:
    """Write the files of a peer into a new folder; its command."""
    folder.mkdir()
    if work.kind == "output":
        printer = folder / "print"
        printer.write_text(f"#!/bin/sh\n{printing(100)}\n")
        printer.chmod(0o755)
        work = work._replace(program=str(printer))
    command = PEERS[name](work, folder, programs)
    if command is None or (name, work.kind) in CANNOT or shutil.which(command[0]) is None:
        return None
    return command


def works(name: str, work: Work, scratch: Path, programs: Path) -> bool:
    """Whether the peer really does what it is given: ten steps leave ten traces."""
    if work.kind not in {"chain", "pairs"}:
        return True
    folder, traces = scratch / f"try-{name}", scratch / f"traces-{name}"
    marker = scratch / f"mark-{name.replace(' ', '-')}"
    marker.write_text(f"#!/bin/sh\necho x >> '{traces}'\n")
    marker.chmod(0o755)
    command = command_for(name, work._replace(size=10, program=str(marker)), folder, programs)
    if command is not None:
        subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)
    return traces.exists() and len(traces.read_text().splitlines()) == 10


def measure(work: Work, times: int, scratch: Path, programs: Path) -> dict[str, float]:
    """The median seconds of each peer that can do it, taken in turn."""
    ready = {}
    for name in PEERS:
        less = SLOW.get(name, 1) if work.size > 1 else 1
        folder = scratch / name.replace(" ", "-")
        command = command_for(name, work._replace(size=work.size // less), folder, programs)
        if command is None:
            continue
        if not works(name, work, scratch, programs):
            print(f"{name} does not do it all, and is left out", file=sys.stderr)
            continue
        run(command, folder)
        ready[name] = (command, folder, less)
    seconds: dict[str, list[float]] = {name: [] for name in ready}
    for _ in range(times):
        for name, (command, folder, less) in ready.items():
            seconds[name].append(run(command, folder).seconds * less)
    return {name: statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    """Measure and print a table for each work."""
    parser = argparse.ArgumentParser(description="Steplane beside other runners.")
    parser.add_argument("names", nargs="*", metavar="WORK", help=f"which: {', '.join(WORKS)}; all without it")
    parser.add_argument("--programs", type=Path, default=Path(sys.executable).parent, help="where the peers are")
    parser.add_argument("--times", type=int, default=5, help="how often each is measured")
    parser.add_argument("--in", dest="folder", default=".", help="where the state directories are made")
    options = parser.parse_args()
    if unknown := set(options.names) - set(WORKS):
        parser.error(f"there is no work {', '.join(sorted(unknown))}")
    os.environ["PATH"] = f"{os.environ['PATH']}{os.pathsep}{options.programs}"
    for name in options.names or WORKS:
        title, work = WORKS[name]
        with tempfile.TemporaryDirectory(prefix=".bench-", dir=options.folder) as scratch:
            found = measure(work, options.times, Path(scratch).resolve(), options.programs.resolve())
        print(f"\n| {title} | seconds | of Steplane's |\n|---|---|---|")
        for peer, seconds in sorted(found.items(), key=lambda one: one[1]):
            print(f"| {peer} | {seconds:.3f} | {seconds / found['Steplane']:.2f} |")
        print(end="", flush=True)


if __name__ == "__main__":
    main()
