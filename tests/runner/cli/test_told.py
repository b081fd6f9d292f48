"""Commands that are told work as they stand: with the state directory, and with what else was said."""

import shutil
import subprocess

import pytest

from steplane.cli import told

from .conftest import Shell, wait_for


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Wait, or end it: steplane cancel x-1", "Wait, or end it: steplane cancel x-1 --state 'a b'"),
        ("steplane resume x --only a, or: steplane show x.", "steplane resume x@ --only a, or: steplane show x@."),
        ("See: steplane runs check. Then: steplane resume x", "See: steplane runs check@. Then: steplane resume x@"),
        ("See: steplane runs --workflow w; steplane runs", "See: steplane runs@ --workflow w; steplane runs@"),
        ("steplane runs check x. All: steplane runs", "steplane runs check x@. All: steplane runs@"),
        ("Go on: `steplane resume`, it runs", "Go on: `steplane resume@`, it runs"),
        ("Start one: steplane run flows/a.yaml", "Start one: steplane run flows/a.yaml@"),
        ("Go on: steplane resume x --state b", "Go on: steplane resume x --state b"),
        ("See: steplane --help, steplane runs-x", "See: steplane --help, steplane runs-x"),
    ],
)  # fmt: skip
def test_each_command_gets_the_state_directory(text: str, whole: str) -> None:
    told.remember("a b")
    try:
        assert told.with_state(text) == whole.replace("@", " --state 'a b'")
        told.remember(None)
        assert told.with_state(text) == text
    finally:
        told.remember(None)


FLOW = """\
steplane: 1
name: flow
inputs:
  k: {type: string, secret: true}
steps:
  - {id: one, run: 'echo up; test ! -e hold || exec sleep 60'}
  - {id: two, run: 'true'}
"""


def test_what_was_said_stays_said(shell: Shell) -> None:
    shell.write("flow.yaml", FLOW)
    shell.write("hold", "")
    run = shell.start("run", "flow.yaml", "--id", "one", "--state", "st", "-i", "k=swordfish")
    wait_for(run, "[one] up")
    held = shell("resume", "one", "--state", "st", "-i", "k=swordfish")
    assert (held.returncode, held.stderr.splitlines()[-1]) == (
        5, " help: Wait for it to end, or end it: steplane cancel one --state st",
    )  # fmt: skip
    run.terminate()
    run.wait(timeout=30)
    shell.write("flow.yaml", FLOW.replace("'true'", "'false'"))
    changed = shell("resume", "one", "--state", "st", "--redo", "two", "-i", "k=swordfish", "--patience", "1s")
    assert changed.returncode == 2
    assert changed.stderr.splitlines()[-1] == (
        " help: Go on so: steplane resume one --state st -i k=... --redo two --patience 1s --accept-changes. "
        "Go on as it was recorded: --recorded."
    )
    assert "swordfish" not in changed.stderr


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("gone", "It is a link to gone, which is not there: make that, or name another with `--state DIR`."),
        ("state", "It is a link that leads back to itself: name a directory with `--state DIR`."),
    ],
)
def test_a_state_directory_that_is_a_link_to_nowhere(shell: Shell, target: str, told: str) -> None:
    (shell.folder / "state").symlink_to(target)
    done = shell("run", "hello.yaml", "--state", "state")
    assert done.returncode == 6
    assert done.stderr.splitlines()[1] == f" help: {told} Then give the same command again."


def test_a_state_directory_without_a_name(shell: Shell) -> None:
    for words in (("run", "hello.yaml"), ("runs",), ("cancel",)):
        done = shell(*words, "--state", "")
        assert (done.returncode, done.stderr) == (
            2, "error: `--state` names no directory\n help: Name one, or leave the option out.\n",
        )  # fmt: skip


def test_a_state_directory_deep_down(shell: Shell) -> None:
    assert shell("run", "hello.yaml", "--state", "d/" * 150).returncode == 0
    try:  # too deep for SQLite, and no fault of ours
        assert shell("run", "hello.yaml", "--state", "f/" * 1500).returncode == 6
    finally:
        subprocess.run(["rm", "-r", shell.folder / "f"], check=True)  # `shutil.rmtree` does not come so far down
    done = shell("run", "hello.yaml", "--state", "e/" * 3000)
    assert done.returncode == 6
    assert "File name too long" in done.stderr
    assert "Name a directory whose path is shorter with `--state DIR`." in done.stderr
    assert not (shell.folder / "e").exists()


def test_a_state_directory_that_cannot_be(shell: Shell) -> None:
    """It is not just empty yet: who looks at runs there has mistaken it."""
    for words in (("runs",), ("show",), ("runs", "check"), ("cancel",), ("resume", "one"), ("logs",)):
        done = shell(*words, "--state", "hello.yaml/state")
        assert (done.returncode, done.stderr.splitlines()[0]) == (
            6, f"error: cannot read {shell.folder}/hello.yaml/state: Not a directory"
        )  # fmt: skip
    done = shell("runs", "--state", "x" * 300)
    assert (done.returncode, done.stdout) == (6, "")
    assert "Name a directory whose path is shorter with `--state DIR`." in done.stderr
    for empty in ("none", "none/below"):
        assert shell("runs", "--state", empty).returncode == 0


def test_a_run_that_is_lost(shell: Shell) -> None:
    state = shell.folder / "kept"
    for name in ("lost", "left"):
        assert shell("run", "hello.yaml", "--id", name, "-q", "--state", "kept").returncode == 0
    shutil.rmtree(state / "runs/lost")
    done = shell("runs", "check", "--state", "kept")
    assert done.returncode != 0
    assert f"{state}/runs/lost is gone: run lost of hello was there once" in done.stdout + done.stderr
    (state / "steplane.db").unlink()
    assert shell("runs", "check", "--state", "kept").returncode == 0


def test_settings_that_cannot_be(shell: Shell) -> None:
    shell.write("steplane.toml", 'state = "a\\u0000b"\n')
    done = shell("runs")
    assert (done.returncode, "wants text without NUL" in done.stderr) == (2, True)
    settings = shell.folder / "steplane.toml"
    for make in (f"mkdir {settings}", f"mkfifo {settings}", f"ln -s nowhere {settings}"):
        subprocess.run(f"rm -rf {settings} && {make}", shell=True, check=True)
        done = shell("runs")
        assert (done.returncode, done.stderr) == (
            2, f"error: {settings} is no file\n help: Mend it, or move it away.\n"
        )  # fmt: skip
