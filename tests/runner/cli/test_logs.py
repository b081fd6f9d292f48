"""`logs`: of instances and patterns, the last lines, followed over retries and resumes, until the run ends."""

import os
import signal
import subprocess

import pytest

from .conftest import Shell, wait_for

LOOP = """\
steplane: 1
name: loop
steps:
  - id: price
    foreach: [order-1, order-17, other]
    key: ${{ item }}
    steps:
      - id: quote
        run: printf 'first %s\\n' "${{ item }}"; printf 'last %s' "${{ item }}"
      - id: quota
        run: echo quota
"""


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("loop"))
    shell.write("loop.yaml", LOOP)
    assert shell("run", "loop.yaml", "--id", "one").returncode == 0
    return shell


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ("price[order-1]/quote", ["first order-1", "last order-1"]),
        ("price[order-*]/quota", [f"[price[order-{number}]/quota] quota" for number in (1, 17)]),
        ("price[*]/quota", [f"[price[{key}]/quota] quota" for key in ("order-1", "order-17", "other")]),
        ("quota", [f"[price[{key}]/quota] quota" for key in ("order-1", "order-17", "other")]),
        ("price[other]", ["[price[other]/quote] first other", "[price[other]/quote] last other",
                          "[price[other]/quota] quota"]),
        ("*[other]/quota", ["[price[other]/quota] quota"]),
    ],
)  # fmt: skip
def test_instances_and_patterns(loop: Shell, step: str, found: list[str]) -> None:
    done = loop("logs", "one", step)
    assert (done.returncode, done.stderr) == (0, "")
    # What has no end of line comes last: the line may still grow.
    assert sorted(done.stdout.splitlines()) == sorted(found)


@pytest.mark.parametrize(("tail", "count"), [("0", 0), ("1", 1), ("2", 2), ("9", 2)])
def test_the_last_lines(loop: Shell, tail: str, count: int) -> None:
    lines = loop("logs", "one", "price[other]/quote", "--tail", tail).stdout.splitlines()
    assert lines == ["first other", "last other"][2 - count :]


def test_the_last_lines_of_a_long_log(shell: Shell) -> None:
    shell.write("long.yaml", "steplane: 1\nsteps:\n  - {id: a, run: seq 60000}\n")
    shell("run", "long.yaml", "--id", "one", "-q")
    assert shell("logs", "one", "a", "--tail", "3").stdout == "59998\n59999\n60000\n"
    assert len(shell("logs", "one", "--tail", "20000").stdout.splitlines()) == 20000
    assert len(shell("logs", "one").stdout.splitlines()) == 60000


@pytest.mark.parametrize(
    ("step", "near"),
    [
        ("price[ordr-17]/quote", "price[order-17]/quote"),
        ("pice", "price"),
        ("price[order-1]/qota", "price[order-1]/quota"),
    ],
)
def test_an_unknown_instance(loop: Shell, step: str, near: str) -> None:
    done = loop("logs", "one", step)
    assert (done.returncode, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert first == f"error: run one has no step `{step}`"
    assert second.startswith(f" help: Did you mean `{near}`? Its steps: price, quote, quota, price[order-1], ")
    assert second.endswith(", and 2 more: steplane show one --all")


LIVE = """\
steplane: 1
name: live
steps:
  - id: flaky
    retry: {attempts: 3, delay: 1ms}
    run: |
      echo "try $STEPLANE_ATTEMPT"
      until test -e "go$STEPLANE_ATTEMPT"; do sleep 0.02; done
      test $STEPLANE_ATTEMPT = 3
  - id: later
    run: echo later
"""


def _followed(shell: Shell, *words: str) -> "subprocess.Popen[str]":
    run = shell.start("run", "live.yaml", "--id", "one")
    wait_for(run, "[flaky] try 1")
    return shell.start("logs", *words)


def test_it_follows_over_retries_until_the_run_ends(shell: Shell) -> None:
    shell.write("live.yaml", LIVE)
    logs = _followed(shell, "one", "-f")
    wait_for(logs, "[flaky] try 1")
    shell.write("go1", "")
    wait_for(logs, "[flaky] try 2")
    shell.write("go2", "")
    wait_for(logs, "[flaky] try 3")
    shell.write("go3", "")
    out, err = logs.communicate(timeout=30)
    assert (logs.returncode, out, err) == (0, "[later] later\n", "")


def test_it_waits_for_a_step_to_come_but_not_for_one_that_is_none(shell: Shell) -> None:
    shell.write("live.yaml", LIVE)
    logs = _followed(shell, "-f", "later")
    none = shell("logs", "-f", "one", "latter")
    assert (none.returncode, none.stdout) == (2, "")
    assert none.stderr == (
        "error: run one has no step `latter`\n help: Did you mean `later`? Its steps: flaky, later.\n"
    )
    for number in (1, 2, 3):
        shell.write(f"go{number}", "")
    out, err = logs.communicate(timeout=30)
    assert (logs.returncode, out, err) == (0, "later\n", "")


def test_it_goes_on_with_new_activations(shell: Shell) -> None:
    shell.write(
        "again.yaml", "steplane: 1\nsteps:\n  - {id: a, run: 'echo one; test -e go'}\n  - {id: b, run: cat pipe}\n"
    )
    assert shell("run", "again.yaml", "--id", "one").returncode == 1
    shell.write("go", "")
    os.mkfifo(shell.folder / "pipe")
    resumed = shell.start("resume", "one")
    wait_for(resumed, "▸ b")
    logs = shell.start("logs", "one", "a", "-f")
    assert wait_for(logs, "one") == "one\n"
    assert wait_for(logs, "one") == "one\n"
    (shell.folder / "pipe").write_text("end\n")
    out, _ = logs.communicate(timeout=30)
    assert (logs.returncode, out) == (0, "")


def test_a_reader_that_goes_away_ends_it(shell: Shell) -> None:
    shell.write("live.yaml", LIVE)
    logs = _followed(shell, "one", "-f")
    wait_for(logs, "[flaky] try 1")
    assert logs.stdout is not None
    logs.stdout.close()  # nothing more is written to it
    assert logs.wait(timeout=30) == 0


def test_it_ends_with_a_run_that_is_cut_off(shell: Shell) -> None:
    shell.write("live.yaml", LIVE)
    logs = _followed(shell, "one", "-f")
    wait_for(logs, "[flaky] try 1")
    shell.begun[0].send_signal(signal.SIGINT)
    assert logs.wait(timeout=30) == 0
