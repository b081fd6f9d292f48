"""The type of an expression, worked out from the types of its names, and what in it can never work or never hold."""

from itertools import takewhile

from steplane.expressions.faults import SyntaxFault
from steplane.expressions.findings import Finding
from steplane.expressions.judgement import Judgement, Lookup
from steplane.expressions.paths import read_path
from steplane.expressions.templates import Blocks, Expression, ListOf, Literal, MapOf, Template, Text
from steplane.expressions.types import ANY, NOTHING, Type, list_of, mapping, of, of_value, union


def type_of(template: Template, lookup: Lookup) -> Type:
    """The type of a value's template."""
    if isinstance(template, Literal):
        return of_value(template.value)
    if isinstance(template, Text | Blocks):
        return of("string")
    if isinstance(template, ListOf):
        return list_of(union(type_of(one, lookup) for one in template.items) if template.items else NOTHING)
    if isinstance(template, MapOf):
        return mapping({name: type_of(one, lookup) for name, one in template.entries}, sure=True)
    return judge(template, lookup)[0]


def judge(expression: Expression, lookup: Lookup) -> tuple[Type, list[Finding]]:
    """The type of an expression, and what is wrong in it. What cannot be parsed is anything."""
    known = _plain(expression.text, lookup)
    if known is not None:
        return known, []
    from steplane.expressions.grammar import parse_meant

    judgement = Judgement(expression.text, lookup)
    try:
        return judgement.type(parse_meant(expression.text)), judgement.found
    except (SyntaxFault, RecursionError):
        return ANY, []


def _plain(text: str, lookup: Lookup) -> Type | None:
    """The type of a path of names that is known as a whole, without a parser; None for anything else."""
    steps = read_path(text)
    if steps is None:
        return None
    names = tuple(str(step.key) for step in takewhile(lambda step: isinstance(step.key, str), steps))
    known, length = lookup(names)
    return known if length == len(steps) or known.kinds is None else None


__all__ = ["Finding", "Lookup", "judge", "type_of"]
