"""Evaluates what the kernel asks, in the names that the instance sees."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from steplane.commands import Ask
from steplane.driver.names import UTC, Once, Places, Steps, handled_error, loop_names, moment
from steplane.driver.plain import unrecordable
from steplane.driver.refusal import Refused
from steplane.driver.views import WITHHELD, error_view
from steplane.events import Answered, ErrorInfo, Question
from steplane.expressions import Engine, ExpressionError, Missing
from steplane.expressions.templates import Expression, Template
from steplane.kernel import Instance, State, bodies
from steplane.masking import Mask
from steplane.plan.nodes import Choice, End, ForEach, Fork, Matrix, OutputField, Plan
from steplane.plan.retries import Retry

if TYPE_CHECKING:
    from steplane.driver.children import Children

_NONE = object()


class Evaluator:
    """Answers questions. `names` are those that are the same for the whole run (`inputs`, `vars`, `run`, ...).

    What it answers is masked, but for secret outputs and items of loops. `environment` gives the environment that a
    process of the instance would get; `learn` is told the value of each secret output (its name and the value);
    `uniform` draws a number between two.
    """

    def __init__(
        self,
        plan: Plan,
        state: State,
        engine: Engine,
        names: Mapping[str, Any],
        uniform: Callable[[float, float], float],
        *,
        mask: Mask | None = None,
        zone: tzinfo = UTC,
        run: str = "",
    ) -> None:
        self.plan, self.state, self.engine = plan, state, engine
        self.names, self.uniform = names, uniform
        self.mask = mask or Mask({})
        self.zone = zone
        self.run = run
        self.children: Children | None = None  # where the workflow calls others
        self._places = {plan.file: Places(plan)}
        self.environment: Callable[[Instance], Mapping[str, str]] = lambda _: {}
        self.learn: Callable[[str, Any], None] = lambda name, value: None
        self._seen: list[tuple[str, Any]] = []  # what the conditions of the question at hand saw
        self._answers: dict[Question, Callable[[Instance], Any]] = {
            "if": self._if, "loop": self._loop, "enter": self._enter, "require": self._require, "switch": self._switch,
            "branches": self._branches, "wait": self._wait, "signal": self._signal, "call": self._call,
            "ensure": self._ensure, "outputs": self._outputs, "retry": self._retry, "complete": self._of_loop,
            "item": self._of_loop,
            "cache": lambda _: {"hit": False, "why": []},  # where nobody looks for recorded results
            "while": self._of_loop, "until": self._of_loop,
        }  # fmt: skip

    def told(self, template: Template, value: Any) -> Any:
        """What is recorded of the value of a template; all that stands beside it is rendered before: that may teach."""
        return self.mask.data(self.engine.shown(template, value))

    def answer(self, ask: Ask) -> Answered:
        """The answer, an error included."""
        instance = self.state.instances[ask.instance]
        self._seen.clear()
        value, error = self.guarded(lambda: self._answers[ask.question](instance), instance.plan.file)
        seen = self._texts() if self._seen else ()
        return Answered(instance=ask.instance, question=ask.question, value=value, error=error, seen=seen)

    def moment(self, at: int) -> str:
        """A time in microseconds since the epoch as text, in the time zone of the workflow."""
        return moment(at, self.zone)

    def _texts(self) -> tuple[str, ...]:
        """What the conditions saw, in words."""
        from steplane.expressions.telling import seen_texts

        return seen_texts(self._seen, self.mask)

    def guarded(self, action: Callable[[], Any], file: str) -> tuple[Any, ErrorInfo | None]:
        """The value, or the error (masked) that the evaluation gives to the step, which stands in that file."""
        try:
            return action(), None
        except Refused as refused:
            error = refused.error
        except ExpressionError as problem:
            place = f"{file}:{problem.line}:{problem.column}: " if problem.line else ""
            kind = "secret.withheld" if WITHHELD in problem.message else "expression"
            error = ErrorInfo(kind, f"{place}{problem.message}")
        except (RecursionError, MemoryError) as problem:
            error = ErrorInfo("expression", f"this is too large to be evaluated ({type(problem).__name__})")
        return None, masked_error(error, self.mask)

    def context(self, here: Instance, result: Any = _NONE, error: Any = _NONE) -> dict[str, Any]:
        """The names that the instance sees."""
        around = loop_names(here)
        if any(one.__class__ is Missing for one in around.values()):
            from steplane.driver.recalling import items_again

            items_again(self, here)
            around = loop_names(here)
        steps = Steps(self._places_of(here.plan), self.state, here, self.zone)
        context = {**self.names_of(here), **around, "steps": steps}
        context["attempt"] = here.attempt
        handles, handled = handled_error(here)
        if handles:
            context["error"] = error_view(handled)
        if result is not _NONE:
            context["result"] = result
        if error is not _NONE:
            context["error"] = error_view(error)
        context["env"] = Once(lambda: self.environment(here))
        return context

    def names_of(self, here: Instance) -> Mapping[str, Any]:
        """The names that are the same in all of the workflow that the instance stands in."""
        if self.children is None:
            return self.names
        workflow = here.workflow
        return self.names if workflow.scope is None else self.children.names(workflow)

    def _places_of(self, plan: Plan) -> Places:
        if plan.file not in self._places:
            self._places[plan.file] = Places(plan)
        return self._places[plan.file]

    # ------------------------------------------------------------ questions

    def _if(self, here: Instance) -> bool:
        condition = here.node.condition
        assert condition is not None
        return self.holds(condition, self.context(here))

    def holds(self, condition: Expression, context: Mapping[str, Any]) -> bool:
        """The truth of a condition; what it saw is told with the answer."""
        return self.engine.condition(condition, context, self._seen)

    def _loop(self, here: Instance) -> dict[str, Any]:
        from steplane.driver.adding import allowed_of
        from steplane.driver.loops import items_of, refuse_unknown_items, unique

        loop = here.node.loop
        assert isinstance(loop, ForEach | Matrix)
        context = self.context(here)
        items, keys = items_of(self.engine, loop, context)
        keys = self.told_keys(loop, keys)
        self.recordable("a key of the loop", keys)
        self.recordable("an item of the loop", items)
        unique(keys)
        refuse_unknown_items(here, self.state, keys)
        concurrency = None if loop.concurrency is None else self._count(loop.concurrency, context, "concurrency")
        allowed = allowed_of(loop, len(items))
        return {"keys": keys, "items": items, "concurrency": concurrency, "allowed": allowed}

    def told_keys(self, loop: ForEach | Matrix, keys: list[str]) -> list[str]:
        """The keys of a loop as they are recorded."""
        return [self.mask.text(key if loop.key is None else self.engine.shown(loop.key, key)) for key in keys]

    def _of_loop(self, here: Instance) -> Any:
        from steplane.driver.rounds import QUESTIONS

        return QUESTIONS[here.phase](self, here)

    def steps_and(self, outer: Instance, one: Instance) -> Steps:
        """`steps` as an instance of a loop sees them, and the loop itself as it is by now."""
        return Steps(self._places_of(one.plan), self.state, one, self.zone, outer)

    def _count(self, template: Template, context: Mapping[str, Any], what: str, least: int = 1) -> int:
        value = self.engine.render(template, context)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise Refused("input.invalid", f"`{what}` wants a whole number of at least {least}, this is {value!r}")
        return value

    def _enter(self, here: Instance) -> dict[str, Any]:
        node, context = here.node, self.context(here)
        values: dict[str, Any] = {}
        if node.lock is not None and node.lock.static is None:
            name = self.engine.render_text(node.lock.name, context)  # which may teach the mask
            values["lock"] = self.told(node.lock.name, name)
            self.recordable("the name of the lock", values["lock"])
        if node.timeout_value is not None:
            values["timeout"] = self.seconds(node.timeout_value, context, "timeout")
        if node.retry is not None and node.retry.attempts_value is not None:
            values["attempts"] = self._count(node.retry.attempts_value, context, "attempts")
        if node.retry is not None and node.retry.delay_value is not None:
            values["delay"] = self.seconds(node.retry.delay_value, context, "delay")
        return values

    def seconds(self, template: Template, context: Mapping[str, Any], what: str) -> float:
        """The duration in seconds. Raises `Refused`, `ExpressionError`."""
        from steplane.driver.waits import seconds_of

        return seconds_of(self.engine.render(template, context), what)

    def _require(self, here: Instance) -> bool:
        self.hold("require", here, here.node.require, self.context(here))
        return True

    def _wait(self, here: Instance) -> dict[str, Any]:
        from steplane.driver.waits import awaited_values

        return awaited_values(self, here)

    def _signal(self, here: Instance) -> dict[str, Any]:
        from steplane.driver.waits import signal_to_send

        return signal_to_send(self, here)

    def _ensure(self, here: Instance) -> bool:
        self.hold("ensure", here, here.node.ensure, self.context(here, result=bodies.given_back(here)))
        return True

    def hold(self, kind: str, here: Instance, conditions: tuple[Expression, ...], context: Mapping[str, Any]) -> None:
        """Raise `Refused` at the first condition that is false, with the values that it saw."""
        for condition in conditions:
            parts: list[tuple[str, Any]] = []
            if not self.engine.condition(condition, context, parts):
                from steplane.expressions.telling import sentences

                seen = sentences(parts, self.mask)
                place = f"{here.plan.file}:{condition.line}:{condition.column}"
                told = ": " + ", ".join(seen) if seen else ""
                message = f"`{condition.text.strip()}` does not hold ({place}){told}"
                raise Refused(kind, message, detail=list(seen) or None)

    def _switch(self, here: Instance) -> int | None:
        action = here.node.action
        assert isinstance(action, Choice)
        context = self.context(here)
        for index, arm in enumerate(action.arms):
            if arm.condition is None or self.holds(arm.condition, context):
                return index
        return None

    def _branches(self, here: Instance) -> list[bool]:
        action = here.node.action
        assert isinstance(action, Fork)
        context = self.context(here)
        return [
            not branch.default and (branch.condition is None or self.holds(branch.condition, context))
            for branch in action.branches
        ]

    def _call(self, here: Instance) -> dict[str, Any]:
        assert self.children is not None
        return self.children.given(here)

    def _outputs(self, here: Instance) -> dict[str, Any]:
        action = here.node.action
        if isinstance(action, End):
            return self._end(action, self.context(here))
        # a part of what the outputs are made from did not run
        partly = here.recovered or here.ending is not None or here.bounds is not None
        return self.reshape(here.node.outputs or (), self.context(here, result=bodies.given_back(here)), lenient=partly)

    def _end(self, action: End, context: Mapping[str, Any]) -> dict[str, Any]:
        outputs = None if action.outputs is None else self.engine.render(action.outputs, context)
        message = None if action.message is None else self.engine.render_text(action.message, context)
        outputs = None if action.outputs is None else self.told(action.outputs, outputs)
        message = None if action.message is None else self.told(action.message, message)
        self.recordable("what this `end` gives", [outputs, message])
        return {"outputs": outputs, "message": message}

    def learn_from(self, fields: tuple[OutputField, ...], context: Mapping[str, Any]) -> None:
        """The secret ones of the outputs are known from now on, before anything is told of what they are made from."""
        for field in fields:
            if field.secret:
                with suppress(ExpressionError):
                    self.learn(field.name, self.engine.render(field.value, context))

    def reshape(self, fields: tuple[OutputField, ...], context: Mapping[str, Any], *, lenient: bool) -> dict[str, Any]:
        """The declared outputs, masked but for the secret ones; with `lenient` what cannot be evaluated is missing."""
        values = {}
        for field in fields:
            try:
                value = self.engine.render(field.value, context)
                _satisfies(field, value)
                values[field.name] = value
            except (ExpressionError, Refused):
                if not lenient:
                    raise
        self.learn_from(fields, context)
        for field in fields:
            if not field.secret and field.name in values:
                values[field.name] = self.told(field.value, values[field.name])
                self.recordable(f"the output `{field.name}`", values[field.name])
        return values

    @staticmethod
    def recordable(what: str, value: Any) -> None:
        """Raise `Refused` for what the journal cannot hold."""
        why = unrecordable(value)
        if why:
            raise Refused("expression", f"{what} {why}, which cannot be recorded")

    def _retry(self, here: Instance) -> dict[str, Any]:
        retry = here.node.retry
        assert retry is not None
        if retry.when is not None and not self.holds(retry.when, self.context(here, error=here.error)):
            return {"again": False, "delay": 0.0}
        return {"again": True, "delay": self._jittered(retry, retry.pause(here.attempt, here.delay))}

    def _jittered(self, retry: Retry, delay: float) -> float:
        if retry.full_jitter:
            return self.uniform(0.0, delay)
        return delay * self.uniform(1 - retry.jitter, 1 + retry.jitter) if retry.jitter else delay


def masked_error(error: ErrorInfo, mask: Mask) -> ErrorInfo:
    """The error without secrets, and with details that can be recorded."""
    detail = mask.data(error.detail)
    if unrecordable(detail):
        detail = repr(detail).encode("utf-8", "backslashreplace").decode()
    message = mask.text(error.message).encode("utf-8", "backslashreplace").decode()
    if message == error.message and detail == error.detail:
        return error
    return replace(error, message=message, detail=detail)


def _satisfies(field: OutputField, value: Any) -> None:
    """Raise `Refused` for a value that is not of the type that the file gives to the output."""
    if field.schema is not None:
        from steplane.schema import validate_value

        problems = validate_value(field.schema, value)
        if problems:
            raise Refused("output.invalid", f"the output `{field.name}` {problems[0].message}")


__all__ = ["Evaluator", "Refused", "masked_error"]
