"""What the expressions beside an action give, and in declared outputs, against what is wanted there."""

from collections.abc import Callable, Iterator

from steplane.checks.context import Context, Position, words_for
from steplane.checks.sites import Site
from steplane.diagnostics import Diagnostic, Span
from steplane.expressions import (
    Engine,
    Expression,
    ExpressionError,
    Literal,
    Template,
    calls,
    parse_duration,
    uses,
)
from steplane.expressions.durations import TooLong
from steplane.expressions.types import WORDS, in_words, of_schema
from steplane.model import ForEach, Matrix, Outputs, Race, Step, Value, Wait, Workflow
from steplane.schema import check_schema, validate_value
from steplane.schema.texts import node_at, unquoted, wants_text

DURATION = "a duration such as `30s`"
TIME = "a time such as `2026-12-01T08:00:00Z`"
COUNT = "a whole number"
KINDS = {DURATION: {"string"}, TIME: {"string"}, COUNT: {"integer", "number"}}


def _time(text: str) -> object:
    from datetime import datetime

    return datetime.fromisoformat(text)


_READERS: dict[str, Callable[[str], object]] = {DURATION: parse_duration, TIME: _time}


def check_modifiers(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Expressions that are sure to give another kind than their key takes."""
    for site in context.sites:
        if site.text and isinstance(site.template, Expression):
            yield from _text(site, site.template, context)
    for position in context.positions:
        for key, wanted, value in _values(position.step):
            yield from _value(f"`{key}` of {words_for(position.step)}", wanted, value, position, context)
        if position.step.outputs is not None:
            yield from _outputs(position.step.outputs, words_for(position.step), position, context)
    if workflow.timeout is not None and workflow.timeout.value is not None:
        yield from _value("`timeout` of the workflow", DURATION, workflow.timeout.value, None, context)
    if workflow.outputs is not None:
        yield from _outputs(workflow.outputs, "the workflow", None, context)


def _values(step: Step) -> Iterator[tuple[str, str, Value]]:
    """The keys of a step that take one kind of value, where they hold an expression."""
    retry, loop, action = step.retry, step.loop, step.action
    found = [("timeout", DURATION, step.time_limit)]
    if retry is not None:
        found.append(("retry.delay", DURATION, retry.delay))
        if retry.attempts is not None and retry.attempts.value is not None:
            yield "retry.attempts", COUNT, retry.attempts.value
    if isinstance(loop, ForEach | Matrix) and loop.spread.concurrency and loop.spread.concurrency.value:
        yield "concurrency", COUNT, loop.spread.concurrency.value
    waits = [action] if isinstance(action, Wait) else []
    waits += [one.wait for one in action.branches] if isinstance(action, Race) else []
    for wait in waits:
        found.append(("wait", DURATION, wait.duration))
        found += [("timeout", DURATION, wait.timeout)] if wait is not action else []  # of a step it is its own
        if wait.until is not None:
            yield "until", TIME, wait.until
    for key, wanted, one in found:
        if one is not None and one.value is not None:
            yield key, wanted, one.value


def _value(what: str, wanted: str, value: Value, position: Position | None, context: Context) -> Iterator[Diagnostic]:
    if isinstance(value.template, Literal) or context.is_misshapen(value.span):
        return
    given = context.types.kind(value.template, position)
    if given not in KINDS[wanted] | {"any"} and not (given in {"list", "object"} and KINDS[wanted] == {"string"}):
        yield _wrong(what, wanted, value.template, WORDS[given], value.span)
        return
    values = _known(value.template, position, context)
    if wanted in _READERS and values and not any(_is_readable(one, wanted) for one in values):
        given = "none" if len(values) == 1 else " or ".join(f"`{one}`" for one in values)
        yield _too_long(what, values, value.span) or _wrong(what, wanted, value.template, given, value.span)
    elif wanted == DURATION and what.startswith("`timeout`") and values and not any(map(_lasts, values)):
        message = f"{what} is no time at all: it must be longer than zero"
        yield Diagnostic("zero-duration", message, value.span, help="give it more, or leave the key out")
    elif wanted == COUNT and values and not any(isinstance(one, int) and one >= 1 for one in values):
        message = f"{what} must be at least 1, not {' or '.join(map(str, values))}"
        yield Diagnostic("range", message, value.span, help="give a whole number from 1")


def _known(template: Template, position: Position | None, context: Context) -> tuple[object, ...]:
    """The only values that it can have, where they are known: by its type, or because no name stands in it."""
    if values := context.types.of(template, position).values:
        return values
    if uses(template) or calls(template):
        return ()
    try:
        return (Engine().render(template, {}),)
    except ExpressionError:
        return ()


def _lasts(value: object) -> bool:
    try:
        return not isinstance(value, str) or parse_duration(value.strip()) > 0
    except ValueError:
        return True


def _is_readable(value: object, wanted: str) -> bool:
    try:
        return isinstance(value, str) and _READERS[wanted](value.strip()) is not None
    except ValueError:
        return False


def _text(site: Site, template: Expression, context: Context) -> Iterator[Diagnostic]:
    """A list or a mapping where text is wanted."""
    given = context.types.of(template, site.position)
    if given.can_be("list", "object") and given.is_only("list", "object", "null"):
        what = f"`{site.key[5:]} of `env`" if site.key.startswith("`env.") else site.key
        what = "an argument of `run`" if what == "`run`" else what
        message = f"{what} must be text, and `{template.text}` is {in_words(given)}"
        help_ = "make text of it, for example with `| json`"
        yield Diagnostic("wrong-kind", message, site.scalar.span, help=help_)


def _outputs(outputs: Outputs, owner: str, position: Position | None, context: Context) -> Iterator[Diagnostic]:
    """Values of outputs against the type that is declared for them."""
    for one in outputs.items:
        if not one.schema or one.value is None or one.node is None or context.is_misshapen(one.node.span):
            continue
        if check_schema(one.schema):  # `check_outputs` says what is wrong with it
            continue
        template, span = one.value.template, one.value.span
        what = f"the output `{one.name}` of {owner}"
        if isinstance(template, Literal):
            for problem in validate_value(one.schema, template.value):
                node = node_at(one.value.node, problem.path)
                said = unquoted(what, node) if wants_text(problem) else None
                help_ = "change its value, or its type"
                yield said or Diagnostic("wrong-kind", f"{what} {problem.message}", span, help=help_)
            continue
        wanted, given = of_schema(one.schema), context.types.of(template, position)
        if wanted.kinds and given.kinds and not wanted.can_be(*given.kinds):
            yield _wrong(what, in_words(wanted), template, in_words(given), span)


def _too_long(what: str, values: tuple[object, ...], span: Span) -> Diagnostic | None:
    """All are durations, and longer than any may be."""
    said = ""
    for value in values:
        try:
            parse_duration(str(value).strip())
        except TooLong as error:
            said = str(error)
        except ValueError:
            return None
    return Diagnostic("wrong-kind", f"{what}: {said}", span, help="give a shorter one") if said else None


def _wrong(what: str, wanted: str, template: Template, given: str, span: Span) -> Diagnostic:
    said, help_ = f"this is {given}", f"give {wanted}"
    if isinstance(template, Expression):
        said = f"`{template.text}` is {given}"
        if wanted == DURATION and given in {WORDS["integer"], WORDS["number"]}:
            help_ = f"write `${{{{ {template.text} }}}}s` for seconds"
    return Diagnostic("wrong-kind", f"{what} wants {wanted}, and {said}", span, help=help_)


__all__ = ["check_modifiers"]
