"""Running commands and seeing what they take."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """Seconds on the clock, and the most memory (bytes) that the command or one of its processes had."""

    seconds: float
    memory: int


def run(command: Sequence[str], folder: Path, *, code: int = 0) -> Cost:
    """Run a command whose output nobody reads, with a state directory in the folder; it has to end with that code."""
    environment = {**os.environ, "STEPLANE_STATE": str(folder / ".steplane")}
    nothing = subprocess.DEVNULL
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=nothing, stdout=nothing, stderr=nothing)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != code:
        sys.exit(f"{' '.join(command)[:200]}: exit code {process.returncode}")
    return Cost(seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def medians(works: Sequence[Callable[[], Cost]], times: int) -> list[float]:
    """The median seconds of each, taken in turn, so that all see the same machine."""
    rounds = [[work().seconds for work in works] for _ in range(times)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]
