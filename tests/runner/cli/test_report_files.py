"""Where the reports of a run go: a file that is there already, a full disk, a pipe."""

import os
import subprocess

from tests.runner.reporters.readers import valid

from .conftest import Shell


def test_a_full_disk_is_told_and_the_run_keeps_its_result(shell: Shell) -> None:
    for code in (0, 1):
        shell.write("ends.yaml", f"steplane: 1\nname: ends\nsteps: [{{id: a, run: exit {code}}}]\n")
        done = shell("run", "ends.yaml", "--junit", "/dev/full", "--summary", "/dev/full", "--quiet")
        assert done.returncode == code
        for option in ("--junit", "--summary"):
            assert f"warning: `{option} /dev/full` could not be written: No space left on device\n" in done.stderr


def test_a_limit_on_the_size_of_files_leaves_the_old_report(shell: Shell) -> None:
    shell.write("report.xml", "old")
    shell.write("loud.yaml", "steplane: 1\nname: loud\nsteps: [{id: a, run: seq 20000}]\n")
    words = shell.words(["run", "loud.yaml", "--state", "s", "--junit", "report.xml", "--quiet"])
    line = f"ulimit -f 40; exec {' '.join(words)}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=shell.folder, env=shell.env, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    text = (shell.folder / "report.xml").read_text("utf-8")
    assert text == "old" or valid(text) is not None
    assert not [name for name in os.listdir(shell.folder) if name.startswith(".report")]


def test_an_old_report_is_replaced_whole_and_keeps_its_mode(shell: Shell) -> None:
    shell.write("report.xml", "old " * 10_000)
    (shell.folder / "report.xml").chmod(0o640)
    shell("run", "hello.yaml", "--junit", "report.xml")
    [case] = valid((shell.folder / "report.xml").read_text("utf-8")).iter("testcase")
    assert case.get("name") == "greet"
    assert (shell.folder / "report.xml").stat().st_mode & 0o777 == 0o640


def test_a_report_through_a_pipe(shell: Shell) -> None:
    line = f"{' '.join(shell.words(['run', 'hello.yaml', '--quiet', '--junit', '/dev/stdout']))} | cat"
    done = subprocess.run(
        ["bash", "-c", line], cwd=shell.folder, env=shell.env, capture_output=True, text=True, check=False
    )
    assert valid(done.stdout).get("tests") == "1"
