"""Runs that are cut off, gone on with, held, cancelled: the exit codes and what is said."""

import json
import re
import signal
import subprocess
import sys

import pytest

from .conftest import Shell, steady, wait_for

SLOW = """\
steplane: 1
name: slow
steps:
  - id: first
    run: echo first
  - id: second
    run: test -e go && exit; echo up; sleep 60
  - id: third
    run: echo third
finally:
  - id: clean
    run: echo cleaning
"""


@pytest.fixture
def slow(shell: Shell) -> Shell:
    shell.write("slow.yaml", SLOW)
    return shell


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_leaves_a_run_that_can_be_resumed(slow: Shell, number: signal.Signals, code: int) -> None:
    run = slow.start("run", "slow.yaml", "--id", "one")
    wait_for(run, "[second] up")
    run.send_signal(number)
    out, err = run.communicate(timeout=30)
    assert run.returncode == code
    assert steady(out).endswith("\n■ slow interrupted after TIME (1 succeeded)\n  cut off, to run again: `second`\n")
    assert slow.plain(err) == "Go on with: steplane resume one\n"
    shown = json.loads(slow("show", "--format", "json").stdout)
    assert shown["status"] == "interrupted"
    assert shown["sessions"][0]["ended_at"] > shown["steps"][1]["started_at"]  # which is the last that is recorded
    slow.write("go", "")
    done = slow("resume")
    assert done.returncode == 0
    assert "slow (slow.yaml), resumed run one\n" in done.stdout
    assert "[first]" not in done.stdout
    assert "[third] third\n" in done.stdout
    assert "[clean] cleaning\n" in done.stdout


def test_the_last_json_line_comes_also_when_it_is_interrupted(slow: Shell) -> None:
    run = slow.start("run", "slow.yaml", "--id", "one", "--format", "json")
    wait_for(run, '"text":"up"')
    run.send_signal(signal.SIGTERM)
    out, _ = run.communicate(timeout=30)
    assert json.loads(slow.plain(out).splitlines()[-1]) == {
        "type": "run.ended", "run": "one", "status": "interrupted", "outputs": None, "error": None,
    }  # fmt: skip


def test_a_live_run_is_held_followed_and_cancelled(slow: Shell) -> None:
    run = slow.start("run", "slow.yaml", "--id", "one")
    wait_for(run, "[second] up")
    held = slow("resume", "one")
    assert held.returncode == 5
    assert held.stderr.startswith("error: run one is held by process ")
    assert held.stderr.endswith(" help: Wait for it to end, or end it: steplane cancel one\n")
    logs = slow.start("logs", "one", "-f")
    wait_for(logs, "[second] up")
    told = slow("cancel", "--reason", "wrong day")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == "run one was told to end; it winds up in its own process\n"
    out, err = run.communicate(timeout=30)
    assert run.returncode == 1
    assert err == ""
    assert ": wrong day\n" in out
    assert "■ second cancelled in " in out
    assert "[clean] cleaning\n" in out
    followed, _ = logs.communicate(timeout=30)
    assert logs.returncode == 0
    assert followed == "[clean] cleaning\n"
    again = slow("cancel", "one")
    assert again.returncode == 2
    assert again.stderr.startswith("error: run one has ended before: cancelled\n")


def test_cancelling_an_interrupted_run_cleans_up_here(slow: Shell) -> None:
    run = slow.start("run", "slow.yaml", "--id", "one")
    wait_for(run, "[second] up")
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=30)
    done = slow("cancel", "--reason", "wrong day")
    assert done.returncode == 1
    assert "[clean] cleaning\n" in done.stdout
    told = slow("explain", "one").stdout
    assert ", to be cancelled: wrong day\n" in told
    assert re.search(r"■ second.*: the run was cancelled.* \(wrong day\)\n", told)
    assert slow("runs", "--status", "cancelled").returncode == 0
    assert slow("cancel").returncode == 2


def test_a_run_that_succeeded_is_left_alone(shell: Shell) -> None:
    shell("run", "hello.yaml", "--id", "one")
    done = shell("resume", "one")
    assert (done.returncode, done.stdout) == (0, "run one has already succeeded: nothing to do\n")
    assert shell("resume", "one", "-q").stdout == ""
    as_json = shell("resume", "one", "--format", "json")
    assert json.loads(as_json.stdout) == {
        "type": "run.ended", "run": "one", "status": "succeeded", "outputs": {"text": "Hello, world"}, "error": None,
    }  # fmt: skip


def test_a_failed_run_is_resumed_as_the_latest_or_by_its_id(shell: Shell) -> None:
    shell.write("fails.yaml", "steplane: 1\nsteps:\n  - {id: a, run: echo a}\n  - {id: b, run: test -e go}\n")
    assert shell("run", "fails.yaml", "--id", "one").returncode == 1
    latest = shell("resume")
    assert latest.returncode == 1
    assert "[a]" not in latest.stdout
    assert "✗ b failed" in latest.stdout or "b failed" in latest.stdout
    shell.write("go", "")
    done = shell("resume", "one")
    assert done.returncode == 0
    assert "[a]" not in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--assume", "a"), ("error: `--assume a` names no status\n"
         " help: Write `--assume STEP=succeeded`, `STEP=failed` or `STEP=skipped`.\n")),
        (("--outputs", "{}"), ("error: `--outputs` belongs to one step that is assumed to have succeeded\n"
         " help: Give one `--assume STEP=succeeded` with it.\n")),
        (("--assume", "a=succeeded", "--outputs", "[1]"), ("error: `--outputs` wants a JSON object: outputs by name\n"
         " help: Write '{\"NAME\": VALUE}'.\n")),
        (("nope",), "error: no run 'nope': there is no run yet\n help: Start one: steplane run FILE\n"),
    ],
)  # fmt: skip
def test_wrong_calls_of_resume(shell: Shell, words: tuple[str, ...], told: str) -> None:
    done = shell("resume", *words)
    assert (done.returncode, done.stderr) == (2, told)


def test_a_secret_input_is_given_again(shell: Shell) -> None:
    shell.write(
        "secret.yaml",
        "steplane: 1\ninputs:\n  token: {type: string, secret: true}\n"
        "  other: {type: string, secret: true, optional: true}\nsteps:\n"
        '  - {id: a, run: "test -e go && test -n ${{ inputs.token }}"}\n',
    )
    done = shell("run", "secret.yaml", "--id", "one", "-i", "token=abcdefgh")
    assert done.returncode == 1
    assert "Go on with: steplane resume one -i token=...\n" in done.stderr  # `other` was not given
    assert "abcdefgh" not in done.stdout + done.stderr
    shell.write("go", "")
    assert shell("resume", "one").returncode == 2
    assert shell("resume", "one", "-i", "token=abcdefgh").returncode == 0
    (shell.folder / "go").unlink()
    done = shell("run", "secret.yaml", "--id", "two", "-i", "token=abcdefgh", "-i", "other=ijklmnop")
    assert "Go on with: steplane resume two -i token=... -i other=...\n" in done.stderr


def test_a_cancel_is_given_the_secret_that_cleans_up(shell: Shell) -> None:
    shell.write(
        "secret.yaml",
        "steplane: 1\ninputs:\n  token: {type: string, secret: true}\n  day: {type: string, default: monday}\n"
        "steps: [{id: a, wait: {signal: go}}]\n"
        "finally: [{id: tidy, run: 'printf %s ${{ inputs.token }} > tidied'}]\n",
    )
    done = shell("run", "secret.yaml", "--id", "one", "-i", "token=abcdefgh", "--patience", "0s")
    assert done.returncode == 3, done.stderr
    for wrong in ("nothing=1", "day=friday"):
        assert shell("cancel", "one", "-i", wrong).returncode == 2
    asked = shell("cancel", "one")
    assert (asked.returncode, asked.stderr) == (2, (
        "error: what cleans up run one uses the input `token`, which is secret: its value is recorded nowhere\n"
        " help: Add `-i token=...`. Where it is lost, any other value will do: what uses it may fail then, and the run "
        "ends.\n"
    ))  # fmt: skip
    assert "Go on with: steplane resume one -i token=...\n" in shell("show", "one").stdout
    dots = shell("cancel", "one", "-i", "token=...")
    assert (dots.returncode, dots.stderr) == (
        2, "error: `-i token=...` holds no value\n help: Write the secret, or `@FILE`, for the dots.\n"
    )  # fmt: skip
    done = shell("cancel", "one", "-i", "token=abcdefgh", "--reason", "leaked abcdefgh")
    assert "cancelled" in done.stdout, done.stdout + done.stderr
    assert (shell.folder / "tidied").read_text() == "abcdefgh"
    assert not any(b"abcdefgh" in one.read_bytes() for one in (shell.folder / ".steplane").rglob("*") if one.is_file())


def test_the_reason_of_a_cancel_holds_no_secret(shell: Shell) -> None:
    shell.write(
        "secret.yaml",
        "steplane: 1\ninputs: {token: {type: string, secret: true}}\nsteps: [{id: a, run: 'echo up; exec sleep 60'}]\n",
    )
    run = shell.start("run", "secret.yaml", "--id", "one", "-i", "token=abcdefgh")
    wait_for(run, "[a] up")
    assert shell("cancel", "one", "--reason", "leaked abcdefgh").returncode == 0
    run.wait(timeout=30)
    assert "leaked ***" in shell("explain", "one").stdout
    assert not any(b"abcdefgh" in one.read_bytes() for one in (shell.folder / ".steplane").rglob("*") if one.is_file())


def test_a_secret_of_a_file_of_variables_is_had_from_there_again(shell: Shell) -> None:
    shell.write(
        "secret.yaml",
        "steplane: 1\ninputs:\n  token: {type: string, secret: true, env: TOKEN}\nsecrets: {key: {env: KEY}}\nsteps:\n"
        '  - {id: a, run: "test -e go && test -n ${{ inputs.token }} && test -n ${{ secrets.key }}"}\n',
    )
    shell.write("the variables", "TOKEN=abcdefgh\nKEY=ijklmnop\n")
    done = shell("run", "secret.yaml", "--id", "one", "--env-file", "the variables")
    assert done.returncode == 1
    assert "Go on with: steplane resume one --env-file 'the variables'\n" in done.stderr
    shell.write("go", "")
    assert shell("resume", "one", "--env-file", "the variables").returncode == 0


_BREAKS = """
import sys
from steplane.driver.coordinator import Coordinator
def broken(self, first):
    raise ValueError("odd")
Coordinator.run = broken
from steplane.cli.application import start
sys.exit(start(sys.argv[1:]))
"""


def test_a_run_that_breaks_off_says_so_and_leaves_a_report(shell: Shell) -> None:
    given = shell.words(["run", "hello.yaml", "--id", "one", "--format", "json", "-i", "who=hush"])[3:]
    words = [sys.executable, "-c", _BREAKS, *given]
    done = subprocess.run(
        words, cwd=shell.folder, env=shell.env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 4
    last = json.loads(shell.plain(done.stdout).splitlines()[-1])
    assert (last["type"], last["run"], last["status"]) == ("run.ended", "one", "interrupted")
    assert last["error"]["type"] == "internal"
    assert done.stderr.startswith(
        "error: internal error, a fault of Steplane itself: ValueError: odd\n help: The details"
    )
    (report,) = (shell.folder / ".steplane" / "cache").glob("internal-error-*.txt")
    assert str(report) in done.stderr
    assert "who=***" in report.read_text()
    assert "hush" not in report.read_text()
    assert shell("resume", "one", "-q").returncode == 0
