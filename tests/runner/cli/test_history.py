"""`runs`, `show`, `logs`: what is told of runs that have been."""

import json
import re

import pytest

from .conftest import Shell

MIXED = """\
steplane: 1
name: mixed
inputs:
  who: {type: string, default: Ada}
failure: continue
steps:
  - id: each
    foreach: [a, "b/c"]
    key: ${{ item }}
    max_failures: 1
    steps:
      - id: say
        run: "echo ${{ item }}; test ${{ item }} = a"
  - id: flaky
    retry: {attempts: 2, delay: 1ms}
    run: exit 3
  - id: never
    if: inputs.who == 'Bob'
    needs: []
    run: echo
  - id: after
    needs: [flaky]
    run: echo
"""


@pytest.fixture
def mixed(shell: Shell) -> Shell:
    shell.write("mixed.yaml", MIXED)
    shell("run", "hello.yaml", "--id", "one")
    shell("run", "mixed.yaml", "--id", "two")
    return shell


def _steady(text: str) -> str:
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "MOMENT", text)
    text = re.sub(r"\b\d+(\.\d+)?m?s\b", "TIME", text)
    return re.sub(r"(?<=\S)   +", "  ", text)  # columns are as wide as the times


def _drawn(text: str) -> str:
    """The timeline without what depends on the times: the scale, bars, whether a wait can be seen."""
    text = re.sub(r"(?m)^ +0s\b.*$", "SCALE", text)
    text = re.sub(r"(?m) [━×┄═─┊ ]*[━×┄═─][━×┄═─┊ ]*$", " BAR", text)
    text = re.sub(r"(?m)^  ━ running.*$", "  ━ running  × a failed attempt  ┄ waiting  ─ a group", text)
    return re.sub(r"TIME +BAR", "TIME  BAR", _steady(text))


def test_runs(mixed: Shell) -> None:
    assert _steady(mixed("runs").stdout) == (
        "RUN  STATUS  WORKFLOW  STARTED (UTC)  TIME\n"
        "two  failed  mixed  MOMENT  TIME\n"
        "one  succeeded  hello  MOMENT  TIME\n"
    )
    data = json.loads(mixed("runs", "--workflow", "hello", "--format", "json").stdout)
    assert [(one["id"], one["status"], one["file"]) for one in data["runs"]] == [("one", "succeeded", "hello.yaml")]
    everything = mixed("runs", "--limit", "0", "--format", "json").stdout
    assert mixed("runs", "--limit", "9" * 30, "--format", "json").stdout == everything
    assert [one["id"] for one in json.loads(mixed("runs", "--limit", "1", "--format", "json").stdout)["runs"]] == [
        "two"
    ]
    assert mixed("runs", "--status", "waiting").stderr == "no such run\n"


def test_no_run_yet(shell: Shell) -> None:
    done = shell("runs")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"no run in {shell.folder}/.steplane yet\n"
    assert json.loads(shell("runs", "--format", "json").stdout) == {"runs": []}
    assert shell("show").returncode == 2
    assert not (shell.folder / ".steplane").exists()


def test_show(mixed: Shell) -> None:
    assert _drawn(mixed("show").stdout) == (
        "mixed failed\n"
        "  run  two\n"
        "  file  mixed.yaml\n"
        "  started  MOMENT UTC\n"
        "  took  TIME\n"
        "\n"
        "inputs\n"
        "  who  Ada\n"
        "\n"
        "steps\n"
        "SCALE\n"
        "  ! each ×2  TIME  BAR\n"
        "      warning: 1 succeeded, 1 failed\n"
        "  ✓  [a]  TIME  BAR\n"
        "  ✓  say  TIME  BAR\n"
        "  ✗  [b/c]  TIME  BAR\n"
        "  ✗  say  TIME  BAR\n"
        "          failed: the script ended with exit code 1 (shell.exit)\n"
        "  ○ never  skipped: `if: inputs.who == 'Bob'` is false (inputs.who =\n"
        '                      "Ada")\n'
        "  ✗ flaky  TIME  BAR\n"
        "      failed, 2 attempts: the script ended with exit code 3 (shell.exit)\n"
        "  ⊘ after  blocked by `flaky`\n"
        "\n"
        "  ━ running  × a failed attempt  ┄ waiting  ─ a group\n"
        "\n"
        "error\n"
        "  `flaky`: the script ended with exit code 3 (shell.exit)\n"
        "\n"
        "What it wrote: steplane logs two 'each[b/c]/say'\n"
        "All about it: steplane show two 'each[b/c]/say'\n"
        "Go on with: steplane resume two\n"
    )
    data = json.loads(mixed("show", "two", "--format", "json").stdout)
    steps = {one["path"]: one for one in data["steps"]}
    assert list(steps) == [
        "each", "each[a]", "each[a]/say", "each[b/c]", "each[b/c]/say", "never", "flaky", "after",
    ]  # fmt: skip
    assert steps["flaky"]["attempts"] == 2
    assert steps["flaky"]["error"]["code"] == 3
    assert steps["after"] == {
        "path": "after", "step": "after", "activation": 1, "status": "blocked", "started_at": None,
        "ended_at": steps["after"]["ended_at"], "duration": None, "attempts": 0, "reason": None,
        "seen": None, "by": "flaky", "recovered": False, "outputs": None, "error": None,
        "artifacts": [],
    }  # fmt: skip
    assert steps["each[a]/say"]["outputs"]["stdout"] == "a"
    assert (data["id"], data["status"], data["inputs"], data["outputs"]) == ("two", "failed", {"who": "Ada"}, None)
    assert data["error"]["step"] == "flaky"
    assert "text  Hello, world\n" in mixed("show", "one").stdout


def test_logs(mixed: Shell) -> None:
    assert mixed("logs").stdout == "[each[a]/say] a\n[each[b/c]/say] b/c\n"
    assert mixed("logs", "one").stdout == "[greet] Hello, world\n"
    assert mixed("logs", "one", "greet").stdout == "Hello, world\n"
    assert mixed("logs", "two", "each[b/c]").stdout == "[each[b/c]/say] b/c\n"
    assert mixed("logs", "say").stdout == "[each[a]/say] a\n[each[b/c]/say] b/c\n"
    assert mixed("logs", "each[a]/say", "-f").stdout == "a\n"


STEPS = "Its steps: each, say, never, flaky, after, each[a], each[a]/say, each[b/c], each[b/c]/say."
BEGUN = STEPS.replace("say, never", "never, say", 1)  # in the order in which they became ready


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("logs", "two", "flakey"), f"error: run two has no step `flakey`\n help: Did you mean `flaky`? {BEGUN}\n"),
        (("show", "two", "each[c]"), ("error: run two has no step `each[c]`\n"
                                      f" help: Did you mean `each[b/c]`? {STEPS}\n")),
        (("logs", "greet"), ("error: no run and no step of the latest run (two) is called `greet`\n"
                             f" help: Nearest: two, one. All: steplane runs. {STEPS}\n")),
        (("show", "hello"), ("error: `hello` is a workflow, not a run\n"
                             " help: Its latest run: one. All: steplane runs\n")),
        (("show", "three", "each"), "error: no run 'three'\n help: Nearest: two, one. All: steplane runs\n"),
    ],
)  # fmt: skip
def test_what_is_not_there(mixed: Shell, words: tuple[str, ...], told: str) -> None:
    done = mixed(*words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)
