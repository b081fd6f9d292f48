"""F14: very many steps, one after the other and at once: memory stays small, and the run can be cut off and resumed.

How long a resume looks through its journal is measured by `bench/run.py resume`.
"""

import os
import signal
import sys
from pathlib import Path

import pytest
from tests.faults.rig import NOTE, Life, Rig, until
from tests.faults.story import crash, executions_of, judge, story

FLOW = f"""\
steplane: 1
name: many
inputs: {{number: {{type: integer}}, at_once: {{type: integer}}}}
steps:
  - id: each
    foreach: ${{{{ range(inputs.number) }}}}
    concurrency: ${{{{ inputs.at_once }}}}
    uses: assert
    with: {{that: true}}
  - {{id: gate, run: '{NOTE}; until [ -e gate ]; do sleep 0.01; done'}}
  - {{id: after, run: '{NOTE}'}}
outputs: {{number: '${{{{ steps.each.instances | length }}}}'}}
"""

PEAK = """\
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
sys.exit(code)
"""
"""Runs a program and tells the most memory that it, or a process below it, has had."""

BASE, STEP = 70 << 20, 4300
"""Bytes for a run of few steps, and for each further one: 100,000 stay under 500 MB."""


def begin(rig: Rig, *words: object) -> Life:
    command = [
        sys.executable,
        "-c",
        PEAK,
        sys.executable,
        "-m",
        "steplane",
        *map(str, words),
        "--state",
        str(rig.state),
    ]
    return rig.start_program([*command, "-q", "--durability", "normal"])


def many(rig: Rig, number: int, at_once: int, seconds: float) -> None:
    """A run of so many steps, killed behind them and resumed, beside one that is not."""
    rig.write(FLOW)
    gate, given = rig.folder / "gate", ("-i", f"number={number}", "-i", f"at_once={at_once}")
    gate.touch()
    assert begin(rig, "run", "flow.yaml", "--id", "calm", *given).wait(seconds) == 0, rig.outputs()
    gate.unlink()
    life = begin(rig, "run", "flow.yaml", "--id", "one", *given)
    until(lambda: rig.executions("gate"), seconds, rig.outputs)
    kill(rig, life, number)
    crashes = [crash(rig, "one")]
    gate.touch()
    again = begin(rig, "resume", "one")
    assert again.wait(seconds) == 0, rig.outputs()
    peak = int(again.text.partition("peak ")[2].split()[0])
    assert peak < BASE + number * STEP, f"{peak >> 20} MiB"
    assert rig.executions("gate") == 2
    wanted = story(rig.events("calm"))
    assert sum(path.startswith("each[") for path, _ in wanted.steps) == number
    judge(rig, "one", wanted, executions_of(rig, "calm"), crashes, ordered=at_once == 1)


def kill(rig: Rig, life: Life, number: int) -> None:
    """Kill the command below the program that measures it; of what nobody has waited for only the system knows."""
    warden = life.runner  # the child of what was started
    assert warden is not None
    (runner,) = Path(f"/proc/{warden}/task/{warden}/children").read_text().split()
    peak = peak_of(int(runner))
    os.kill(warden, signal.SIGKILL)
    life.wait()
    rig.gone(2.0)
    assert peak < BASE + number * STEP, f"{peak >> 20} MiB"


def peak_of(pid: int) -> int:
    """The most bytes of memory that a living process has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (kilobytes,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(kilobytes) << 10


@pytest.mark.parametrize("at_once", [1, 3000])
def test_many_steps(rig: Rig, at_once: int) -> None:
    many(rig, 3000, at_once, 100)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("number", "at_once"), [(100_000, 1), (50_000, 50_000)])
def test_very_many_steps(rig: Rig, number: int, at_once: int) -> None:
    many(rig, number, at_once, 1700)
