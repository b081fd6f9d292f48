"""Inputs: schemas that can be used, defaults that fit them."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic, Edit, Fix, Related, Span
from steplane.model import Input, Workflow
from steplane.schema import Problem, check_schema, validate_value
from steplane.schema.problems import wants_boolean
from steplane.schema.scalars import old_boolean
from steplane.schema.simple import brief, is_kind
from steplane.schema.structure import holds_expression
from steplane.schema.texts import node_at, unquoted, wants_text
from steplane.schema.words import ARTICLES
from steplane.source.nodes import Mapping, Node, Scalar, Sequence, plain
from steplane.suggest import did_you_mean, word_meant

FORMATS = (
    "path", "duration", "date", "date-time", "time", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6",
    "uri", "uri-reference", "iri", "iri-reference", "uri-template", "uuid", "json-pointer", "relative-json-pointer",
    "regex",
)  # fmt: skip
"""The formats of text that have a meaning: two of ours and those of JSON Schema, draft 2020-12."""

SUBSCHEMAS = frozenset({
    "items", "contains", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "propertyNames", "not",
    "if", "then", "else",
})  # fmt: skip
LISTED = frozenset({"prefixItems", "anyOf", "oneOf", "allOf"})
NAMED = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs"})
"""Keywords that hold a schema, a list of schemas, and schemas by name."""


def check_inputs(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Bad schemas, defaults of the wrong kind, `optional` beside a default."""
    for one in workflow.inputs:
        if context.is_misshapen(one.node.span):
            continue
        problems = check_schema(one.schema)
        for problem in problems:
            yield bad_schema(f"input `{one.name}`", one.node, problem)
        yield from unknown_formats(f"input `{one.name}`", one.node)
        static = list(_expressions(one))
        yield from static
        empty = list(nothing_passes(f"input `{one.name}`", one.node))
        yield from empty
        if not problems and not static and not empty:
            yield from _default(one)
        if one.optional and one.has_default:
            node = one.node
            assert isinstance(node, Mapping)
            entry = node.entry("optional")
            message = f"input `{one.name}` has a `default` and is `optional`: it can never be null"
            span = entry.key.span if entry else one.name.span
            yield Diagnostic("optional-default", message, span, help="keep one of them")


def bad_schema(what: str, node: Node, problem: Problem) -> Diagnostic:
    """A schema that is none; `what` it describes: "input `x`"."""
    message = f"`{'.'.join(map(str, problem.path))}` of {what} {problem.message}"
    wrong, span = node_at(node, problem.path), place_in(node, problem.path)
    text = wrong.value if problem.path[-1:] == ("type",) and isinstance(wrong, Scalar) else None
    meant = word_meant(text, ARTICLES) if isinstance(text, str) else None
    if meant is not None:
        fix = Fix(f"replace `{text}` with `{meant}`", (Edit(span, meant),), safe=False)
        return Diagnostic("bad-schema", message, span, label=f"did you mean `{meant}`?", fix=fix)
    help_ = f"mend the schema of the {what.split(' ', maxsplit=1)[0]}"
    return Diagnostic("bad-schema", message, span, help=help_)


_BOUNDS = (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"))


def nothing_passes(what: str, schema: Node) -> Iterator[Diagnostic]:
    """A least value that is more than the greatest."""
    if not isinstance(schema, Mapping):
        return
    for low, high in _BOUNDS:
        least, most = schema.get(low), schema.get(high)
        values = [one.value for one in (least, most) if isinstance(one, Scalar) and isinstance(one.value, int | float)]
        if len(values) == 2 and least is not None and most is not None and values[0] > values[1]:
            message = f"no value passes for {what}: its `{low}` is {values[0]}, and its `{high}` is {values[1]}"
            related = (Related(least.span, "the least is here"),)
            yield Diagnostic("bad-schema", message, most.span, related=related, help="exchange them, or mend one")
    yield from _never_chosen(what, schema)


def _never_chosen(what: str, schema: Mapping) -> Iterator[Diagnostic]:
    """Values of `enum` that the `type` beside it does not take: an author who means text has to quote them."""
    kind, choices = schema.get("type"), schema.get("enum")
    wanted = kind.value if isinstance(kind, Scalar) else None
    for one in choices.items if isinstance(choices, Sequence) and isinstance(wanted, str) else ():
        if wanted in ARTICLES and not is_kind(plain(one), wanted):
            fix = None
            if wanted == "string" and isinstance(one, Scalar) and one.value is not None:
                fix = Fix(f'quote it: `"{one.text}"`', (Edit(one.span, f'"{one.text}"'),))
            message = f"{brief(plain(one))} can never be chosen for {what}, which is {ARTICLES[wanted]}"
            help_ = "" if fix else "take it out, or change the `type`"
            yield Diagnostic("bad-schema", message, one.span, fix=fix, help=help_)


def unknown_formats(what: str, schema: Node) -> Iterator[Diagnostic]:
    """Formats that nobody knows, in the schema and in those inside it: such a format checks nothing."""
    for entry in schema.entries if isinstance(schema, Mapping) else ():
        value = entry.value
        if entry.name == "format" and isinstance(value, Scalar) and value.text not in FORMATS:
            yield _unknown_format(what, value)
        elif entry.name in SUBSCHEMAS:
            yield from unknown_formats(what, value)
        elif entry.name in LISTED and isinstance(value, Sequence):
            for item in value.items:
                yield from unknown_formats(what, item)
        elif entry.name in NAMED and isinstance(value, Mapping):
            for inner in value.entries:
                yield from unknown_formats(what, inner.value)


def _unknown_format(what: str, node: Scalar) -> Diagnostic:
    message = f"the format `{node.text}` of {what} is not known, and nothing is checked by it"
    meant = did_you_mean(node.text, FORMATS)
    if meant is None:
        help_ = "write a format of JSON Schema, `path` or `duration`, or use `pattern`"
        return Diagnostic("unknown-format", message, node.span, "warning", help=help_)
    fix = Fix(f"replace `{node.text}` with `{meant}`", (Edit(node.span, meant),), safe=False)
    return Diagnostic("unknown-format", message, node.span, "warning", label=f"did you mean `{meant}`?", fix=fix)


def _expressions(one: Input) -> Iterator[Diagnostic]:
    """Expressions anywhere in a default: it is known before anything is evaluated."""
    default = one.node.get("default") if isinstance(one.node, Mapping) else None
    for scalar in () if default is None else _scalars(default):
        if holds_expression(scalar):
            message = f"`default` of input `{one.name}` is static: no expression is evaluated in it"
            help_ = "write the value itself, or work it out under `vars`"
            yield Diagnostic("static", message, scalar.span, help=help_)


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            yield from _scalars(entry.value)


def _default(one: Input) -> Iterator[Diagnostic]:
    if not one.has_default:
        return
    for problem in validate_value(one.schema, one.default, ("default",)):
        what = f"`{'.'.join(map(str, problem.path))}` of input `{one.name}`"
        node = node_at(one.node, problem.path)
        if wants_text(problem) and (said := unquoted(what, node)):
            yield said
            continue
        if wants_boolean(problem) and (said := old_boolean(what, node)):
            yield said
            continue
        message, span = f"{what} {problem.message}", node.span
        label = f"did you mean `{problem.suggestion}`?" if problem.suggestion else ""
        yield Diagnostic(
            "bad-default", message, span, label=label, help="give a default that fits the input's own schema"
        )


def place_in(node: Node, path: tuple[str | int, ...]) -> Span:
    """The place of the value at a path, as far as it is there."""
    return node_at(node, path).span
