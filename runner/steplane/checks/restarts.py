"""Groups that a resume runs whole: what in them may not begin anew, and what would never end."""

from collections.abc import Iterator

from steplane.checks.context import Context, Position, words_for
from steplane.diagnostics import Diagnostic, Related
from steplane.expressions.durations import format_duration
from steplane.model import Race, Step, Wait, Workflow

_PATIENCE = 600.0
"""Seconds that a run waits by itself, unless it is told otherwise: for more another process goes on with it."""


def check_restarts(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """A step that runs at most once, or waits for long, inside a group that is run again."""
    for position in context.positions:
        group = _restarted_around(position)
        if group is not None:
            yield from _at_most_once(position.step, group)
            yield from _long_waits(position.step, group)


def _restarted_around(position: Position) -> Step | None:
    """The innermost group around a step that a resume runs whole."""
    owners = [listed.owner for listed, _ in position.chain if listed.owner is not None and listed.role == "steps"]
    return next((one for one in reversed(owners) if one.restart), None)


def _at_most_once(step: Step, group: Step) -> Iterator[Diagnostic]:
    if step.at_most_once:
        message = f"{words_for(step)} runs at most once, and {words_for(group)} around it runs whole on a resume"
        related = (Related(group.key_span("restart"), "a resume runs all of it again"),)
        help_ = "take `restart` or `at_most_once` away"
        yield Diagnostic("contradiction", message, step.key_span("at_most_once"), related=related, help=help_)


def _long_waits(step: Step, group: Step) -> Iterator[Diagnostic]:
    waits = [step.action] if isinstance(step.action, Wait) else []
    waits += [one.wait for one in step.action.branches] if isinstance(step.action, Race) else []
    for wait in waits:
        seconds = wait.duration.seconds if wait.duration is not None else None
        if seconds is not None and seconds > _PATIENCE:
            message = (
                f"{words_for(group)} runs whole on a resume, and {words_for(step)} in it waits "
                f"{format_duration(seconds)}: each process that goes on with the run waits from the start"
            )
            related = (Related(wait.span, "this wait"),)
            help_ = "let it wait outside of that group, or `until` a time"
            place = group.key_span("restart")
            yield Diagnostic("wait-begins-anew", message, place, "warning", related=related, help=help_)
