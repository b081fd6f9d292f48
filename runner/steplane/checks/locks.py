"""Locks: held by a step around, with another limit."""

from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.diagnostics import Diagnostic, Related
from steplane.expressions import Literal
from steplane.model import Lock, Workflow


def check_locks(_workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """A lock that a step around holds already, and one name with two limits."""
    first: dict[tuple[str, str], Lock] = {}
    for position in context.positions:
        lock = position.step.lock
        name = _name(lock)
        if lock is None or name is None:
            continue
        for listed, _step in position.chain:
            outer = listed.owner.lock if listed.owner is not None else None
            if outer is not None and _name(outer) == name and outer.scope == lock.scope:
                message = f"the lock `{name}` of {words_for(position.step)} has no effect: the step around holds it"
                related = (Related(outer.span, "held here"),)
                yield Diagnostic("lock-held", message, lock.span, "warning", related=related, help="remove it here")
        known = first.setdefault((lock.scope, name), lock)
        if known.limit != lock.limit:
            message = f"the lock `{name}` has the limit {lock.limit} here and {known.limit} elsewhere"
            related = (Related(known.span, f"the limit is {known.limit} here"),)
            yield Diagnostic("lock-limit", message, lock.span, related=related, help="give it one limit everywhere")


def _name(lock: Lock | None) -> str | None:
    template = lock.name.template if lock is not None else None
    return str(template.value) if isinstance(template, Literal) else None
