"""Questions to a person at a terminal. They and the answers stay out of the results: all goes to stderr."""

import os
from typing import Any

import click

from steplane.app.starting import CI, TEMPLATES, Wish


def ask_for(wish: Wish, options: dict[str, Any]) -> dict[str, Any]:
    """What the options do not say, asked for one after the other. Raises `click.Abort` when the person breaks off."""
    found = dict(options)
    _look_around(wish.folder)
    if "template" not in found:
        wide = max(map(len, TEMPLATES))
        for name, one in TEMPLATES.items():
            click.echo(f"  {name.ljust(wide)}  {one.title}", err=True)
        found["template"] = _choose("Which first workflow?", tuple(TEMPLATES), "hello")
    if "name" not in found:
        found["name"] = click.prompt("Its name", TEMPLATES[found["template"]].name, err=True, value_proc=_named)
    if "editor" not in found:
        found["editor"] = click.confirm("Completion and checks in the editor?", default=True, err=True)
    if "ci" not in found:
        found["ci"] = _choose(f"A job for CI ({', '.join(CI)})?", CI, _likely(wish.folder))
    return found


def _look_around(folder: str) -> None:
    try:
        full = os.path.isdir(folder) and bool(os.listdir(folder))
    except OSError:
        return  # making the files will say it
    if full:
        where = "This folder" if os.path.normpath(folder) == "." else folder
        click.echo(f"{where} is not empty: what is there is left alone.\n", err=True)


def _choose(question: str, known: tuple[str, ...], default: str) -> str:
    """One of the names; the beginning of one is enough."""

    def meant(text: str) -> str:
        fitting = [one for one in known if one == text] or [one for one in known if text and one.startswith(text)]
        if len(fitting) != 1:
            raise click.UsageError(f"It is one of: {', '.join(known)}.")
        return fitting[0]

    answer: str = click.prompt(question, default, err=True, value_proc=meant)
    return answer


def _named(text: str) -> str:
    from steplane.app.starting import checked
    from steplane.errors import UsageError

    try:
        return checked(Wish(".", name=text)).name
    except UsageError as error:
        raise click.UsageError(f"{error.message}. {error.remedy}") from error


def _likely(folder: str) -> str:
    """The CI system that is there already."""
    if os.path.isdir(os.path.join(folder, ".github")):
        return "github"
    return "gitlab" if os.path.exists(os.path.join(folder, ".gitlab-ci.yml")) else "none"
