"""The filters `yaml` and `from_yaml`, which need the reader of files."""

from typing import Any

from steplane.expressions import ExpressionError


def to_yaml(value: Any) -> str:
    """The value as YAML text, keys in their order."""
    from steplane.source.dumping import dump

    return dump(value)


def from_yaml(value: Any) -> Any:
    """The value that a YAML text stands for, by the same rules as a workflow file. Raises `ExpressionError`."""
    from steplane.source import Mapping, plain, read

    if not isinstance(value, str):
        raise ExpressionError("`from_yaml` reads text")
    document = read("value:\n" + "".join(f"  {line}\n" for line in value.splitlines()), "text")
    wrong = [one for one in document.diagnostics if one.severity == "error"]
    if wrong or not isinstance(document.root, Mapping):
        raise ExpressionError(f"this is not YAML: {wrong[0].message if wrong else 'no value'}")
    node = document.root.get("value")
    return None if node is None else plain(node)
