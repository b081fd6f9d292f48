"""Where the cursor is on a line, and who is asked."""

from pathlib import Path

import click
import pytest
from click.shell_completion import CompletionItem
from click.testing import CliRunner

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
        ("steps log ", ["--format", "--state", "--color", "--help"]),
        ("nonsense ", []),
        ("help exp", ["explain", "expressions"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("init --template h", ["hello"]),
        ("init --ci g", ["github", "gitlab"]),
        ("schema --w", ["--write", "--workflow"]),
        ("show", ["show"]),
        ("runs --workflow o", ["orders"]),
        ("runs p", ["prune"]),
        ("runs --status fa", ["failed"]),
        ("runs prune --st", ["--status", "--state"]),
        ("runs prune --workflow o", ["orders"]),
        ("runs check --format ", ["text", "json"]),
        ("help runs ", ["check", "export", "prune"]),
        ("help runs check ", []),
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


def test_a_command_with_commands_offers_both() -> None:
    found = offered("runs ")
    assert found[:3] == ["check", "export", "prune"]
    assert "--status" in found
    assert "check" not in offered("runs --status failed ")


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
    command = context("run", ["orders"])
    found = completers.step(command, command.command.params[0], "")
    assert [(one.value, one.help) for one in found] == [
        ("load", "Load it"), ("all", "parallel"), ("tidy", "echo"), ("inner", "log"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("metavar", "values"),
    [
        ("STEP", ["load", "all", "tidy", "inner"]),
        ("FILE", [""]),
        ("[DIR]", [""]),
        ("[FILE|NAME|RUN]", ["orders"]),
        ("N", []),
        ("EXPR", []),
    ],
)
def test_a_value_is_known_by_what_the_help_calls_it(metavar: str, values: list[str]) -> None:
    """So an option needs nothing but its words."""
    found = completers.offered(context("run", ["orders"]), click.Option(["--any"], metavar=metavar), "")
    assert [one.value for one in found] == values


def test_the_steps_of_a_part_are_offered() -> None:
    assert offered("run orders --from ") == ["load", "all", "tidy", "inner"]
    assert offered("run orders --only in") == ["inner"]


def test_the_earlier_run_may_be_the_latest() -> None:
    assert offered("run orders --of ") == []
    (Path("workflows") / "one.yaml").write_text("steplane: 1\nsteps: [{run: 'true'}]\n", "utf-8")
    assert CliRunner().invoke(application, ["run", "one", "--id", "first", "-q"]).exit_code == 0

    assert offered("run one --of ") == ["latest", "first"]
    assert offered("run one --of l") == ["latest"]
    assert offered("run one --of f") == ["first"]


def test_descriptions_are_one_short_line() -> None:
    items = [CompletionItem("a", help="two\nlines \x1b[31m" + "x" * 200), CompletionItem("b"), CompletionItem("c\td")]
    first, second = described(items)
    assert first.startswith("value\ta\ttwo lines \\u{1b}[31mxxx")
    assert len(first.split("\t")[2]) == 100
    assert second == "value\tb\t"
