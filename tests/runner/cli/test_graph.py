"""`graph`: of workflows and of runs, in each format, and what it says of words that mean neither."""

import json

import pytest

from .conftest import Shell

MIXED = """\
steplane: 1
name: mixed
title: A mixture
steps:
  - id: each
    foreach: [a, b]
    key: ${{ item }}
    max_failures: 1
    run: test ${{ item }} = a
  - id: flaky
    retry: {attempts: 2, delay: 1ms}
    run: exit 3
  - id: after
    run: echo
"""


@pytest.fixture
def mixed(shell: Shell) -> Shell:
    shell.write("workflows/mixed.yaml", MIXED)
    shell("run", "mixed", "--id", "one")
    return shell


def test_the_tree_of_a_workflow(mixed: Shell) -> None:
    done = mixed("graph", "mixed")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "mixed (workflows/mixed.yaml): A mixture\n\n"
        "● each  $ test ${{ item }} = a  for each item of 2\n"
        "● flaky  $ exit 3  up to 2 attempts\n"
        "● after  $ echo\n"
    )
    assert mixed("graph", "workflows/mixed.yaml").stdout == done.stdout


@pytest.mark.parametrize("words", [("one",), ("--run", "one"), ("mixed", "--run", "one")])
def test_the_tree_of_a_run(mixed: Shell, words: tuple[str, ...]) -> None:
    mixed.write("workflows/mixed.yaml", MIXED.replace("after", "changed"))  # the run has its own definition
    lines = mixed("graph", *words).stdout.splitlines()
    assert lines[0] == "mixed (workflows/mixed.yaml): A mixture"
    assert lines[1].startswith("run one failed, ")
    assert lines[3].startswith("! each  $ test ${{ item }} = a  warning, 1 failed, 1 succeeded, ")
    assert lines[4].startswith("✗ flaky  $ exit 3  failed after 2 attempts, ")
    assert lines[5] == "⊘ after  $ echo  blocked"


def test_json_of_a_run(mixed: Shell) -> None:
    data = json.loads(mixed("graph", "one", "--format", "json").stdout)
    assert data["run"]["status"] == "failed"
    nodes = {one["id"]: one for one in data["nodes"]}
    assert nodes["each"]["state"]["instances"] == {"failed": 1, "succeeded": 1}
    assert nodes["each"]["loop"] == "for each item of 2"
    assert nodes["flaky"]["state"]["attempts"] == 2
    assert nodes["after"]["state"]["status"] == "blocked"
    assert [(one["from"], one["to"]) for one in data["edges"]] == [("n1", "n2"), ("n2", "n3")]


def test_the_ending_of_the_file_says_the_format(mixed: Shell) -> None:
    for name, begins in (
        ("g.mmd", "---\ntitle:"),
        ("g.dot", "digraph workflow {"),
        ("g.json", "{\n"),
        ("g.txt", "mixed ("),
    ):
        done = mixed("graph", "mixed", "-o", name)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert (mixed.folder / name).read_text().startswith(begins)
    done = mixed("graph", "mixed", "-o", "g.png")
    assert done.returncode == 2
    assert done.stderr == (
        "error: the ending of g.png says no format\n"
        " help: Give `--format`, or one of the endings .mmd, .mermaid, .dot, .gv, .svg, .json, .txt.\n"
    )
    assert mixed("graph", "mixed", "-o", "no/such/g.dot").stderr == (
        "error: no/such/g.dot cannot be written: No such file or directory\n help: Name another file with `-o`.\n"
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), ("error: there is nothing to draw\n help: Name a workflow or a run: steplane graph FILE|NAME|RUN\n")),
        (("mixd",), ("error: there is no workflow and no run `mixd`\n help: Did you mean `mixed`? Workflows: mixed. "
                     "Runs: Nearest: one. All: steplane runs\n")),
        (("--run", "on3"), "error: no run 'on3'\n help: Nearest: one. All: steplane runs\n"),
        (("hello.yaml", "--run", "one"), ("error: run one is one of `mixed`, not of `hello` (hello.yaml)\n"
                                          " help: Name the run alone: steplane graph one\n")),
        (("no.yaml",), "error: there is no file no.yaml\n help: There: hello.yaml\n"),
    ],
)  # fmt: skip
def test_what_is_not_there(mixed: Shell, words: tuple[str, ...], told: str) -> None:
    done = mixed("graph", *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


def test_a_file_with_errors(shell: Shell) -> None:
    shell.write("bad.yaml", "steplane: 1\nsteps:\n  - id: a\n")
    done = shell("graph", "bad.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error[no-action]: ")
    assert not (shell.folder / ".steplane").exists()


def test_more_edges_than_mermaid_draws(shell: Shell) -> None:
    steps = "".join(f"  - {{id: s{number}, run: echo}}\n" for number in range(502))
    shell.write("long.yaml", f"steplane: 1\nsteps:\n{steps}")
    done = shell("graph", "long.yaml", "--format", "mermaid")
    assert done.returncode == 0
    assert done.stderr == (
        "warning: this graph has 501 edges, and Mermaid draws 500 at most\n"
        "   help: Set its `maxEdges` higher, or take `--format svg`.\n"
    )
    assert done.stdout.count("-->") == 501
