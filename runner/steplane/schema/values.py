"""Values against JSON Schema, draft 2020-12, with messages in words. jsonschema is imported when it is needed."""

from typing import Any

from steplane.schema.patience import Patience, TooLong, too_long_words
from steplane.schema.problems import Problem, Templated
from steplane.schema.simple import is_simple, simple_problems

Path = tuple[str | int, ...]


def validate_value(schema: dict[str, Any] | bool, value: Any, path: Path = ()) -> list[Problem]:
    """What is wrong with a value: an empty list when nothing is.

    `path` is where the value stands, and begins the path of each problem. Formats `path` and `duration` are known
    beside those of JSON Schema; a `$ref` that leaves the schema is never followed, it is a problem. Texts of class
    `Templated` stand for values that are not known yet: nothing is said of them. Simple schemas need no jsonschema.
    """
    if isinstance(schema, dict) and is_simple(schema):
        try:
            with Patience():
                return simple_problems(schema, value, path)
        except TooLong:
            return [Problem(path, too_long_words(), "schema")]
    from steplane.schema.validator import problems

    return problems(schema, value, path)


def check_schema(schema: dict[str, Any] | bool, path: Path = ()) -> list[Problem]:
    """What is wrong with a schema itself: broken patterns, references that lead nowhere, keywords misused."""
    if isinstance(schema, bool) or is_simple(schema):
        return []
    from steplane.schema.validator import schema_problems

    return schema_problems(schema, path)


__all__ = ["Path", "Problem", "Templated", "check_schema", "validate_value"]
