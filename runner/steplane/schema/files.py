"""The one reader of the schema files."""

import json
import os
from functools import cache
from typing import Any, Literal

SchemaName = Literal["workflow", "decision", "event"]


@cache
def read_schema(name: SchemaName) -> dict[str, Any]:
    """The JSON Schema of that name, read once. It must not be changed.

    It lies in the installed package, or beside the sources in a checkout. Raises OSError when neither has it.
    """
    with open(_path(f"{name}.schema.json"), encoding="utf-8") as stream:
        schema: dict[str, Any] = json.load(stream)
    return schema


def _path(file: str) -> str:
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "schemas", file)
    if os.path.exists(installed):
        return installed
    return os.path.join(os.path.dirname(os.path.dirname(package)), "schemas", file)
