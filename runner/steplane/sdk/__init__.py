"""What authors of plugins import: the base classes of step types, the context, the hook marker. Frozen with `API`.

`Step`, `Result`, `Meta`, `Duration`, `Secret`, `Spread`, `Code`, `Template`, `Url`, `Trusted`, `Decision`, `Rules`,
`StepError`, `Suspend`, `StepContext`, `ProcessResult`, `PlanContext`, `Planned`, `hookimpl` are for authors;
`describe`, `convert`, `to_plain` are how the runner uses a step type.
"""

from msgspec import Meta
from pluggy import HookimplMarker

from steplane.sdk.context import Delimiters, PlanContext, Planned, ProcessResult, StepContext
from steplane.sdk.describe import StepType, describe, missing_requirements
from steplane.sdk.durations import seconds
from steplane.sdk.failures import DefinitionError, InvalidParameter, InvalidResult, StepError, Suspend
from steplane.sdk.parameters import convert
from steplane.sdk.results import RESULT_LIMIT, to_plain
from steplane.sdk.steps import (
    API,
    Code,
    Decision,
    Duration,
    Private,
    Query,
    Result,
    Rules,
    Secret,
    Spread,
    Step,
    Template,
    Trusted,
    Url,
)  # fmt: skip

hookimpl = HookimplMarker("steplane")
"""Marks a module's function as an implementation of one of the `steplane_` hooks."""

__all__ = [
    "API",
    "RESULT_LIMIT",
    "Code",
    "Decision",
    "DefinitionError",
    "Delimiters",
    "Duration",
    "InvalidParameter",
    "InvalidResult",
    "Meta",
    "PlanContext",
    "Planned",
    "Private",
    "ProcessResult",
    "Query",
    "Result",
    "Rules",
    "Secret",
    "Spread",
    "Step",
    "StepContext",
    "StepError",
    "StepType",
    "Suspend",
    "Template",
    "Trusted",
    "Url",
    "convert",
    "describe",
    "hookimpl",
    "missing_requirements",
    "seconds",
    "to_plain",
]
