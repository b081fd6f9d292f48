"""`while` and `until` on real processes: what a round sees, what a kill in one leaves, what a resume does."""

import json
import signal
from pathlib import Path

import pytest
from tests.runner.cli.conftest import Shell

CLIMB = """\
steplane: 1
name: climb
steps:
  - id: climb
    while: loop.first or loop.previous.outputs.height < 3
    max: 5
    with: {capture: json}
    run: |
      echo "${{ loop.index }} ${{ loop.previous.status | default('none') }}" >> ledger
      echo "{\\"height\\": ${{ loop.index }}, \\"spare\\": 1}"
    outputs: {height: "${{ result.json.height }}"}
  - id: settle
    until: result.json.left == 0 and loop.previous.outputs.shown == 'left 0'
    with: {capture: json}
    run: |
      echo "{\\"left\\": ${{ 2 - loop.index }}}"
    outputs: {shown: "left ${{ result.json.left }}"}
  - id: never
    while: steps.climb.rounds > 5
    run: echo never >> ledger
outputs:
  height: ${{ steps.climb.outputs.height }}
  shown: ${{ steps.settle.outputs.shown }}
  rounds: ${{ [steps.climb.rounds, steps.settle.rounds, steps.never.rounds] }}
"""

KILLED = """\
steplane: 1
name: killed
steps:
  - id: turn
    until: loop.index == 3
    steps:
      - {id: first, run: 'echo "first ${{ loop.index }}" >> ledger'}
      - id: second
        run: |
          echo "second ${{ loop.index }}" >> ledger
          test ${{ loop.index }} != 2 -o -e go || kill -9 $PPID
  - {run: 'echo "${{ steps.turn.rounds }} rounds" >> ledger'}
"""


def ledger(shell: Shell) -> list[str]:
    """What the steps have written since the last look."""
    path: Path = shell.folder / "ledger"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


def test_rounds_see_the_one_before_and_give_the_last(shell: Shell) -> None:
    shell.write("climb.yaml", CLIMB)
    done = shell("run", "climb.yaml", "--format", "json")
    assert done.returncode == 0, done.stderr
    ended = json.loads(done.stdout.splitlines()[-1])
    assert ended["outputs"] == {"height": 3, "shown": "left 0", "rounds": [3, 2, 0]}
    assert ledger(shell) == ["1 none", "2 succeeded", "3 succeeded"]


def test_a_kill_in_a_round_is_gone_on_from_in_that_round(shell: Shell) -> None:
    shell.write("killed.yaml", KILLED)
    assert shell("run", "killed.yaml", "--id", "one", "-q").returncode == 128 + signal.SIGKILL
    assert ledger(shell) == ["first 1", "second 1", "first 2", "second 2"]
    (shell.folder / "go").touch()
    assert shell("resume", "one", "-q").returncode == 0
    assert ledger(shell) == ["second 2", "first 3", "second 3", "3 rounds"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--redo", "turn[0]"), "step `turn[0]` cannot be begun anew: another round has come after it"),
        (("--redo", "turn[0]/first"), "step `turn[0]/first` cannot be begun anew: another round has come after it"),
        (("--assume", "turn[0]=failed"), "step `turn[0]` cannot be taken as ended: another round has come after it"),
        (("--redo", "turn[7]"), "`turn` of run one has no item `7`"),
    ],
)
def test_a_round_that_is_over_is_not_done_again(shell: Shell, words: tuple[str, ...], said: str) -> None:
    shell.write("killed.yaml", KILLED)
    (shell.folder / "go").touch()
    assert shell("run", "killed.yaml", "--id", "one", "-q").returncode == 0
    refused = shell("resume", "one", *words)
    assert refused.returncode == 2
    assert said in refused.stderr


def test_the_latest_round_can_be_done_again(shell: Shell) -> None:
    shell.write("killed.yaml", KILLED)
    (shell.folder / "go").touch()
    assert shell("run", "killed.yaml", "--id", "one", "-q").returncode == 0
    ledger(shell)
    assert shell("resume", "one", "-q", "--redo", "turn[2]/second").returncode == 0
    assert ledger(shell) == ["second 3"]


def test_no_single_round_is_selected_for_a_run(shell: Shell) -> None:
    shell.write("killed.yaml", KILLED)
    refused = shell("run", "killed.yaml", "--only", "turn[1]")
    assert refused.returncode == 2
    assert refused.stderr == (
        "error: `turn[1]` names a round of `turn`: each follows from the one before, and none runs alone\n"
        " help: Write `turn` without a key.\n"
    )


def test_too_many_rounds_are_told_and_explained(shell: Shell) -> None:
    shell.write(
        "turn.yaml", "steplane: 1\nname: turn\nsteps:\n  - {id: t, until: loop.index > 5, max: 2, run: 'true'}\n"
    )
    done = shell("run", "turn.yaml", "--id", "one")
    assert done.returncode == 1
    assert (
        "error[loop.max]: `t` failed: `until` does not hold after 2 rounds, and `max` allows no more"
        in done.stdout + done.stderr
    )
    told = shell("explain", "one", "t").stdout
    assert "`until: loop.index > 5` does not hold: another round (loop.index = 1)" in told


@pytest.mark.parametrize(
    ("loop", "marks"),
    [
        ("while: loop.index < 4", "rounds while loop.index < 4, at most 1000"),
        ("until: loop.index == 4", "rounds until loop.index == 4, at most 1000"),
        ("while: false", "its `while` does not hold: there is no round"),
        ("while: loop.index < loop.missing", "`loop` of step `t` has no `missing`"),
    ],
)
def test_the_plan_tells_the_rounds(shell: Shell, loop: str, marks: str) -> None:
    shell.write("turn.yaml", f"steplane: 1\nname: turn\nsteps:\n  - id: t\n    {loop}\n    run: 'true'\n")
    done = shell("plan", "turn.yaml")
    assert marks in done.stdout + done.stderr
