"""Programs with their arguments, which no shell reads: no value may become code of the program."""

from collections.abc import Iterator
from functools import partial

from steplane.checks.context import Context, Position
from steplane.diagnostics import Diagnostic, Span
from steplane.expressions.pieces import cut
from steplane.expressions.templates import Expression, ListOf, Literal, Template, Text
from steplane.model import Action, Run, Uses, Value, Workflow
from steplane.source.nodes import Node, Scalar, Sequence

Word = tuple[str | Expression, ...]


def check_programs(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """The lists of `run` and of `argv`: `[sh, -c, "echo ${{ inputs.a }}"]`."""
    for position in context.positions:
        value = _arguments(position.step.action)
        if value is None or not isinstance(value.template, ListOf) or not isinstance(value.node, Sequence):
            continue
        from steplane.scripts.judging_direct import judge_words

        words = [_word(item) for item in value.template.items]
        places = [
            span for word, node in zip(words, value.node.items, strict=True) for span in _places(word, node, context)
        ]
        expressions = (part for word in words for part in word if isinstance(part, Expression))
        wrong = {id(one) for one, place in zip(expressions, places, strict=True) if context.is_misshapen(place)}
        yield from judge_words(words, places, partial(_is_harmless, context, position, wrong))


def _is_harmless(context: Context, position: Position, wrong: set[int], one: Expression) -> bool:
    """Whether it is a number, or wrong, which is said already."""
    return id(one) in wrong or context.types.of(one, position).there.is_only("integer", "number")


def _arguments(action: Action) -> Value | None:
    if isinstance(action, Run):
        return action.argv
    if isinstance(action, Uses) and action.name.text == "shell":
        return next((one.value for one in action.parameters if one.name.text == "argv"), None)
    return None


def _word(template: Template) -> Word:
    """The texts and expressions of an item; an empty text stands for what is no word."""
    if isinstance(template, Expression):
        return (template,)
    if isinstance(template, Text):
        return template.parts
    return (str(template.value),) if isinstance(template, Literal) else ("",)


def _places(word: Word, node: Node, context: Context) -> list[Span]:
    """Where the expressions of an item stand."""
    if not isinstance(node, Scalar) or not any(isinstance(part, Expression) for part in word):
        return []
    pieces = [one for one in cut(node.text).pieces if one.kind == "expression"]
    return [context.place(node, one.outer, one.end - one.outer) for one in pieces]
