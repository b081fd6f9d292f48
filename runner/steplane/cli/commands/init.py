"""`steplane init`."""

import os
import sys
from typing import Any

import click

from steplane.cli import completers
from steplane.cli.options import COLOR, examples

_EXAMPLES = examples(
    "steplane init                              (asks, on a terminal)",
    "steplane init orders --template data-load --name load",
    "steplane init --yes --ci github            (asks nothing)",
    "steplane init . --no-editor",
)


@click.command("init", epilog=_EXAMPLES)
@click.argument("folder", required=False, default=".", metavar="[DIR]", shell_complete=completers.folder)
@click.option(
    "--template",
    metavar="NAME",
    shell_complete=completers.template,
    help="The first workflow: hello, python-checks or data-load. [default: asked; without a terminal hello]",
)
@click.option("--name", metavar="NAME", help="What the workflow is called. [default: asked; else as the template says]")
@click.option(
    "--editor/--no-editor",
    default=None,
    help="The schema and settings for the editor. [default: asked; without a terminal --editor]",
)
@click.option(
    "--ci",
    metavar="SYSTEM",
    shell_complete=completers.ci_system,
    help="A job for github, gitlab or none. [default: asked; without a terminal none]",
)
@click.option("-y", "--yes", is_flag=True, help="Ask nothing: what is not given is the default.")
@COLOR
def command(folder: str, color: str | None, *, yes: bool, **given: Any) -> int:
    """Begin a project here or in DIR: a first workflow, a configuration, what the editor and CI need.

    On a terminal it asks for what no option says. Files that are there are left alone; where something has to be added
    to one, it is shown. Either everything is made or, when something goes wrong, nothing.

    It makes steplane.toml, workflows/NAME.yaml, .vscode/steplane.schema.json with .vscode/settings.json (--editor),
    .github/workflows/steplane.yml or .gitlab-ci.yml (--ci). The state of runs needs no line in .gitignore: its folder
    .steplane/ brings its own.
    """
    from steplane.app.starting import begin_project
    from steplane.cli.call import Call

    call = Call(color=color)
    try:
        wish = wished(folder, given, ask=not yes and _is_dialogue())
    except click.exceptions.Abort:
        call.err.line("\nnothing was made")
        return 130
    begun = begin_project(wish, call.registry)
    _tell(call, begun)
    return 0


def _is_dialogue() -> bool:
    """Whether a person sits there who can be asked."""
    from steplane.cli.output import is_terminal

    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def wished(folder: str, given: dict[str, Any], *, ask: bool) -> Any:
    """What is wished for, by the options, then by asking, then by default. Raises `UsageError`."""
    from steplane.app.starting import Wish, checked
    from steplane.cli.asking import ask_for

    options = {name: value for name, value in given.items() if value is not None}
    wish = checked(Wish(folder, **options))  # what is given is wrong before anything is asked
    return checked(Wish(folder, **ask_for(wish, options))) if ask else wish


def _tell(call: Any, begun: Any) -> None:
    from steplane.reporters.paint import Paint, visible

    paint = Paint(call.color(call.err))
    for path, new in begun.files:
        call.out.line(f"made {visible(path)}" if new else f"left alone, it is there already: {visible(path)}")
    for advice in begun.advice:
        text = "".join(f"  {visible(line)}\n" for line in advice.text.splitlines())
        verb = "add to" if os.path.exists(advice.where) else "make"
        call.err.write(f"\n{paint.bold(f'To {verb} {visible(advice.where)}:')}\n{text}")
    lines = "".join(f"  {_callable(line)}\n" for line in begun.next)
    call.err.write(f"\n{paint.bold('Next:')}\n{lines}")


def _callable(line: str) -> str:
    """The line with the program as it can be called here: by its path where the name alone does not find it."""
    import shlex
    import shutil

    program = sys.argv[0]
    if not line.startswith("steplane ") or os.path.basename(program) != "steplane" or shutil.which("steplane"):
        return line
    return shlex.quote(os.path.abspath(program)) + line.removeprefix("steplane")
