"""Evaluates what the kernel asks, in the names that the instance sees."""

from collections.abc import Callable, Mapping
from itertools import product
from random import Random
from typing import Any

from steplane.commands import Ask
from steplane.driver.names import Lazy, Places, Steps, error_view, handled_error, loop_names
from steplane.events import Answered, ErrorInfo, Question
from steplane.expressions import Engine, ExpressionError, Missing, Template
from steplane.expressions.durations import parse_duration
from steplane.expressions.templates import Expression
from steplane.kernel import Instance, State
from steplane.plan.nodes import Choice, End, ForEach, Fork, Matrix, OutputField, Plan, Retry

_NONE = object()


class Refused(Exception):
    """A value that cannot be used where it stands; becomes the error of the step."""

    def __init__(self, kind: str, message: str, detail: Any = None) -> None:
        super().__init__(message)
        self.error = ErrorInfo(kind, message, detail=detail)


class Evaluator:
    """Answers questions. `names` are those that are the same for the whole run (`inputs`, `vars`, `run`, ...)."""

    def __init__(self, plan: Plan, state: State, engine: Engine, names: Mapping[str, Any], random: Random) -> None:
        self.plan = plan
        self.state = state
        self.engine = engine
        self.names = names
        self.random = random
        self.places = Places(plan)
        self._answers: dict[Question, Callable[[Instance], Any]] = {
            "if": self._if, "loop": self._loop, "enter": self._enter, "require": self._require, "switch": self._switch,
            "branches": self._branches, "ensure": self._ensure, "outputs": self._outputs, "retry": self._retry,
        }  # fmt: skip
        self.environment: Callable[[Instance], Mapping[str, str]] = lambda _: {}

    def answer(self, ask: Ask) -> Answered:
        """The answer, an error included."""
        instance = self.state.instances[ask.instance]
        value, error = self.guarded(lambda: self._answers[ask.question](instance))
        return Answered(instance=ask.instance, question=ask.question, value=value, error=error)

    def guarded(self, action: Callable[[], Any]) -> tuple[Any, ErrorInfo | None]:
        """The value, or the error of the step that the evaluation gives."""
        try:
            return action(), None
        except Refused as refused:
            return None, refused.error
        except ExpressionError as problem:
            return None, ErrorInfo("expression", self._worded(problem))

    def _worded(self, problem: ExpressionError) -> str:
        place = f"{self.plan.file}:{problem.line}:{problem.column}: " if problem.line else ""
        return f"{place}{problem.message}"

    def context(self, here: Instance, result: Any = _NONE, error: Any = _NONE) -> dict[str, Any]:
        """The names that the instance sees."""
        context = {**self.names, **loop_names(here), "steps": Steps(self.places, self.state, here)}
        context["attempt"] = here.attempt
        handles, handled = handled_error(here)
        if handles:
            context["error"] = error_view(handled)
        if result is not _NONE:
            context["result"] = result
        if error is not _NONE:
            context["error"] = error_view(error)
        if "env" not in context:
            context["env"] = _Once(lambda: self.environment(here))
        return context

    # ------------------------------------------------------------ questions

    def _if(self, here: Instance) -> bool:
        condition = here.node.condition
        assert condition is not None
        return self.engine.condition(condition, self.context(here))

    def _loop(self, here: Instance) -> dict[str, Any]:
        loop = here.node.loop
        assert loop is not None
        context = self.context(here)
        if isinstance(loop, Matrix):
            items, keys = combinations(self.engine, loop, context)
            name = "matrix"
        else:
            items, keys = self._items(loop, context)
            name = loop.name
        if loop.key is not None:
            keys = [self._key(loop.key, context, name, item, index, len(items)) for index, item in enumerate(items)]
        _unique(keys)
        concurrency = None if loop.concurrency is None else self._count(loop.concurrency, context, "concurrency")
        allowed = loop.allowed
        if loop.allowed_percent is not None:
            allowed = int(len(items) * loop.allowed_percent / 100 + 1e-9)
        return {"keys": keys, "items": items, "concurrency": concurrency, "allowed": allowed}

    def _items(self, loop: ForEach, context: Mapping[str, Any]) -> tuple[list[Any], list[str]]:
        value = self.engine.render(loop.items, context)
        if isinstance(value, list | tuple):
            return list(value), [str(index) for index in range(len(value))]
        if isinstance(value, Mapping):
            return [{"key": key, "value": each} for key, each in value.items()], [str(key) for key in value]
        raise Refused("input.invalid", f"`foreach` wants a list or a mapping, this is {_kind(value)}")

    def _key(self, template: Template, context: Mapping[str, Any], name: str, item: Any, index: int, length: int) -> str:
        counters = {"index": index + 1, "index0": index, "first": index == 0, "last": index == length - 1, "length": length}
        return self.engine.render_text(template, {**context, "loop": counters, name: item})

    def _count(self, template: Template, context: Mapping[str, Any], what: str, least: int = 1) -> int:
        value = self.engine.render(template, context)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise Refused("input.invalid", f"`{what}` wants a whole number of at least {least}, this is {value!r}")
        return value

    def _enter(self, here: Instance) -> dict[str, Any]:
        node, context = here.node, self.context(here)
        values: dict[str, Any] = {}
        if node.lock is not None and node.lock.static is None:
            values["lock"] = self.engine.render_text(node.lock.name, context)
        if node.timeout_value is not None:
            values["timeout"] = self._seconds(node.timeout_value, context, "timeout")
        if node.retry is not None and node.retry.attempts_value is not None:
            values["attempts"] = self._count(node.retry.attempts_value, context, "attempts")
        if node.retry is not None and node.retry.delay_value is not None:
            values["delay"] = self._seconds(node.retry.delay_value, context, "delay")
        return values

    def _seconds(self, template: Template, context: Mapping[str, Any], what: str) -> float:
        value = self.engine.render(template, context)
        try:
            seconds = parse_duration(value) if isinstance(value, str) else None
        except ValueError:
            seconds = None
        if seconds is None or (seconds <= 0 and what == "timeout"):
            raise Refused("input.invalid", f"`{what}` wants a duration such as `30s` or `1h30m`, this is {value!r}")
        return seconds

    def _require(self, here: Instance) -> bool:
        self.hold("require", here.node.require, self.context(here))
        return True

    def _ensure(self, here: Instance) -> bool:
        self.hold("ensure", here.node.ensure, self.context(here, result=None))
        return True

    def hold(self, kind: str, conditions: tuple[Expression, ...], context: Mapping[str, Any]) -> None:
        """Raise `Refused` at the first condition that is false, with the values that it saw."""
        for condition in conditions:
            if not self.engine.condition(condition, context):
                seen = self.engine.explain(condition, context)
                place = f"{self.plan.file}:{condition.line}:{condition.column}"
                message = f"`{condition.text.strip()}` does not hold ({place})" + (": " + ", ".join(seen) if seen else "")
                raise Refused(kind, message, detail=list(seen) or None)

    def _switch(self, here: Instance) -> int | None:
        action = here.node.action
        assert isinstance(action, Choice)
        context = self.context(here)
        for index, arm in enumerate(action.arms):
            if arm.condition is None or self.engine.condition(arm.condition, context):
                return index
        return None

    def _branches(self, here: Instance) -> list[bool]:
        action = here.node.action
        assert isinstance(action, Fork)
        context = self.context(here)
        return [
            not branch.default and (branch.condition is None or self.engine.condition(branch.condition, context))
            for branch in action.branches
        ]

    def _outputs(self, here: Instance) -> dict[str, Any]:
        action = here.node.action
        if isinstance(action, End):
            return self._end(action, self.context(here))
        context = self.context(here, result=None)
        return self.reshape(here.node.outputs or (), context, lenient=here.recovered)

    def _end(self, action: End, context: Mapping[str, Any]) -> dict[str, Any]:
        outputs = None if action.outputs is None else self.engine.render(action.outputs, context)
        message = None if action.message is None else self.engine.render_text(action.message, context)
        return {"outputs": outputs, "message": message}

    def reshape(self, fields: tuple[OutputField, ...], context: Mapping[str, Any], *, lenient: bool) -> dict[str, Any]:
        """The declared outputs; with `lenient` those that cannot be evaluated are missing."""
        values = {}
        for field in fields:
            try:
                values[field.name] = self.engine.render(field.value, context)
            except ExpressionError:
                if not lenient:
                    raise
        return values

    def _retry(self, here: Instance) -> dict[str, Any]:
        retry = here.node.retry
        assert retry is not None
        if retry.when is not None and not self.engine.condition(retry.when, self.context(here, error=here.error)):
            return {"again": False, "delay": 0.0}
        return {"again": True, "delay": self._jittered(retry, retry.pause(here.attempt, here.delay))}

    def _jittered(self, retry: Retry, delay: float) -> float:
        if retry.full_jitter:
            return self.random.uniform(0.0, delay)
        return delay * self.random.uniform(1 - retry.jitter, 1 + retry.jitter) if retry.jitter else delay


class _Once(Lazy):
    """A mapping that is computed as a whole when first looked into."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make, self._made = make, None

    @property
    def _values(self) -> Mapping[str, Any]:  # type: ignore[override]
        if self._made is None:
            self._made = self._make()
        return {name: (lambda value=value: value) for name, value in self._made.items()}


def combinations(engine: Engine, matrix: Matrix, context: Mapping[str, Any]) -> tuple[list[Any], list[str]]:
    """The combinations of a matrix: the product less `exclude`, extended and then joined by `include`."""
    axes = {name: engine.render(template, context) for name, template in matrix.axes}
    for name, values in axes.items():
        if not isinstance(values, list | tuple):
            raise Refused("input.invalid", f"axis `{name}` of `matrix` wants a list, this is {_kind(values)}")
    rows = [dict(zip(axes, row, strict=True)) for row in product(*axes.values())] if axes else []
    excluded = [engine.render(template, context) for template in matrix.exclude]
    rows = [row for row in rows if not any(_agrees(row, partial, partial) for partial in excluded)]
    grown = [dict(row) for row in rows]
    for template in matrix.include:
        extra = engine.render(template, context)
        named = {name: value for name, value in extra.items() if name in axes}
        matching = [new for row, new in zip(rows, grown, strict=False) if _agrees(row, named, named)]
        if matching and rows:
            for row in matching:
                row.update({name: value for name, value in extra.items() if name not in axes})
        else:
            grown.append(dict(extra))
    keys = [",".join(f"{name}={engine.text(row[name])}" for name in axes if name in row) for row in grown]
    return grown, keys


def _agrees(row: Mapping[str, Any], partial: Mapping[str, Any], names: Mapping[str, Any]) -> bool:
    return all(name in row and row[name] == partial[name] and isinstance(row[name], bool) == isinstance(partial[name], bool) for name in names)


def _unique(keys: list[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise Refused("input.invalid", f"two instances have the key `{key}`; `key` must tell them apart")
        seen.add(key)


def _kind(value: Any) -> str:
    if isinstance(value, Missing):
        return "missing"
    kinds = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "text"}
    return kinds.get(type(value), "a mapping" if isinstance(value, Mapping) else "a list")


__all__ = ["Evaluator", "Refused", "combinations"]
