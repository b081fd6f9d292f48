"""The commands by name. Only the one that is called is imported."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from steplane import __version__
from steplane.cli.funnel import funnel, half_written
from steplane.cli.manual import complete
from steplane.cli.pages import PageContext
from steplane.cli.topics import TOPICS
from steplane.errors import SteplaneError

COMMANDS = {
    "run": "Run a workflow, by its file or its name.",
    "check": "Find what is wrong in workflow files, without running them.",
    "fmt": "Put workflow files into the one form.",
    "migrate": "Bring workflow files to the newest version of the language.",
    "plan": "Show what a workflow will do, step by step.",
    "graph": "Draw a workflow, or what became of each step in a run.",
    "list": "List the workflows of the project.",
    "resume": "Go on with a run that was interrupted, waits or failed.",
    "signal": "Send a signal to a run that waits for it.",
    "cancel": "End a run; what cleans up still runs.",
    "compensate": "Undo what a run that has ended had done.",
    "runs": "List the runs; check, export or delete them.",
    "show": "Show one run: steps, times, errors, outputs.",
    "logs": "Show what the steps of a run wrote.",
    "explain": "Say why each step of a run came out as it did.",
    "artifacts": "List the files that are kept with a run, or copy them.",
    "steps": "List the step types, or describe one.",
    "plugins": "List the installed plugins.",
    "schema": "Print the schema of workflow files, for editors.",
    "init": "Begin a project: a workflow, settings, what the editor needs.",
    "completion": "Print the script that completes words in bash, zsh or fish.",
    "help": "Show the help of a command, or a page about a topic.",
}
"""What this release has, in the order of `--help`; the module of each is `steplane.cli.commands.NAME`."""

SUBCOMMANDS = {
    "runs": {
        "check": "Find out whether what is recorded of runs is whole.",
        "export": "Write all that is known of a run as JSON lines, a damaged one too.",
        "prune": "Delete old runs.",
    },
}
"""Commands of commands; the module of each is `steplane.cli.commands.NAME_SUBNAME`."""

_ACTING = {"run", "resume", "signal", "cancel", "compensate", "init"}

LATER = {
    "test": "`steplane check` finds mistakes without running anything.",
    "tasks": "",
    "complete": "",
    "stats": "`steplane runs --format json` has the times of all runs.",
    "control": "",
    "conform": "",
    "compare": "",
    "simulate": "",
    "report": "`steplane show --format json` has all of a run.",
    "export": "`steplane show --format json` has all of a run.",
    "serve": "",
}
"""Commands of later releases, each with what serves in the meantime."""

_COMPLETION = 'Completion of words in bash (also zsh, fish):\n  eval "$(steplane completion bash)"'


class Application(click.Group):
    """All commands; each is imported when it is called."""

    context_class = PageContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        return complete(import_module(f"steplane.cli.commands.{cmd_name}").command, cmd_name)

    def find(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of a name of one or two words: `run`, `runs check`."""
        first, _, second = name.partition(" ")
        found = self.get_command(ctx, first)
        return found if not second else found.get_command(ctx, second) if isinstance(found, click.Group) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command meant by the first word; what is none is refused with what was probably meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise unknown(args[0])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        write = getattr(formatter, "write_table", formatter.write_dl)
        with formatter.section("Commands"):
            write(list(COMMANDS.items()))
        with formatter.section("Topics, for `steplane help`"):
            write(list(TOPICS.items()))


def all_commands() -> dict[str, str]:
    """All commands with what they do, those of two words too, in the order of the manual."""
    found = {}
    for name, text in COMMANDS.items():
        found[name] = text
        found |= {f"{name} {word}": about for word, about in SUBCOMMANDS.get(name, {}).items()}
    return found


def unknown(name: str, known: Sequence[str] = tuple(COMMANDS)) -> Exception:
    """The error for a word that is no command of this release. `known`: what it may have been meant to be."""
    from steplane.errors import UsageError
    from steplane.suggest import did_you_mean

    if name in LATER:
        return UsageError(f"`steplane {name}` is not in this release", LATER[name] or "See: steplane --help")
    if os.path.isfile(name):
        return UsageError(f"`{name}` is a file, not a command", f"To run it: steplane run {name}")
    if _is_workflow(name):
        return UsageError(f"`{name}` is a workflow, not a command", f"To run it: steplane run {name}")
    turned = [one for one in known if sorted(one) == sorted(name)]  # two letters changed places
    begun = [one for one in known if len(name) > 1 and one.startswith(name)]
    near = next(iter(turned + begun), None) or did_you_mean(name, known)
    helped = "help " if near not in COMMANDS else ""
    hint = f"Did you mean `steplane {helped}{near}`?" if near else "All commands: steplane --help"
    return UsageError(f"there is no command `{name}`", hint)


def _is_workflow(name: str) -> bool:
    from steplane.app.project import workflows

    try:
        return name in workflows(os.getcwd())
    except (SteplaneError, OSError):  # the folder may be gone
        return False


@click.group(
    cls=Application,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nTo begin:\n  steplane init\n  steplane run hello\n\n\b\n" + _COMPLETION,
)
@click.version_option(__version__, "--version", message="steplane %(version)s")
def application() -> None:
    """Runs workflows written in YAML: checked before they run, durable while they run, kept as history."""


def start(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments (those of the process) name; its exit code. Nothing is raised."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return funnel(lambda: _invoke(words), words)


def _invoke(words: list[str]) -> int:
    instruction = os.environ.get("_STEPLANE_COMPLETE")
    if instruction:
        from steplane.cli.completion import answer

        return answer(instruction, words)
    try:
        with application.make_context("steplane", words) as context:
            code = application.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    return code or _refuse_half(context.invoked_subcommand) if isinstance(code, int) else 0


def _refuse_half(command: str | None) -> int:
    """Raise `StateError` where what a command was to show is not all written; what acts has its own end to tell."""
    from steplane.cli.output import Output

    if Output.refused and command not in _ACTING:
        raise half_written(Output.refused)
    return 0
