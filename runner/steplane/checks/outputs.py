"""Outputs: schemas that can be used; in a list of names each once."""

from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.checks.inputs import bad_schema, unknown_formats
from steplane.diagnostics import Diagnostic, Related, Span
from steplane.model import Outputs, Workflow
from steplane.schema import check_schema
from steplane.source.nodes import Mapping, Scalar, Sequence


def check_outputs(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Names that one list of `outputs` holds twice; bad schemas."""
    yield from _twice(workflow.node, "the workflow")
    yield from _typed(workflow.outputs, "the workflow", context)
    for position in context.positions:
        step = position.step
        yield from _twice(step.node, words_for(step))
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


def _typed(outputs: Outputs | None, owner: str, context: Context) -> Iterator[Diagnostic]:
    for one in outputs.items if outputs is not None else ():
        if one.node is None or one.schema is None or context.is_misshapen(one.node.span):
            continue
        what = f"output `{one.name}` of {owner}"
        for problem in check_schema(one.schema):
            yield bad_schema(what, one.node, problem)
        yield from unknown_formats(what, one.node)
