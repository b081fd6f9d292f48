"""The compiled form of the text of `run`."""

from steplane.model import Run, Step, shell_of
from steplane.scripts import Direct, Script
from steplane.scripts.compiling import compile_script


def script_of(step: Step) -> Script | Direct | None:
    """The script of a `run` for `bash` or `sh`; None where the text goes to another shell as it is, or there is none.

    The step has been checked: what the compiler finds in its script has been said.
    """
    run = step.action
    if not isinstance(run, Run) or run.script is None:
        return None
    shell = shell_of(run)
    if shell is None:
        return None
    place = run.script.span
    compiled, _ = compile_script(
        run.parts, spans=run.spans, shell=shell, is_number=lambda _: True, locate=lambda *_: place
    )
    return compiled
