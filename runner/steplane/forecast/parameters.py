"""The parameters of a step type before the run: rendered where all of it is known."""

from collections.abc import Mapping
from typing import Any

from steplane.expressions import Engine
from steplane.plan.nodes import Perform
from steplane.scripts import Direct, arguments, expressions_of
from steplane.scripts.showing import shown


def rendered(engine: Engine, action: Perform, names: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters with their values; a script with the values in it, as somebody would type it.

    Raises `NotKnown` where a value is not known yet; `ExpressionError`, `ScriptValueError` where the step would fail.
    """
    given = dict(engine.render(action.parameters, names))
    script = action.script
    if script is None:
        return given
    values = [engine.evaluate(expression, names) for expression in expressions_of(script)]
    if isinstance(script, Direct):
        return {**given, "argv": arguments(script, values)}
    return {**given, "script": shown(script, values)}
