"""What authors of plugins import: the base classes of step types, the context, the hook marker. Frozen with `API`.

`Step`, `Result`, `Meta`, `Duration`, `Secret`, `Spread`, `StepError`, `Suspend`, `StepContext`, `ProcessResult`,
`PlanContext`, `Planned`, `hookimpl` are for authors; `describe`, `convert`, `to_plain` are how the runner uses a
step type.
"""

from msgspec import Meta
from pluggy import HookimplMarker

from steplane.sdk.context import PlanContext, Planned, ProcessResult, StepContext
from steplane.sdk.describe import StepType, describe
from steplane.sdk.durations import seconds
from steplane.sdk.failures import DefinitionError, InvalidParameter, InvalidResult, StepError, Suspend
from steplane.sdk.parameters import convert
from steplane.sdk.results import RESULT_LIMIT, to_plain
from steplane.sdk.steps import API, Code, Duration, Private, Result, Secret, Spread, Step

hookimpl = HookimplMarker("steplane")
"""Marks a module's function as an implementation of one of the `steplane_` hooks."""

__all__ = [
    "API",
    "RESULT_LIMIT",
    "Code",
    "DefinitionError",
    "Duration",
    "InvalidParameter",
    "InvalidResult",
    "Meta",
    "PlanContext",
    "Planned",
    "Private",
    "ProcessResult",
    "Result",
    "Secret",
    "Spread",
    "Step",
    "StepContext",
    "StepError",
    "StepType",
    "Suspend",
    "convert",
    "describe",
    "hookimpl",
    "seconds",
    "to_plain",
]
