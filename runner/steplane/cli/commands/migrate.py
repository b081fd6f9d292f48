"""`steplane migrate`."""

from typing import Any

import click

from steplane.cli import completers
from steplane.cli.options import common, examples

_EXAMPLES = examples("steplane migrate workflows", "steplane migrate --check workflows    (in CI)")


@click.command("migrate", epilog=_EXAMPLES)
@click.argument("files", nargs=-1, metavar="FILES...", shell_complete=completers.workflow)
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where something would change.")
@common
def command(files: tuple[str, ...], **options: Any) -> int:
    """Bring workflow files to the newest version of the language.

    There is one version today, `steplane: 1`, so that nothing changes; a file of a version that this release does not
    know is refused. FILES are as of `check`.
    """
    from steplane.app.checking import expand, read_text
    from steplane.app.migrating import NEWEST, migrated
    from steplane.app.new_files import replace_file
    from steplane.cli.call import Call
    from steplane.reporters.paint import visible

    call = Call(state=options["state"], color=options["color"])
    names = expand(files, call.here)
    changed = 0
    for name in names:
        before = read_text(name)
        after = migrated(before, name)
        if after == before:
            continue
        changed += 1
        if not options["check"]:
            replace_file(name, after)
        call.err.line(f"{visible(name)}: {'not in' if options['check'] else 'brought to'} version {NEWEST}")
    if not changed:
        what = names[0] if len(names) == 1 else f"{len(names)} files"
        call.err.line(f"{visible(what)}: in version {NEWEST}, the newest")
    return 1 if changed and options["check"] else 0
