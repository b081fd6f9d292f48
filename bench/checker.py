"""What `steplane check` takes for files of many steps: `python bench/checker.py [--times N] [--in DIR] [SIZE ...]`.

Beside it, where it is installed, actionlint: a checker of GitHub workflows that is a compiled program, on a file of as
many steps that do the same. The least CPU time and the least time on the clock of several runs are printed, starting
the interpreter included: other programs disturb these least. The scripts of the file are plain commands, for which the
shell is not asked; what the same costs with scripts for bash is its own line.
"""

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from work import STEPLANE

SIZES = (1, 100, 1_000, 10_000)
LIMITS = {1: 0.25, 1_000: 0.5, 10_000: 3.0}
"""Seconds on the clock of an idle machine that are aimed at."""


def workflow(size: int, script: str) -> str:
    """A workflow of so many steps: a third each with an expression in its command, a condition, a step type."""
    lines = ["steplane: 1", "name: many", "inputs:", "  region: {enum: [eu, us], default: eu}", "steps:"]
    for number in range(size):
        before = f"${{{{ steps.s{number - 3}.outputs.stdout }}}}" if number > 2 else "${{ inputs.region }}"
        lines.append(f"  - id: s{number}")
        if number % 3 == 0:
            lines += [f'    run: {script} step {number} "{before}"', "    timeout: 5m", "    retry: {attempts: 3}"]
        elif number % 3 == 1:
            lines += [f"    needs: [s{number - 1}]", f"    run: make target-{number}",
                      '    env: {REGION: "${{ inputs.region }}"}']  # fmt: skip
        else:
            lines += ["    uses: log", f'    with: {{message: "{number} in ${{{{ inputs.region }}}}"}}']
    return "\n".join(lines) + "\n"


def github_workflow(size: int) -> str:
    """As many steps of a GitHub workflow."""
    head = "on:\n  workflow_dispatch:\n    inputs:\n      region: {type: string, default: eu}\n"
    lines = [f"{head}jobs:\n  many:\n    runs-on: ubuntu-latest\n    steps:"]
    for number in range(size):
        before = f"steps.s{number - 3}.outputs.stdout" if number > 2 else "inputs.region"
        lines.append(f"      - id: s{number}")
        if number % 3 == 0:
            lines += [f'        run: echo step {number} "$VALUE"', f"        env: {{VALUE: '${{{{ {before} }}}}'}}",
                      "        timeout-minutes: 5"]  # fmt: skip
        elif number % 3 == 1:
            lines += ["        if: inputs.region == 'eu'", f"        run: make target-{number}"]
        else:
            lines += ["        uses: actions/checkout@v6", "        with: {path: '${{ inputs.region }}'}"]
    return "\n".join(lines) + "\n"


def least(command: Sequence[str], folder: Path, times: int) -> tuple[float, float]:
    """The least CPU time and time on the clock, in seconds, of a command that finds nothing."""
    cpu, clock = [], []
    environment = {**os.environ, "STEPLANE_STATE": str(folder / "none")}
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        clock.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if done.returncode or done.stdout:
            raise SystemExit(f"{command[0]}: {(done.stdout + done.stderr)[:400]}")
    return min(cpu), min(clock)


def native_actionlint(programs: Path | None) -> str | None:
    """The compiled program itself: what a Python package puts beside it on the path starts an interpreter first."""
    inside = programs.glob("lib/python*/site-packages/actionlint*/bin/actionlint") if programs else iter(())
    return next(map(str, inside), shutil.which("actionlint"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--in", dest="folder", default=None)
    parser.add_argument("--programs", type=Path, help="an environment made with `pip install -r bench/peers.txt`")
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    options = parser.parse_args()
    actionlint = native_actionlint(options.programs)
    print(
        "| steps | CPU | clock | aim | with scripts for bash | actionlint, CPU | clock |\n|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        folder = Path(place)
        for size in options.sizes:
            times = max(options.times if size < 10_000 else options.times // 2, 1)
            for name, script in (("plain", "make"), ("bash", "test -n x && make")):
                (folder / f"{name}.yaml").write_text(workflow(size, script), "utf-8")
            (folder / "github.yaml").write_text(github_workflow(size), "utf-8")
            cpu, clock = least([*STEPLANE, "check", "--format", "concise", "plain.yaml"], folder, times)
            bash, _ = least([*STEPLANE, "check", "--format", "concise", "bash.yaml"], folder, times)
            other = ("-", "-")
            if actionlint:
                command = [actionlint, "-shellcheck=", "-pyflakes=", "github.yaml"]
                other = tuple(f"{one:.2f} s" for one in least(command, folder, times))  # type: ignore[assignment]
            aim = f"less than {LIMITS[size]:g} s" if size in LIMITS else "-"
            print(
                f"| {size:,} | {cpu:.2f} s | {clock:.2f} s | {aim} | {bash:.2f} s | {other[0]} | {other[1]} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
