"""What a run was given and is recorded nowhere: the values of its secret inputs, which are to be given again.

The header names those that were given when the run began. A run that goes on without one of them, with the default in
its place, would be another run.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from steplane.app import inputs as given_inputs
from steplane.errors import UsageError
from steplane.plan.inputs import InputSpec
from steplane.plan.nodes import Plan

_KEY = "given"
"""Of the header: see `recorded.recorded_header`."""

Given = tuple[Plan, Mapping[str, Any], Mapping[str, Any], Mapping[str, str]]
"""The plan, the header of the run, the values that this call gives, the environment."""


def said_of_secrets(plan: Plan, values: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """What the header of a new run says: the secret inputs that the call gave, each with its variable if it has one."""
    return {_KEY: given_now(plan, values, environ)} if any(one.secret for one in plan.inputs) else {}


def given_now(plan: Plan, values: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """The secret inputs that this call gives, each with its variable if it has one."""
    secret = [one for one in plan.inputs if one.secret and given_inputs.is_given(one, values, environ)]
    return {one.name: one.env or "" for one in secret}


def given_so_far(given: Given) -> dict[str, str]:
    """With those that this call gives besides."""
    plan, header, values, environ = given
    return {**given_at_first(header), **given_now(plan, values, environ)}


def given_at_first(header: Mapping[str, Any]) -> Mapping[str, str]:
    """The secret inputs that were given when the run began, or went on; journals of earlier releases name none."""
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
    wanted = [*values, *(name for name in used if name not in header["inputs"])]  # those recorded were checked once
    return given_inputs.resolve_leniently(plan, known, environ, first, wanted)


def inputs_under(before: Plan, given: Given, *, going: bool) -> Mapping[str, Any]:
    """The inputs under a new definition: recorded ones stay, where they were not the default that is another now.

    Where the run is not `going` on so nothing is asked for. Raises `UsageError`.
    """
    plan, header, said, environ = given
    old, recorded = {spec.name: spec for spec in before.inputs}, header["inputs"]
    for name in said:
        _refuse_recorded(name, recorded.keys() & {spec.name for spec in plan.inputs})
    values = dict(said)
    for spec in plan.inputs:
        was = old.get(spec.name)
        if spec.name in said or was is None or spec.name not in recorded:
            continue
        if not (was.default != spec.default and recorded[spec.name] == was.default):
            values[spec.name] = recorded[spec.name]
    first = given_at_first(header)
    if going:
        return given_inputs.resolve(plan, values, environ, first)
    return given_inputs.resolve_leniently(plan, values, environ, first, ())


def _refuse_recorded(name: str, recorded: Collection[str]) -> None:
    if name in recorded:
        raise UsageError(f"input `{name}` is recorded with the run and cannot be given again", "Start a new run.")


def _unable(run: str, missing: Sequence[str]) -> str:
    names = " and ".join(f"`{one}`" for one in missing)
    if len(missing) == 1:
        return f"what cleans up run {run} uses the input {names}, which is secret: its value is recorded nowhere"
    return f"what cleans up run {run} uses the inputs {names}, which are secret: their values are recorded nowhere"


def _remedy(missing: Sequence[str]) -> str:
    words = " ".join(f"-i {name}=..." for name in missing)
    return f"Add `{words}`. Where it is lost, any other value will do: what uses it may fail then, and the run ends."


def _known(plan: Plan, header: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    public = {spec.name for spec in plan.inputs if not spec.secret}
    for name in values:
        _refuse_recorded(name, public)
    return {**header["inputs"], **values}


__all__ = [
    "Given", "by_hand", "given_at_first", "given_so_far", "inputs_again", "inputs_to_clean_up", "inputs_under",
    "named_again", "said_of_secrets",
]  # fmt: skip
