"""Scripts: no value may become code of the shell."""

from collections.abc import Iterator

from steplane.checks.context import Context, Position
from steplane.diagnostics import Diagnostic
from steplane.model import Run, Shell, Workflow, shell_of
from steplane.scripts.compiling import compile_script
from steplane.source.nodes import Scalar


def check_scripts(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What the script compiler finds in each `run` for `bash` and `sh`; other shells take values through `env`."""
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
        yield from _compiled(position, script, shell, context)


def _compiled(position: Position, script: Scalar, shell: Shell, context: Context) -> list[Diagnostic]:
    run, types = position.step.action, context.types
    assert isinstance(run, Run)
    _, found = compile_script(
        run.parts,
        spans=run.spans,
        shell=shell,
        is_number=lambda one: types.of(one, position).there.is_only("integer", "number"),  # null is refused in the run
        locate=lambda offset, length: context.place(script, offset, length),
    )
    return found
