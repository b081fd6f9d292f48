"""The commands by name, what each costs to start, and what is said of words that are none."""

import subprocess
import sys
from importlib import import_module

import click
import pytest

from steplane import __version__
from steplane.cli.application import COMMANDS, LATER, application
from steplane.cli.pages import PageContext

from .conftest import Shell

_LOOK = """
import sys
from steplane.cli.application import start
code = start(sys.argv[1:])
import sysconfig
ours = ("click", "steplane")
names = {name.partition(".")[0] for name in sys.modules}
print(code, sorted(name for name in names if name not in sys.stdlib_module_names and not name.startswith("_")))
"""


def test_help_imports_click_only() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", _LOOK, "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 ['click', 'steplane']"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_and_gives_examples(name: str) -> None:
    command = import_module(f"steplane.cli.commands.{name}").command
    with PageContext(command, info_name=f"steplane {name}") as context:
        text = command.get_help(context)
    assert command.name == name
    assert "Examples:\n" in text
    assert f"steplane {name}" in text.split("Examples:")[1]
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_later_commands_are_not_in_the_help(shell: Shell) -> None:
    listed = shell("--help").stdout.split("Commands:\n")[1].split("\n\n")[0]
    assert [line.split()[0] for line in listed.splitlines()] == list(COMMANDS)
    assert not set(COMMANDS) & set(LATER)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("report",),
            "error: `steplane report` is not in this release\n help: `steplane show --format json` has all of a run.\n",
        ),
        (("serve",), "error: `steplane serve` is not in this release\n help: See: steplane --help\n"),
        (("rnu",), "error: there is no command `rnu`\n help: Did you mean `steplane run`?\n"),
        (("resmue",), "error: there is no command `resmue`\n help: Did you mean `steplane resume`?\n"),
        (("xyzzy",), "error: there is no command `xyzzy`\n help: All commands: steplane --help\n"),
        (("hello.yaml",), "error: `hello.yaml` is a file, not a command\n help: To run it: steplane run hello.yaml\n"),
        (("run", "--stirct", "x"), "error: `steplane run` has no option `--stirct`\n help: Did you mean `--strict`?\n"),
        (("run", "--zzz", "x"), "error: `steplane run` has no option `--zzz`\n help: See: steplane run --help\n"),
        (("run",), "error: missing argument 'FILE|NAME'\n help: See: steplane run --help\n"),
        (("run", "a", "b"), "error: got unexpected extra argument (b)\n help: See: steplane run --help\n"),
        (
            ("run", "a", "who=Ada", "n=1"),
            (
                "error: got unexpected extra arguments (who=Ada n=1)\n"
                " help: An input is given with -i: -i who=Ada -i n=1\n"
            ),
        ),
        (
            ("show", "a", "b", "who=Ada"),
            "error: got unexpected extra argument (who=Ada)\n help: See: steplane show --help\n",
        ),
        (("rum",), "error: there is no command `rum`\n help: Did you mean `steplane run`?\n"),
        (
            ("run", "-j", "0", "x"),
            "error: invalid value for '-j' / '--jobs': 0 is not in the range x>=1\n help: See: steplane run --help\n",
        ),
    ],
)
def test_a_wrong_call_is_told_with_its_remedy(shell: Shell, words: tuple[str, ...], told: str) -> None:
    done = shell(*words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


def test_no_word_at_all_shows_the_help(shell: Shell) -> None:
    done = shell()
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Commands:" in done.stderr


def test_version(shell: Shell) -> None:
    done = shell("--version")
    assert (done.returncode, done.stdout) == (0, f"steplane {__version__}\n")


def test_completion(shell: Shell) -> None:
    """All of it is in tests/completion."""
    done = shell("re", env={"_STEPLANE_COMPLETE": "zsh_complete"})
    assert done.stdout == "value\tresume\tGo on with a run that was interrupted, waits or failed.\n"
    assert shell(env={"_STEPLANE_COMPLETE": "bash_source"}).stdout == shell("completion", "bash").stdout


def test_the_group_has_no_command_that_is_not_in_the_table() -> None:
    assert application.list_commands(click.Context(application)) == list(COMMANDS)


def test_a_workflow_is_no_command(shell: Shell) -> None:
    shell.write("workflows/greet.yaml", "steplane: 1\nsteps: []\n")

    done = shell("greet")

    told = "error: `greet` is a workflow, not a command\n help: To run it: steplane run greet\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)
