"""The keys of the workflow itself, as the plan has them."""

from steplane import model
from steplane.expressions.templates import ListOf, MapOf, Template
from steplane.plan.caching import Concurrency
from steplane.plan.inputs import InputSpec, SecretSpec


def input_spec(one: model.Input) -> InputSpec:
    """One input."""
    env = one.env.text if one.env else None
    return InputSpec(one.name.text, one.schema, one.required, one.default, env, one.secret, one.optional)


def secret_spec(one: model.SecretSource) -> SecretSpec:
    """One secret."""
    return SecretSpec(one.name.text, **{one.kind: one.source.text})


def objects(workflow: model.Workflow) -> Template | None:
    """The business objects, as one list."""
    if not workflow.objects:
        return None
    return ListOf(tuple(MapOf((("type", one.type.template), ("id", one.id.template))) for one in workflow.objects))


def concurrency(workflow: model.Workflow) -> Concurrency | None:
    """Which runs count together."""
    one = workflow.concurrency
    return None if one is None else Concurrency(one.group.template, one.limit, one.when_full)
