"""Scripts: no value may become code of the shell."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.checks.types import Types
from steplane.diagnostics import Diagnostic
from steplane.model import Run, Shell, Workflow, shell_of
from steplane.scripts.compiling import compile_script
from steplane.source.nodes import Scalar


def check_scripts(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What the script compiler finds in each `run` for `bash` and `sh`; other shells take values through `env`."""
    types = context.types
    for position in context.positions:
        run = position.step.action
        if not isinstance(run, Run) or run.script is None or not run.spans:
            continue
        script, shell = run.script, shell_of(run)
        if context.is_misshapen(script.span):
            continue
        if shell is None:
            message = "an expression in `run` is for `bash` and `sh` only: another shell could take it for code"
            start, end = run.spans[0]
            yield Diagnostic(
                "foreign-shell",
                message,
                context.place(script, start, end - start),
                help="give the value through `env` and read the variable in the script",
            )
            continue
        yield from _compiled(run, script, shell, types, context)


def _compiled(run: Run, script: Scalar, shell: Shell, types: Types, context: Context) -> list[Diagnostic]:
    _, found = compile_script(
        run.parts,
        spans=run.spans,
        shell=shell,
        is_number=lambda one: types.kind(one) in {"integer", "number"},
        locate=lambda offset, length: context.place(script, offset, length),
    )
    return found
