"""`steplane init`."""

import click

from steplane.cli.options import COLOR, examples

_EXAMPLES = examples("steplane init", "steplane init orders && cd orders && steplane run hello")


@click.command("init", epilog=_EXAMPLES)
@click.argument("folder", required=False, default=".", metavar="[DIR]")
@COLOR
def command(folder: str, color: str | None) -> int:
    """Begin a project here or in DIR: steplane.toml and workflows/hello.yaml. Files that are there are left alone."""
    import shlex

    from steplane.app.starting import begin_project
    from steplane.cli.call import Call

    call = Call(color=color)
    for path, made in begin_project(folder):
        call.out.line(f"{'made' if made else 'left alone, it is there already:'} {path}")
    go = "" if folder == "." else f"cd {shlex.quote(folder)} && "
    call.err.line(f"\nRun the first workflow: {go}steplane run hello -i who=Ada")
    return 0
