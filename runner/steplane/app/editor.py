"""The schemas as editors want them, and where they look for them."""

import json
import os
import re
from typing import Any, Literal

from steplane.app.new_files import replace_file
from steplane.errors import UsageError
from steplane.plugins import PluginProblem, Registry

_MODELINE = re.compile(r"#\s*yaml-language-server\s*:\s*\$schema=")

Kind = Literal["workflow", "decision", "event"]

FOLDER = ".vscode"
SETTINGS = os.path.join(FOLDER, "settings.json")
"""The settings of VS Code for a folder; the language server of other editors is told by a line in the file."""

FILES: dict[Kind, str] = {
    "workflow": os.path.join(FOLDER, "steplane.schema.json"),
    "decision": os.path.join(FOLDER, "steplane-decision.schema.json"),
    "event": os.path.join(FOLDER, "steplane-event.schema.json"),
}
"""Where each schema is written, below the project's folder, unless it is said otherwise."""


def schema_text(kind: Kind, registry: Registry) -> tuple[str, list[PluginProblem]]:
    """A schema as JSON text, and what is wrong with plugins whose step types are therefore not in it."""
    from steplane.schema import read_schema
    from steplane.schema.editor import plain_schema

    if kind != "workflow":
        return _text(plain_schema(read_schema(kind))), []
    from steplane.checks.release import TOP
    from steplane.schema.editor import editor_schema

    plugins = registry.all()
    types = [one for plugin in plugins for one in plugin.types]
    problems = [one.problem for one in plugins if one.problem is not None]
    return _text(editor_schema(types, (TOP, ()))), problems


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_schema(text: str, kind: Kind, project: str, path: str | None) -> tuple[str, bool]:
    """Write a schema to the path, or where it stands in the project's folder; the path, and whether the file changed.

    Raises `UsageError`.
    """
    if path is not None:
        _check_schema_file(path)
        return path, replace_file(path, text)
    target = os.path.join(project, FILES[kind])
    folder = os.path.dirname(target)
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        why = "it is not a folder" if isinstance(error, FileExistsError | NotADirectoryError) else error.strerror
        raise UsageError(f"{folder} cannot be made: {why}", "Name a file: steplane schema --write PATH") from error
    return target, replace_file(target, text)


def _check_schema_file(path: str) -> None:
    """Raise `UsageError` where something else than JSON would be lost."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            begin = file.read(1 << 16).lstrip("\ufeff \t\r\n")
    except OSError:
        return
    if begin and not begin.startswith("{"):
        remedy = f"Name the file for the schema. For the line in a workflow: steplane schema --modeline {path}"
        raise UsageError(f"{path} is there already and is no JSON Schema", remedy)


def write_modeline(schema: str, path: str) -> bool:
    """Put the line that names the schema into a YAML file: in the place of one that is there, else at the top.

    Whether the file changed. Raises `UsageError`.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8", "Save it as UTF-8.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", "Name a workflow file or a table.") from error
    line = modeline(os.path.abspath(schema), os.path.dirname(os.path.abspath(path)))
    return replace_file(path, with_modeline(text, line))


def with_modeline(text: str, line: str) -> str:
    """A YAML text with the line among the comments that it begins with."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    lines = text.removeprefix(mark).splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    for number, one in enumerate(lines):
        if _MODELINE.match(one):
            return mark + "".join([*lines[:number], line + end, *lines[number + 1 :]])
        if one.strip() and not one.startswith("#"):
            break
    first = 1 if lines and lines[0].startswith("#!") else 0
    return mark + "".join([*lines[:first], line + end, *lines[first:]])


def modeline(schema: str, folder: str) -> str:
    """The comment that tells yaml-language-server which schema a file in the folder has."""
    return f"# yaml-language-server: $schema={os.path.relpath(schema, folder)}"


def settings_text() -> str:
    """`settings.json` of VS Code for a project."""
    return json.dumps(_settings(), indent=2) + "\n"


def settings_line() -> str:
    """What belongs into a `settings.json` that is there already."""
    return json.dumps(_settings())[1:-1]


def _settings() -> dict[str, Any]:
    from steplane.model.tables import ENDINGS

    tables = [f"!**/*{ending}" for ending in ENDINGS]
    return {"yaml.schemas": {f"./{FILES['workflow']}": ["workflows/**/*.yaml", "workflows/**/*.yml", *tables]}}


def is_known(project: str, schema: str) -> bool:
    """Whether the settings of the project's editor name the schema; its path is relative to the project's folder."""
    try:
        with open(os.path.join(project, SETTINGS), encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return False
    return any(f'"{before}{schema}"' in text for before in ("", "./"))
