"""What much output and very many steps take: `python bench/large.py [--quick] [--in DIR]`.

`output`: a step that writes so many MB, against a plain Python loop that reads the same program's output and writes it
into a file. `steps`: a run of so many steps in the runner itself, cut off behind them with `kill -9`, then resumed: how
long the resume takes to its first new step is the scan of the journal. Memory is the most that a process of it had.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEPLANE = [sys.executable, "-m", "steplane"]

OUTPUT = """\
steplane: 1
name: output
steps:
  - id: loud
    with: {{capture: none}}
    run: {command}
"""

SOURCES = {
    "one long line": "head -c {size} /dev/zero | tr '\\\\0' x",
    "short lines": "(yes 'a line of a program' || true) | head -c {size}",
}

PUMP = """\
import subprocess, sys
with subprocess.Popen(["bash", "-c", sys.argv[1]], stdout=subprocess.PIPE) as process, open(sys.argv[2], "wb") as file:
    while data := process.stdout.read1(1 << 18):
        file.write(data)
"""

STEPS = """\
steplane: 1
name: steps
inputs: {number: {type: integer}, at_once: {type: integer}}
steps:
  - id: each
    foreach: ${{ range(inputs.number) }}
    concurrency: ${{ inputs.at_once }}
    uses: assert
    with: {that: true}
  - {id: gate, run: 'touch reached; until [ -e gate ]; do sleep 0.005; done'}
"""


def output(folder: Path, megabytes: int) -> None:
    """Print the figures of both kinds of output."""
    for name, source in SOURCES.items():
        command = source.format(size=megabytes * 1_000_000)
        (folder / "output.yaml").write_text(OUTPUT.format(command=f'"{command}"'), "utf-8")
        state = folder / name.replace(" ", "-")
        words = [*STEPLANE, "run", str(folder / "output.yaml"), "-q", "--state", str(state)]
        ours, peak = measured(words, folder)
        plain, _ = measured([sys.executable, "-c", PUMP, command.replace("\\\\", "\\"), str(folder / "out")], folder)
        print(
            f"output, {name}: {megabytes} MB in {ours:.2f} s ({megabytes / ours:.0f} MB/s), {peak / 1e6:.0f} MB, "
            f"{ours / plain:.2f} times a plain pump"
        )


def steps(folder: Path, number: int, at_once: int) -> None:
    """Print the figures of a run of so many steps."""
    (folder / "steps.yaml").write_text(STEPS, "utf-8")
    for name in ("gate", "reached"):
        (folder / name).unlink(missing_ok=True)
    run = f"at-{at_once}"
    where = ["-q", "--state", str(folder / "steps")]
    inputs = ["-i", f"number={number}", "-i", f"at_once={at_once}"]
    begun = time.perf_counter()
    first = subprocess.Popen([*STEPLANE, "run", "steps.yaml", "--id", run, *inputs, *where], cwd=folder)
    wait_for(folder / "reached", first)
    done = time.perf_counter() - begun
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    (folder / "reached").unlink()
    begun = time.perf_counter()
    again = subprocess.Popen([*STEPLANE, "resume", run, *where], cwd=folder)
    wait_for(folder / "reached", again)
    scan = time.perf_counter() - begun
    (folder / "gate").touch()
    _, _, usage = os.wait4(again.pid, 0)
    print(
        f"steps, {at_once} at once: {number} in {done:.1f} s ({number / done:.0f}/s); "
        f"resumed in {scan:.2f} s with {usage.ru_maxrss / 1000:.0f} MB of memory"
    )


def wait_for(file: Path, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the file is there."""
    while not file.exists():
        if process.poll() is not None:
            sys.exit(f"the run has ended before its time, with exit code {process.returncode}")
        time.sleep(0.002)


def measured(command: list[str], folder: Path) -> tuple[float, int]:
    """The seconds, and the most memory (bytes) of the program or one below it that it waited for."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"it has failed: {' '.join(command)}")
    return time.perf_counter() - begun, usage.ru_maxrss * 1000


def main() -> int:
    """Run both and print their figures."""
    parser = argparse.ArgumentParser(description="What much output and very many steps take.")
    parser.add_argument("--quick", action="store_true", help="100 MB, 5,000 steps")
    parser.add_argument("--in", dest="folder", default=".", help="where the state directories are made")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=options.folder) as made:
        folder = Path(made).resolve()
        output(folder, 100 if options.quick else 1000)
        number = 5_000 if options.quick else 100_000
        steps(folder, number, 1)
        steps(folder, number, number)
    return 0


if __name__ == "__main__":
    sys.exit(main())
