"""The parameters of a step: as one mapping, as they are written, and how much of an address is the author's own."""

from collections.abc import Iterator, Mapping, Sequence

from steplane.expressions.templates import Expression, Literal, MapOf, Template, Text
from steplane.model import Named
from steplane.source.nodes import Scalar


def mapping(named: Sequence[Named]) -> Template:
    """Named values as the template of a mapping."""
    return extended(Literal({}), {one.name.text: one.value.template for one in named})


def extended(template: Template, entries: Mapping[str, Template]) -> Template:
    """The mapping with further entries; literal as long as all of them are."""
    before = template.value if isinstance(template, Literal) else {}
    known: dict[str, Template] = {name: Literal(value) for name, value in before.items()}
    if isinstance(template, MapOf):
        known = dict(template.entries)
    merged: dict[str, Template] = {**known, **entries}
    if all(isinstance(value, Literal) for value in merged.values()):
        return Literal({name: value.value for name, value in merged.items() if isinstance(value, Literal)})
    return MapOf(tuple(merged.items()))


def as_written(parameters: Sequence[Named], names: tuple[str, ...]) -> Iterator[tuple[str, Template]]:
    """Those of the parameters of these names that are text, as they stand in the file."""
    for one in parameters:
        node = one.value.node
        if one.name.text in names and isinstance(node, Scalar) and isinstance(node.value, str):
            yield one.name.text, Literal(node.text)


def beginnings(
    parameters: Sequence[Named], names: tuple[str, ...], variables: Mapping[str, Template]
) -> tuple[tuple[str, Template], ...]:
    """How each of the parameters of these names begins, as far as that is the file author's own."""
    given = {one.name.text: one.value.template for one in parameters}
    return tuple((name, beginning(given[name], variables)) for name in names if name in given)


def beginning(template: Template, variables: Mapping[str, Template]) -> Template:
    """How the value begins: its text before the first expression that is not the author's own.

    Own are `secrets.NAME` (whoever runs the workflow gives them) and `vars.NAME` of a variable that is itself text
    without any other value in it. Inputs, outputs, items and the environment are not.
    """
    parts = _parts(template)
    kept: list[str | Expression] = []
    for part in parts:
        if isinstance(part, Expression) and not _own(part, variables):
            break
        kept.append(part)
    if len(kept) == len(parts):
        return template
    return Text(tuple(kept)) if kept else Literal("")


def _parts(template: Template) -> tuple[str | Expression, ...]:
    if isinstance(template, Text):
        return template.parts
    if isinstance(template, Expression):
        return (template,)
    return (template.value,) if isinstance(template, Literal) and isinstance(template.value, str) else ()


def _own(expression: Expression, variables: Mapping[str, Template]) -> bool:
    root, _, name = expression.text.partition(".")
    if root == "secrets":
        return name.isidentifier()
    if root != "vars" or name not in variables:
        return False
    value = variables[name]
    parts = _parts(value)
    return bool(parts) and all(isinstance(one, str) for one in parts)
