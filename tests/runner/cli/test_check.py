"""`check`: several files, folders, stdin; formats and exit codes."""

import json

import pytest

from .conftest import HELLO, Shell

BAD = "steplane: 1\nname: bad\nsteps:\n  - id: a\n    run: echo\n  - id: a\n    run: echo\n"
UNCLEAR = "steplane: 1\nname: unclear\nsteps:\n  - id: a\n    if: ${{ run.id == 'x' }}\n    run: echo\n"


def test_a_clean_file(shell: Shell) -> None:
    done = shell("check", "hello.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "hello.yaml: nothing wrong\n")
    as_json = shell("check", "--format", "json", "hello.yaml")
    assert (as_json.returncode, as_json.stdout) == (0, '{"diagnostics":[]}\n')


def test_several_files_and_folders_each_once(shell: Shell) -> None:
    shell.write("workflows/deep/bad.yaml", BAD)
    shell.write("workflows/unclear.yml", UNCLEAR)
    shell.write(
        "workflows/credit.decision.yaml", "decision: credit\ninputs: {n: {type: integer}}\noutputs: {}\nrules: []\n"
    )
    shell.write("workflows/.hidden/bad.yaml", BAD)
    done = shell("check", "--format", "concise", "hello.yaml", "workflows", "workflows/unclear.yml")
    assert done.returncode == 2
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        "workflows/credit.decision.yaml", "workflows/credit.decision.yaml", "workflows/unclear.yml",
        "workflows/deep/bad.yaml",
    ]  # fmt: skip
    assert shell("check").stdout.endswith("3 errors, 1 warning\n")


def test_of_any_other_folder_only_what_looks_like_a_workflow(shell: Shell) -> None:
    shell.write("ci/compose.yaml", "services: {}\n")
    shell.write("ci/order.yaml", BAD)
    done = shell("check", "--format", "json", "ci")
    assert {one["file"] for one in json.loads(done.stdout)["diagnostics"]} == {"ci/order.yaml"}
    shell.write("other/compose.yaml", "services: {}\n")
    none = shell("check", "other")
    assert (none.returncode, none.stderr) == (
        2, "error: there is no workflow file in other\n help: Name a file, or a folder that has some.\n",
    )  # fmt: skip


def test_warnings_count_with_strict(shell: Shell) -> None:
    shell.write("unclear.yaml", UNCLEAR)
    assert shell("check", "unclear.yaml").returncode == 0
    assert shell("check", "--strict", "unclear.yaml").returncode == 1
    shell.write("steplane.toml", "strict = true\n")
    assert shell("check", "unclear.yaml").returncode == 1


def test_stdin(shell: Shell) -> None:
    done = shell("check", "--format", "concise", "-", stdin=BAD)
    assert (done.returncode, done.stdout) == (
        2, "<stdin>:6:9: error[duplicate-id]: the id `a` is given twice: an id is unique in the file\n",
    )  # fmt: skip
    assert shell("check", "-", stdin=HELLO).returncode == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "error: there is no folder workflows/ here\n help: Name files or folders: steplane check FILES...\n"),
        (("helo.yaml",), "error: there is no file helo.yaml\n help: Did you mean `hello.yaml`?\n"),
    ],
)
def test_what_is_not_there(shell: Shell, words: tuple[str, ...], told: str) -> None:
    done = shell("check", *words)
    assert done.returncode == 2
    assert done.stderr.startswith(told)


def test_nothing_is_made(shell: Shell) -> None:
    shell("check", "hello.yaml")
    shell("plan", "hello.yaml")
    shell("runs")
    assert sorted(path.name for path in shell.folder.iterdir()) == ["hello.yaml"]
