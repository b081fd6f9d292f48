"""Pages of help that belong to no single command."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

TOPICS = {
    "expressions": "what may stand in ${{ }} and in conditions",
    "exit-codes": "what the exit code of a command says",
    "environment": "the variables that are read, and those that steps find",
    "files": "the files of a project, and what is kept of its runs",
}
"""The topics, by name; the text of each is `NAME.txt`."""


def topic_page(context: "click.Context", name: str) -> str:
    """The page about a topic."""
    formatter = context.make_formatter()
    formatter.write_text(topic_text(name))
    return formatter.getvalue()


def topic_text(name: str) -> str:
    """The text of a topic, as `Page` takes it: a sentence, then sections as they stand."""
    from steplane.cli.manual import exit_table

    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.txt")
    with open(path, encoding="utf-8") as file:
        first, *sections = file.read().strip("\n").split("\n\n")
    parts: list[str] = []
    for section in sections:
        inside = section.startswith(" ") and parts
        parts.append(section if inside else f"\b\n{section}")
    text = "\n\n".join([first, *(f"\b\n{part}" if not part.startswith("\b") else part for part in parts)])
    return text.replace("@EXIT_CODES@", exit_table())
