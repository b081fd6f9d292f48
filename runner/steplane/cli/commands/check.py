"""`steplane check`."""

import os
from typing import Any

import click

from steplane.cli import completers
from steplane.cli.options import common, examples

_EXAMPLES = examples(
    "steplane check workflows/release.yaml",
    "steplane check workflows                   (all workflows in a folder)",
    "steplane check --format json < order.yaml -",
    "steplane check --strict --format concise workflows ci.yaml",
    "steplane check --format gitlab > gl-code-quality-report.json",
)


@click.command("check", epilog=_EXAMPLES)
@click.argument("files", nargs=-1, metavar="FILES...", shell_complete=completers.workflow)
@click.option(
    "--format", "form", type=click.Choice(["full", "concise", "json", "github", "gitlab", "junit"]),
    help="full: with the lines concerned; concise: a line each; json: for programs; github: annotations; "
    "gitlab: a code quality report; junit: JUnit XML. [default: full; github in its jobs]",
)  # fmt: skip
@click.option(
    "--strict", is_flag=True, help="Exit 1 for warnings too. [environment: STEPLANE_STRICT] [setting: strict]"
)
@common
def command(files: tuple[str, ...], form: Any, strict: bool, state: str | None, color: str | None) -> int:
    """Find what is wrong in workflow files: shape, names, types, order, parameters, scripts. Nothing is run.

    FILES are files, names, folders or `-` for stdin; without any it is the folder workflows/.
    """
    from steplane.app.checking import check
    from steplane.cli.call import Call
    from steplane.cli.formats import ci_system, repository_root
    from steplane.reporters.diagnostics import render, summary

    call = Call(state=state, color=color, strict=strict or None)
    form = form or ("github" if ci_system(os.environ) == "github" else "full")
    report = check(files, call.here, call.registry)
    if report.diagnostics or form in {"json", "gitlab", "junit"}:
        root = repository_root(call.here, os.environ)
        call.out.write(render(report.diagnostics, report.sources, form, call.color(call.out), root))
    elif form in {"full", "github"}:
        what = report.files[0] if len(report.files) == 1 else f"{len(report.files)} files"
        call.err.line(f"{what}: nothing wrong")
    words = summary(report.diagnostics)
    if "error" in words:
        return 2
    return 1 if call.settings.strict and "warning" in words else 0
