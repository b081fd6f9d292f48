"""Whoever stops reading does not stop a run, and the exit code stays honest (F13)."""

import os
import subprocess
import sys

import pytest

from .conftest import Shell

LONG = """\
steplane: 1
steps:
  - id: talk
    run: for i in $(seq 3000); do echo "line $i"; done; touch talked
  - id: last
    run: touch done; exit {code}
"""


def _sh(shell: Shell, line: str) -> "subprocess.CompletedProcess[str]":
    env = {**shell.env, "STEPLANE": f"{sys.executable} -m steplane"}
    return subprocess.run(
        ["bash", "-c", line], cwd=shell.folder, env=env, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("code", [0, 7])
@pytest.mark.parametrize(
    "line",
    [
        "$STEPLANE run long.yaml 2>err | head -1; exit ${PIPESTATUS[0]}",
        "$STEPLANE run long.yaml --format json 2>err | head -1; exit ${PIPESTATUS[0]}",
        "$STEPLANE run long.yaml >&- 2>&- <&-",
        "$STEPLANE run long.yaml > /dev/full 2> /dev/full",
        "exec 3>&1; ($STEPLANE run long.yaml 2>&1 >/dev/null; echo $? >&3) 3>code | true; exit $(cat code)",
        "env -u TERM $STEPLANE run long.yaml >/dev/null 2>&1 </dev/null",
    ],
)
def test_a_run_goes_on_when_nobody_reads(shell: Shell, line: str, code: int) -> None:
    if "3>code" in line:
        line = "($STEPLANE run long.yaml 2>&1 >/dev/null; echo $? >code) | true; exit $(cat code)"
    shell.write("long.yaml", LONG.replace("{code}", str(code)))
    done = _sh(shell, line)
    assert done.returncode == (1 if code else 0), done.stderr
    assert (shell.folder / "done").exists()
    errors = shell.folder / "err"
    assert "Traceback" not in done.stderr + (errors.read_text() if errors.exists() else "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("blocking", [True, False])
def test_nothing_is_lost_on_the_way_to_a_slow_reader(shell: Shell, unbuffered: str, blocking: bool) -> None:
    """Also where Python's own streams would lose a part, or give up: `python -u`, a pipe that does not block."""
    shell.write("talk.yaml", "steplane: 1\nsteps: [{id: talk, run: [seq, '60000']}]\n")
    reader, writer = os.pipe()
    os.set_blocking(writer, blocking)
    env = {**shell.env, "PYTHONUNBUFFERED": unbuffered}
    run = subprocess.Popen(shell.words(["run", "talk.yaml"]), cwd=shell.folder, env=env, stdout=writer)
    os.close(writer)
    with open(reader, "rb", buffering=0) as file:
        text = b"".join(iter(lambda: file.read(500), b"")).decode()
    assert run.wait(30) == 0
    assert [line for line in text.splitlines() if line.startswith("[talk]")] == [
        f"[talk] {one}" for one in range(1, 60_001)
    ]


@pytest.mark.parametrize("words", ["--help", "runs", "steps", "run --help", "show", "logs"])
def test_other_commands_mind_it_as_little(shell: Shell, words: str) -> None:
    shell("run", "hello.yaml")
    done = _sh(shell, f"$STEPLANE {words} | true; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", ["--help", "help", "--version", "runs", "list", "schema", "check --format json"])
def test_what_is_not_written_whole_is_no_success(shell: Shell, words: str) -> None:
    shell("run", "hello.yaml")
    shell.write("workflows/a.yaml", "steplane: 1\nsteps: [{run: 'true'}]\n")
    done = _sh(shell, f"$STEPLANE {words} > /dev/full")
    told = "error: standard output is not whole: No space left on device\n help: Free some space on that disk.\n"
    assert (done.returncode, done.stderr) == (6, told)


@pytest.mark.parametrize("words", ["runs export", "show", "runs --format json"])
def test_what_is_not_written_at_all_is_no_success(shell: Shell, words: str) -> None:
    shell("run", "hello.yaml", "--id", "one")
    done = _sh(shell, f"$STEPLANE {words} {'one' if 'export' in words else ''} >&-")
    told = "error: standard output is not whole: it is closed\n help: Let it lead somewhere, to /dev/null too.\n"
    assert (done.returncode, done.stderr) == (6, told)
    done = _sh(shell, "$STEPLANE run hello.yaml >&-")  # what acts is not for what it says
    assert done.returncode == 0


def test_no_prompt_without_a_terminal(shell: Shell) -> None:
    shell.write("ask.yaml", "steplane: 1\nsteps:\n  - {id: a, run: 'read x || echo no input'}\n")
    done = shell("run", "ask.yaml", stdin="never read\n")
    assert "[a] no input\n" in done.stdout


def test_a_folder_that_is_gone_is_told(shell: Shell) -> None:
    done = _sh(shell, f"mkdir gone && cd gone && rmdir ../gone && {sys.executable} -I -m steplane runs")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("error: the current directory is not there any more\n help: Change to another one.\n")
    assert os.path.isdir(shell.folder)
