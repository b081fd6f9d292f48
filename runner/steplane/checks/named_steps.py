"""Steps and their moments, where the file as a whole names them: in measures and rules."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic, Edit, Fix
from steplane.model import Moment, Name
from steplane.schema.words import listed
from steplane.suggest import did_you_mean

EVENTS = ("ready", "started", "ended")
"""The events of a step that have a time, in their order."""
HABITS = {
    "start": "started", "begin": "started", "began": "started", "begun": "started", "running": "started",
    "end": "ended", "finish": "ended", "finished": "ended", "done": "ended", "completed": "ended",
    "succeeded": "ended", "failed": "ended",
    "stopped": "ended", "queued": "ready", "waiting": "ready", "pending": "ready",
}  # fmt: skip
"""What others call them."""


def is_said(name: Name, context: Context) -> bool:
    """Whether it has been said already why nobody can tell which step is meant."""
    return name.text in context.unread_ids or context.is_misshapen(name.span)


def check_step(owner: str, name: Name, context: Context) -> Iterator[Diagnostic]:
    """A name that is to be a step's."""
    if name.text in context.by_id or is_said(name, context):
        return
    known = context.given_ids
    message = f"{owner} names `{name.text}`, which is not a step"
    meant = did_you_mean(name.text, known)
    if meant is not None:
        fix = _replaced(name, meant)
        yield Diagnostic("unknown-step", message, name.span, label=f"did you mean `{meant}`?", fix=fix)
        return
    help_ = f"the steps of this file are {listed(known[:10], 'and')}" if known else "give the step an `id`"
    yield Diagnostic("unknown-step", message, name.span, help=help_)


def check_moment(owner: str, moment: Moment, context: Context) -> Iterator[Diagnostic]:
    """What is wrong with a moment: its step, its event."""
    yield from check_step(owner, moment.step, context)
    event = moment.event
    if event.text in EVENTS:
        return
    events = listed([f"{moment.step}.{one}" for one in EVENTS])
    if not event.text:
        message = f"{owner} names `{moment.step}`, and not what of it: a moment is an event of a step"
        yield Diagnostic("unknown-event", message, moment.span, help=f"write {events}")
        return
    message = f"`{event.text}` is not an event of a step"
    meant = HABITS.get(event.text) or did_you_mean(event.text, EVENTS)
    if meant is None:
        yield Diagnostic("unknown-event", message, event.span, help=f"write {events}")
        return
    fix = _replaced(event, meant)
    yield Diagnostic("unknown-event", message, event.span, label=f"did you mean `{meant}`?", fix=fix)


def _replaced(name: Name, meant: str) -> Fix:
    return Fix(f"replace `{name.text}` with `{meant}`", (Edit(name.span, meant),), safe=False)


__all__ = ["EVENTS", "check_moment", "check_step"]
