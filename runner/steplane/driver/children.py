"""Workflows that are called: what they are given, and the names that their expressions see."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from steplane.driver.names import Lazy
from steplane.driver.plain import unrecordable
from steplane.driver.refusal import Refused
from steplane.events import ENDED
from steplane.expressions import ExpressionError, Missing
from steplane.kernel import Instance
from steplane.plan.nodes import Call, Plan

if TYPE_CHECKING:
    from steplane.driver.evaluate import Evaluator

Resolve = Callable[[Plan, Mapping[str, Any]], Mapping[str, Any]]
"""The inputs of a workflow with their values, from those given. Raises `Refused`."""

SecretsOf = Callable[[Plan], Mapping[str, Any]]

VariablesOf = Callable[[Plan, Mapping[str, Any]], Mapping[str, str]]
"""The secret inputs that a variable of the environment gives, with its name, beside those that are given."""


_GONE = "it is secret, and the variable {} that gave it is not set any more"


class Children:
    """The children of one run. `resolve` checks what they are given, `secrets` gives those of a file."""

    def __init__(
        self, evaluator: "Evaluator", resolve: Resolve, secrets: SecretsOf, variables: VariablesOf = lambda *_: {}
    ) -> None:
        self._evaluator = evaluator
        self._resolve = resolve
        self._secrets = secrets
        self._from = variables

    def given(self, call: Instance) -> dict[str, Any]:
        """The inputs and variables of the child that the call is to begin. Raises `Refused`, `ExpressionError`."""
        action = call.node.action
        assert isinstance(action, Call)
        plan = self._evaluator.state.plan.of_file(action.file)
        values = self._evaluator.engine.render(action.given, self._evaluator.context(call))
        inputs = dict(self._resolve(plan, values))
        for spec in plan.inputs:
            if spec.secret:
                self._evaluator.learn(f"input {spec.name}", inputs[spec.name])
        given: dict[str, Any] = {"inputs": inputs, "vars": self._variables(plan, call, inputs)}
        variables = dict(self._from(plan, values))
        return {**given, "from": variables} if variables else given

    def _variables(self, plan: Plan, call: Instance, inputs: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        context = {**self._fixed(plan, call, None), "inputs": inputs, "vars": values}
        context["env"] = self._evaluator.environment(call)
        for name, template in plan.variables:
            values[name] = self._evaluator.engine.render(template, context)
            if why := unrecordable(values[name]):
                raise Refused("expression", f"`vars.{name}` of `{plan.file}` {why}, which cannot be recorded")
        return values

    def names(self, child: Instance) -> dict[str, Any]:
        """What is the same for all of a child: `inputs`, `vars`, `secrets`, `run`, `workflow`."""
        assert child.scope is not None
        call = child.scope.owner
        had = call.choice
        if any(one.__class__ is Missing for part in had.values() for one in part.values()):
            self._have_again(call)
        return {**self._fixed(child.plan, call, child), "inputs": call.choice["inputs"], "vars": call.choice["vars"]}

    def _have_again(self, call: Instance) -> None:
        """What was secret among it is not recorded: it is worked out once more."""
        with suppress(ExpressionError, Refused, RecursionError, MemoryError):
            again, first = self.given(call), call.choice.get("from", {})
            gone = {name: variable for name, variable in first.items() if name not in again.get("from", {})}
            again["inputs"] |= {name: Missing(_GONE.format(variable)) for name, variable in gone.items()}
            call.choice = {
                part: {name: again[part].get(name) if one.__class__ is Missing else one for name, one in had.items()}
                for part, had in call.choice.items()
            }

    def _fixed(self, plan: Plan, call: Instance, child: Instance | None) -> dict[str, Any]:
        of_run = self._evaluator.names["run"]
        run: dict[str, Callable[[], Any]] = {
            **{name: partial(of_run.__getitem__, name) for name in of_run},
            "status": lambda: "running" if child is None else status_of(child),
            "parent": partial(of_run.__getitem__, "id"),  # a child is of the run of its caller
        }
        workflow = {
            "name": plan.name, "version": plan.version, "title": plan.title, "owner": plan.owner,
            "file": plan.file, "hash": plan.hash, "labels": plan.labels,
        }  # fmt: skip
        return {"secrets": self._secrets(plan), "run": Lazy(run), "workflow": workflow}


def status_of(child: Instance) -> str:
    """The status of a called workflow as far as it is known: `running` before its `finally`."""
    if child.status in ENDED:
        return child.status
    return child.outcome if child.phase == "finally" else "running"


__all__ = ["Children", "status_of"]
