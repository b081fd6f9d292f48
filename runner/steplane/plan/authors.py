"""Which part of a value the author of the file wrote, and which came from somewhere else."""

from collections.abc import Mapping

from steplane.expressions.templates import Expression, Literal, Template, Text


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
