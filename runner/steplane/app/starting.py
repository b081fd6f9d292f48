"""A new project: a first workflow, a configuration, what the editor and CI need."""

import os
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from steplane import __version__
from steplane.app.editor import FILES, SETTINGS, is_known, modeline, schema_text, settings_line, settings_text
from steplane.app.new_files import make_files
from steplane.errors import UsageError
from steplane.plugins import Registry
from steplane.suggest import did_you_mean

CI = ("none", "github", "gitlab")
"""The systems for which a job can be made."""

_HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_JOBS = {"github": os.path.join(".github", "workflows", "steplane.yml"), "gitlab": ".gitlab-ci.yml"}


class Template(Struct, frozen=True):
    """A first workflow: what it is, the name that it has unless another is wanted, files beside it, words to run it."""

    title: str
    name: str
    files: tuple[str, ...] = ()
    words: str = ""


TEMPLATES = {
    "hello": Template("a greeting: an input, a loop, an output", "hello", words=" -i who=Ada"),
    "python-checks": Template("checks of a Python project: ruff, mypy, pytest", "checks"),
    "data-load": Template("loads CSV files into an SQLite database", "load", (os.path.join("data", "people.csv"),)),
}
"""The first workflows, by name; the text of each is `templates/NAME.yaml`."""


class Wish(Struct, frozen=True):
    """What a new project is to have. Without a `name` the workflow has the template's."""

    folder: str
    template: str = "hello"
    name: str = ""
    editor: bool = True
    ci: str = "none"


class Advice(Struct, frozen=True):
    """What a person has to add, and where: files that are there are never changed."""

    where: str
    text: str


class Begun(Struct, frozen=True):
    """The files, by paths as the user sees them, each with whether it was made or was there already; what to add by
    hand; how to go on.
    """

    files: tuple[tuple[str, bool], ...]
    advice: tuple[Advice, ...]
    next: tuple[str, ...]


def checked(wish: Wish) -> Wish:
    """The wish with its name, if all of it can be. Raises `UsageError`."""
    _one_of("template", wish.template, TEMPLATES)
    _one_of("CI system", wish.ci, CI)
    name = wish.name or TEMPLATES[wish.template].name
    if not _NAME.fullmatch(name):
        remedy = "Use lower-case letters, digits, `.`, `_` and `-`; the first is a letter or a digit."
        raise UsageError(f"{name!r} cannot be the name of a workflow", remedy)
    if os.path.lexists(wish.folder) and not os.path.isdir(wish.folder):
        raise UsageError(f"{wish.folder} is not a folder", "Name a folder; one that is not there is made.")
    return Wish(wish.folder, wish.template, name, wish.editor, wish.ci)


def _one_of(what: str, given: str, known: Sequence[str] | dict[str, Template]) -> None:
    if given not in known:
        near = did_you_mean(given, known)
        hint = f"Did you mean `{near}`? " if near else ""
        raise UsageError(f"there is no {what} `{given}`", f"{hint}There are: {', '.join(known)}.")


def begin_project(wish: Wish, registry: Registry) -> Begun:
    """Make what is wished for and not there yet, all of it or nothing. Raises `UsageError`."""
    wish = checked(wish)
    files, advice = _planned(wish, registry)
    made = make_files(wish.folder, files)
    shown = tuple((os.path.normpath(os.path.join(wish.folder, name)), made[name]) for name in files)
    return Begun(shown, (*advice, *_after(wish, made)), _next(wish))


def _planned(wish: Wish, registry: Registry) -> tuple[dict[str, str], list[Advice]]:
    """The files by their relative paths, and what has to be done by hand whatever becomes of them."""
    template = TEMPLATES[wish.template]
    files = {} if _has_settings(wish.folder) else {"steplane.toml": _text("steplane.toml")}
    files[_workflow(wish)] = _workflow_text(wish)
    if not os.path.isdir(os.path.join(wish.folder, "data")):
        files |= {name: _text(name) for name in template.files}
    if wish.editor:
        files[FILES["workflow"]] = schema_text("workflow", registry)[0]
        files[SETTINGS] = settings_text()
    if wish.ci == "none":
        return files, []
    root = _repository(wish.folder)
    inner = os.path.relpath(os.path.realpath(wish.folder), root) if root else "."
    if inner == ".":
        return {**files, _JOBS[wish.ci]: job(wish)}, []
    where = os.path.normpath(os.path.join(os.path.relpath(root), _JOBS[wish.ci]))
    return files, [Advice(where, job(wish, inner))]


def _workflow(wish: Wish) -> str:
    """Where the workflow stands, or one of that name with the other ending that is there already."""
    other = os.path.join("workflows", f"{wish.name}.yml")
    return other if os.path.lexists(os.path.join(wish.folder, other)) else other.removesuffix("yml") + "yaml"


def _workflow_text(wish: Wish) -> str:
    text = _text(f"{wish.template}.yaml").replace(f"name: {wish.template}\n", f"name: {wish.name}\n", 1)
    line = f"{modeline(FILES['workflow'], 'workflows')}\n" if wish.editor else ""
    return line + text


def job(wish: Wish, folder: str = ".") -> str:
    """The job that checks and runs the workflow in the CI system; `folder` is the project's in the repository."""
    text = _text(f"{wish.ci}.yml").replace("VERSION", __version__).replace("NAME", wish.name or wish.template)
    if folder == ".":
        return text
    import json

    if wish.ci == "gitlab":
        import shlex

        return text.replace("  script:\n", f"  script:\n    - {json.dumps(f'cd {shlex.quote(folder)}')}\n")
    inside = f"    defaults:\n      run:\n        working-directory: {json.dumps(folder)}\n"
    return text.replace("    steps:\n", f"{inside}    steps:\n")


def _after(wish: Wish, made: dict[str, bool]) -> Iterator[Advice]:
    """What belongs into files that were there already."""
    settings = os.path.normpath(os.path.join(wish.folder, SETTINGS))
    if wish.editor and not made[SETTINGS] and not is_known(wish.folder, FILES["workflow"]):
        yield Advice(settings, settings_line())
    place = _JOBS.get(wish.ci, "")
    if place in made and not made[place]:
        yield Advice(os.path.normpath(os.path.join(wish.folder, place)), job(wish))


def _next(wish: Wish) -> tuple[str, ...]:
    """Three lines that work in the order given, from where the call was made."""
    import shlex

    words = TEMPLATES[wish.template].words
    run = f"steplane run {wish.name}{words}"
    if os.path.normpath(wish.folder) == ".":
        return ("steplane check", f"steplane plan {wish.name}", run)
    folder = wish.folder if not wish.folder.startswith("-") else os.path.join(".", wish.folder)
    return (f"cd {shlex.quote(folder)}", "steplane check", run)


def _has_settings(folder: str) -> bool:
    """Whether the folder's `pyproject.toml` holds the configuration, which a `steplane.toml` would hide."""
    try:
        with open(os.path.join(folder, "pyproject.toml"), "rb") as file:
            return b"[tool.steplane" in file.read()
    except OSError:
        return False


def _repository(folder: str) -> str:
    """The root of the git repository around the folder; empty where there is none."""
    place = os.path.realpath(folder)
    while True:
        if os.path.lexists(os.path.join(place, ".git")):
            return place
        above = os.path.dirname(place)
        if above == place:
            return ""
        place = above


def _text(name: str) -> str:
    with open(os.path.join(_HERE, name), encoding="utf-8") as file:
        return file.read()
