"""`call`: a file that is there, inputs that it has and takes, nothing that a detached child cannot give."""

from collections.abc import Iterator
from typing import Any

from steplane.checks.context import Context, words_for
from steplane.checks.parameters import Given, check_given, with_places
from steplane.checks.unclear import Declared
from steplane.diagnostics import Diagnostic, Edit, Fix, Related
from steplane.model import Call, Input, Step, Workflow
from steplane.suggest import did_you_mean


def check_calls(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Targets that are no workflows; unknown, missing and mistyped inputs; what does not go with `detach`."""
    types = context.types
    for position in context.positions:
        step, action = position.step, position.step.action
        if isinstance(action, Call):
            called = context.called(action)
            if isinstance(called, str):
                yield _no_target(step, action, called, context)
            elif called is not None:
                found = check_given(position, _given(action, called, context.declared_by(called, "inputs")), types)
                places = {one.name.text: one.name.span for one in called.inputs}
                yield from with_places(found, places, "declared here", "its inputs")
                yield from _timezone(action, workflow, called)
            yield from _detached(step, action)


def _no_target(step: Step, action: Call, why: str, context: Context) -> Diagnostic:
    path, span = action.path.text, action.path.span
    message = f"{words_for(step)} calls `{path}`: {why}"
    meant = did_you_mean(path, context.beside(path))
    if meant:
        fix = Fix(f"replace `{path}` with `{meant}`", (Edit(span, meant),), safe=False)
        return Diagnostic("call-target", message, span, label=f"did you mean `{meant}`?", fix=fix)
    return Diagnostic("call-target", message, span, help="the path is relative to this file")


def _given(action: Call, called: Workflow, spelled: Declared) -> Given:
    """What the workflow takes; of names that are `spelled` where they could not be read nothing is known."""
    return Given(
        action=action,
        kind=action.path.text,
        span=action.path.span,
        noun="input",
        more=f"see `steplane plan {called.file}`",
        schema={
            "properties": {
                **{name: {} for name in sorted(spelled.names)},
                **{one.name.text: _schema(one) for one in called.inputs},
            },
            "required": [one.name.text for one in called.inputs if one.required],
            "additionalProperties": spelled.any_name,
        },
    )


def _schema(one: Input) -> dict[str, Any]:
    return {"anyOf": [one.schema, {"type": "null"}]} if one.optional else one.schema


def _timezone(action: Call, workflow: Workflow, called: Workflow) -> Iterator[Diagnostic]:
    if called.node.entry("timezone") is not None and called.timezone != workflow.timezone:
        message = (
            f"`{action.path.text}` has the timezone {called.timezone}; called from here it has {workflow.timezone}"
        )
        help_ = "a run has the timezone of the file that it is begun with"
        yield Diagnostic("call-timezone", message, action.path.span, "warning", help=help_)


def _detached(step: Step, action: Call) -> Iterator[Diagnostic]:
    """What would look at the result of a child that has not ended."""
    if not action.detach:
        return
    reshaped = step.outputs is not None and step.node.entry("outputs") is not None
    for key, there in (("outputs", reshaped), ("ensure", bool(step.ensure))):
        if there:
            message = f"{words_for(step)} has both `detach` and `{key}`: nobody waits for what a detached call gives"
            related = (Related(step.key_span("detach"), "detached here"),)
            yield Diagnostic("exclusive", message, step.key_span(key), related=related, help="keep one of them")


__all__ = ["check_calls"]
