"""What is said of a `parallel` whose join cancels the rest."""

import json

from tests.runner.cli.conftest import Shell

TEXT = """\
steplane: 1
name: ask
steps:
  - id: ask
    parallel:
      near: [{id: near, run: "true"}]
      far: [{id: far, run: sleep 30, finally: [{id: tidy, run: echo tidy >> ledger}]}, {id: more, run: "true"}]
    join: {count: 1, rest: cancel}
"""


def test_the_rest_is_cancelled_and_every_command_says_so(shell: Shell) -> None:
    shell.write("ask.yaml", TEXT)
    for command in ("plan", "graph"):
        assert "ask  parallel, 1 wanted, the rest is cancelled" in shell(command, "ask.yaml").stdout
    plan = json.loads(shell("plan", "ask.yaml", "--format", "json").stdout)
    assert plan["steps"][0]["join"] == {"count": 1, "rest": "cancel"}
    assert shell("run", "ask.yaml", "--id", "one", "-q").returncode == 0
    assert (shell.folder / "ledger").read_text("utf-8") == "tidy\n"
    why = "enough branches of `ask` had ended well, and it cancels the rest"
    assert f"is told to stop: {why}" in shell("explain", "one", "far").stdout
    assert f"cancelled: {why}" in shell("explain", "one", "more").stdout
    refused = shell("resume", "one", "--redo", "far")
    assert refused.returncode == 2
    assert "enough branches of `ask` have arrived, and its `join` cancels the rest" in refused.stderr


def test_a_resume_is_said_to_leave_what_was_cancelled(shell: Shell) -> None:
    shell.write("ask.yaml", TEXT + "    ensure: [run.id == 'two']\n")
    assert shell("run", "ask.yaml", "--id", "one", "-q").returncode == 1
    told = shell("resume", "one", "--dry-run").stdout
    assert "ask" in told
    assert "far" not in told
    assert shell("resume", "one", "-q").returncode == 1
    assert (shell.folder / "ledger").read_text("utf-8") == "tidy\n"
