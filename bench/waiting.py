"""What waiting costs: `python bench/waiting.py [--quick] [--json] [--times N]`.

A loop of 100,000 instances, each of which waits: for a signal of its own, or for a time. Printed are the memory and the
threads of the live run once all wait; how long it takes from the sending of a signal until the journal says that the
right instance goes on (the median of several, sent to instances all over the loop); the same with the whole command
`steplane signal`, start of Python included; and what a resume of the run takes when nothing lives any more.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from work import STEPLANE

from steplane.app import signalling
from steplane.events import StepWoken
from steplane.store import RunStore, StateDirectory, now

KINDS = {"signal": '{signal: "go-${{ item }}"}', "time": '"${{ 86400 + item }}s"'}
"""What each instance waits for."""

MEMORY, WAKING = 500, 0.05
"""What is aimed at: megabytes, seconds."""

FILE = """\
steplane: 1
name: waiting
steps:
  - id: live                                   # keeps the run live: it is due within the patience
    needs: []
    wait: 1h
  - id: each
    needs: []
    foreach: ${{ range(%d) | list }}
    concurrency: %d
    wait: %s
"""


class Figures(NamedTuple):
    """Of one run: seconds until all waited, bytes, threads, seconds from a signal to its instance, of a resume."""

    kind: str
    instances: int
    setting_up: float
    memory: int
    threads: int
    waking: list[float]
    command: list[float]
    resume: float
    resume_memory: int


def main() -> int:
    """Measure and print; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the instances")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--times", type=int, default=15, help="so many signals of each kind")
    given = parser.parse_args()
    found = [measured(kind, 10_000 if given.quick else 100_000, given.times) for kind in KINDS]
    if given.json:
        sys.stdout.write(json.dumps([one._asdict() for one in found], indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in table(found)))
    return 0 if all(reached(one) for one in found) else 1


def measured(kind: str, instances: int, times: int) -> Figures:
    """Let so many wait; then send signals, kill the run, and resume it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "waiting.yaml").write_text(FILE % (instances, instances, KINDS[kind]))
        began = time.perf_counter()
        process = started(folder, "run", "waiting.yaml", "--id", "r", "--patience", "2h")
        store = RunStore(StateDirectory.find(name, str(folder / ".steplane"), make=True))
        until(lambda: waiting(store) > instances, process)
        took = time.perf_counter() - began
        pids = list(family(process.pid))
        memory, threads = sum(map(resident, pids)), max(map(threads_of, pids))
        waking, command = [], []
        for turn in range(times if kind == "signal" else 0):
            index = (turn * 7919 + 13) % instances
            waking.append(woken(store, index, lambda index=index: sent(store, index)))  # type: ignore[misc]
            index = (turn * 7919 + 14) % instances
            command.append(woken(store, index, lambda index=index: told(folder, index)))  # type: ignore[misc]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        process.wait()
        began = time.perf_counter()
        again = started(folder, "resume", "r", "--patience", "0")
        _, status, usage = os.wait4(again.pid, 0)
        assert os.waitstatus_to_exitcode(status) == 3, "it waits again"
        seconds = time.perf_counter() - began
    return Figures(kind, instances, took, memory, threads, waking, command, seconds, usage.ru_maxrss * 1024)


def started(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
    """A command of Steplane, beside this program."""
    environment = {**os.environ, "STEPLANE_STATE": str(folder / ".steplane")}
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        [*STEPLANE, *words, "-q"], cwd=folder, env=environment, stdin=nothing, stdout=nothing, stderr=nothing
    )


def until(holds: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    """Wait for a condition of the run."""
    while not holds():
        if process.poll() is not None:
            sys.exit(f"the run has ended: {process.returncode}")
        time.sleep(0.2)


def waiting(store: RunStore) -> int:
    """How many wait. Each that does has told so once, as the last that it did."""
    if "r" not in store.ids():
        return 0
    with store.read("r") as journal:
        found = journal.instances()
    return sum(status == "waiting" for _, status in found)


def sent(store: RunStore, index: int) -> None:
    """Send the signal of an instance from this process."""
    parcel = signalling.new_parcel(f"go-{index}", {"n": index}, "bench", now(), transient=False)
    assert signalling.send(store, "r", parcel).outcome == "live"


def told(folder: Path, index: int) -> None:
    """Send it by the command, a new process."""
    environment = {**os.environ, "STEPLANE_STATE": str(folder / ".steplane")}
    words = [*STEPLANE, "signal", "r", f"go-{index}"]
    subprocess.run(words, cwd=folder, env=environment, check=True, capture_output=True)


def woken(store: RunStore, index: int, send: Callable[[], None]) -> float:
    """Seconds from the sending until the journal has it that the instance goes on, and no other."""
    with store.read("r") as journal:
        last = journal.last_seq()
        began = time.perf_counter()
        send()
        while True:
            for number, event in journal.events(last):
                last = number
                if isinstance(event, StepWoken):
                    assert event.path == f"each[{index}]", event
                    return time.perf_counter() - began


def family(pid: int) -> Iterator[int]:
    """A process and all that it has started."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def resident(pid: int) -> int:
    """The most memory that the process had, in bytes."""
    return _status(pid, "VmHWM") * 1024


def threads_of(pid: int) -> int:
    """How many threads it has."""
    return _status(pid, "Threads")


def reached(one: Figures) -> bool:
    """Whether all is as it is aimed at."""
    return one.memory < MEMORY << 20 and (not one.waking or statistics.median(one.waking) < WAKING)


def table(found: list[Figures]) -> Iterator[str]:
    """Markdown."""
    yield "| waiting for | instances | until all wait | memory | threads | a signal wakes it | its command | resume |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in found:
        memory = f"{one.memory / (1 << 20):.0f} MB"
        resume = f"{one.resume:.1f} s, {one.resume_memory / (1 << 20):.0f} MB"
        yield (
            f"| a {one.kind} | {one.instances:,} | {one.setting_up:.1f} s | {memory} | {one.threads} | "
            f"{_spread(one.waking)} | {_spread(one.command)} | {resume} |"
        )


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "-"
    return f"{statistics.median(seconds) * 1000:.1f} ms (at most {max(seconds) * 1000:.1f})"


if __name__ == "__main__":
    sys.exit(main())
