"""`steplane schema`."""

import os
from typing import Any

import click

from steplane.cli import completers
from steplane.cli.options import common, examples

_EXAMPLES = examples(
    "steplane schema --write                    (.vscode/steplane.schema.json)",
    "steplane schema --write schemas/steplane.json",
    "steplane schema --modeline workflows/release.yaml",
    "steplane schema > workflow.schema.json",
    "steplane schema --event | jq '.definitions | keys'",
)


@click.command("schema", epilog=_EXAMPLES)
@click.option(
    "--write", "target", is_flag=False, flag_value="", metavar="[PATH]", shell_complete=completers.file,
    help="Write it to PATH, in one step. Without PATH: .vscode/steplane.schema.json in the project's folder.",
)  # fmt: skip
@click.option(
    "--modeline", "named", multiple=True, metavar="FILE", shell_complete=completers.file,
    help="Write it, and put the line that names it at the top of a workflow or table. May be given several times.",
)  # fmt: skip
@click.option("--workflow", "kinds", flag_value="workflow", multiple=True, help="Of workflow files; the default.")
@click.option("--decision", "kinds", flag_value="decision", multiple=True, help="Of decision tables.")
@click.option("--event", "kinds", flag_value="event", multiple=True, help="Of the events in a run's journal.")
@common
def command(
    target: str | None, named: tuple[str, ...], kinds: tuple[str, ...], state: str | None, color: str | None
) -> int:
    """Print the JSON Schema of workflow files, with the step types of the installed plugins, for editors.

    An editor with yaml-language-server (VS Code with the YAML extension, Neovim, Emacs, Helix, Zed) then offers keys,
    step types and parameters, explains them, and marks mistakes while you type. The schema is of draft-07, which all of
    them read. Write it again after installing or removing a plugin.

    The project's folder is that of the configuration (steplane.toml), else the current one.
    """
    from steplane.app.editor import schema_text, write_modeline, write_schema
    from steplane.cli.call import Call

    call = Call(state=state, color=color)
    kind = _one(kinds)
    text, problems = schema_text(kind, call.registry)
    for one in problems:
        call.warn(one.message, one.help)
    if target is None and not named:
        call.out.write(text)
        return 0
    project = os.path.dirname(call.settings.source) or call.here
    path, changed = write_schema(text, kind, project, target or None)
    _tell(call, os.path.relpath(path, call.here), changed=changed)
    for file in named:
        _tell(call, file, changed=write_modeline(path, file))
    if kind == "workflow" and not named:
        _tell_how(call, project, path)
    return 0


def _one(kinds: tuple[str, ...]) -> Any:
    """The schema that is asked for. Raises `UsageError` where it is more than one."""
    from steplane.errors import UsageError

    asked = list(dict.fromkeys(kinds)) or ["workflow"]
    if len(asked) > 1:
        raise UsageError(f"`--{asked[0]}` and `--{asked[1]}` contradict each other", "A call prints one schema.")
    return asked[0]


def _tell(call: Any, path: str, *, changed: bool) -> None:
    from steplane.reporters.paint import visible

    call.err.line(f"wrote {visible(path)}" if changed else f"{visible(path)} is up to date")


def _tell_how(call: Any, project: str, path: str) -> None:
    """Say how an editor finds it, where nothing says so yet."""
    from steplane.app.editor import is_known, modeline
    from steplane.reporters.paint import visible

    if not is_known(project, os.path.relpath(path, project)):
        line = modeline(path, os.path.join(project, "workflows"))
        call.err.line(f"Editors find it by this first line in a file of workflows/:\n  {visible(line)}")
