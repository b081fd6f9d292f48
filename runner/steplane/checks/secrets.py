"""Where secrets are put that others can read."""

import re
from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.checks.sites import Site
from steplane.diagnostics import Diagnostic
from steplane.expressions import Expression, Text
from steplane.expressions.usage import Use
from steplane.model import Outputs, Run, Workflow

_QUERY = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"'<>]*\?[^\s\"'<>]*$", re.IGNORECASE)
"""A URL up to somewhere in its query."""


def check_secrets(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Secrets in the query of a URL, among the arguments of a program, in an output that is recorded."""
    held = _held(workflow, context)
    for site in context.sites:
        for use in context.uses(site.template):
            if len(use.path) > 1 and (use.path[0] == "secrets" or use.path[:2] in held):
                yield from _use(site, use, held.get(use.path[:2], ""), workflow, context)


def _held(workflow: Workflow, context: Context) -> dict[tuple[str, ...], str]:
    """What is secret beside `secrets`, with the words for why: inputs, and variables that are made of a secret."""
    held: dict[tuple[str, ...], str] = {("inputs", one.name.text): "" for one in workflow.inputs if one.secret}
    for one in workflow.variables:
        for use in context.uses(one.value.template):
            if len(use.path) > 1 and (use.path[0] == "secrets" or use.path[:2] in held):
                held[("vars", one.name.text)] = held.get(use.path[:2]) or f", made of `{use.path[0]}.{use.path[1]}`,"
    return held


def _use(site: Site, use: Use, why: str, workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """`why` is why it is secret, where its name does not say so."""
    name = f"`{use.path[0]}.{use.path[1]}`{why}"
    span = context.place(site.scalar, site.offset_of(use.expression) + use.offset, use.length)
    step = site.position.step if site.position is not None else None
    if _in_query(site, use) or _is_sent_in_query(site, context):
        message = f"{name} stands in the query of a URL, which servers and proxies write into their logs"
        yield Diagnostic("secret-in-url", message, span, "warning", help="send it in a header or in the body")
    elif site.key == "`run`" and step is not None and isinstance(step.action, Run) and step.action.argv is not None:
        message = f"{name} is an argument of a program: every user of the machine can list those"
        yield Diagnostic("secret-in-argument", message, span, "warning", help="give it through `env`")
    elif site.key.startswith("`outputs.") and _recorded(site, step.outputs if step is not None else workflow.outputs):
        message = f"{name} goes into an output, where it is recorded masked and is lost to what uses it"
        help_ = "say `{value: ..., secret: true}`, and it is never recorded"
        yield Diagnostic("secret-in-output", message, span, "warning", help=help_)


def _in_query(site: Site, use: Use) -> bool:
    """Whether what stands before the expression is a URL up to its query."""
    parts = site.template.parts if isinstance(site.template, Text) else ()
    before = ""
    for part in parts:
        if isinstance(part, Expression):
            if part is use.expression:
                return _QUERY.search(before) is not None
            before += "x"
        else:
            before += part
    return False


def _is_sent_in_query(site: Site, context: Context) -> bool:
    """Whether the step type puts what it is given there into the query of an address."""
    if site.position is None or not site.key.startswith("`with."):
        return False
    return site.key.strip("`").removeprefix("with.") in context.sent_in_query(site.position.step.action)


def _recorded(site: Site, outputs: Outputs | None) -> bool:
    name = site.key.strip("`").removeprefix("outputs.")
    declared = next((one for one in outputs.items if one.name.text == name), None) if outputs else None
    return declared is not None and not declared.secret
