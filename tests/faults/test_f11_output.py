"""F11: much output, long lines, bars, NUL, bad UTF-8, escapes: the runner's memory stays small, the log is capped.

How fast it goes (at least 100 MB/s, a million lines a second) is measured by `bench/run.py output`.
"""

import sys
from pathlib import Path

import pytest
from tests.faults.rig import NOTE, Life, Rig, until
from tests.faults.story import executions_of, judge, story

GROWTH = 50 << 20
"""Bytes by which the runner may grow."""

SMALL = 16 << 20
"""The same where only twice as much is written: a runner that kept it all would be found."""

MEBIBYTE = 1 << 20

ODD = r"printf 'a\0b\377\376c\n\033[31mred\033[0m\033]0;title\007\n\302\233bar\n'"
BARS = r"for i in $(seq 2000); do printf '\r%d%%' $i; done; echo"


def outputs(mebibytes: int, line: int) -> dict[str, str]:
    """Scripts that write so much, or one line of so many MiB."""
    return {
        "bytes": f"head -c {mebibytes * MEBIBYTE} /dev/zero | tr '\\0' x",
        "line": f"head -c {line * MEBIBYTE} /dev/zero | tr '\\0' y; echo",
        "lines": f"(yes 'a line of a program' || true) | head -c {mebibytes * MEBIBYTE}",
        "short": f"(yes || true) | head -n {mebibytes * 20_000}",
        "random": f"head -c {mebibytes * MEBIBYTE // 4} /dev/urandom",
        "bars": BARS,
        "odd": ODD,
    }


def flow(script: str, capture: str) -> str:
    lines = "".join(f"      {line}\n" for line in script.splitlines())
    return f"""\
steplane: 1
name: output
steps:
  - {{id: before, run: '{NOTE}'}}
  - id: gate
    run: '{NOTE}; until [ -e measured ]; do sleep 0.01; done'
  - id: loud
    with: {{capture: {capture}}}
    run: |
      {NOTE}
{lines}  - {{id: last, run: '{NOTE}; until [ -e gate ]; do sleep 0.01; done'}}
"""


def peak(pid: int) -> int:
    """The most memory that a process has had (bytes)."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) * 1024


def growth(rig: Rig, script: str, capture: str) -> tuple[int, Life]:
    """By how much the runner's peak has grown over the output."""
    rig.write(flow(script, capture))
    life = rig.start_program(
        ["bash", "-c", '"$0" "$@" > /dev/null', sys.executable, "-m", "steplane", "run", "flow.yaml", "--id", "one",
         "--state", str(rig.state), "--format", "plain"]
    )  # fmt: skip
    rig.noted("gate")
    runner = int(Path(rig.state / "runs" / "one" / "owner.lock").read_text().partition('"pid":')[2].split(",")[0])
    before = peak(runner)
    (rig.folder / "measured").touch()
    until(lambda: rig.executions("last") or not life.alive, 600, rig.outputs)
    grown = peak(runner) - before
    (rig.folder / "gate").touch()
    assert life.wait() == 0, rig.outputs()
    assert rig.run("calm").wait() == 0, rig.outputs()  # one that shows nothing
    # what is random differs, for whoever runs it
    beside = {"loud", ""} if "urandom" in script else set[str]()
    judge(rig, "one", story(rig.events("calm")), executions_of(rig, "calm"), [], ordered=True, beside=beside)
    return grown, life


CASES = [*((kind, "text") for kind in ("bytes", "line", "lines", "bars", "odd")), ("lines", "none")]


@pytest.mark.parametrize(("kind", "capture"), CASES)
def test_output_takes_little_memory(rig: Rig, kind: str, capture: str) -> None:
    grown, _ = growth(rig, outputs(32, 32)[kind], capture)
    assert grown < SMALL, f"{grown / MEBIBYTE:.0f} MiB"
    assert rig.status() == "succeeded"


def test_a_million_short_lines_are_all_kept_and_shown(rig: Rig) -> None:
    rig.write("steplane: 1\nname: lines\nsteps: [{id: loud, with: {capture: none}, run: seq 1000000}]\n")
    life = rig.start("run", rig.folder / "flow.yaml", "--id", "one", "--state", rig.state, "--format", "plain")
    assert life.wait() == 0, rig.outputs()
    wanted = [b"%d" % number for number in range(1, 1_000_001)]
    assert (rig.state / "runs" / "one" / "loud.log").read_bytes().splitlines() == wanted
    shown = [line for line in life.output.read_bytes().splitlines() if line.startswith(b"[loud] ")]
    assert shown == [b"[loud] " + line for line in wanted]


@pytest.mark.nightly
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["bytes", "line", "lines", "short", "random"])
def test_a_gigabyte_takes_no_more(rig: Rig, kind: str) -> None:
    grown, _ = growth(rig, outputs(1024, 100)[kind], "text")
    assert grown < GROWTH, f"{grown / MEBIBYTE:.0f} MiB"


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_the_log_of_more_than_a_gigabyte_is_cut_with_a_word(rig: Rig) -> None:
    growth(rig, f"head -c {1100 * MEBIBYTE} /dev/zero | tr '\\0' x", "none")
    log = rig.state / "runs" / "one" / "loud.log"
    with log.open("rb") as file:
        file.seek(-200, 2)
        assert file.read().endswith(b"[steplane] the log is cut here: 1073741824 bytes\n")
    assert log.stat().st_size < 1025 * MEBIBYTE


def test_odd_bytes_are_kept_in_the_log_and_reach_no_terminal(rig: Rig) -> None:
    rig.write(f"steplane: 1\nname: odd\nsteps:\n  - id: odd\n    run: |\n      {ODD}\n")
    life = rig.start("run", rig.folder / "flow.yaml", "--id", "one", "--state", rig.state, "--format", "plain")
    assert life.wait() == 0, rig.outputs()
    log = (rig.state / "runs" / "one" / "odd.log").read_bytes()
    assert log == b"a\0b\377\376c\n\033[31mred\033[0m\033]0;title\007\n\302\233bar\n"
    shown = life.output.read_bytes()
    assert not any(byte in shown for byte in (b"\0", b"\007", b"\033]", b"\302\233"))
