"""Waits and `steplane signal`, in processes of their own that are killed in the middle."""

import json
import os
import shutil
import signal
import time

from .conftest import Shell, wait_for

WAITS = """\
steplane: 1
name: waits
steps:
  - id: first
    wait: {signal: paid}
  - id: second
    wait: {signal: paid}
outputs:
  amounts: ["${{ steps.first.outputs.data }}", "${{ steps.second.outputs.data }}"]
"""


LIVE = """\
steplane: 1
name: live
steps:
  - id: paid
    wait: {signal: paid, timeout: 5m}
  - id: work
    run: |
      echo "working with ${{ steps.paid.outputs.data }}"
      test -e go || exec sleep 60
  - id: again
    wait: {signal: paid}
"""


def requests(shell: Shell) -> int:
    """How many signals wait in the store."""
    return len(list(shell.folder.glob(".steplane/runs/*/requests/*")))


def test_a_run_that_only_waits_stops_and_goes_on_with_the_signal(shell: Shell) -> None:
    shell.write("waits.yaml", WAITS)
    done = shell("run", "waits.yaml", "--id", "one")
    assert done.returncode == 3, done.stderr
    assert "… waiting: `first` waits for the signal `paid`" in done.stdout
    assert "waits    `first` waits for the signal `paid`" in shell("show", "one").stdout
    assert "waits for the signal `paid`" in shell("explain", "one", "first").stdout

    done = shell("signal", "one", "paid", "--data", "1")
    expected = "the signal `paid` is kept for run one; it goes on with: steplane resume one\n"
    assert (done.returncode, done.stdout) == (0, expected)
    assert requests(shell) == 1

    done = shell("signal", "one", "paid", "--data", "2", "--resume")
    assert done.returncode == 0, done.stderr
    assert "amounts  [1,2]" in done.stdout
    assert requests(shell) == 0


def test_a_live_run_has_it_at_once(shell: Shell) -> None:
    shell.write("live.yaml", LIVE)
    run = shell.start("run", "live.yaml", "--id", "one")
    wait_for(run, "paid waits for the signal paid")
    done = shell("signal", "one", "paid", "--data", '{"n": 7}')
    assert (done.returncode, done.stdout) == (0, "run one has the signal `paid`\n"), done.stderr
    wait_for(run, 'working with {"n":7}')
    assert requests(shell) == 0

    os.kill(run.pid, signal.SIGKILL)  # the receiver: what it took is taken, and once
    run.wait()
    shell.write("go", "")
    done = shell("resume", "one")
    assert done.returncode == 3, done.stderr
    assert "`again` waits for the signal `paid`" in done.stdout


def test_a_signal_that_is_brought_twice_counts_once(shell: Shell) -> None:
    """The sender left it in the store, for nobody told it that the run had taken it."""
    shell.write("waits.yaml", WAITS)
    shell("run", "waits.yaml", "--id", "one", "-q")
    shell("signal", "one", "paid", "--data", "1")
    (path,) = shell.folder.glob(".steplane/runs/*/requests/*")
    shutil.copy(path, path.with_name("0000000002-x"))
    done = shell("resume", "one")
    assert done.returncode == 3
    assert "`second` waits for the signal `paid`" in done.stdout
    assert requests(shell) == 0


def test_what_fell_due_before_the_signal_was_sent_comes_first(shell: Shell) -> None:
    text = "steplane: 1\nname: late\nsteps:\n  - {id: a, wait: {signal: go, timeout: 1s}, on_error: warn}\n"
    shell.write("late.yaml", text)
    done = shell("run", "late.yaml", "--id", "one", "--patience", "0", "-q")
    assert done.returncode == 3, done.stderr
    time.sleep(1.1)  # the limit is over before the signal is sent
    assert shell("signal", "one", "go").returncode == 0
    done = shell("resume", "one")
    assert (done.returncode, "timeout" in done.stdout) == (0, True), done.stdout


def test_transient(shell: Shell) -> None:
    shell.write("waits.yaml", WAITS.replace("  - id: first\n", "  - run: test -e go || exec sleep 60\n  - id: first\n"))
    run = shell.start("run", "waits.yaml", "--id", "one")
    wait_for(run, "step_1")
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    done = shell("signal", "one", "paid", "--transient")
    assert done.stdout == "nothing in run one waits for `paid` now: the signal is lost\n", done.stderr
    shell.write("go", "")
    assert shell("resume", "one", "-q").returncode == 3
    assert "is kept for run one" in shell("signal", "one", "paid", "--transient").stdout
    assert "`second` waits" in shell("resume", "one").stdout


def test_one_run_sends_to_another_and_to_a_case(shell: Shell) -> None:
    shell.write("waits.yaml", WAITS + "case: order-7\n")
    assert shell("run", "waits.yaml", "--id", "one", "-q").returncode == 3
    unique = f"one{shell.ending}"
    shell.write(
        "tell.yaml",
        "steplane: 1\nname: tell\nsteps:\n"
        f"  - {{id: run, signal: {{name: paid, to: {unique}, data: 1}}}}\n"
        "  - {id: case, signal: {name: paid, to: {case: order-7}, data: 2}}\n"
        "  - {id: nobody, signal: {name: paid, to: {case: order-8}}}\n"
        "  - {id: wrong, signal: {name: paid, to: other}}\n",
    )
    done = shell("run", "tell.yaml", "--id", "two")
    assert done.returncode == 1
    assert "✗ wrong failed" in done.stdout
    assert "no run 'other'. Nearest: two, one. All: steplane runs (signal.refused)" in done.stdout
    assert "✓ nobody succeeded" in done.stdout
    done = shell("resume", "one")
    assert "amounts  [1,2]" in done.stdout, done.stdout


def test_what_is_refused(shell: Shell) -> None:
    shell.write("waits.yaml", WAITS)
    shell("run", "waits.yaml", "--id", "one", "-q")
    shell("run", "hello.yaml", "--id", "two", "-q")
    for words, expected in (
        (
            ("one", "piad"),
            "waits for the signal `piad`\n help: Did you mean `paid`? It waits for: paid.",
        ),
        (("two", "paid"), "nothing in workflow `hello` waits for a signal"),
        (("nine", "paid"), "no run 'nine'"),
        (("one", "paid", "--data", "{"), "`--data` wants JSON"),
    ):
        done = shell("signal", *words)
        assert (done.returncode, expected in done.stderr) == (2, True), done.stderr
    shell("cancel", "one", "-q")
    done = shell("signal", "one", "paid")
    assert done.returncode == 2
    assert "run one has ended: cancelled. Nothing in it waits for a signal" in done.stderr


def test_as_json(shell: Shell) -> None:
    shell.write("waits.yaml", WAITS)
    lines = [json.loads(line) for line in shell("run", "waits.yaml", "--format", "json").stdout.splitlines()]
    waiting = next(line for line in lines if line["type"] == "step.waiting")
    assert (waiting["status"], waiting["signals"], waiting["until"]) == ("waiting", ["paid"], None)
    assert [line["status"] for line in lines if line["type"] == "run.ended"] == ["waiting"]
