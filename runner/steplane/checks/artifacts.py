"""Patterns of files to keep that can name nothing below the working directory."""

from collections.abc import Iterator

from steplane.checks.context import Context, words_for
from steplane.diagnostics import Diagnostic
from steplane.model import Workflow
from steplane.sdk.globs import wrong_pattern


def check_artifacts(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What is wrong with `artifacts`; patterns given twice are a warning."""
    for position in context.positions:
        step = position.step
        seen: set[str] = set()
        for one in step.artifacts:
            if not one.text.strip():
                continue  # the structure is said to be wrong
            if why := wrong_pattern(one.text):
                message = f"the pattern `{one}` of `artifacts` of {words_for(step)} {why}"
                help_ = "patterns are relative to the step's working directory, such as `dist/*.whl` or `reports/**`"
                yield Diagnostic("artifact-pattern", message, one.span, help=help_)
            elif one.text in seen:
                message = f"`{one}` stands twice in `artifacts` of {words_for(step)}"
                yield Diagnostic("artifact-pattern", message, one.span, severity="warning", help="take it out")
            seen.add(one.text)
