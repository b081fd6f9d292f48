"""What a run would do: the forecast of a workflow with the inputs and the environment of a call."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from steplane.app import inputs as given_inputs
from steplane.app.execution import home_of, zone_of
from steplane.app.known import KnownSecrets
from steplane.app.project import here
from steplane.app.secrets import hidden_variables, texts_in
from steplane.events import Taken
from steplane.expressions import Engine
from steplane.forecast import Basis, Forecast, forecast
from steplane.forecast.environment import Environment
from steplane.forecast.fates import Planned
from steplane.forecast.walk import Performed
from steplane.plan.nodes import Perform, Plan
from steplane.plan.selection import Selection
from steplane.plugins import PluginProblem, Registered, Registry
from steplane.rendering import filters
from steplane.store import StateDirectory

QUESTIONS = 1000
"""Calls of `plan()` in one forecast."""


def look_ahead(
    plan: Plan, registry: Registry, values: Mapping[str, Any], environ: Mapping[str, str], *,
    selection: Selection | None = None, taken: Taken | None = None, strict: bool = False, run_id: str = "",
    store: StateDirectory | None = None,
) -> Forecast:  # fmt: skip
    """What a run with these inputs, of the steps that are selected, would do. Nothing is run, recorded or fetched; step
    types that have a `plan()` are asked for it, in a process of its own.

    An input that is missing is unknown; with `strict` it is an error, as for a run. `store`: where recorded results of
    steps with `cache` are looked for. Raises `UsageError`.
    """
    resolved = (
        given_inputs.resolve(plan, values, environ) if strict else given_inputs.resolve_known(plan, values, environ)
    )
    hidden = hidden_variables(plan)
    basis = Basis(
        inputs=resolved,
        missing=frozenset(spec.name for spec in plan.inputs) - resolved.keys(),
        given=frozenset(spec.name for spec in plan.inputs if given_inputs.is_given(spec, values, environ)),
        environ={name: value for name, value in environ.items() if name not in hidden},
        home=home_of(plan.file),
        called_in=here(),
        run=run_id,
    )
    secret = [resolved[spec.name] for spec in plan.inputs if spec.secret and spec.name in resolved]
    texts = enumerate(one for value in secret for one in texts_in(value))
    known = KnownSecrets(plan, {str(index): text for index, text in texts})
    engine = Engine(filters(), zone_of(plan))
    engine.keeper = known if known.any else None
    if store is not None and any(node.cache is not None for node in plan.nodes):
        from steplane.forecast.recorded import RecordedResults
        from steplane.store.results import Results

        basis = replace(basis, recorded=RecordedResults(Results(store), registry.versions, engine, known))
    with _Asker(plan, registry, basis, engine, known) as asker:
        return forecast(plan, basis, engine, known, asker.ask, selection, taken)


class _Asker:
    """Asks the step types that have a `plan()`, in a process that is started when there is one."""

    def __init__(self, plan: Plan, registry: Registry, basis: Basis, engine: Engine, known: KnownSecrets) -> None:
        self._plan, self._registry, self._basis, self._engine, self._known = plan, registry, basis, engine, known
        self._planner: Any = None
        self._left = QUESTIONS

    def ask(self, number: int, one: Performed) -> Planned | None:
        """What the step type of the node would do; None where it does not say, or not all is known."""
        action = self._plan.nodes[number].action
        if not isinstance(action, Perform) or one.parameters is None or one.folder is None or not self._left:
            return None
        found = self._registry.find(action.uses)
        if isinstance(found, PluginProblem) or not hasattr(found.cls, "plan"):
            return None
        self._left -= 1
        return self._asked(found, one, {"rules": action.table} if action.table else {})

    def _asked(self, found: Registered, one: Performed, private: dict[str, Any]) -> Planned:
        from steplane.executors.planning import Planner

        self._planner = self._planner or Planner(self._basis.environ)
        env = Environment(self._engine, self._basis, one.place.around).known()
        assert one.parameters is not None
        answer = self._planner.ask(found, one.parameters, env, one.folder, private)
        hide = self._known.text
        return Planned(
            hide(answer.summary), tuple(map(hide, answer.reads)), tuple(map(hide, answer.changes)), hide(answer.fault)
        )

    def __enter__(self) -> "_Asker":
        return self

    def __exit__(self, *_: object) -> None:
        if self._planner is not None:
            self._planner.close()


__all__ = ["look_ahead"]
