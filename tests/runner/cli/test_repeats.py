"""Steps that begin more than once in one list, on real processes."""

import json
import signal
from typing import Any

import pytest
from tests.runner.cli.conftest import Shell

DRAFTS = """\
steplane: 1
name: drafts
steps:
  - id: draft
    run: |
      until test -e began; do sleep 0.01; done
      echo "draft after ${{ steps.review.outputs.stdout | default('nothing') }}" >> ledger
  - id: lasting
    needs: []
    run: |
      test ! -e again || exit 0
      trap 'touch again; test ! -e deadly || kill -9 $PPID; exit 1' TERM
      touch began
      sleep 60 & wait
  - id: review
    needs: [draft]
    run: wc -l < ledger
  - {id: again, needs: [review], if: steps.review.outputs.stdout | int < 3, goto: draft, max: 5}
  - {id: publish, run: 'echo publish >> ledger'}
"""
LEDGER = ["draft after nothing", "draft after 1", "draft after 2", "publish"]


@pytest.fixture
def drafts(shell: Shell) -> Shell:
    shell.write("drafts.yaml", DRAFTS)
    return shell


def ledger(shell: Shell) -> list[str]:
    return (shell.folder / "ledger").read_text("utf-8").splitlines()


def shown(shell: Shell) -> dict[str, Any]:
    """The steps of run `one`, by path."""
    steps = json.loads(shell("show", "one", "--format", "json").stdout)["steps"]
    return {one["path"]: (one["status"], one["activation"]) for one in steps}


def test_a_list_goes_round_and_each_turn_sees_the_one_before(drafts: Shell) -> None:
    done = drafts("run", "drafts.yaml", "--id", "one", "--format", "plain")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ledger(drafts) == LEDGER
    ended = {"draft": 3, "lasting": 3, "review": 3, "publish": 1}
    assert shown(drafts) == {**{path: ("succeeded", number) for path, number in ended.items()}, "again": ("skipped", 3)}
    assert "✓ draft#2 succeeded" in done.stdout
    told = drafts("explain", "one", "lasting").stdout
    assert "is told to stop: `again` jumped back, and it begins anew" in told
    assert "`again` leads here" in drafts("explain", "one", "draft").stdout


def test_a_run_that_was_killed_in_the_middle_of_a_jump_goes_on(drafts: Shell) -> None:
    drafts.write("deadly", "")
    assert drafts("run", "drafts.yaml", "--id", "one", "--format", "plain").returncode == 128 + signal.SIGKILL
    assert ledger(drafts) == LEDGER[:1]
    done = drafts("resume", "one", "--format", "plain")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ledger(drafts) == LEDGER
    assert shown(drafts)["draft"] == ("succeeded", 3)


def test_where_a_goto_leads_is_checked_before_the_run(shell: Shell) -> None:
    shell.write("wrong.yaml", "steplane: 1\nname: wrong\nsteps:\n- {id: load, run: x}\n- {goto: laod, max: 2}\n")
    done = shell("run", "wrong.yaml")
    assert done.returncode == 2
    assert "`goto` of the step in line 5 names `laod`, which is not a step" in done.stderr
    assert "did you mean `load`?" in done.stderr


NET = """\
steplane: 1
name: net
steps:
  - {id: near, needs: [], run: 'until test -e begun; do sleep 0.01; done'}
  - {id: far, needs: [], run: 'touch begun; sleep 60 & wait'}
  - {id: first, needs: [near, far], join: {count: 1, rest: cancel}, split: 3, run: 'echo first >> ledger'}
  - id: part
    needs: [first]
    join: each
    run: |
      echo "number=${STEPLANE_IDEMPOTENCY_KEY##*/}" >> "$STEPLANE_OUTPUT"
      ( flock 9; echo part >> ledger; ) 9> lock
      if test -e deadly && mkdir killed 2> /dev/null; then kill -9 $PPID; fi
    outputs: [number]
  - {id: pair, needs: [part], collect: 2, run: 'echo pair >> ledger'}
  - {id: merged, needs: [pair, first], join: active, run: 'echo "merged ${{ steps.part.outputs.number }}" >> ledger'}
"""


def test_arrivals_are_split_merged_and_cancelled(shell: Shell) -> None:
    shell.write("net.yaml", NET)
    done = shell("run", "net.yaml", "--id", "one", "--format", "plain")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(ledger(shell)) == ["first", "merged 3", "merged 3", "merged 3", "pair", "part", "part", "part"]
    ended = {"near": 1, "first": 1, "part": 3, "pair": 1, "merged": 3}
    expected = {path: ("succeeded", number) for path, number in ended.items()}
    assert shown(shell) == {**expected, "far": ("cancelled", 1)}
    assert "✓ part#3 succeeded" in done.stdout
    assert "enough had come for `first`, and it cancels the rest" in shell("explain", "one", "far").stdout
    assert "for each arrival" in shell("graph", "net.yaml", "--format", "mermaid").stdout
    assert "after part (2 arrivals count as one)" in shell("plan", "net.yaml").stdout


def test_arrivals_outlive_the_process(shell: Shell) -> None:
    shell.write("net.yaml", NET)
    shell.write("deadly", "")
    assert shell("run", "net.yaml", "--id", "one", "--format", "plain").returncode == 128 + signal.SIGKILL
    done = shell("resume", "one", "--format", "plain")
    assert done.returncode == 0, done.stdout + done.stderr
    counts = {line: ledger(shell).count(line) for line in ("first", "pair", "merged 3")}
    assert counts == {"first": 1, "pair": 1, "merged 3": 3}
    assert shown(shell)["part"] == ("succeeded", 3)
