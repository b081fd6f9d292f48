"""`runs`: chosen by an expression, by time, by case."""

import json

import pytest

from .conftest import Shell

FLOW = """\
steplane: 1
name: flow
labels: {team: blue}
case: case-${{ inputs.n }}
inputs:
  n: {type: integer}
  region: {enum: [eu, us], default: eu}
steps:
  - run: test ${{ inputs.n }} -lt 2
outputs:
  double: ${{ inputs.n * 2 }}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("where"))
    shell.write("flow.yaml", FLOW)
    shell.write("other.yaml", "steplane: 1\nname: other\nsteps:\n  - run: echo\n")
    shell("run", "flow.yaml", "--id", "one", "-i", "n=1")
    shell("run", "flow.yaml", "--id", "two", "-i", "n=2", "-i", "region=us")
    shell("run", "other.yaml", "--id", "three")
    return shell


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("status == 'failed'", ["two"]),
        ("status == 'succeeded' and inputs.region == 'eu'", ["one"]),
        ("inputs.n >= 1", ["two", "one"]),
        ("inputs.n | default(7) == 7", ["three"]),
        ("outputs.double == 2", ["one"]),
        ("workflow == 'other' or inputs.region == 'us'", ["three", "two"]),
        ("duration > 3600", []),
        ("duration >= 0 and ended_at > started_at and started_at > '2020-01-01'", ["three", "two", "one"]),
        ("labels.team == 'blue' and case == 'case-2'", ["two"]),
        ("file == 'other.yaml'", ["three"]),
        ("id in ['three'] and title == '' and version == ''", ["three"]),
    ],
)
def test_where(runs: Shell, where: str, found: list[str]) -> None:
    done = runs("runs", "--where", where, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [one["id"] for one in json.loads(done.stdout)["runs"]] == found


def test_the_limit_counts_what_fits(runs: Shell) -> None:
    data = json.loads(runs("runs", "--where", "inputs.n > 0", "--limit", "1", "--format", "json").stdout)
    assert [one["id"] for one in data["runs"]] == ["two"]


UNKNOWN = """\
error[unknown-name]: a run has no `statsu`
 --> --where:1:1
  |
1 | statsu == 'x'
  | ^^^^^^ did you mean `status`?
  = help: names here: id, workflow, status, title, version, case, labels, started_at, ended_at, duration, file, \
inputs, outputs

1 error
"""
CUT_SHORT = """\
error[expression-syntax]: the expression ends too early
 --> --where:1:9
  |
1 | status ==
  |         ^
  = help: write what is to follow, or take the last sign out

1 error
"""
OF_TWO_KINDS = """\
error[expression]: a number and text have no order: compare two numbers or two texts
 --> --where:1:1
  |
1 | title > 5
  | ^^^^^^^^^
  = help: see the section Expressions of the language manual

1 error
"""


@pytest.mark.parametrize(
    ("where", "told"), [("statsu == 'x'", UNKNOWN), ("status ==", CUT_SHORT), ("title > 5", OF_TWO_KINDS)]
)
def test_a_wrong_expression(runs: Shell, where: str, told: str) -> None:
    done = runs("runs", "--where", where)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


def test_what_is_no_condition(runs: Shell) -> None:
    done = runs("runs", "--where", "id")
    assert (done.returncode, done.stdout) == (2, "")
    assert "error[expression]: `id` is a condition and must be true or false, but it is" in done.stderr


def test_an_input_that_no_run_has_is_told(runs: Shell) -> None:
    done = runs("runs", "--where", "inputs.regoin == 'eu'")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        "warning: no run has `inputs.regoin`, of 3 runs looked at\n"
        "   help: Did you mean `inputs.region`? There are: n, region.\n"
        "no such run\n"
    )


def test_runs_that_cannot_be_judged_are_left_out_and_told(runs: Shell) -> None:
    done = runs("runs", "--where", "inputs.n | default('x') < 5", "--format", "json")
    assert done.returncode == 0
    assert [one["id"] for one in json.loads(done.stdout)["runs"]] == ["two", "one"]
    assert done.stderr.startswith("warning: run three left out, it cannot be judged: ")


def test_since_and_case(runs: Shell) -> None:
    def found(*words: str) -> list[str]:
        return [one["id"] for one in json.loads(runs("runs", *words, "--format", "json").stdout)["runs"]]

    assert found("--case", "case-1") == ["one"]
    assert found("--since", "1d") == ["three", "two", "one"]
    assert found("--since", "2020-02-03T10:00+01:00") == ["three", "two", "one"]
    assert found("--since", "2999-01-01") == []
    done = runs("runs", "--since", "yesterday")
    assert done.returncode == 2
    assert done.stderr == (
        "error: `--since yesterday` is neither a length of time nor a date\n"
        " help: Write `2d`, `2026-11-23` or `2026-11-23T08:00`.\n"
    )
    assert runs("runs", "--since", "2026-13-40").returncode == 2


def test_a_workflow_that_there_is_not(runs: Shell) -> None:
    done = runs("runs", "--workflow", "flwo")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: there is no run of a workflow `flwo`\n help: Did you mean `flow`? Workflows with runs: other, flow.\n"
    )


def test_a_run_that_has_not_ended_is_no_mistake(shell: Shell) -> None:
    shell.write("wait.yaml", "steplane: 1\nsteps:\n  - {retry: {attempts: 2, delay: 1h}, run: exit 1}\n")
    shell("run", "wait.yaml", "--id", "one", "--patience", "0")
    done = shell("runs", "--where", "duration > 60 or status == 'x'")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no such run\n")
    assert "one  waiting" in shell("runs", "--where", "duration | default(0) < 1").stdout
