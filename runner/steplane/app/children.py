"""What a called workflow is given, held against its inputs."""

from collections.abc import Mapping
from typing import Any

from steplane.app.inputs import resolve
from steplane.app.secrets import Secrets
from steplane.driver.children import Children
from steplane.driver.evaluate import Evaluator
from steplane.driver.refusal import Refused
from steplane.errors import UsageError
from steplane.plan.inputs import InputSpec
from steplane.plan.nodes import Plan


def children(evaluator: Evaluator, secrets: Secrets, environ: Mapping[str, str]) -> Children:
    """The children of a run."""

    def given(plan: Plan, values: Mapping[str, Any]) -> Mapping[str, Any]:
        specs = {one.name: one for one in plan.inputs}
        try:
            return resolve(plan, {name: _as_wanted(specs[name], one) for name, one in values.items()}, environ)
        except UsageError as wrong:
            raise Refused("input.invalid", f"{plan.file}: {wrong.message}") from wrong

    def variables(plan: Plan, values: Mapping[str, Any]) -> dict[str, str]:
        mine = [one for one in plan.inputs if one.secret and one.name not in values]
        return {one.name: one.env for one in mine if one.env is not None and one.env in environ}

    return Children(evaluator, given, secrets.of, variables)


def _as_wanted(spec: InputSpec, value: Any) -> Any:
    """Where text is wanted a number or a boolean is taken as its text."""
    from steplane.expressions.limits import Budget
    from steplane.expressions.values import text_of
    from steplane.schema.texts import as_wanted

    return as_wanted(spec.schema, value, lambda _, one: text_of(one, Budget()))[0]


__all__ = ["children"]
