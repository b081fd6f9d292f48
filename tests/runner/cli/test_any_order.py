"""`order: any` on real processes: never two at once, a kill leaves one turn."""

import json
import signal

from tests.runner.checks.support import check_steps
from tests.runner.cli.conftest import Shell

TEXT = """\
steplane: 1
name: visits
steps:
  - id: visits
    order: any
    steps:
      - {id: scan, needs: [blood], run: 'mkdir room && echo scan >> ledger && rmdir room'}
      - {id: blood, run: 'mkdir room && echo blood >> ledger && rmdir room'}
      - id: talk
        run: |
          mkdir room; echo talk >> ledger
          test -e go || { kill -9 $PPID; sleep 60; }
          rmdir room
      - {id: film, run: 'mkdir room && echo film >> ledger && rmdir room'}
"""


def test_one_at_a_time_over_a_kill(shell: Shell) -> None:
    shell.write("visits.yaml", TEXT)
    assert shell("run", "visits.yaml", "--id", "one", "-q").returncode == 128 + signal.SIGKILL
    (shell.folder / "go").touch()
    (shell.folder / "room").rmdir()
    assert shell("resume", "one", "-q").returncode == 0
    assert (shell.folder / "ledger").read_text("utf-8").split() == ["blood", "scan", "talk", "talk", "film"]


def test_the_plan_says_so(shell: Shell) -> None:
    shell.write("visits.yaml", TEXT)
    assert "one at a time, in any order" in shell("plan", "visits.yaml").stdout
    plan = json.loads(shell("plan", "visits.yaml", "--format", "json").stdout)
    assert plan["steps"][0]["order"] == "any"
    assert "one at a time" in shell("graph", "visits.yaml").stdout


def test_no_step_sees_another_that_it_does_not_wait_for() -> None:
    (found,) = check_steps(
        """
        - id: g
          order: any
          steps:
            - {id: a, run: echo a}
            - {id: b, run: 'echo ${{ steps.a.outputs.stdout }}'}
        """
    )
    assert found.message == "step `a` need not have ended here: this step does not wait for it"
    (found,) = check_steps("- {id: a, order: any, run: make}")
    assert found.message.startswith("`order` of step `a` has no `steps` beside it")


def test_who_has_the_turn(shell: Shell) -> None:
    steps = "steps: [{id: scan, wait: {signal: go}}, {id: talk, run: echo talk}]"
    shell.write("turn.yaml", f"steplane: 1\nname: turn\nsteps:\n  - {{id: visits, order: any, {steps}}}\n")
    assert shell("run", "turn.yaml", "--id", "one", "-q").returncode == 3
    said = "waits for its turn, which `visits/scan` (waiting) has"
    assert said in shell("explain", "one", "talk").stdout
