"""`steplane help`."""

from typing import TYPE_CHECKING

import click

from steplane.cli import completers
from steplane.cli.options import examples

if TYPE_CHECKING:
    from steplane.cli.application import Application

_EXAMPLES = examples(
    "steplane help run                          (as steplane run --help)",
    "steplane help expressions",
    "steplane help --man ~/.local/share/man/man1 && man steplane-run",
)


@click.command("help", epilog=_EXAMPLES)
@click.argument("words", nargs=-1, metavar="[COMMAND|TOPIC]", shell_complete=completers.subject)
@click.option(
    "--man", "folder", metavar="DIR", shell_complete=completers.folder,
    help="Write all pages as manual pages into DIR, for man(1).",
)  # fmt: skip
@click.pass_context
def command(context: click.Context, words: tuple[str, ...], folder: str | None) -> int:
    """Show the help of a command, or a page about a topic: expressions, exit-codes, environment, files."""
    from steplane.cli.application import application

    root = context.find_root()
    if folder is not None:
        return _write_pages(application, root, folder)
    click.echo(page(application, root, " ".join(words) or None), nl=False)
    return 0


def page(application: "Application", root: click.Context, subject: str | None) -> str:
    """The page about a subject. Raises `UsageError` for one that there is none about."""
    from steplane.cli.application import all_commands, unknown
    from steplane.cli.topics import TOPICS, topic_page

    if subject is None:
        return f"{root.get_help()}\n"
    if subject in TOPICS:
        return topic_page(root, subject)
    found = application.find(root, subject)
    if found is None:
        raise unknown(subject, (*all_commands(), *TOPICS))
    with found.make_context(subject, [], parent=root, resilient_parsing=True) as context:
        return f"{context.get_help()}\n"


def _write_pages(application: "Application", root: click.Context, folder: str) -> int:
    import os

    from steplane.app.new_files import replace_file
    from steplane.cli.roff import manual_pages
    from steplane.errors import UsageError

    if not os.path.isdir(folder):
        raise UsageError(f"there is no folder {folder}", f"Make it first: mkdir -p {folder}")
    for name, text in manual_pages(application, root).items():
        replace_file(os.path.join(folder, name), text)
        click.echo(os.path.join(folder, name))
    return 0
