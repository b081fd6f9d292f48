"""Patterns of files that can name nothing below the working directory."""

from collections.abc import Iterable, Iterator

from steplane.checks.context import Context, words_for
from steplane.diagnostics import Diagnostic
from steplane.model import Name, Step, Workflow
from steplane.sdk.globs import wrong_pattern


def check_artifacts(_: Workflow, context: Context) -> Iterator[Diagnostic]:
    """What is wrong with `artifacts`; patterns given twice are a warning."""
    for position in context.positions:
        example = "`dist/*.whl` or `reports/**`"
        yield from check_patterns(position.step.artifacts, "artifact-pattern", "artifacts", position.step, example)


def check_patterns(patterns: Iterable[Name], code: str, key: str, step: Step, example: str) -> Iterator[Diagnostic]:
    """What is wrong with the patterns of files under a key of a step; one given twice is a warning."""
    seen: set[str] = set()
    for one in patterns:
        if not one.text.strip():
            continue  # the structure is said to be wrong
        if why := wrong_pattern(one.text):
            message = f"the pattern `{one}` of `{key}` of {words_for(step)} {why}"
            help_ = f"patterns are relative to the step's working directory, such as {example}"
            yield Diagnostic(code, message, one.span, help=help_)
        elif one.text in seen:
            message = f"`{one}` stands twice in `{key}` of {words_for(step)}"
            yield Diagnostic(code, message, one.span, severity="warning", help="take it out")
        seen.add(one.text)
