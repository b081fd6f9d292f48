"""What a run would do, found out without running anything: for each step whether it runs, and why.

`forecast` goes through the plan in the order of a run. What uses inputs, vars, env and items that are known is
evaluated; what uses results of steps, secrets, or the run itself depends on them. Secrets are never fetched.
"""

from collections.abc import Mapping
from typing import Any

from steplane.events import Taken
from steplane.expressions import Engine
from steplane.expressions.faults import ExpressionError, NotKnown
from steplane.expressions.telling import Hides
from steplane.forecast import instances, summing
from steplane.forecast.fates import Forecast, InputForecast
from steplane.forecast.judging import Judge, Path
from steplane.forecast.names import LATER, RUN, Basis, Names, Partly, Steps
from steplane.forecast.summing import Ask
from steplane.forecast.walk import Place, Walk
from steplane.plan.inputs import InputSpec
from steplane.plan.nodes import ForEach, Plan
from steplane.plan.selection import Selection, select

__all__ = ["Ask", "Basis", "Forecast", "forecast"]


def forecast(  # noqa: PLR0917 - what a forecast is made of
    plan: Plan,
    basis: Basis,
    engine: Engine,
    mask: Hides,
    ask: Ask,
    selection: Selection | None = None,
    taken: Taken | None = None,
) -> Forecast:
    """What a run of the plan, or of the part of it that is selected, would do.

    `taken`: the results of an earlier run that stand for what is not selected. `ask` is what a step type says of
    itself; nothing else of a plugin is called.
    """
    made: dict[str, str] = {}
    judge = Judge(engine, mask, lambda path: _why(path, basis, made))
    walk = Walk(plan, judge, basis, selection or select(plan), taken)
    names = _names(plan, basis, walk)
    names = names.with_(vars=_variables(plan, judge, names, made))
    root = plan.nodes[0]
    instances.instance(walk, root, Place(names, around=((root, names),)))
    inputs = tuple(_input(spec, basis, mask) for spec in plan.inputs)
    return Forecast(summing.summed(walk, ask), summing.arms(walk), inputs)


def _names(plan: Plan, basis: Basis, walk: Walk) -> Names:
    """What every expression sees."""
    nodes = {node.id: node for node in plan.nodes[1:]}
    items = frozenset(node.loop.name for node in plan.nodes if isinstance(node.loop, ForEach))
    run = {"id": basis.run} if basis.run else {}
    workflow = {
        "name": plan.name, "version": plan.version, "title": plan.title, "owner": plan.owner, "file": plan.file,
        "hash": plan.hash, "labels": plan.labels,
    }  # fmt: skip
    known = {
        "inputs": Partly("inputs", basis.inputs, basis.missing),
        "secrets": Partly("secrets", {}, frozenset(one.name for one in plan.secrets)),
        "run": Partly("run", run, RUN),
        "workflow": workflow,
        "steps": Steps(nodes, walk.is_skipped, walk.recorded),
        "env": dict(basis.environ),
    }
    return Names(known, LATER | items)


def _variables(plan: Plan, judge: Judge, names: Names, made: dict[str, str]) -> Partly:
    """`vars` in order; `made` takes what those are made of that are not known."""
    values: dict[str, Any] = {}
    for name, template in plan.variables:
        seen: Mapping[str, Any] = Partly("vars", values, frozenset(made))
        try:
            values[name] = judge.engine.render(template, names.with_(vars=seen))
        except NotKnown as unknown:
            made[name] = "made of " + " and ".join(judge.words(template, unknown.paths))
        except ExpressionError as error:
            made[name] = f"which cannot be evaluated: {judge.mask.text(error.message)}"
    return Partly("vars", values, frozenset(made))


def _why(path: Path, basis: Basis, made: Mapping[str, str]) -> str:
    """Why a name has no value yet, where that is not clear by itself."""
    if path[0] == "inputs" and len(path) > 1 and path[1] in basis.missing:
        return "which is not given"
    if path[0] == "secrets":
        return "a secret"
    return made.get(path[1], "") if path[0] == "vars" and len(path) > 1 else ""


def _input(spec: InputSpec, basis: Basis, mask: Hides) -> InputForecast:
    if spec.name in basis.missing:
        return InputForecast(spec.name, "missing")
    value = "***" if spec.secret else mask.data(basis.inputs[spec.name])
    return InputForecast(spec.name, "given" if spec.name in basis.given else "default", value)
