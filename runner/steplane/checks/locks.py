"""Locks: held by a step around, with another limit."""

import json
import re
from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.diagnostics import Diagnostic, Edit, Fix, Related
from steplane.expressions import Literal
from steplane.model import Lock, Step, Workflow
from steplane.source.nodes import Mapping, Scalar

_BARE = re.compile(r"[A-Za-z][\w/.-]*")


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
            yield _two_limits(name, position.step, lock, known)


def _two_limits(name: str, step: Step, lock: Lock, known: Lock) -> Diagnostic:
    message = f"the lock `{name}` has the limit {lock.limit} here and {known.limit} elsewhere"
    related = (Related(known.span, f"the limit is {known.limit} here"),)
    node = step.node.get("lock")
    limit = node.get("limit") if isinstance(node, Mapping) else None
    fix = None
    if limit is not None:
        fix = Fix(f"write `limit: {known.limit}`", (Edit(limit.span, str(known.limit)),), safe=False)
    elif isinstance(node, Scalar) and node.span.line == node.span.end_line:
        text = f"{{name: {name if _BARE.fullmatch(name) else json.dumps(name)}, limit: {known.limit}}}"
        fix = Fix(f"write `{text}`", (Edit(node.span, text),), safe=False)
    span = lock.span if limit is None else limit.span
    return Diagnostic("lock-limit", message, span, related=related, help="give it one limit everywhere", fix=fix)


def _name(lock: Lock | None) -> str | None:
    template = lock.name.template if lock is not None else None
    return str(template.value) if isinstance(template, Literal) else None
