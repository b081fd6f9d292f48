"""Help: the same by `help` and `--help`, whole, true, and readable at 80 columns."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import ROOT
from tests.runner.checks.support import check
from tests.terminal import Terminal

from steplane.app.project import KEYS
from steplane.cli.application import all_commands, application, start
from steplane.cli.manual import EXIT_CODES, EXITS, SEE
from steplane.cli.pages import PageContext, filled
from steplane.cli.roff import manual_pages
from steplane.cli.topics import TOPICS, topic_text
from steplane.errors import StateError, SteplaneError, UsageError
from steplane.expressions.filters import FILTERS
from steplane.rendering import filters
from steplane.store import StateDirectory

from .conftest import Shell

COMMANDS = all_commands()
SUBJECTS = (*COMMANDS, *TOPICS)


@pytest.fixture(autouse=True)
def _a_screen_of_80(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert start(words) == 0
    return capsys.readouterr().out


def commands() -> Iterator[tuple[str, click.Command]]:
    with application.make_context("steplane", [], resilient_parsing=True) as context:
        for name in COMMANDS:
            command = application.find(context, name)
            assert command is not None
            yield name, command


# ------------------------------------------------------------------------------------------- the same, and whole


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_is_that_of_the_command(capsys: pytest.CaptureFixture[str], name: str) -> None:
    words = name.split()
    assert printed(capsys, "help", *words) == printed(capsys, *words, "--help") == printed(capsys, *words, "-h")


def test_help_alone_is_that_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "help")
    assert text == printed(capsys, "--help")
    assert all(f"\n  {name} " in text for name in SUBJECTS if " " not in name)


def test_the_first_page_as_a_whole(shell: Shell) -> None:
    text = shell("--help", env={"COLUMNS": "80"}).stdout
    assert text.startswith(
        "Usage: steplane [OPTIONS] COMMAND [ARGS]...\n"
        "\n"
        "  Runs workflows written in YAML: checked before they run, durable while they\n"
        "  run, kept as history.\n"
        "\n"
        "Options:\n"
        "  --version\n"
        "      Show the version and exit.\n"
    )
    assert text.endswith(
        "To begin:\n"
        "  steplane init\n"
        "  steplane run hello\n"
        "\n"
        "Completion of words in bash (also zsh, fish):\n"
        '  eval "$(steplane completion bash)"\n'
    )


def test_a_page_has_its_sections_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "help", "resume")
    titles = re.findall(r"^([A-Z][A-Za-z ]*):", text, re.MULTILINE)
    assert titles == ["Usage", "Options", "Exit codes", "Examples", "See also"]
    assert (
        "  --durability [full|normal]\n"
        "      full: what is reported survives a power loss; normal: a kill -9.\n"
        "      [default: full] [environment: STEPLANE_DURABILITY] [setting: durability]\n"
    ) in text


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("columns", [50, 80, 200])
def test_no_line_is_too_long_or_ends_in_a_blank(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, subject: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = printed(capsys, "help", subject).splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    if columns >= 80:
        assert [line for line in lines if len(line) > min(columns, 100)] == []


@pytest.mark.parametrize("subject", SUBJECTS)
def test_nothing_that_belongs_together_is_broken(capsys: pytest.CaptureFixture[str], subject: str) -> None:
    for line in printed(capsys, "help", subject).splitlines():
        assert line.count("`") % 2 == 0, line
        assert line.count("[") == line.count("]"), line


def test_each_option_says_its_default_and_where_else_it_can_be_set() -> None:
    wrong = []
    for name, command in commands():
        with PageContext(command, info_name=name, resilient_parsing=True) as context:
            for one in command.get_params(context):
                if isinstance(one, click.Option) and not one.hidden:
                    record = one.get_help_record(context)
                    assert record is not None, (name, one.name)
                    wrong += [f"{name} {one.opts[-1]}: {fault}" for fault in _faults(one, record[1])]
    assert wrong == []


def _faults(option: click.Option, text: str) -> Iterator[str]:
    setting = {"form": "format"}.get(str(option.name), str(option.name))
    if not re.match(r"\S.*[.:)\]]", text):
        yield "says nothing"
    choices = isinstance(option.type, click.Choice) and not option.multiple
    if choices and "[default: " not in text and not text.startswith("Only "):
        yield "has no default"
    if setting in KEYS and setting != "format" and f"[environment: STEPLANE_{setting.upper()}]" not in text:
        yield "names no variable"
    if setting in KEYS and setting != "format" and f"[setting: {setting}]" not in text:
        yield "names no setting"


def test_every_command_has_examples_and_more_to_read() -> None:
    for name, command in commands():
        assert "\nExamples:\n" in (command.epilog or ""), name
        assert f"steplane {name}" in (command.epilog or "").split("Examples:")[1], name
        assert set(SEE[name]) <= {*COMMANDS, *(f"help {one}" for one in TOPICS), "explain"}, name
    assert set(EXITS) - {"explain"} <= set(COMMANDS)


# ------------------------------------------------------------------------------------------- topics are true


def test_the_exit_codes_are_those_of_the_program_and_of_the_manual() -> None:
    classes: list[type[SteplaneError]] = [
        SteplaneError,
        *SteplaneError.__subclasses__(),
        *UsageError.__subclasses__(),
        *StateError.__subclasses__(),
    ]
    assert {one.exit_code for one in classes} <= set(EXIT_CODES)
    table = (ROOT / "docs" / "operations.md").read_text("utf-8").split("## Exit codes")[1].split("\n## ")[0]
    told = {int(number) for cell in re.findall(r"^\| ([0-9, ]+) \|", table, re.MULTILINE) for number in cell.split(",")}
    assert told == set(EXIT_CODES)
    assert all(f"\n  {code:>3}  {text}\n" in f"{topic_text('exit-codes')}\n" for code, text in EXIT_CODES.items())


def test_the_topic_of_the_environment_names_every_variable() -> None:
    sources = [*(ROOT / "runner").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    used = {name for file in sources for name in re.findall(r"(?<![_A-Z])STEPLANE_[A-Z_]+\b", file.read_text("utf-8"))}
    private = {"STEPLANE_API", "STEPLANE_V", "STEPLANE_", "STEPLANE_X"}
    named = set(re.findall(r"STEPLANE_[A-Z_]+", topic_text("environment")))
    assert named >= used - private
    assert {f"STEPLANE_{name.upper()}" for name in KEYS if name not in {"plugins", "ignore"}} <= named


def test_the_topic_of_expressions_names_every_filter() -> None:
    listed = topic_text("expressions").split("Filters:\n")[1].split("\n\n")[0].split()
    assert listed == sorted({*FILTERS, *filters()})


def test_the_names_and_examples_of_the_topic_of_expressions_are_right() -> None:
    text = topic_text("expressions")
    names = text.split("Names:\n")[1].split("\n\n")[0]
    assert {"inputs.NAME", "steps.ID.outputs.NAME", "matrix.AXIS", "error.type", "attempt"} <= set(
        re.split(r"[ ,\n]+", names)
    )
    examples = dict(line.strip().split(": ", 1) for line in text.split("Examples:\n")[1].strip().splitlines())
    steps = [
        "  - {id: load, uses: csv.read, with: {path: a.csv}}",
        "  - {id: price, run: echo, outputs: [total]}",
        f"  - if: {examples['if']}",
        f"    foreach: {examples['foreach']}",
        "    run: echo ${{ item.open }} ${{ loop.index }}",
        f"  - run: {examples['run']}",
        f"    timeout: {examples['timeout']}",
        "  - run: echo ${{ run.id }} ${{ run.started_at }} ${{ workflow.name }} ${{ steps.load.status }}",
    ]
    head = "steplane: 1\ninputs: {region: {type: string}, minutes: {type: integer}}\nsteps:\n"
    found = check(head + "\n".join(steps) + "\n")
    assert [one.message for one in found if one.severity == "error"] == []


def test_the_topic_of_files_names_what_there_is() -> None:
    text = topic_text("files")
    directory = StateDirectory("/s")
    folder = directory.run("ID")
    for path in (directory.database, folder.journal, folder.artifacts, folder.blobs, directory.cache):
        assert path.removeprefix("/s/") in text, path


# ------------------------------------------------------------------------------------------- no help about that


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("expresions",),
            "error: there is no command `expresions`\n help: Did you mean `steplane help expressions`?\n",
        ),
        (("rnu",), "error: there is no command `rnu`\n help: Did you mean `steplane run`?\n"),
        (("serve",), "error: `steplane serve` is not in this release\n help: See: steplane --help\n"),
        (("--man", "nowhere"), "error: there is no folder nowhere\n help: Make it first: mkdir -p nowhere\n"),
    ],
)
def test_a_word_without_help(shell: Shell, words: tuple[str, ...], told: str) -> None:
    done = shell("help", *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


# ------------------------------------------------------------------------------------------- at a terminal


@pytest.mark.parametrize(("no_color", "strong"), [("", True), ("1", False)])
def test_titles_and_options_are_strong_at_a_terminal(shell: Shell, no_color: str, strong: bool) -> None:
    env = {**shell.env, "TERM": "xterm", "NO_COLOR": no_color}
    with Terminal(shell.words(("help", "plan")), shell.folder, env, lines=60) as one:
        assert one.end() == 0
        assert (b"\x1b[1m--state DIR\x1b[0m" in one.written) is strong
        assert (b"\x1b[" in one.written) is strong


def test_a_reader_that_goes_away_stops_nothing(shell: Shell) -> None:
    command = " ".join(map(str, shell.words(("help", "run"))))
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -1"],
        cwd=shell.folder,
        env=shell.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("Usage: steplane run [OPTIONS] FILE|NAME\n", "")


# ------------------------------------------------------------------------------------------- the filling of lines


@given(st.text(alphabet="ab `[]-=NM\n", max_size=200), st.integers(10, 60))
def test_filling_loses_nothing_and_keeps_the_width(text: str, width: int) -> None:
    lines = filled(text, width)
    assert " ".join(" ".join(lines).split()) == " ".join(text.split())
    for line in lines:
        assert len(line) <= width or " " not in line.strip(), "only a word that is longer than a line"


# ------------------------------------------------------------------------------------------- manual pages


def test_manual_pages_are_written(shell: Shell) -> None:
    (shell.folder / "man1").mkdir()
    done = shell("help", "--man", "man1")
    assert done.returncode == 0
    names = sorted(path.name for path in (shell.folder / "man1").iterdir())
    assert names == sorted(["steplane.1", *(f"steplane-{name.replace(' ', '-')}.1" for name in COMMANDS)])
    assert sorted(done.stdout.splitlines()) == [f"man1/{name}" for name in names]


def test_manual_pages_are_roff_and_say_the_same(tmp_path: Path) -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed (Debian package `groff-base`)")
    with application.make_context("steplane", [], resilient_parsing=True) as root:
        pages = manual_pages(application, root)
    for name, text in pages.items():
        (tmp_path / name).write_text(text, "utf-8")
        command = [groff, "-man", "-Tascii", "-ww", "-P-c", str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stderr == "", name
        plain = re.sub(r".\x08", "", done.stdout)
        assert "DESCRIPTION" in plain
        for option in re.findall(r"(?<=\n)\.B (\S+)", text.split(".SH OPTIONS")[1].split(".SH")[0]):
            assert option.replace("\\-", "-").rstrip(",") in plain


def test_the_modules_of_all_commands_are_where_they_are_looked_for() -> None:
    for name in COMMANDS:
        module = import_module(f"steplane.cli.commands.{name.replace(' ', '_')}")
        assert module.command.name == name.split()[-1]
