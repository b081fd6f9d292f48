"""Runs a step type's own code, and makes an outcome of whatever it does."""

import sys
from collections.abc import Mapping
from typing import Any

from msgspec import json, to_builtins

from steplane.events import ErrorInfo
from steplane.executors.context import AttemptContext
from steplane.executors.failures import SpawnError
from steplane.executors.requests import AttemptOutcome, AttemptRequest
from steplane.parts import Hit
from steplane.sdk import Result, Step, StepError, Suspend, convert, missing_requirements, to_plain

LONGEST = 1 << 16
"""Characters of an error's text, and bytes of its data, that are kept."""


def perform(request: AttemptRequest, step_type: type[Step], source: str, context: AttemptContext) -> AttemptOutcome:
    """The outcome of the attempt. Nothing that the plugin raises gets out; `source` names step type and plugin."""
    outputs, error, result = None, None, None
    try:
        refuse_missing(step_type)
        step = convert(step_type, request.parameters, _wanted(step_type, request.private))
        result = step.run(context)
        outputs = to_plain(result, source)
    except StepError as raised:
        error = told(raised)
        outputs = _known(raised, source)
    except SpawnError as raised:
        error = ErrorInfo(type=raised.type, message=raised.message)
    except Suspend:
        what = "wants to wait for a completion from outside, which is not in this release"
        error = ErrorInfo(type="plugin.crash", message=f"{source} {what}")
    except BaseException as raised:  # noqa: BLE001 - a plugin's SystemExit is no wish of ours
        import traceback

        context.sink.line("stderr", "".join(traceback.format_exception(raised)))
        error = crashed(source, raised)
    if context.token.cancelled:
        outcome: Any = "cancelled"
    else:
        outcome = "succeeded" if error is None else "failed"
    return AttemptOutcome(
        instance=request.instance, attempt=request.attempt, outcome=outcome, outputs=outputs, error=error,
        warnings=tuple(context.warnings), decided=_hits(context.rules),
        fields=_fields(result, outputs, step_type, context),
    )  # fmt: skip


def _fields(
    result: Any, outputs: dict[str, Any] | None, step_type: type[Step], context: AttemptContext
) -> tuple[str, ...]:
    """The outputs whose names are no data: of a typed result its fields, of a table its columns."""
    if isinstance(result, Result):
        return result.__struct_fields__
    if context.rules is not None:
        return tuple(outputs or ())
    if outputs and result is None:  # of a failed step: those of what it gives when it succeeds
        promised: Any = getattr(step_type.run, "__annotations__", {}).get("return")
        if isinstance(promised, str):
            promised = getattr(sys.modules.get(step_type.__module__), promised, None)
        return getattr(promised, "__struct_fields__", ())
    return ()


def _hits(rules: Mapping[str, str] | None) -> tuple[Hit, ...] | None:
    return None if rules is None else tuple(Hit(name, because) for name, because in rules.items())


def refuse_missing(step_type: type[Step]) -> None:
    """Raise `StepError` where a library that the step type needs is not installed."""
    if step_type.steplane.requires and (missing := missing_requirements(step_type)):
        what = " ".join(f"'{one}'" for one in missing)
        raise StepError("plugin.requirement", f"`{step_type.steplane.type}` needs more: pip install {what}")


def _wanted(step_type: type[Step], private: dict[str, Any]) -> dict[str, Any] | None:
    """Of what the core fills in, that which the step type has fields for."""
    return {name: value for name, value in private.items() if name in step_type.__struct_fields__} or None


def failed(request: AttemptRequest, error: ErrorInfo, *, cancelled: bool = False) -> AttemptOutcome:
    """The outcome of an attempt whose step could not tell it."""
    return AttemptOutcome(
        instance=request.instance,
        attempt=request.attempt,
        outcome="cancelled" if cancelled else "failed",
        error=error,
    )


def crashed(source: str, raised: BaseException) -> ErrorInfo:
    """The error of a step type that raised what it should not."""
    if isinstance(raised, SystemExit):
        what = f"called `sys.exit({raised.code!r})`"
    else:
        text = _safe_text(raised)
        what = f"raised {type(raised).__name__}" + (f": {text}" if text else "")
    return ErrorInfo(type="plugin.crash", message=f"{source} {what}"[:LONGEST])


def _safe_text(raised: BaseException) -> str:
    try:
        return str(raised)
    except Exception:  # noqa: BLE001 - an exception's own text may be broken too
        return ""


def told(raised: StepError) -> ErrorInfo:
    """The error as the step type says it, as far as it is data of the right kinds."""
    code = raised.code if isinstance(raised.code, int) and abs(raised.code) < 1 << 63 else None
    message = _safe_text(raised) if not isinstance(raised.message, str) else raised.message
    return ErrorInfo(type=str(raised.type), message=message[:LONGEST], code=code, detail=_plain(raised.detail))


def _plain(detail: Any) -> Any:
    """The data, or its text where it is no JSON or too much."""
    if detail is None or isinstance(detail, bool | int | float):
        return detail
    try:
        plain = to_builtins(detail)
        if len(json.encode(plain)) <= LONGEST:
            return plain
    except Exception:  # noqa: BLE001 - a plugin's data may do anything when it is read
        plain = None
    return _cut(detail)


def _cut(detail: Any) -> str:
    try:
        return str(detail)[:LONGEST]
    except Exception:  # noqa: BLE001 - the same
        return f"({type(detail).__name__})"


def _known(raised: StepError, source: str) -> dict[str, Any] | None:
    try:
        return to_plain(raised.outputs, source)
    except StepError:
        return None
