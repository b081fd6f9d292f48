"""Environment variables: names that are ours, and values that can be text."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.checks.types import Types
from steplane.diagnostics import Diagnostic
from steplane.expressions.types import WORDS
from steplane.model import Environment, Name, Workflow

PREFIX = "STEPLANE_"


def check_environment(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Reserved names in `env`, and lists or mappings as values."""
    types = context.types
    for env in (workflow.env, *(position.step.env for position in context.positions)):
        yield from _entries(env, types)
    for one in workflow.inputs:
        if one.env is not None and one.env.text.startswith(PREFIX):
            yield _reserved(one.env)
    for secret in workflow.secrets:
        if secret.kind == "env" and secret.source.text.startswith(PREFIX):
            yield _reserved(secret.source)


def _entries(env: Environment, types: Types) -> Iterator[Diagnostic]:
    for one in env:
        if one.name.text.startswith(PREFIX):
            yield _reserved(one.name)
        given = types.kind(one.value.template)
        if given in {"list", "object"}:
            message = f"`{one.name}` of `env` must be text, and this is {WORDS[given]}"
            yield Diagnostic("wrong-kind", message, one.value.span, help="make text of it, for example with `| json`")


def _reserved(name: Name) -> Diagnostic:
    message = f"`{name}` is reserved: names that begin with `{PREFIX}` are set by Steplane"
    return Diagnostic("reserved-env", message, name.span, help="choose another name")
