"""Loops: names of items, numbers, and combinations of a matrix."""

import math
from collections.abc import Iterator
from typing import Any

from steplane.checks.context import Context, Position, words_for
from steplane.checks.inferring import alone, blank_makes_text
from steplane.checks.types import Types
from steplane.diagnostics import Diagnostic, Edit, Fix
from steplane.expressions import Expression, Literal, Template, uses
from steplane.expressions.types import WORDS
from steplane.model import Count, ForEach, Matrix, Spread, Step, Value, Workflow

TAKEN = frozenset(
    {
        "inputs",
        "vars",
        "env",
        "secrets",
        "steps",
        "run",
        "workflow",
        "loop",
        "matrix",
        "error",
        "attempt",
        "result",
        "true",
        "false",
        "none",
        "null",
        "True",
        "False",
        "None",
        "and",
        "or",
        "not",
        "in",
        "is",
        "if",
        "else",
    }
)
"""Names that an item cannot have."""


def check_loops(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What is wrong with the loops of a file."""
    types = context.types
    for position in context.positions:
        loop = position.step.loop
        if isinstance(loop, ForEach):
            yield from _item(position, loop)
            if not context.is_misshapen(loop.items.span):
                yield from _items(loop, position.step, types)
        elif isinstance(loop, Matrix):
            yield from _matrix(loop, position.step)
        if isinstance(loop, ForEach | Matrix):
            yield from _keys(loop, position.step)
            yield from _complete(loop, position.step)


def _complete(loop: ForEach | Matrix, step: Step) -> Iterator[Diagnostic]:
    complete, size = loop.spread.complete, _most(loop)
    if not isinstance(complete, Count) or complete.number is None or size is None or complete.number <= size:
        return
    has = f"the list has {size} items" if isinstance(loop, ForEach) else f"the matrix has at most {size} combinations"
    message = f"`complete` of {words_for(step)} wants {complete.number} instances, and {has}"
    yield Diagnostic("complete-too-large", message, complete.span, help=f"write at most {size}")


def _most(loop: ForEach | Matrix) -> int | None:
    """How many instances there can be, where that is known."""
    if isinstance(loop, ForEach):
        items = loop.items.template
        return len(items.value) if isinstance(items, Literal) and isinstance(items.value, list | dict) else None
    axes = [axis.values.template for axis in loop.axes]
    lists = [one.value for one in axes if isinstance(one, Literal) and isinstance(one.value, list)]
    return math.prod(map(len, lists)) + len(loop.include) if len(lists) == len(axes) else None


def _item(position: Position, loop: ForEach) -> Iterator[Diagnostic]:
    name = loop.item.text
    if name in TAKEN:
        message = f"`as: {name}` takes a name that means something else in expressions"
        yield Diagnostic("reserved-name", message, loop.item.span, help="choose another name for the item")
        return
    for listed, _ in position.chain:
        outer = listed.owner.loop if listed.owner is not None else None
        if isinstance(outer, ForEach) and outer.item.text == name:
            given = position.step.node.entry("as") is not None
            message = f"the item `{name}` of {words_for(position.step)} hides the one of the loop around it"
            help_ = "choose another name" if given else "give one of the two loops a name with `as`"
            yield Diagnostic("shadowed-name", message, loop.item.span, "warning", help=help_)
            return


def _items(loop: ForEach, step: Step, types: Types) -> Iterator[Diagnostic]:
    found = uses(loop.items.template)
    if len(found) == 1 and found[0].whole and found[0].path[:1] == ("steps",) and len(found[0].path) == 2:
        name = found[0].path[1]
        message = f"`foreach` of {words_for(step)} goes over what is known of step `{name}`, not over what it gave"
        help_ = f"name an output: `steps.{name}.outputs.NAME`"
        yield Diagnostic("step-not-output", message, loop.items.span, "warning", help=help_)
    given = types.kind(loop.items.template)
    if given not in {"any", "list", "object"}:
        template = loop.items.template
        inner = alone(template)
        if inner is not None and types.kind(inner) in {"any", "list", "object"}:
            what = f"`foreach` of {words_for(step)}"
            yield blank_makes_text(inner, loop.items.node, what, "it wants a list or a mapping")
            return
        shown = f"`{template.text}` is " if isinstance(template, Expression) else "this is "
        message = f"`foreach` of {words_for(step)} wants a list or a mapping, and {shown}{WORDS[given]}"
        yield Diagnostic("wrong-kind", message, loop.items.span, help=_list_instead(template))


def _list_instead(template: Template) -> str:
    """How to get a list; of a script's output, its lines are what is mostly meant."""
    found = uses(template)
    path = found[0].path if len(found) == 1 and found[0].whole else ()
    if path[:1] == ("steps",) and path[2:] == ("outputs", "stdout"):
        return f"for its lines: `with: {{capture: lines}}` on step `{path[1]}`, then `steps.{path[1]}.outputs.lines`"
    return "give a list, or an expression that gives one"


def _keys(loop: ForEach | Matrix, step: Step) -> Iterator[Diagnostic]:
    spread: Spread = loop.spread
    if spread.key is not None and isinstance(spread.key.template, Literal) and _many(loop):
        message = f"`key` of {words_for(step)} is the same for every instance"
        yield Diagnostic("same-key", message, spread.key.span, help="use the item in it, for example `${{ item.id }}`")


def _many(loop: ForEach | Matrix) -> bool:
    """Whether there are certainly two instances."""
    if isinstance(loop, Matrix):
        return any(len(_list(axis.values)) > 1 for axis in loop.axes) and not loop.exclude
    return len(_list(loop.items)) > 1


def _list(value: Value) -> list[Any]:
    template = value.template
    return template.value if isinstance(template, Literal) and isinstance(template.value, list) else []


def _matrix(loop: Matrix, step: Step) -> Iterator[Diagnostic]:
    axes = {axis.name.text: _known(axis.values) for axis in loop.axes}
    if not axes and not loop.include and loop.exclude:  # of one without anything the structure check has said it
        message = f"`matrix` of {words_for(step)} has no axis"
        help_ = "add an axis such as `os: [linux, macos]`, or leave the key out"
        yield Diagnostic("empty", message, loop.span, help=help_, omittable=True)
    for partial in loop.exclude:
        yield from _exclude(partial, axes, step)


def _known(value: Value) -> list[Any] | None:
    """The list, where it holds no expression."""
    return _list(value) if isinstance(value.template, Literal) else None


def _exclude(partial: Value, axes: dict[str, list[Any] | None], step: Step) -> Iterator[Diagnostic]:
    from steplane.suggest import did_you_mean

    for entry in getattr(partial.node, "entries", ()):
        if entry.name not in axes:
            meant = did_you_mean(entry.name, axes)
            fix = (
                Fix(f"replace `{entry.name}` with `{meant}`", (Edit(entry.key.span, meant),), safe=False)
                if meant
                else None
            )
            message = f"`exclude` of {words_for(step)} names `{entry.name}`, which is no axis of the matrix"
            label = f"did you mean `{meant}`?" if meant else ""
            yield Diagnostic(
                "unknown-axis", message, entry.key.span, label=label, fix=fix, help="" if fix else "name an axis"
            )
        elif isinstance(partial.template, Literal):
            value, values = partial.template.value[entry.name], axes[entry.name]
            if values is not None and not any(type(one) is type(value) and one == value for one in values):
                message = f"`exclude` of {words_for(step)} leaves out nothing: `{entry.name}` is never `{value}`"
                yield Diagnostic(
                    "exclude-nothing", message, entry.value.span, "warning", help="remove it, or mend the value"
                )
                return
