"""What programs are given: names of variables that are ours, and a character that nothing can hold."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic
from steplane.model import Environment, Name, Run, Workflow
from steplane.source.nodes import Node, Scalar, Sequence

PREFIX = "STEPLANE_"


def check_environment(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Reserved names of variables; a NUL in a variable, a script, an argument or a folder."""
    for env in (workflow.env, *(position.step.env for position in context.positions)):
        yield from _entries(env)
    if "\\" in context.document.text:  # in the file itself it is a mistake of its own
        for node in _given(workflow, context):
            yield from _nul(node)
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


def _given(workflow: Workflow, context: Context) -> Iterator[Node]:
    """What stands in the file for programs, their variables and their folders."""
    steps = [position.step for position in context.positions]
    for env in (workflow.env, *(step.env for step in steps)):
        yield from (one.value.node for one in env)
    for cwd in (workflow.cwd, *(step.cwd for step in steps)):
        yield from () if cwd is None else (cwd.node,)
    for action in (step.action for step in steps):
        if isinstance(action, Run):
            yield from (one for one in (action.script, action.argv.node if action.argv else None) if one is not None)


def _nul(node: Node) -> Iterator[Diagnostic]:
    if isinstance(node, Sequence):
        for one in node.items:
            yield from _nul(one)
    elif isinstance(node, Scalar) and "\0" in node.text:
        message = "this text holds a NUL, which neither a program nor its environment can be given"
        advice = "take it out; a program such as `printf` can make one itself"
        yield Diagnostic("nul-for-program", message, node.span, help=advice)
