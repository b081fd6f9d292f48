"""Waits and signals: what contradicts itself, times that are none, signals that nothing in the file waits for."""

from collections.abc import Iterator
from datetime import UTC, datetime

from steplane.checks.context import Context, Position, words_for
from steplane.diagnostics import Diagnostic, Edit, Fix, Related, Span
from steplane.expressions import Literal
from steplane.model import Call, ForEach, Race, Signal, Step, Value, Wait, Workflow, all_steps
from steplane.source.nodes import Mapping, Node
from steplane.suggest import did_you_mean

_KINDS = ("until", "signal")


def check_waits(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Each wait is for one thing, has one limit, and a time that is a time."""
    for position in context.positions:
        step, action = position.step, position.step.action
        if isinstance(action, Wait):
            node = step.node.get("wait")
            yield from _wait(step, action, node, context)
            if action.timeout is not None and step.timeout is not None and step.node.entry("timeout") is not None:
                yield _two_limits(step, node)
        elif isinstance(action, Race):
            yield from _race(step, action, context)


def _race(step: Step, race: Race, context: Context) -> Iterator[Diagnostic]:
    written = step.node.get("race")
    for branch in race.branches:
        body = written.get(branch.name.text) if isinstance(written, Mapping) else None
        node = body.get("wait") if isinstance(body, Mapping) else None
        yield from _wait(step, branch.wait, node, context)
        if branch.wait.timeout is not None:
            message = f"`timeout` in branch `{branch.name.text}` of {words_for(step)}: a `race` as a whole has a limit"
            help_ = "put `timeout` on the step, or add a branch such as `late: {wait: 2d, steps: [...]}`"
            yield Diagnostic("race-timeout", message, _key(node, "timeout"), help=help_)


def _wait(step: Step, wait: Wait, node: Node | None, context: Context) -> Iterator[Diagnostic]:
    if context.is_misshapen(wait.span):
        return
    given = [kind for kind in _KINDS if getattr(wait, kind) is not None]
    if len(given) > 1:
        related = (Related(_key(node, given[0]), "the other is here"),)
        message = f"`wait` of {words_for(step)} is for one thing: `until` or `signal`"
        help_ = "leave one out; for the first of several write a `race`"
        yield Diagnostic("wait-for-two", message, _key(node, given[1]), related=related, help=help_)
    elif not given and isinstance(node, Mapping) and node.entries:  # of an empty one the structure check has said it
        message = f"`wait` of {words_for(step)} says not for what"
        yield Diagnostic("wait-for-nothing", message, node.span, help="write `until: TIME` or `signal: NAME` in it")
    if wait.until is not None:
        yield from _time(step, wait.until)


def _time(step: Step, until: Value) -> Iterator[Diagnostic]:
    text = until.template.value if isinstance(until.template, Literal) else None
    if isinstance(text, str):
        what, help_ = f"`until` of {words_for(step)}", "write it as `2026-12-01T08:00:00Z`"
        try:
            at = datetime.fromisoformat(text)
            (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except ValueError:
            yield Diagnostic("bad-time", f"{what} is no time: {text!r}", until.node.span, help=help_)
        except OverflowError:
            message = f"{what} is out of the calendar, which has the years 1 to 9999 of UTC: {text!r}"
            yield Diagnostic("bad-time", message, until.node.span, help=help_)


def _two_limits(step: Step, node: Node | None) -> Diagnostic:
    related = (Related(_key(node, "timeout"), "the other is here"),)
    message = f"{words_for(step)} has two limits: `timeout` on the step and in its `wait` are the same"
    return Diagnostic("two-timeouts", message, step.key_span("timeout"), related=related, help="leave one out")


def _key(node: Node | None, key: str) -> Span:
    entry = node.entry(key) if isinstance(node, Mapping) else None
    if entry is not None:
        return entry.key.span
    assert node is not None
    return node.span


# ---------------------------------------------------------------- signals


def check_signals(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """A signal to this run that nothing in the file, or in those that it calls, waits for."""
    names = [one for position in context.positions for one in awaited_names(position.step)]
    names += _awaited_in_children(workflow, context, {workflow.file})
    known = [one for one in names if one is not None]
    for position in context.positions:
        action = position.step.action
        if not isinstance(action, Signal) or action.to is not None or action.case is not None or None in names:
            continue
        written = position.step.node.get("signal")
        if written is None or not context.is_misshapen(written.span):  # else what is wrong in it may be its `to`
            yield from _sent(position, action, known)


def _awaited_in_children(workflow: Workflow, context: Context, seen: set[str]) -> Iterator[str | None]:
    """The same of all workflows that are called: a child is of the same run. None where one is not known."""
    for step in all_steps(workflow):
        called = context.called(step.action, workflow) if isinstance(step.action, Call) else workflow
        if not isinstance(called, Workflow):
            yield None
        elif called.file not in seen:
            seen.add(called.file)
            yield from (name for inner in all_steps(called) for name in awaited_names(inner))
            yield from _awaited_in_children(called, context, seen)


def awaited_names(step: Step) -> list[str | None]:
    """The names of the signals that a step waits for; None is one that an expression gives."""
    action = step.action
    waits = [branch.wait for branch in action.branches] if isinstance(action, Race) else [action]
    signals = [one.signal for one in waits if isinstance(one, Wait) and one.signal is not None]
    found = [str(one.template.value) if isinstance(one.template, Literal) else None for one in signals]
    items = step.loop.open if isinstance(step.loop, ForEach) else None
    return [*found, items.text] if items is not None else found


def _sent(position: Position, action: Signal, known: list[str]) -> Iterator[Diagnostic]:
    template, span = action.name.template, action.name.node.span
    if not isinstance(template, Literal) or template.value in known:
        return
    message = f"nothing in this file waits for the signal `{template.value}` of {words_for(position.step)}"
    meant = did_you_mean(str(template.value), known)
    if meant:
        fix = Fix(f"replace `{template.value}` with `{meant}`", (Edit(span, meant),), safe=False)
        yield Diagnostic("unknown-signal", message, span, label=f"did you mean `{meant}`?", fix=fix)
        return
    names = ", ".join(dict.fromkeys(known))
    help_ = (
        f"it waits for: {names}"
        if known
        else "add a `wait: {signal: NAME}`, or say `to` whom it is sent: `${{ run.parent }}` calls this one"
    )
    yield Diagnostic("unknown-signal", message, span, help=help_)
