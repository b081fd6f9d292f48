"""Outputs that are named as a list: each once."""

from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.diagnostics import Diagnostic, Related, Span
from steplane.model import Workflow
from steplane.source.nodes import Mapping, Scalar, Sequence


def check_outputs(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Names that one list of `outputs` holds twice."""
    yield from _twice(workflow.node, "the workflow")
    for position in context.positions:
        if isinstance(position.step.node, Mapping):
            yield from _twice(position.step.node, words_for(position.step))


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
