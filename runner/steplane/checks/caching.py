"""`cache`: on what has a result, without anything that contradicts it, with patterns that can match."""

from collections.abc import Iterator

from steplane.checks.artifacts import check_patterns
from steplane.checks.context import Context, Position, words_for
from steplane.diagnostics import Diagnostic, Related, Span
from steplane.model import Call, Cancel, End, Goto, Race, Signal, Step, Undo, Wait, Workflow

_WITHOUT_RESULT: dict[type, tuple[str, str]] = {
    Wait: ("wait", "waits"), Signal: ("signal", "sends a signal"), Race: ("race", "waits"),
    Cancel: ("cancel", "reaches other steps"), Goto: ("goto", "goes on elsewhere"), End: ("end", "ends the run"),
    Undo: ("undo", "undoes others"),
}  # fmt: skip
"""Actions that are there for what they do: the key, and what that is."""


def check_caching(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What is wrong with `cache`."""
    for position in context.positions:
        step = position.step
        if step.cache is not None:
            yield from _action(step)
            yield from _contradictions(step)
            yield from _secrets(step)
            yield from _patterns(step)
        elif step.at_most_once or step.compensate:
            yield from _around(position)


def _action(step: Step) -> Iterator[Diagnostic]:
    found = _WITHOUT_RESULT.get(type(step.action))
    if found is None and isinstance(step.action, Call) and step.action.detach:
        found = ("detach", "only begins its child")
    if found is not None:
        key = found[0] if step.node.entry(found[0]) is not None else "finish"
        message = f"{words_for(step)} {found[1]}: it has no result that could be reused"
        yield _contradiction(message, step, step.key_span(key), "this is what it does", "take `cache` away")


def _contradictions(step: Step) -> Iterator[Diagnostic]:
    if step.at_most_once:
        message = f"{words_for(step)} must run at most once, and with `cache` it may count as done without having run"
        span, help_ = step.key_span("at_most_once"), "take `cache` or `at_most_once` away"
        yield _contradiction(message, step, span, "what must not be done twice is more than its result", help_)
    if step.compensate:
        message = f"{words_for(step)} can be undone, and its recorded result would be reused all the same"
        span, help_ = step.key_span("compensate"), "take `cache` or `compensate` away"
        yield _contradiction(message, step, span, "what has to be undone is more than its result", help_)


def _around(position: Position) -> Iterator[Diagnostic]:
    """A step that must not be passed over, in a group of which a recorded result may be taken."""
    owners = [listed.owner for listed, _ in position.chain if listed.owner is not None and listed.role != "rescue"]
    cached = [one for one in owners if one.cache is not None]
    if cached:
        step, key = position.step, "at_most_once" if position.step.at_most_once else "compensate"
        group = words_for(cached[-1])
        message = f"{words_for(step)} has `{key}`, and a recorded result may stand for {group} around it"
        related = (Related(cached[-1].key_span("cache"), "here"),)
        help_ = f"take `cache` or `{key}` away"
        yield Diagnostic("contradiction", message, step.key_span(key), related=related, help=help_)


def _contradiction(message: str, step: Step, other: Span, label: str, help_: str) -> Diagnostic:
    return Diagnostic("contradiction", message, step.key_span("cache"), related=(Related(other, label),), help=help_)


def _secrets(step: Step) -> Iterator[Diagnostic]:
    """A secret output is not stored, and so no recorded result would be whole."""
    for one in step.outputs.items if step.outputs is not None else ():
        if one.secret:
            message = f"output `{one.name}` of {words_for(step)} is secret and never stored: no result can be reused"
            yield _contradiction(message, step, one.name.span, "this output", "take `cache` or `secret` away")


def _patterns(step: Step) -> Iterator[Diagnostic]:
    assert step.cache is not None
    for key, patterns in (("files", step.cache.files), ("outputs", step.cache.outputs)):
        yield from check_patterns(patterns, "cache-pattern", f"cache.{key}", step, "`src/**`")


__all__ = ["check_caching"]
