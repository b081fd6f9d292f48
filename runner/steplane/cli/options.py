"""Options that several commands have."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from steplane.cli import completers
from steplane.cli.formats import FORMATS

Function = TypeVar("Function", bound=Callable[..., Any])

MOST = 1_000_000


class Count(click.IntRange):
    """How many, at least `min`; what is beyond any number that there can be counts as `MOST`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Raises `click.BadParameter` for what is no number, or too small."""
        return min(int(super().convert(value, param, ctx)), MOST)


COUNT = Count(0)

COLOR = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    help="Colours: on a terminal (auto), always or never; NO_COLOR, where set, means never. "
    "[default: auto] [environment: STEPLANE_COLOR] [setting: color]",
)
STATE = click.option(
    "--state",
    metavar="DIR",
    shell_complete=completers.folder,
    help="The state directory: runs, their journals and logs. "
    "[default: the nearest .steplane/, else one made here] [environment: STEPLANE_STATE] [setting: state]",
)


ENV_FILE = click.option(
    "--env-file", metavar="FILE", shell_complete=completers.file,
    help="NAME=VALUE lines for the environment; they win over it.",
)  # fmt: skip

OF_WORKFLOW = click.option(
    "--workflow", metavar="NAME", default="", shell_complete=completers.workflow_name,
    help="Only runs of that workflow.",
)  # fmt: skip


def examples(*lines: str) -> str:
    """The epilogue of a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def text_or_json(function: Function) -> Function:
    """`--format text|json`."""
    option = click.option(
        "--format", "form", type=click.Choice(["text", "json"]), default="text", help="For people or for programs."
    )
    return option(function)


def common(function: Function) -> Function:
    """`--state` and `--color`."""
    return STATE(COLOR(function))


def inputs(function: Function) -> Function:
    """What a command takes that looks at a workflow with inputs."""
    options = [
        click.option(
            "-i", "--input", "inputs", multiple=True, metavar="NAME=VALUE", shell_complete=completers.input_value,
            help="An input: text for a text, JSON for the rest; @FILE reads it from a file, @@ begins a text with @.",
        ),
        click.option(
            "--inputs", "inputs_file", metavar="FILE", shell_complete=completers.file,
            help="Inputs from a YAML or JSON file; -i wins.",
        ),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def parts(function: Function) -> Function:
    """`--only`, `--from`, `--until`: which steps run."""
    options = [
        click.option(
            "--only", multiple=True, metavar="STEP", shell_complete=completers.step,
            help="Run this step alone, and what is in it (`price[order-17]`).",
        ),
        click.option(
            "--from", "since", multiple=True, metavar="STEP", shell_complete=completers.step,
            help="Run this step and all that waits for it.",
        ),
        click.option(
            "--until", multiple=True, metavar="STEP", shell_complete=completers.step,
            help="Run this step and all that it waits for.",
        ),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def running(function: Function) -> Function:
    """What a command that runs steps takes."""
    options = [
        click.option(
            "-j", "--jobs", type=Count(1), metavar="N",
            help="Attempts that may run at once. [default: the greater of 8 and twice the CPUs] "
            "[environment: STEPLANE_JOBS] [setting: jobs]",
        ),
        click.option(
            "--durability", type=click.Choice(["full", "normal"]),
            help="full: what is reported survives a power loss; normal: a kill -9. "
            "[default: full] [environment: STEPLANE_DURABILITY] [setting: durability]",
        ),
        click.option(
            "--patience", metavar="DURATION",
            help="Stop, to be resumed, when nothing is due within this time. "
            "[default: 10m] [environment: STEPLANE_PATIENCE] [setting: patience]",
        ),
        click.option(
            "--strict", is_flag=True,
            help="Exit 1 for a run that ends with warnings too. [environment: STEPLANE_STRICT] [setting: strict]",
        ),
        ENV_FILE,
        click.option(
            "--format", "form", type=click.Choice(FORMATS),
            help="live: a view that is drawn anew; plain: lines for people and CI logs; json: an event a line; github, "
            "gitlab: groups and annotations. auto: live on a terminal, else plain; the last two in their jobs. "
            "[default: auto] [environment: STEPLANE_FORMAT] [setting: format]",
        ),
        click.option("-q", "--quiet", is_flag=True, help="Only failures; with json only the last line."),
        click.option("--timestamps", is_flag=True, help="The time (UTC) before each line."),
        click.option("--junit", metavar="FILE", help="Write JUnit XML: a test case for each step."),
        click.option("--summary", metavar="FILE", help="Write a summary in Markdown."),
        click.option(
            "--pass-commands", is_flag=True, help="Let workflow commands that steps print reach GitHub (::warning::)."
        ),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return common(function)


def showing(options: Mapping[str, Any]) -> dict[str, Any]:
    """Of the options of a command that runs steps, those that say how it is shown."""
    return {name: options[name] for name in ("quiet", "timestamps", "junit", "summary", "pass_commands")}
