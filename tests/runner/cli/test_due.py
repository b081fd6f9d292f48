"""`steplane resume --due`, and what `steplane runs` says of runs that wait."""

import json
from datetime import UTC, datetime, timedelta

from .conftest import Shell

WAITS = """\
steplane: 1
name: waits
inputs:
  until: {type: string, default: "2100-01-01T00:00:00Z"}
steps:
  - id: first
    race:
      told: {wait: {signal: go}, steps: [{id: on_signal, run: echo told}]}
      time: {wait: {until: "${{ inputs.until }}"}, steps: [{id: on_time, run: echo late}]}
  - id: last
    run: echo done
"""

AGAIN = """\
steplane: 1
name: again
steps:
  - id: first
    wait: {signal: go}
  - id: second
    wait: {signal: go}
"""


def wait(shell: Shell, run: str, *inputs: str, file: str = "waits.yaml") -> None:
    """A run that has stopped to wait."""
    done = shell("run", file, "--id", run, "-q", "--patience", "0", *(word for one in inputs for word in ("-i", one)))
    assert done.returncode == 3, done.stderr


def test_those_go_on_for_which_a_signal_is_there(shell: Shell) -> None:
    shell.write("waits.yaml", WAITS)
    shell.write("again.yaml", AGAIN)
    for run in ("one", "two", "three"):
        wait(shell, run)
    wait(shell, "four", file="again.yaml")
    assert shell("signal", "two", "go").returncode == 0
    assert shell("signal", "four", "go").returncode == 0
    done = shell("resume", "--due")
    assert done.returncode == 0, done.stderr
    assert "run two (waits): the signal `go` is there\n" in done.stdout
    assert "run four (again): the signal `go` is there\n" in done.stdout
    assert "run one" not in done.stdout
    assert done.stdout.endswith(
        "2 runs went on: 1 succeeded, 1 waiting; 2 runs wait, the next until 2100-01-01 00:00:00 UTC\n"
    )
    done = shell("resume", "--due")
    expected = "no run is due: 3 runs wait, the next until 2100-01-01 00:00:00 UTC\n"
    assert (done.returncode, done.stdout) == (0, expected)


def test_those_go_on_whose_time_has_come(shell: Shell) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    shell.write(
        "soon.yaml", f"steplane: 1\nname: soon\nsteps: [{{id: a, wait: {{until: '{soon}'}}}}, {{id: b, run: exit 3}}]\n"
    )
    wait(shell, "two", file="soon.yaml")
    done = shell("resume", "--due")
    while "no run is due" in done.stdout:  # until the time has come
        done = shell("resume", "--due")
    assert done.returncode == 1, done.stderr
    assert "run two (soon): a time has come that it waits for: " in done.stdout
    assert done.stdout.endswith("1 run went on: 1 failed\n")
    assert "`b` failed" in done.stderr
    assert shell("resume", "--due").stdout == "no run is due: none waits\n"


def test_one_that_is_refused_does_not_keep_the_others(shell: Shell) -> None:
    shell.write("waits.yaml", WAITS)
    shell.write("again.yaml", AGAIN)
    wait(shell, "one")
    wait(shell, "two", file="again.yaml")
    for run in ("one", "two"):
        shell("signal", run, "go")
    shell.write("waits.yaml", WAITS.replace("echo told", "echo changed"))
    done = shell("resume", "--due", "-q")
    assert done.returncode == 2
    assert "run one does not go on: " in done.stderr
    assert done.stdout == ""
    assert json.loads(shell("show", "two", "--format", "json").stdout)["steps"][0]["status"] == "succeeded"


def test_it_is_about_all_runs(shell: Shell) -> None:
    done = shell("resume", "one", "--due")
    assert done.returncode == 2
    assert "`--due` is about all runs that wait, and run one about one" in done.stderr
    assert "`--redo`" in shell("resume", "--due", "--redo", "a").stderr


def test_the_list_says_what_they_wait_for(shell: Shell) -> None:
    shell.write("again.yaml", AGAIN)
    wait(shell, "one", file="again.yaml")
    assert "\n  `first` waits for the signal `go`\n" in shell("runs").stdout
    (run,) = json.loads(shell("runs", "--format", "json").stdout)["runs"]
    assert run["waits"] == "`first` waits for the signal `go`"
