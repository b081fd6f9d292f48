"""Environment variables: names that are ours."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic
from steplane.model import Environment, Name, Workflow

PREFIX = "STEPLANE_"


def check_environment(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Reserved names of variables."""
    for env in (workflow.env, *(position.step.env for position in context.positions)):
        yield from _entries(env)
    for one in workflow.inputs:
        if one.env is not None and one.env.text.startswith(PREFIX):
            yield _reserved(one.env)
    for secret in workflow.secrets:
        if secret.kind == "env" and secret.source.text.startswith(PREFIX):
            yield _reserved(secret.source)


def _entries(env: Environment) -> Iterator[Diagnostic]:
    for one in env:
        if one.name.text.startswith(PREFIX):
            yield _reserved(one.name)


def _reserved(name: Name) -> Diagnostic:
    message = f"`{name}` is reserved: names that begin with `{PREFIX}` are set by Steplane"
    return Diagnostic("reserved-env", message, name.span, help="choose another name")
