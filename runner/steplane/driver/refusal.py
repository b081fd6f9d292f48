"""A value that cannot be used where it stands."""

from collections.abc import Mapping
from typing import Any

from steplane.events import ErrorInfo
from steplane.expressions import Missing


class Refused(Exception):
    """A value that cannot be used where it stands; becomes the error of the step."""

    def __init__(self, kind: str, message: str, detail: Any = None) -> None:
        super().__init__(message)
        self.error = ErrorInfo(kind, message, detail=detail)


def kind_in_words(value: Any) -> str:
    """What a value is, for messages: `text`, `a list`, ..."""
    if isinstance(value, Missing):
        return "missing"
    kinds = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "text"}
    return kinds.get(type(value), "a mapping" if isinstance(value, Mapping) else "a list")
