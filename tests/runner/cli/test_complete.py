"""`complete` on real processes."""

import json
import signal

from tests.runner.checks.support import check_steps
from tests.runner.cli.conftest import Shell

TEXT = """\
steplane: 1
name: bids
steps:
  - id: ask
    foreach: [a, b, c]
    key: ${{ item }}
    complete: steps.ask.instances | selectattr('status', 'equalto', 'succeeded') | list | length == 2 and item != 'a'
    run: echo "ask ${{ item }}" >> ledger; echo "bid ${{ item }}"
  - id: use
    run: |
      echo "use ${{ steps.ask.outputs.stdout | present | join(' ') }}" >> ledger
      test -e go || kill -9 $PPID
"""


def test_what_is_known_so_far_decides_over_a_kill(shell: Shell) -> None:
    shell.write("bids.yaml", TEXT)
    assert shell("run", "bids.yaml", "--id", "one", "-q").returncode == 128 + signal.SIGKILL
    (shell.folder / "go").touch()
    assert shell("resume", "one", "-q").returncode == 0
    lines = (shell.folder / "ledger").read_text("utf-8").splitlines()
    assert lines == ["ask a", "ask b", "use bid a bid b", "use bid a bid b"]
    assert "holds: the loop is complete" in shell("explain", "one", "ask").stdout


def test_the_plan_says_so(shell: Shell) -> None:
    steps = "steps: [{id: a, foreach: [1, 2], complete: 1, rest: cancel, run: 'true'}]"
    shell.write("two.yaml", f"steplane: 1\nname: two\n{steps}\n")
    assert "complete with 1, the rest is cancelled" in shell("plan", "two.yaml").stdout
    plan = json.loads(shell("plan", "two.yaml", "--format", "json").stdout)
    assert (plan["steps"][0]["complete"], plan["steps"][0]["rest"]) == (1, "cancel")


def test_where_it_cannot_stand() -> None:
    (found,) = check_steps("- {id: a, while: true, complete: 2, run: make}")
    assert found.message.startswith("`complete` of step `a` has no `foreach` or `matrix` beside it")
