"""Where the cursor is on a line, and who is asked."""

from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import CompletionItem

from steplane.cli import completers
from steplane.cli.application import COMMANDS, application
from steplane.cli.completion.answers import described
from steplane.cli.completion.resolve import candidates

WORKFLOW = """\
steplane: 1
inputs:
  region: {enum: [eu, us]}
  amounts: {enum: [1, 2.5, null]}
  express: {type: boolean, default: false}
  file: {type: string, format: path}
steps:
  - {id: load, name: Load it, run: echo}
  - id: all
    parallel:
      left: [{id: inner, uses: log, with: {message: a}}]
    finally: [{id: tidy, run: echo}]
"""


@pytest.fixture(autouse=True)
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "orders.yaml").write_text(WORKFLOW, "utf-8")


def offered(line: str) -> list[str]:
    """What is offered at the end of the line; its last word is the unfinished one."""
    *words, current = line.split(" ")
    return [str(one.value) for one in candidates(words, current)]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("", list(COMMANDS)),
        ("res", ["resume"]),
        ("--v", ["--version"]),
        ("run ord", ["orders"]),
        ("run orders -i ", ["region=", "amounts=", "express=", "file="]),
        ("run orders -i region=eu -i ", ["amounts=", "express=", "file="]),
        ("run orders -i region=", ["region=eu", "region=us"]),
        ("run orders -i amounts=", ["amounts=1", "amounts=2.5", "amounts=null"]),
        ("run orders -i express=t", ["express=true"]),
        ("run orders --input=region=u", ["--input=region=us"]),
        ("run orders -iregion=u", ["-iregion=us"]),
        ("run orders -i nothing=", []),
        ("run orders --durab", ["--durability"]),
        ("run orders --durability ", ["full", "normal"]),
        ("run orders --durability full --durab", []),
        ("run orders -- -i ", []),
        ("plan orders ", ["--format", "--state", "--color", "--help"]),
        ("nonsense ", []),
        ("help exp", ["expressions"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("init --template h", ["hello"]),
        ("init --ci g", ["github", "gitlab"]),
        ("schema --w", ["--write", "--workflow"]),
        ("show", ["show"]),
        ("runs --workflow o", ["orders"]),
        ("check workflows/orders.yaml or", ["orders"]),
    ],
)
def test_what_is_offered(line: str, values: list[str]) -> None:
    assert offered(line) == values


@pytest.mark.parametrize(
    ("line", "kind", "prefix"),
    [
        ("run orders -i file=a", "file", "file="),
        ("run orders -i region=@a", "file", "region=@"),
        ("run orders --env-file ", "file", ""),
        ("run orders --env-file=a", "file", "--env-file="),
        ("run workflows/", "yaml", ""),
        ("run ~/", "yaml", ""),
        ("run zzz", "yaml", ""),
        ("run orders --state ", "dir", ""),
        ("init a", "dir", ""),
        ("schema --write ", "file", ""),
        ("graph orders -o ", "file", ""),
    ],
)
def test_paths_are_left_to_the_shell(line: str, kind: str, prefix: str) -> None:
    *words, current = line.split(" ")
    assert [(one.type, one.value) for one in candidates(words, current)] == [(kind, prefix)]


def test_short_and_long_names_are_offered_as_they_are_begun() -> None:
    assert {"--input", "--quiet"} <= set(offered("run orders -"))
    assert "-i" not in offered("run orders --")
    assert offered("run orders -q") == ["-q"]


def context(command: str, words: list[str]) -> click.Context:
    with application.make_context("steplane", [], resilient_parsing=True) as root:
        found = application.get_command(root, command)
        assert found is not None
        return found.make_context(command, words, parent=root, resilient_parsing=True)


def test_steps_are_found_at_all_depths_with_what_they_do() -> None:
    """For the options of every command whose value is called STEP."""
    found = completers.step(context("run", ["orders"]), "")
    assert [(one.value, one.help) for one in found] == [
        ("load", "Load it"), ("all", "parallel"), ("tidy", "echo"), ("inner", "log"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "metavar", "completer"),
    [
        ("only", "STEP", completers.step),
        ("until", "STEP", completers.step),
        ("of", "RUN", completers.BY_METAVAR["RUN"]),
        ("any", "INSTANCE", completers.instance),
        ("any", "[STEP[KEY]]", completers.instance),
        ("any", "[FILE|NAME|RUN]", completers.workflow_or_run),
        ("any", "N", None),
    ],
)
def test_who_is_asked_is_told_by_what_the_value_is_called(name: str, metavar: str, completer: Any) -> None:
    assert completers.of("run", click.Option([f"--{name}"], metavar=metavar)) is completer


def test_every_entry_of_the_table_belongs_to_a_parameter() -> None:
    with application.make_context("steplane", [], resilient_parsing=True) as root:
        for command, name in completers.BY_NAME:
            if command in COMMANDS:
                found = application.get_command(root, command)
                assert found is not None
                assert name in {one.name for one in found.params}, (command, name)


def test_descriptions_are_one_short_line() -> None:
    items = [CompletionItem("a", help="two\nlines \x1b[31m" + "x" * 200), CompletionItem("b"), CompletionItem("c\td")]
    first, second = described(items)
    assert first.startswith("value\ta\ttwo lines \\u{1b}[31mxxx")
    assert len(first.split("\t")[2]) == 100
    assert second == "value\tb\t"
