"""What the language has and this release does not run yet: refused by name, never ignored."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic, Span
from steplane.model import Workflow

TOP = ("triggers",)
"""What is not built. A later release takes it out of here."""


def check_release(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Every element of the language that this release does not run."""
    for key in TOP:
        if workflow.node.entry(key) is not None:
            yield _later(f"`{key}`", workflow.key_span(key))
    for secret in workflow.secrets:
        if secret.kind == "provider":
            yield _later(f"the provider of secret `{secret.name}`", secret.source.span)


def _later(what: str, span: Span) -> Diagnostic:
    help_ = "take it out, or wait for a later release"
    return Diagnostic("not-in-this-release", f"{what} is not in this release", span, help=help_)
