"""Outputs: a value beside what is said of it; schemas that can be used; in a list of names each once."""

from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.checks.inputs import bad_schema, unknown_formats
from steplane.diagnostics import Diagnostic, Edit, Fix, Related, Span
from steplane.model import Outputs, Workflow
from steplane.schema import check_schema, read_schema
from steplane.schema.scalars import OLD_BOOLEANS
from steplane.source.nodes import Entry, Mapping, Node, Scalar, Sequence
from steplane.suggest import is_slip


def check_outputs(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Names that one list of `outputs` holds twice; what is said of a value that is not there; bad schemas."""
    yield from _twice(workflow.node, "the workflow")
    yield from _without_value(workflow.node, "the workflow")
    yield from _typed(workflow.outputs, "the workflow", context)
    for position in context.positions:
        step = position.step
        yield from _twice(step.node, words_for(step))
        yield from _without_value(step.node, words_for(step))
        yield from _typed(step.outputs, words_for(step), context)


def _twice(owner: Mapping, words: str) -> Iterator[Diagnostic]:
    names = owner.get("outputs")
    first: dict[str, Span] = {}
    for item in names.items if isinstance(names, Sequence) else ():
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            continue
        if item.text in first:
            message = f"`outputs` of {words} names `{item.text}` twice"
            related = (Related(first[item.text], "the first one"),)
            yield Diagnostic("duplicate-output", message, item.span, related=related, help="take one of them out")
        first.setdefault(item.text, item.span)


def _without_value(owner: Mapping, words: str) -> Iterator[Diagnostic]:
    """Outputs that are said to be secret, or of a type, and would be that mapping itself: in clear, and of no type."""
    outputs = owner.get("outputs")
    for entry in outputs.entries if isinstance(outputs, Mapping) else ():
        if not isinstance(entry.value, Mapping) or (said := said_of_no_value(entry.value)) is None:
            continue
        message = f"output `{entry.name}` of {words} has `{said.name}` and no `value`: it would be this mapping itself"
        slip = next((one for one in entry.value.entries if _is_slip(one.name, "value")), None)
        if slip is not None:
            fix = Fix("replace it with `value`", (Edit(slip.key.span, "value"),))
            yield Diagnostic("missing-key", message, slip.key.span, label="did you mean `value`?", fix=fix)
            continue
        help_ = "add `value: ${{ ... }}`; where the mapping is meant, put it under `value`"
        yield Diagnostic("missing-key", message, said.key.span, help=help_)


def said_of_no_value(output: Node) -> Entry | None:
    """The key of an output without `value` that only makes sense beside one."""
    if not isinstance(output, Mapping) or output.entry("value") is not None:
        return None
    secret, type_ = output.entry("secret"), output.entry("type")
    if secret is not None and isinstance(secret.value, Scalar) and _is_yes(secret.value):
        return secret
    known = {*read_schema("workflow")["$defs"]["keywords"]["properties"], "secret"}
    slips = [one for one in output.entries if one.name not in known and _is_slip(one.name, "value", "secret")]
    if any(one.name not in known and one not in slips for one in output.entries):
        return None
    if len(slips) > 1 or (slips and secret is not None):
        return slips[0]
    if type_ is None:
        return None
    types = type_.value.items if isinstance(type_.value, Sequence) else (type_.value,)
    named = [one.value for one in types if isinstance(one, Scalar)]
    return type_ if named and all(one in TYPES for one in named) else None


def _is_slip(name: str, *meant: str) -> bool:
    return any(is_slip(name, one) or sorted(name.casefold()) == sorted(one) for one in meant)


def _is_yes(said: Scalar) -> bool:
    return said.value is True or (said.plain and OLD_BOOLEANS.get(said.text.lower()) == "true")


TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
"""The types of JSON Schema."""


def _typed(outputs: Outputs | None, owner: str, context: Context) -> Iterator[Diagnostic]:
    for one in outputs.items if outputs is not None else ():
        if one.node is None or one.schema is None or context.is_misshapen(one.node.span):
            continue
        what = f"output `{one.name}` of {owner}"
        for problem in check_schema(one.schema):
            yield bad_schema(what, one.node, problem)
        yield from unknown_formats(what, one.node)
