"""What the expressions in a parameter give, at every depth of it, against what is wanted there."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from steplane.checks.context import Position
from steplane.checks.fitting import Definitions, fits, plain_schema, wanted_kinds, wrong_inside
from steplane.checks.types import Types
from steplane.diagnostics import Diagnostic, Edit, Fix
from steplane.expressions import Blocks, Expression, ListOf, MapOf, Template, Text
from steplane.expressions.types import WORDS
from steplane.schema.problems import shown_path
from steplane.source.nodes import Mapping, Node, Sequence


class Taker(Struct, frozen=True, eq=False):
    """Who takes values: at a step, a `noun` (parameter, input) of `kind` (its step type or file)."""

    types: Types
    position: Position
    noun: str
    kind: str
    defs: Definitions = None


def inferred(
    taker: Taker, template: Template, node: Node, schema: Any, path: tuple[str | int, ...]
) -> Iterator[Diagnostic]:
    """Where an expression is sure to give another kind than is taken at its place in a parameter."""
    if isinstance(template, Expression | Text | Blocks):
        yield from _one(taker, template, node, schema, path)
    elif isinstance(template, MapOf) and isinstance(node, Mapping):
        own = plain_schema(schema, taker.defs)
        properties, others = own.get("properties", {}), own.get("additionalProperties")
        for (name, one), entry in zip(template.entries, node.entries, strict=True):
            yield from inferred(taker, one, entry.value, properties.get(name, others), (*path, name))
    elif isinstance(template, ListOf) and isinstance(node, Sequence):
        items = plain_schema(schema, taker.defs).get("items")
        for place, (one, inner) in enumerate(zip(template.items, node.items, strict=True)):
            yield from inferred(taker, one, inner, items, (*path, place))


def _one(
    taker: Taker, template: Expression | Text | Blocks, node: Node, schema: Any, path: tuple[str | int, ...]
) -> Iterator[Diagnostic]:
    wanted = wanted_kinds(schema, taker.defs)
    if not wanted:
        return
    given = taker.types.kind(template, taker.position)
    what, kind = f"{taker.noun} `{shown_path(path)}` of `{taker.kind}`", taker.kind
    if given == "any" or fits(given, wanted):
        if reason := wrong_inside(taker.types.of(template, taker.position), schema, taker.defs):
            said = f"`{template.text}`" if isinstance(template, Expression) else "this"
            message = f"{what} wants {reason[0]}, and {said} {reason[1]}"
            yield Diagnostic("wrong-kind", message, node.span, help=f"give {reason[0]}")
        return
    takes = " or ".join(WORDS[one] for one in sorted(wanted))
    inner = alone(template)
    if inner is not None and fits(taker.types.kind(inner, taker.position), wanted | {"any"}):
        yield blank_makes_text(inner, node, f"`{shown_path(path)}`", f"`{kind}` wants {takes}")
        return
    said = f"`{template.text}` is {WORDS[given]}" if isinstance(template, Expression) else "this is text"
    joined = given == "list" and "string" in wanted
    help_ = "name one item of it, or join it: `| join(' ')`" if joined else f"give {takes}"
    yield Diagnostic("wrong-kind", f"{what} wants {takes}, and {said}", node.span, help=help_)


def blank_makes_text(inner: Expression, node: Node, what: str, wanted: str) -> Diagnostic:
    """Of a value that is one expression with a blank beside it, where text is not wanted."""
    message = f"the blank around the expression makes {what} text, and {wanted}"
    text = f"${{{{ {inner.text} }}}}"
    fix = Fix(f"write `{text}`", (Edit(node.span, f'"{text}"'),), safe=False)
    return Diagnostic("blank-makes-text", message, node.span, fix=fix, label="text, because of the blank")


def alone(template: Template) -> Expression | None:
    """The one expression of a text that has nothing else but blanks."""
    if not isinstance(template, Text):
        return None
    expressions = [part for part in template.parts if isinstance(part, Expression)]
    blank = all(not part.strip() for part in template.parts if isinstance(part, str))
    return expressions[0] if len(expressions) == 1 and blank else None
