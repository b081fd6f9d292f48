"""`restart: true` on real processes."""

import signal

import pytest
from tests.runner.checks.support import check_steps
from tests.runner.cli.conftest import Shell

TEXT = """\
steplane: 1
name: bench
steps:
  - id: bench
    restart: true
    steps:
      - {id: setup, run: 'echo setup >> ledger'}
      - {id: use, run: 'echo use >> ledger; test -e go || kill -9 $PPID'}
"""


def test_a_kill_in_the_middle_runs_the_group_whole(shell: Shell) -> None:
    shell.write("bench.yaml", TEXT)
    assert shell("run", "bench.yaml", "--id", "one", "-q").returncode == 128 + signal.SIGKILL
    refused = shell("resume", "one", "--only", "bench/use")
    assert refused.returncode == 2
    assert "step `bench/use` cannot go on: a resume runs `bench` whole (`restart`)" in refused.stderr
    (shell.folder / "go").touch()
    assert shell("resume", "one", "-q").returncode == 0
    assert (shell.folder / "ledger").read_text("utf-8").split() == ["setup", "use", "setup", "use"]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("- {id: a, restart: true, run: make}", "`restart` of step `a` has no `steps` beside it"),
        (
            "- {id: g, restart: true, steps: [{id: a, at_most_once: true, run: make}]}",
            "step `a` runs at most once, and step `g` around it runs whole on a resume",
        ),
    ],
)
def test_where_it_cannot_stand(steps: str, message: str) -> None:
    (found,) = check_steps(steps)
    assert found.message.startswith(message)
