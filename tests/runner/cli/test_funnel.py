"""Every error ends in a short text, an exit code and, for a fault of ours, a report without the values given."""

import errno
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from steplane.cli.funnel import funnel
from steplane.cli.internal import without_values
from steplane.errors import LeaseLost, RunHeld, StateError, UsageError

from .conftest import Shell


def _raise(error: BaseException) -> Callable[[], int]:
    def work() -> int:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("it is wrong", "Mend it."), 2),
        (RunHeld("it is wrong", "Mend it."), 5),
        (LeaseLost("it is wrong", "Mend it."), 5),
        (StateError("it is wrong", "Mend it."), 6),
    ],
)
def test_a_known_failure(error: Exception, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert funnel(_raise(error), ()) == code
    assert capsys.readouterr() == ("", "error: it is wrong\n help: Mend it.\n")


def test_a_failure_of_several_lines_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert funnel(_raise(UsageError("one\n\x1b[2Jtwo")), ()) == 2
    assert capsys.readouterr().err == "error: one\n       \\u{1b}[2Jtwo\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (click.exceptions.Abort(), 130),
        (BrokenPipeError(), 0),
        (SystemExit(7), 7),
        (SystemExit(None), 0),
    ],
)
def test_ends_without_words(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert funnel(_raise(error), ()) == code
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("error", [ValueError("odd"), RecursionError("deep"), AssertionError(), GeneratorExit()])
def test_an_internal_error_writes_a_report(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".steplane" / "cache").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert funnel(_raise(error), ("run", "x", "-i", "token=hush")) == 4
    out, told = capsys.readouterr()
    assert out == ""
    assert told.startswith(f"error: internal error, a fault of Steplane itself: {type(error).__name__}")
    assert "Traceback" not in told
    found = re.search(r"The details are in (\S+);", told)
    assert found is not None
    report = Path(found[1])
    assert report.parent == tmp_path / ".steplane" / "cache"
    assert report.stat().st_mode & 0o777 == 0o600
    text = report.read_text()
    assert "arguments run x -i token=***\n" in text
    assert "hush" not in text
    assert "Traceback (most recent call last):" in text


def test_without_a_state_directory_the_report_is_a_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert funnel(_raise(ValueError("odd")), ()) == 4
    assert str(tmp_path) in capsys.readouterr().err
    assert [name for name in os.listdir(tmp_path) if name.startswith("internal-error-")]


def test_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert funnel(_raise(MemoryError()), ()) == 6
    assert capsys.readouterr().err.startswith("error: there is not enough memory\n help: Free some, or use fewer slots")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["-i", "a=b"], ["-i", "a=***"]),
        (["-ia=b"], ["-ia=***"]),
        (["--input", "a=b=c"], ["--input", "a=***"]),
        (["--input=a=b"], ["--input=a=***"]),
        (["--outputs", '{"a": 1}'], ["--outputs", "***"]),
        (["--inputs", "file.yaml", "-j", "4"], ["--inputs", "file.yaml", "-j", "4"]),
        (["-i"], ["-i"]),
        (["-qi", "a=b"], ["-qi", "a=***"]),
        (["-qia=b"], ["-qia=***"]),
        (["signal", "r", "go", "--data", '{"a": 1}'], ["signal", "r", "go", "--data", "***"]),
        (["--data=a=b"], ["--data=a=***"]),
    ],
)
def test_values_are_taken_out(words: list[str], shown: list[str]) -> None:
    assert without_values(words) == shown


@pytest.mark.parametrize(
    ("error", "said", "remedy"),
    [
        (OSError(errno.EMFILE, "x", "f"), "no more files may be open at once (the limit is ", "`ulimit -n`"),
        (RuntimeError("can't start new thread"), "the system gives this process no more threads", "`ulimit -u`"),
        (OSError(errno.ENOMEM, "x"), "there is not enough memory", "fewer slots"),
        (ImportError("a.so: failed to map segment from shared object"), "there is not enough memory", "fewer slots"),
    ],
)
def test_what_the_system_gives_too_little_of(
    error: Exception, said: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert funnel(_raise(error), ()) == 6
    told = capsys.readouterr().err
    assert told.startswith(f"error: {said}")
    assert remedy in told


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other limits")
def test_a_limit_on_open_files_is_named_with_the_remedy(shell: Shell) -> None:
    shell.write("a.yaml", "steplane: 1\nname: a\nsteps: [{run: echo hi}]\n")
    words = shlex.join(shell.words(("run", "a.yaml", "-q")))
    done = subprocess.run(
        ["bash", "-c", f"ulimit -n 9; exec {words}"], cwd=shell.folder, env=shell.env, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (6, "")
    assert "no more files may be open at once (the limit is 9)" in done.stderr
    remedy = "Raise the limit on open files (`ulimit -n`); nothing recorded is lost. Then give the same command again."
    assert f"\n help: {remedy}\n" in done.stderr
    assert "Traceback" not in done.stderr


_BREAKS = """
import sys
from steplane.cli import main
from steplane.reporters.plain import PlainReporter
def broken(self, event, *rest): raise KeyError("odd")
PlainReporter._step_ended = broken
sys.argv = ["steplane", "run", "hello.yaml", "--id", "one", "--color", "never"]
sys.exit(main())
"""


def test_a_fault_in_what_shows_a_run_is_told_and_touches_no_run(shell: Shell) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _BREAKS], cwd=shell.folder, env=shell.env, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "✓ hello succeeded" in done.stdout
    assert "✓ greet" not in done.stdout
    told, remedy = done.stderr.splitlines()
    assert told == (
        "warning: what shows the run broke, a fault of Steplane itself: KeyError: 'odd'. The run is not touched by that"
    )
    assert remedy.startswith("   help: All of it: steplane show one. The details are in ")
