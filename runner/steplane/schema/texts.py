"""Numbers where text is wanted: taken as that text in canonical spelling, to be quoted in any other."""

from collections.abc import Callable
from typing import Any

from steplane.diagnostics import Diagnostic, Edit, Fix
from steplane.schema.problems import Problem
from steplane.schema.values import check_schema, validate_value
from steplane.source import canonical_text
from steplane.source.nodes import Mapping, Node, Scalar, Sequence, plain

Path = tuple[str | int, ...]
Schema = dict[str, Any] | bool
TextOf = Callable[[Path, Any], str | None]


def wants_text(problem: Problem) -> bool:
    """Whether text is wanted where a value of another kind stands: by the type, or by a list of texts."""
    if problem.keyword == "enum":
        return bool(problem.wanted) and all(isinstance(one, str) for one in problem.wanted)
    if problem.keyword != "type" or problem.format == "duration":
        return False
    return problem.wanted == "string" or "string" in list(problem.wanted)


def as_wanted(schema: Schema, value: Any, text_of: TextOf, path: Path = ()) -> tuple[Any, list[Problem]]:
    """The value with text for the numbers and booleans where only text is wanted, and what is wrong with it then.

    `text_of` gives the text of one by its path within the whole and its value; None leaves it as it is. `path` is
    where the whole stands: the problems have it too.
    """
    while True:  # where one alternative of several is left, it may want more
        problems = validate_value(schema, value, path)
        places = {one.path[len(path) :] for one in problems if wants_text(one)}
        given = {place: one for place in places if isinstance(one := _at(value, place), bool | int | float)}
        texts = {place: text for place, one in given.items() if (text := text_of(place, one)) is not None}
        if not texts:
            return value, problems
        value = _replaced(value, texts)


def plain_as_wanted(schema: Schema, node: Node) -> Any:
    """The node as plain data, with numbers in canonical spelling as text where only text is wanted."""
    return read_as_wanted(schema, node)[0] if _holds_number(node) and not check_schema(schema) else plain(node)


def read_as_wanted(schema: Schema, node: Node) -> tuple[Any, list[Problem]]:
    """The same, and what is wrong with it then."""

    def text_of(path: Path, value: Any) -> str | None:
        scalar = node_at(node, path)
        return canonical_text(scalar) if isinstance(scalar, Scalar) and _is_number(value) else None

    return as_wanted(schema, plain(node), text_of)


def node_at(node: Node, path: Path) -> Node:
    """The node at the end of a path, as far as it is there."""
    for part in path:
        inner: Node | None = None
        if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            inner = node.items[part]
        elif isinstance(node, Mapping) and isinstance(part, str):
            inner = node.get(part)
        if inner is None:
            break
        node = inner
    return node


def unquoted(what: str, scalar: Node) -> Diagnostic | None:
    """What is said of a number where text is wanted that could be read as another text; None for other nodes."""
    if (
        not isinstance(scalar, Scalar)
        or not scalar.plain
        or not _is_number(scalar.value)
        or canonical_text(scalar) is not None
    ):
        return None
    message = f"{what} is text, and the number `{scalar.text}` could be read as `{scalar.value}`: quote it"
    fix = Fix(f'quote it: `"{scalar.text}"`', (Edit(scalar.span, f'"{scalar.text}"'),))
    return Diagnostic("unquoted-number", message, scalar.span, label=f'write `"{scalar.text}"`', fix=fix)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _holds_number(node: Node) -> bool:
    if isinstance(node, Scalar):
        return _is_number(node.value)
    inner = node.items if isinstance(node, Sequence) else [entry.value for entry in node.entries]
    return any(map(_holds_number, inner))


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _replaced(value: Any, texts: dict[Path, str], here: Path = ()) -> Any:
    if here in texts:
        return texts[here]
    if isinstance(value, list):
        return [_replaced(one, texts, (*here, number)) for number, one in enumerate(value)]
    if isinstance(value, dict):
        return {name: _replaced(one, texts, (*here, name)) for name, one in value.items()}
    return value


__all__ = ["as_wanted", "node_at", "plain_as_wanted", "read_as_wanted", "unquoted", "wants_text"]
