"""What is wrong with a value, as data."""

from typing import Any

from msgspec import Struct


class Templated(str):
    """A text that holds expressions: its value is not known yet, so that nothing can be wrong with it."""

    __slots__ = ()


class Problem(Struct, frozen=True):
    """`path` leads to the wrong value (for an unknown or missing key, to the key); `message` completes "`NAME` ...".

    `keyword` is the one of JSON Schema that does not hold, `wanted` what it asks for, `format` the schema's format
    where there is one, `suggestion` what was probably meant.
    """

    path: tuple[str | int, ...]
    message: str
    keyword: str
    wanted: Any = None
    format: str = ""
    suggestion: str = ""


def wants_boolean(problem: Problem) -> bool:
    """Whether a boolean is wanted, and text is not."""
    return problem.keyword == "type" and problem.wanted in ("boolean", ["boolean"])


def shown_path(path: tuple[str | int, ...]) -> str:
    """A path as authors read it: `headers.accept`, `rows[2]`."""
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path).lstrip(".")
