"""The types of what steps give: of their outputs, their `result`, and the outputs of loops and of called workflows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from steplane.checks.captures import captured_as
from steplane.checks.context import Context, Position, is_spread
from steplane.checks.outputs import said_of_no_value
from steplane.checks.visibility import output_names
from steplane.decisions.tables import answer_schema
from steplane.expressions.types import ANY, Type, list_of, mapping, of, of_schema, union
from steplane.model import (
    Call,
    End,
    ForEach,
    Matrix,
    Outputs,
    Race,
    Run,
    Step,
    Until,
    Uses,
    Wait,
    While,
    Workflow,
    all_steps,
)  # fmt: skip

if TYPE_CHECKING:
    from steplane.checks.types import Types

_TEXT = of("string")
STATUS = Type(
    frozenset({"string"}),
    ("pending", "ready", "running", "waiting", "succeeded", "warning", "failed", "skipped", "blocked", "cancelled",
     "reused", "compensated"),
)  # fmt: skip

RUN_STATUS = Type(frozenset({"string"}), ("running", "succeeded", "warning", "failed", "cancelled"))
"""What a run sees of its own status."""


class Given:
    """What the steps of one file give."""

    def __init__(self, types: "Types", context: Context) -> None:
        self._types = types
        self._context = context

    def output(self, position: Position, name: str) -> Type:
        """One output, as it is seen from outside: of a `foreach` or `matrix` the list of all."""
        step = position.step
        one = self._types.once(f"{name}\0{id(step)}", lambda: self._one(position, name))
        if not is_spread(step):
            return one
        return list_of(union([one, of("null")]) if _may_lack(step) else one)

    def outputs(self, position: Position) -> Type:
        """All outputs."""
        return self._mapping(position.step, lambda name: self.output(position, name))

    def instance(self, position: Position) -> Type:
        """An item of `instances`."""
        outputs = self._mapping(position.step, lambda name: self._one(position, name))
        return mapping({"key": _TEXT, "status": STATUS, "outputs": _or_null(outputs), "error": ANY})

    def previous(self, position: Position) -> Type:
        """The round before, where it is sure which loop is meant."""
        loops = [step for _, step in position.chain if step.loop is not None]
        if len(loops) != 1 or not isinstance(loops[0].loop, While | Until):
            return ANY
        own = next(one for one in self._context.positions if one.step is loops[0])
        outputs = self._mapping(own.step, lambda name: self._one(own, name))
        return _or_null(mapping({"outputs": _or_null(outputs), "status": STATUS}))

    def result(self, position: Position) -> Type:
        """What an attempt of the step gives, before its own `outputs`."""
        step, action = position.step, position.step.action
        if step.rescue or step.on_error == "warn" or not isinstance(action, Run | Uses):
            return ANY  # after a rescue it is null
        schema = self._schema(action)
        if schema is None:
            return ANY
        names = _written(step.outputs) if action.type == "shell" else ()
        known = of_schema({**schema, "additionalProperties": False} if action.type == "shell" else schema)
        fields = {name: _captured(step, name, one) for name, one in (known.fields or {}).items()}
        return Type(known.kinds, None, None, {**fields, **dict.fromkeys(names, ANY)}, known.open)

    def _mapping(self, step: Step, type_of: Any) -> Type:
        names = output_names(step, self._context)
        if names is None:
            return Type(frozenset({"object"}))
        return mapping({name: type_of(name) for name in names})

    def _one(self, position: Position, name: str) -> Type:
        """One output of one instance."""
        step, action = position.step, position.step.action
        if step.outputs is not None:
            return self._declared(step.outputs, name, self._types, position)
        if isinstance(action, Call):
            return self._called(action, name)
        if isinstance(action, Wait | Race):
            return _TEXT if name in {"at", "branch"} and step.id in self._context.by_id else ANY
        schema = self._schema(action) or {}
        properties = schema.get("properties", {})
        if not isinstance(properties, Mapping):
            return ANY
        return _captured(step, name, of_schema(properties.get(name), 0, schema.get("$defs")))

    @staticmethod
    def _declared(outputs: Outputs, name: str, types: "Types", position: Position | None) -> Type:
        """With a schema what that says: the value is held to it. Else what its value is."""
        found = next((one for one in outputs.items if one.name.text == name), None)
        if found is None:
            return ANY
        if found.schema:
            return of_schema(found.schema)
        if found.value is None or said_of_no_value(found.value.node) is not None:
            return ANY
        return types.of(found.value.template, position)

    def _called(self, action: Call, name: str) -> Type:
        called = self._context.called(action)
        if not isinstance(called, Workflow) or called.outputs is None or action.detach:
            return ANY
        if any(isinstance(one.action, End) for one in all_steps(called)):
            return ANY  # its outputs may be others
        types = self._context.types_of(called)
        outputs = called.outputs
        return types.once(f"{name}\0", lambda: self._declared(outputs, name, types, None))

    def _schema(self, action: object) -> dict[str, Any] | None:
        """The schema of what a step type gives; of one that decides by a table the table's."""
        table = self._context.table(action)
        if table is not None and not isinstance(table, str):
            columns = {name: answer_schema(one, table.hit) for name, one in table.outputs.items()}
            return {"type": "object", "properties": columns, "additionalProperties": False}
        described = self._context.type_of(action)
        return described.outputs if described is not None else None


def _written(outputs: Outputs | None) -> tuple[str, ...]:
    """The outputs that the step writes itself."""
    return tuple(one.name.text for one in outputs.items if one.value is None) if outputs is not None else ()


def _captured(step: Step, name: str, one: Type) -> Type:
    """The type of a field of the result: what the step is told to capture is never null."""
    return one.there if captured_as(step) == name else one


def _may_lack(step: Step) -> bool:
    """Whether null may stand in the lists of a loop, for an instance that has no outputs."""
    loop = step.loop
    spread = loop.spread if isinstance(loop, ForEach | Matrix) else None
    some = spread is not None and (spread.max_failures is not None or spread.complete is not None)
    return some or step.on_error == "warn" or bool(step.rescue)


def _or_null(one: Type) -> Type:
    return union([one, of("null")])


__all__ = ["RUN_STATUS", "STATUS", "Given"]
