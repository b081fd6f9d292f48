"""What a run was given and is recorded nowhere: the values of its secret inputs, which are to be given again.

The header names those that were given when the run began. A run that goes on without one of them, with the default in
its place, would be another run.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from steplane.app import inputs as given_inputs
from steplane.errors import UsageError
from steplane.expressions import uses
from steplane.expressions.templates import Template
from steplane.kernel import Instance, State
from steplane.plan.inputs import InputSpec
from steplane.plan.nodes import Call, Plan, lists_of
from steplane.plan.templates import templates_of

_KEY = "given"

Given = tuple[Plan, Mapping[str, Any], Mapping[str, Any], Mapping[str, str]]
"""The plan, the header of the run, the values that this call gives, the environment."""


def said_of_secrets(plan: Plan, values: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """What the header of a new run says: the secret inputs that the call gave, each with its variable if it has one."""
    secret = [one for one in plan.inputs if one.secret and given_inputs.is_given(one, values, environ)]
    return {_KEY: {one.name: one.env or "" for one in secret}} if secret else {}


def given_at_first(header: Mapping[str, Any]) -> Mapping[str, str]:
    """The secret inputs that were given when the run began; journals of earlier releases name none."""
    return {name: str(variable) for name, variable in header.get(_KEY, {}).items()}


def by_hand(given: Mapping[str, str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Of the secret inputs that were given, those that a command which goes on has to name: no variable holds them."""
    return tuple(name for name, variable in given.items() if variable not in environ)


def named_again(
    plan: Plan, header: Mapping[str, Any], inputs: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[str, ...]:
    """As `by_hand`, and those that this process was given though the run had begun with the default."""
    secret = {one.name: one for one in plan.inputs if one.secret and not _in_environ(one, environ)}
    others = [name for name, one in secret.items() if inputs.get(name, one.default) != one.default]
    first = [name for name in by_hand(given_at_first(header), environ) if name in secret]
    return tuple(dict.fromkeys([*first, *others]))


def _in_environ(spec: InputSpec, environ: Mapping[str, str]) -> bool:
    return spec.env is not None and spec.env in environ


def inputs_again(
    plan: Plan, header: Mapping[str, Any], values: Mapping[str, Any], environ: Mapping[str, str]
) -> Mapping[str, Any]:
    """The recorded inputs, and the secret ones anew. Raises `UsageError`."""
    known = _known(plan, header, values)
    return given_inputs.resolve(plan, known, environ, given_at_first(header))


def inputs_to_clean_up(given: Given, used: Collection[str]) -> Mapping[str, Any]:
    """As `inputs_again`, where nothing but the `used` inputs is needed; another that was not given is missing.

    Raises `UsageError`.
    """
    plan, header, values, environ = given
    known, first = _known(plan, header, values), given_at_first(header)
    missing = [
        one.name
        for one in plan.inputs
        if one.name in used and one.secret and not given_inputs.has_value(one, known, environ, first)
    ]
    if missing:
        raise UsageError(_unable(header["run"], missing), _remedy(missing))
    return given_inputs.resolve_leniently(plan, known, environ, first)


def _unable(run: str, missing: Sequence[str]) -> str:
    names = " and ".join(f"`{one}`" for one in missing)
    if len(missing) == 1:
        return f"what cleans up run {run} uses the input {names}, which is secret: its value is recorded nowhere"
    return f"what cleans up run {run} uses the inputs {names}, which are secret: their values are recorded nowhere"


def _remedy(missing: Sequence[str]) -> str:
    words = " ".join(f"-i {name}=..." for name in missing)
    return f"Add `{words}`. Where it is lost, any other value will do: what uses it may fail then, and the run ends."


def _known(plan: Plan, header: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    secret = {spec.name for spec in plan.inputs if spec.secret}
    for name in values:
        if name not in secret:
            raise UsageError(f"input `{name}` is recorded with the run and cannot be given again", "Start a new run.")
    return {**header["inputs"], **values}


def used_by_cancel(state: State) -> set[str]:
    """The inputs of the workflow that what runs after a cancel of the run uses: `finally` of all that has begun."""
    found: list[Template] = []
    for one in state.instances.values():
        if one.ended:
            continue
        if one.begun and one.node.finally_ is not None:
            found += _in_list(state.plan, one, one.node.finally_)
        if one.scope is not None and one.scope.list.role == "compensate":
            found += _in_list(state.plan, one.scope.owner, one.scope.list.number)
    return _inputs(state.plan, found)


def used_by_compensation(plan: Plan, undone: Collection[Instance]) -> set[str]:
    """The inputs of the workflow that undoing these uses."""
    found: list[Template] = []
    for one in undone:
        if one.node.compensate is not None:
            found += _in_list(plan, one, one.node.compensate)
    return _inputs(plan, found)


def _in_list(plan: Plan, owner: Instance, number: int) -> Iterator[Template]:
    """What a list of the instance evaluates, as far as it stands in the plan: inside a child, what the child is given,
    for that is worked out again.
    """
    if owner.plan is plan:
        yield from _below(plan, number)
    around = owner
    while True:
        if around.plan is plan:
            yield from (value for _, value in around.node.env)
            yield from () if around.node.cwd is None else (around.node.cwd,)
            if around is not owner and isinstance(around.node.action, Call):
                yield around.node.action.given
        if around.scope is None:
            return
        around = around.scope.owner


def _below(plan: Plan, number: int) -> Iterator[Template]:
    for each in plan.lists[number].nodes:
        yield from templates_of(plan.nodes[each])
        for inner in lists_of(plan.nodes[each]):
            yield from _below(plan, inner)


def _inputs(plan: Plan, templates: Collection[Template]) -> set[str]:
    """The inputs that these use, themselves or through `vars`."""
    variables = dict(plan.variables)
    used: set[tuple[str, ...]] = set()
    todo = list(templates)
    while todo:
        for use in uses(todo.pop()):
            if use.path[:1] == ("vars",) and use.path[:2] not in used:
                todo += [value for name, value in variables.items() if use.path[1:2] in {(), (name,)}]
            used.add(use.path[:2])
    if ("inputs",) in used:
        return {one.name for one in plan.inputs}
    return {path[1] for path in used if path[:1] == ("inputs",)}


__all__ = [
    "Given", "by_hand", "given_at_first", "inputs_again", "inputs_to_clean_up", "named_again", "said_of_secrets",
    "used_by_cancel", "used_by_compensation",
]  # fmt: skip
