"""`steplane graph`."""

from typing import Any

import click

from steplane.cli import completers
from steplane.cli.options import common, examples

_EXAMPLES = examples(
    "steplane graph release                     (in the terminal)",
    "steplane graph release --format mermaid    (for a page in Markdown)",
    "steplane graph release -o release.svg",
    "steplane graph 20261123-2253               (what became of each step in a run)",
    "steplane graph release --run 20261123-2253 -o run.svg",
)
_FORMATS = ("tree", "mermaid", "dot", "svg", "json")
_ENDINGS = {
    ".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot", ".svg": "svg", ".json": "json",
    ".txt": "tree",
}  # fmt: skip


@click.command("graph", epilog=_EXAMPLES)
@click.argument("subject", metavar="[FILE|NAME|RUN]", required=False, shell_complete=completers.workflow_or_run)
@click.option(
    "--run", metavar="RUN", shell_complete=completers.runs(), help="Show what became of each step in this run."
)
@click.option("--format", "form", type=click.Choice(_FORMATS), help="How. [default: by the ending of -o, else tree]")
@click.option("-o", "--output", metavar="FILE", shell_complete=completers.file, help="Write it to a file.")
@common
def command(
    *, subject: str | None, run: str | None, form: str | None, output: str | None, state: str | None, color: str | None
) -> int:
    """Show what follows what in a workflow: its steps, groups, loops, branches, handlers.

    Of a run the workflow is shown as it was recorded, each step with its state, time and attempts. SVG needs the extra
    `graph`: pip install 'steplane[graph]'.
    """
    from steplane.cli.call import Call
    from steplane.cli.drawing import draw, find_subject, graph_of_subject, write

    call = Call(state=state, color=color)
    meant = find_subject(call, subject, run)
    found: Any = graph_of_subject(call, meant)
    if found is None:
        return 2
    text = draw(call, found, _form(form, output), to_file=output is not None)
    write(call, text, output)
    return 0


def _form(form: str | None, output: str | None) -> str:
    import os

    if form is not None or output is None:
        return form or "tree"
    from steplane.errors import UsageError

    ending = os.path.splitext(output)[1].lower()
    if ending not in _ENDINGS:
        known = ", ".join(_ENDINGS)
        raise UsageError(f"the ending of {output} says no format", f"Give `--format`, or one of the endings {known}.")
    return _ENDINGS[ending]
