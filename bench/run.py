"""What Steplane adds to the work itself: `python bench/run.py [--quick] [--json] [--in DIR] [NAME ...]`.

Each benchmark does the same work with Steplane and without, in turn, so that both see the same machine, or holds a
figure against a limit. Medians are printed. Every state directory is new, in `--in DIR`: the disk there is part of what
is measured.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from measuring import Cost, medians, run
from work import (
    BARE,
    LOOP,
    MADE_OF_SECRETS,
    ONLY_RECORDING,
    PUMP,
    RECORDING,
    STEPLANE,
    TWO_LOOPS,
    TWO_RECORDING,
    many_nothings,
    nothings,
    printing,
    processes,
    workflow,
)


class Figure(NamedTuple):
    """One line of the table: what was measured, how it compares, what is aimed at, and whether it is reached."""

    name: str
    what: str
    value: str
    compared: str
    target: str
    met: bool


class Bench(NamedTuple):
    """Where a benchmark works, and how thoroughly."""

    folder: Path
    quick: bool

    def file(self, name: str, steps: str) -> str:
        """Write a workflow; its path."""
        file = self.folder / f"{name}.yaml"
        file.write_text(workflow(name, steps), "utf-8")
        return str(file)

    def steplane(self, *words: str, code: int = 0) -> Cost:
        """One call of the command."""
        return run([*STEPLANE, *words], self.folder, code=code)

    def times(self, usual: int) -> int:
        return 1 if self.quick else usual

    def size(self, usual: int) -> int:
        return max(usual // 10, 2) if self.quick else usual


def against(bench: Bench, name: str, what: str, words: list[str], other: list[str], most: float, times: int) -> Figure:
    """The command against another program that does the same work; the most that the ratio may be."""
    bench.steplane(*words)  # compiles the workflow
    ours, base = medians(
        [lambda: bench.steplane(*words), lambda: run(other, bench.folder)], bench.times(times)
    )  # fmt: skip
    ratio = ours / base
    return Figure(
        name, what, _time(ours), f"{ratio:.2f} of {_time(base)}", f"at most {most:g}", ratio <= most
    )  # fmt: skip


def helping(bench: Bench) -> Iterator[Figure]:
    """`--help` against an interpreter that does nothing."""
    yield against(bench, "help", "`steplane --help`", ["--help"], BARE, 6, 25)


def trivial(bench: Bench) -> Iterator[Figure]:
    """One trivial step against an interpreter that does nothing."""
    file = bench.file("trivial", processes(1))
    yield against(bench, "trivial", "one step, a process", ["run", file, "--quiet"], BARE, 10, 25)


def chain(bench: Bench) -> Iterator[Figure]:
    """Processes one after the other against a loop of Popen; and what such a loop takes that records each result."""
    size = bench.size(1000)
    words = ["run", bench.file("chain", processes(size)), "--quiet"]
    loop = [sys.executable, "-c", LOOP, str(size)]
    yield against(bench, "chain", f"{size:,} processes in a chain", words, loop, 1.4, 7)
    yield _limit(bench, "a loop that records each result", RECORDING, loop, size)


def pairs(bench: Bench) -> Iterator[Figure]:
    """Independent processes, two at once, against two threads with such a loop; and with one that records."""
    size = bench.size(1000)
    words = ["run", bench.file("pairs", processes(size, independent=True)), "--quiet", "-j", "2"]
    loops = [sys.executable, "-c", TWO_LOOPS, str(size)]
    yield against(bench, "pairs", f"{size:,} independent processes, 2 at once", words, loops, 1.4, 7)
    yield _limit(bench, "two such loops that record each result", TWO_RECORDING, loops, size)


def _limit(bench: Bench, what: str, program: str, bare: list[str], size: int) -> Figure:
    """The least that a runner can do that keeps each result before the next begins, against the same without."""
    recording = [sys.executable, "-c", program, str(size), "FULL"]
    loop, recorded = medians([partial(run, bare, bench.folder), partial(run, recording, bench.folder)], bench.times(7))
    return Figure("  its limit", what, _time(recorded), f"{recorded / loop:.2f} of {_time(loop)}", "", True)


def in_process(bench: Bench) -> Iterator[Figure]:
    """Steps that do nothing, in a thread of the runner, a second; and how many results SQLite alone takes."""
    size = bench.size(10_000)
    in_chain, at_once = bench.file("nothings", nothings(size)), bench.file("at_once", many_nothings(size, 8))
    for name, file, durability, least, together in (
        ("no-op chain", in_chain, "full", 2500, 1), ("no-op chain", in_chain, "normal", 6000, 1),
        ("no-op fan-out", at_once, "full", 6000, 8),
    ):  # fmt: skip
        words = ["run", file, "--quiet", "--durability", durability]
        only = [sys.executable, "-c", ONLY_RECORDING, str(size), durability, str(together)]
        bench.steplane(*words)
        seconds, recorded = medians(
            [partial(bench.steplane, *words), partial(run, only, bench.folder)], bench.times(5)
        )  # fmt: skip
        rate = size / seconds
        yield Figure(
            name, f"{size:,} steps in threads, `{durability}`", _time(seconds), f"{rate:,.0f}/s",
            f"at least {least:,}/s", rate >= least,
        )  # fmt: skip
        what = "SQLite, each result a commit" if together == 1 else f"SQLite, {together} results a commit"
        yield Figure("  its limit", what, _time(recorded), f"{size / recorded:,.0f}/s", "", True)


def many(bench: Bench) -> Iterator[Figure]:
    """A hundred thousand steps: their memory, and how long a resume takes to know where it was."""
    size = bench.size(100_000)
    steps = many_nothings(size, 1) + "  - {id: last, run: test -e go}\n"
    file = bench.file("many", steps)
    cost = bench.steplane("run", file, "--quiet", "--id", "many", code=1)
    memory = cost.memory / 1e6
    yield Figure(
        "memory", f"{size:,} steps", _time(cost.seconds), f"{memory:.0f} MB", "less than 500 MB", memory < 500
    )  # fmt: skip
    (bench.folder / "go").touch()
    again = bench.steplane("resume", "many", "--quiet")
    yield Figure(
        "resume", f"after {size:,} steps", _time(again.seconds), f"{again.memory / 1e6:.0f} MB", "less than 5 s",
        again.seconds < 5,
    )  # fmt: skip


def output(bench: Bench) -> Iterator[Figure]:
    """What a step prints, against a pump in Python; the memory that a gigabyte takes, and how fast it goes."""
    size = bench.size(100)
    words = ["run", bench.file("output", _saying(size)), "--quiet"]
    pump = [sys.executable, "-c", PUMP, printing(size)]
    yield against(bench, "output", f"{size} MB of output", words, pump, 1.3, 7)
    small = bench.steplane("run", bench.file("little", _saying(1)), "--quiet")
    size = bench.size(1000)
    large = bench.steplane("run", bench.file("large", _saying(size)), "--quiet")
    growth = (large.memory - small.memory) / 1e6
    yield Figure(
        "growth", f"{size:,} MB of output, against 1 MB", _time(large.seconds), f"{growth:.0f} MB",
        "less than 50 MB", growth < 50,
    )  # fmt: skip
    rate = (size - 1) / _more(large.seconds, small.seconds)
    yield Figure(
        "rate", f"the same {size:,} MB", _time(large.seconds), f"{rate:.0f} MB/s", "at least 100 MB/s", rate >= 100
    )
    yield shown_lines(bench)
    size = bench.size(100)
    small, large = (
        bench.steplane("run", bench.file(f"masked_{one}", MADE_OF_SECRETS + _saying(one)), "--quiet")
        for one in (1, size)
    )
    rate = (size - 1) / _more(large.seconds, small.seconds)
    yield Figure(
        "masked", f"{size} MB, 250 values of secrets to mask", _time(large.seconds), f"{rate:.0f} MB/s",
        "at least 100 MB/s", rate >= 100,
    )  # fmt: skip


def shown_lines(bench: Bench) -> Figure:
    """Lines of two bytes, each shown with the name of its step."""
    size = bench.size(3_000_000)
    one, many = (
        statistics.median(
            bench.steplane("run", bench.file(name, _lines(number)), "--format", "plain").seconds
            for _ in range(bench.times(3))
        )
        for name, number in (("line", 1), ("lines", size))
    )
    rate = (size - 1) / _more(many, one)
    return Figure(
        "lines", f"{size:,} lines, all shown", _time(many), f"{rate:,.0f}/s", "at least 1,000,000/s", rate >= 1_000_000
    )


def planned(bench: Bench) -> Iterator[Figure]:
    """A file of ten thousand steps: checked and planned anew, and from the cache of plans. Then an input that there is
    not is refused, so nothing runs.
    """
    size = bench.size(10_000)
    file = Path(bench.file("planned", nothings(size)))
    text = file.read_text("utf-8")
    for name, changed, most in (("plan, cold", True, 4.0), ("plan, cached", False, 0.4)):
        seconds = []
        for _ in range(bench.times(5)):
            if changed:
                file.write_text(f"{text}# {time.time_ns()}\n", "utf-8")
            seconds.append(bench.steplane("run", str(file), "--quiet", "-i", "unknown=1", code=2).seconds)
        took = statistics.median(seconds)
        yield Figure(name, f"{size:,} steps, nothing runs", _time(took), "", f"less than {most:g} s", took < most)


BENCHMARKS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "help": helping, "trivial": trivial, "chain": chain, "pairs": pairs, "in-process": in_process, "many": many,
    "output": output, "planned": planned,
}  # fmt: skip


def main() -> int:
    """Run the benchmarks and print their figures; 1 where a target is missed (with `--quick` that says nothing)."""
    parser = argparse.ArgumentParser(description="What Steplane adds to the work itself.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)}; all without it")
    parser.add_argument("--quick", action="store_true", help="once each, a tenth of the size: to see that it works")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--in", dest="folder", default=".", help="where the state directories are made")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    if not options.json:
        print(_row("benchmark", "what", "takes", "compared", "target", ""))
    for name in options.names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix=".bench-", dir=options.folder) as folder:
            for figure in BENCHMARKS[name](Bench(Path(folder).resolve(), options.quick)):
                figures.append(figure)
                if not options.json:
                    print(_row(*figure[:5], "" if figure.met else "missed"), flush=True)
    if options.json:
        print(json.dumps([one._asdict() for one in figures]))
    return 0 if options.quick or all(one.met for one in figures) else 1


def _saying(megabytes: int) -> str:
    return f"  - {{id: say, run: [sh, -c, {printing(megabytes)}]}}\n"


def _lines(number: int) -> str:
    return f"  - {{id: say, run: '(yes || true) | head -n {number}'}}\n"


def _more(large: float, small: float) -> float:
    """What the large one takes beyond the small one; a millisecond where that drowns in noise."""
    return max(large - small, 0.001)


def _row(name: str, what: str, value: str, compared: str, target: str, word: str) -> str:
    return f"{name:14} {what:42} {value:>9}  {compared:>18}  {target:18} {word}".rstrip()


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


if __name__ == "__main__":
    sys.exit(main())
