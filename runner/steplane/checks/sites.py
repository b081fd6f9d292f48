"""Every place of a file where an expression may stand, with the names that are known there."""

from collections.abc import Iterator
from typing import Literal as OneOf

from msgspec import Struct

from steplane.checks.context import Context, Position
from steplane.expressions import Expression, Template, Text, expression_offsets
from steplane.expressions.templates import Blocks, ListOf, MapOf
from steplane.model import (
    Call,
    Condition,
    End,
    ForEach,
    Loop,
    Matrix,
    Named,
    Outputs,
    Parallel,
    Race,
    Run,
    Signal,
    Step,
    Switch,
    Until,
    Uses,
    Value,
    Wait,
    While,
    Workflow,
)
from steplane.source.nodes import Mapping, Node, Scalar, Sequence

BASE = frozenset({"inputs", "vars", "env", "secrets", "steps", "run", "workflow"})
START = BASE - {"steps"}
"""What is known before the first step."""

Moment = OneOf["start", "before", "loop", "instance", "attempt", "after", "end"]
"""At the run's start, before the step's loop, for an instance, in an attempt, after it, at the workflow's end."""


class Site(Struct, frozen=True, eq=False):
    """One scalar that holds an expression.

    `key` says in words where, `position` is that of the step (None: the workflow's own), `names` what is known there,
    `condition` that it is a bare expression, `text` that text is wanted.
    """

    template: Template
    scalar: Scalar
    key: str
    names: frozenset[str]
    moment: Moment
    position: Position | None = None
    condition: bool = False
    text: bool = False
    until: int | None = None

    @property
    def is_between_blocks(self) -> bool:
        """Whether `${% %}` stands beside it where no blocks are read: they may bring names."""
        return not isinstance(self.template, Blocks) and "${%" in self.scalar.text

    def offset_of(self, expression: Expression | Blocks) -> int:
        """Where the text of one of its expressions begins in the scalar's text."""
        if isinstance(expression, Blocks):
            return 0
        text = self.scalar.text
        if self.condition:
            wrapped = expression_offsets(text) if "${{" in text else ()
            return wrapped[0] if wrapped else len(text) - len(text.lstrip())
        offsets = expression_offsets(text)
        own = self.template.parts if isinstance(self.template, Text) else (self.template,)
        expressions = [part for part in own if isinstance(part, Expression)]
        for index, one in enumerate(expressions):
            if one is expression and index < len(offsets):
                return offsets[index]
        return 0


class _Where(Struct, frozen=True):
    """The names at a place, for all values there."""

    names: frozenset[str]
    moment: Moment
    position: Position | None = None

    def plus(self, *names: str, moment: Moment | None = None) -> "_Where":
        """The place with more names."""
        return _Where(self.names | frozenset(names), moment or self.moment, self.position)


def all_sites(workflow: Workflow, context: Context) -> Iterator[Site]:
    """All sites of a file, the workflow's own first."""
    yield from _of_workflow(workflow)
    for position in context.positions:
        yield from _of_step(position, context.rendered_by_step(position.step.action))


def _of_workflow(workflow: Workflow) -> Iterator[Site]:
    start = _Where(START, "start")
    for number, one in enumerate(workflow.variables):
        for site in _value(one.value, f"`vars.{one.name.text}`", start):
            yield Site(site.template, site.scalar, site.key, site.names, "start", until=number)
    yield from _entries(workflow.env, "env", start, text=True)
    if workflow.cwd:
        yield from _value(workflow.cwd, "`cwd`", start, text=True)
    if workflow.case:
        yield from _value(workflow.case, "`case`", start, text=True)
    for thing in workflow.objects:
        yield from _value(thing.type, "`objects`", start, text=True)
        yield from _value(thing.id, "`objects`", start, text=True)
    if workflow.timeout and workflow.timeout.value:
        yield from _value(workflow.timeout.value, "`timeout`", start, text=True)
    if workflow.concurrency:
        yield from _value(workflow.concurrency.group, "`concurrency.group`", start, text=True)
    yield from _outputs(workflow.outputs, _Where(BASE | {"error"}, "end"))
    if workflow.rules or workflow.measures:
        yield from _of_runs(workflow, _Where(BASE, "after"))


def _of_runs(workflow: Workflow, where: _Where) -> Iterator[Site]:
    """What is asked of a run as a whole: all that its steps have come to is known."""
    for rule in workflow.rules:
        if rule.condition is not None:
            yield from _condition(rule.condition, "`never`", where)
    for measure in workflow.measures:
        if measure.value is not None:
            yield from _value(measure.value, f"`value` of measure `{measure.name}`", where)


def loop_names(loop: Loop | None) -> frozenset[str]:
    """The names that a loop brings."""
    if isinstance(loop, ForEach):
        return frozenset({loop.item.text, "loop"})
    if isinstance(loop, Matrix):
        return frozenset({"matrix", "loop"})
    return frozenset({"loop"}) if loop is not None else frozenset()


def _around(position: Position) -> frozenset[str]:
    """The names that the steps and lists around a step bring."""
    names = set(BASE)
    for listed, _ in position.chain:
        if listed.owner is not None:
            names |= loop_names(listed.owner.loop)
        if listed.role in {"rescue", "finally", "compensate"}:
            names.add("error")
    return frozenset(names)


def _of_step(position: Position, rendered: tuple[str, ...]) -> Iterator[Site]:
    step = position.step
    before = _Where(_around(position), "before", position)
    inside = before.plus(*loop_names(step.loop), "attempt", moment="attempt")
    if step.condition:
        yield from _condition(step.condition, "`if`", before)
    yield from _loop(step, before, inside)
    yield from _guards(step, inside)
    yield from _action(step, inside, rendered)
    yield from _entries(step.env, "env", inside, text=True)
    if step.cwd:
        yield from _value(step.cwd, "`cwd`", inside, text=True)
    after = inside.plus("result", moment="after")
    for condition in step.ensure:
        yield from _condition(condition, "`ensure`", after)
    yield from _outputs(step.outputs, after)


def _loop(step: Step, before: _Where, inside: _Where) -> Iterator[Site]:
    loop = step.loop
    if isinstance(loop, ForEach):
        yield from _value(loop.items, "`foreach`", before)
    if isinstance(loop, Matrix):
        yield from _combinations(loop, before)
    if isinstance(loop, ForEach | Matrix):
        if loop.spread.key:
            yield from _value(loop.spread.key, "`key`", before.plus(*loop_names(loop), moment="loop"), text=True)
        if loop.spread.concurrency and loop.spread.concurrency.value:
            yield from _value(loop.spread.concurrency.value, "`concurrency`", before)
        if isinstance(loop.spread.complete, Condition):
            yield from _condition(loop.spread.complete, "`complete`", inside.plus("result", moment="after"))
    if isinstance(loop, While):
        yield from _condition(loop.condition, "`while`", before.plus("loop", moment="loop"))
    if isinstance(loop, Until):
        yield from _condition(loop.condition, "`until`", inside.plus("result", "loop", moment="after"))


def _combinations(loop: Matrix, before: _Where) -> Iterator[Site]:
    for axis in loop.axes:
        yield from _value(axis.values, f"`matrix.{axis.name}`", before)
    for key, several in (("exclude", loop.exclude), ("include", loop.include)):
        for one in several:
            yield from _value(one, f"`matrix.{key}`", before)


def _guards(step: Step, inside: _Where) -> Iterator[Site]:
    instance = inside.plus(moment="instance")
    if step.lock:
        yield from _value(step.lock.name, "`lock`", instance, text=True)
    limit = step.time_limit
    if limit and limit.value:
        yield from _value(limit.value, "`timeout`", instance, text=True)
    for condition in step.require:
        yield from _condition(condition, "`require`", instance)
    if step.cache and step.cache.key:
        yield from _value(step.cache.key, "`cache.key`", instance)
    if step.retry is None:
        return
    for name, part in (("attempts", step.retry.attempts), ("delay", step.retry.delay)):
        if part is not None and part.value is not None:
            yield from _value(part.value, f"`retry.{name}`", instance)
    if step.retry.when:
        yield from _condition(step.retry.when, "`retry.when`", inside.plus("error", moment="after"))


def _action(step: Step, inside: _Where, rendered: tuple[str, ...]) -> Iterator[Site]:
    action = step.action
    if isinstance(action, Run):
        yield from _run(action, inside)
    if isinstance(action, Run | Uses | Call):
        own = tuple(one for one in action.parameters if one.name.text not in rendered)
        yield from _entries(own, "with", inside)
    elif isinstance(action, Parallel | Switch):
        yield from _choices(action, inside)
    elif isinstance(action, End):
        yield from _value(action.message, "`message`", inside, text=True) if action.message else ()
        yield from _entries(action.outputs or (), "outputs", inside)
    elif isinstance(action, Wait | Signal):
        yield from _later(action, inside)
    elif isinstance(action, Race):
        for branch in action.branches:
            yield from _later(branch.wait, inside)


def _run(action: Run, inside: _Where) -> Iterator[Site]:
    if action.script is not None and action.spans:
        yield _site(Text(action.parts), action.script, "`run`", inside)
    elif action.argv is not None:
        yield from _value(action.argv, "`run`", inside, text=True)


def _choices(action: Parallel | Switch, inside: _Where) -> Iterator[Site]:
    if isinstance(action, Parallel):
        conditions, key = [branch.condition for branch in action.branches], "`if`"
    else:
        conditions, key = [arm.condition for arm in action.arms], "`when`"
    for condition in conditions:
        if condition is not None:
            yield from _condition(condition, key, inside)


def _later(action: Wait | Signal, inside: _Where) -> Iterator[Site]:
    if isinstance(action, Wait):
        values = (action.duration.value if action.duration else None, action.until, action.signal)
    else:
        values = (action.name, action.to, action.case)
        if action.data:
            yield from _value(action.data, "`data`", inside)
    for value in values:
        if value is not None:
            yield from _value(value, "`wait`" if isinstance(action, Wait) else "`signal`", inside, text=True)


def _outputs(outputs: Outputs | None, where: _Where) -> Iterator[Site]:
    for one in outputs.items if outputs else ():
        if one.value is not None:
            yield from _value(one.value, f"`outputs.{one.name.text}`", where)


def _entries(entries: tuple[Named, ...], key: str, where: _Where, *, text: bool = False) -> Iterator[Site]:
    for one in entries:
        yield from _value(one.value, f"`{key}.{one.name.text}`", where, text=text)


def _site(template: Template, scalar: Scalar, key: str, where: _Where, *, text: bool = False) -> Site:
    return Site(template, scalar, key, where.names, where.moment, where.position, text=text)


def _condition(condition: Condition, key: str, where: _Where) -> Iterator[Site]:
    if isinstance(condition.node, Scalar):
        yield Site(condition.expression, condition.node, key, where.names, where.moment, where.position, condition=True)


def _value(value: Value, key: str, where: _Where, *, text: bool = False) -> Iterator[Site]:
    for template, scalar in leaves(value.template, value.node):
        yield _site(template, scalar, key, where, text=text)


def leaves(template: Template, node: Node) -> Iterator[tuple[Template, Scalar]]:
    """The scalars of a value that hold expressions."""
    if isinstance(template, ListOf) and isinstance(node, Sequence):
        for item, inner in zip(template.items, node.items, strict=True):
            yield from leaves(item, inner)
    elif isinstance(template, MapOf) and isinstance(node, Mapping):
        for (_, item), entry in zip(template.entries, node.entries, strict=True):
            yield from leaves(item, entry.value)
    elif isinstance(template, Expression | Text | Blocks) and isinstance(node, Scalar):
        yield template, node
