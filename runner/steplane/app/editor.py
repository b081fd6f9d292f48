"""The schemas as editors want them, and where they look for them."""

import json
import os
from typing import Any, Literal

from steplane.app.new_files import replace_file
from steplane.errors import UsageError
from steplane.plugins import PluginProblem, Registry

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
        return path, replace_file(path, text)
    target = os.path.join(project, FILES[kind])
    folder = os.path.dirname(target)
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        why = "it is not a folder" if isinstance(error, FileExistsError | NotADirectoryError) else error.strerror
        raise UsageError(f"{folder} cannot be made: {why}", "Name a file: steplane schema --write PATH") from error
    return target, replace_file(target, text)


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
