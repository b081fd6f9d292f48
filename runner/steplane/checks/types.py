"""The types of a file's names, as far as the file and its step types tell. What cannot be known is anything."""

from collections.abc import Callable

from msgspec.structs import replace

from steplane.checks.context import Context, Position
from steplane.checks.results import RUN_STATUS, STATUS, Given
from steplane.checks.sites import Site
from steplane.expressions import Expression, Template
from steplane.expressions.deciding import not_boolean
from steplane.expressions.judging import Finding, Lookup, judge, type_of
from steplane.expressions.types import ANY, Type, list_of, mapping, of, of_schema, union
from steplane.model import ForEach, Matrix, Step, Workflow

_TEXT, _NUMBER = of("string"), of("number")
_WHOLE, _BOOL = of("integer"), of("bool")
_ERROR = Type(
    frozenset({"object", "null"}),
    fields={"type": _TEXT, "message": _TEXT, "code": ANY, "detail": ANY, "step": _TEXT},
    open=False,
)
_STEP = {
    "status": STATUS, "attempts": _WHOLE, "recovered": _BOOL, "started_at": _TEXT, "rounds": _WHOLE,
}  # fmt: skip
"""What follows `steps.x.`, beside its outputs."""

FIXED: dict[tuple[str, ...], Type] = {
    ("run", "id"): _TEXT, ("run", "started_at"): _TEXT, ("run", "status"): RUN_STATUS, ("workflow", "name"): _TEXT,
    ("workflow", "hash"): _TEXT, ("workflow", "file"): _TEXT, ("loop", "index"): _WHOLE, ("loop", "index0"): _WHOLE,
    ("loop", "first"): _BOOL, ("loop", "last"): _BOOL, ("loop", "length"): _WHOLE,
    ("loop", "key"): _TEXT, ("attempt",): _WHOLE,
}  # fmt: skip


class Types:
    """The types of the names of one file."""

    def __init__(self, workflow: Workflow, context: Context) -> None:
        self._context = context
        self._inputs = {one.name.text: _input(one.schema, null=one.optional) for one in workflow.inputs}
        self._variables = {one.name.text: one.value.template for one in workflow.variables}
        self._known: dict[str, Type] = {}
        self._busy: set[str] = set()
        self.given = Given(self, context)
        self._judgements: dict[tuple[int, int], tuple[Type, list[Finding]]] = {}

    def of(self, template: Template, position: Position | None = None) -> Type:
        """The type of a value at a step (None: at the workflow itself)."""
        if isinstance(template, Expression):
            return self._judged(template, position)[0]
        return type_of(template, self._lookup(position))

    def of_path(self, path: tuple[str, ...], position: Position | None = None) -> Type:
        """The type of what a path of names leads to at a step."""
        return type_of(Expression(".".join(path)), self._lookup(position))

    def kind(self, template: Template, position: Position | None = None) -> str:
        """The one kind that a value is sure to have: null bool integer number string list object; else `any`."""
        kinds = self.of(template, position).kinds or frozenset()
        if kinds == {"integer", "number"}:
            return "number"
        return next(iter(kinds)) if len(kinds) == 1 else "any"

    @staticmethod
    def position_at(site: Site) -> Position | None:
        """Where an expression stands: before the items of its own step's loop are known it is around that."""
        position = site.position
        if position is None or site.moment != "before" or position.step.loop is None:
            return position
        return Position(position.chain[:-1]) if len(position.chain) > 1 else None

    def judge(self, expression: Expression, site: Site) -> tuple[Type, list[Finding]]:
        """The type of an expression at its site, and what in it can never work or hold."""
        used = (use for use in self._context.uses(site.template) if use.expression is expression)
        if any(use.path[0] not in site.names for use in used):
            return judge(expression, self._lookup_at(site))
        return self._judged(expression, self.position_at(site))

    def not_boolean(self, expression: Expression, site: Site) -> list[Finding]:
        """The parts of a condition that may give its answer, and are no boolean."""
        return not_boolean(expression, self._lookup_at(site))

    def _lookup_at(self, site: Site) -> Lookup:
        """Of what is not known there nothing more is said."""
        lookup = self._lookup(self.position_at(site))
        return lambda path: lookup(path) if path[0] in site.names else (ANY, len(path))

    def _judged(self, expression: Expression, position: Position | None) -> tuple[Type, list[Finding]]:
        key = (id(expression), id(position.step) if position is not None else 0)
        found = self._judgements.get(key)
        if found is None:
            found = self._judgements[key] = judge(expression, self._lookup(position))
        return found

    def _lookup(self, position: Position | None) -> Lookup:
        def lookup(path: tuple[str, ...]) -> tuple[Type, int]:
            root = path[0]
            for step in _loops(position):
                if isinstance(step.loop, ForEach) and step.loop.item.text == root:
                    return self._item(step.loop, position), 1
            for length in (1, 2):
                if path[:length] in FIXED and length <= len(path):
                    return FIXED[path[:length]], length
            return self._root(path, position)

        return lookup

    def _root(self, path: tuple[str, ...], position: Position | None) -> tuple[Type, int]:
        root = path[0]
        if len(path) > 1 and root == "inputs":
            return self._inputs.get(path[1], ANY), 2
        if len(path) > 1 and root in {"env", "secrets"}:
            return _TEXT, 2
        if len(path) > 1 and root == "vars":
            return self._variable(path[1]), 2
        if len(path) > 1 and root == "matrix":
            return self._axis(path[1], position), 2
        if len(path) > 2 and root == "steps":
            return self._step(path)
        if root == "error":
            return replace(_ERROR, open=True), 1  # `check_names` says which fields there are
        if root == "result" and position is not None:
            return self.given.result(position), 1
        if path[:2] == ("loop", "previous") and position is not None:
            return self.given.previous(position), 2
        return ANY, len(path)

    def _variable(self, name: str) -> Type:
        if name not in self._variables or name in self._busy:
            return ANY
        if name not in self._known:
            self._busy.add(name)
            self._known[name] = self.of(self._variables[name])
            self._busy.discard(name)
        return self._known[name]

    def _item(self, loop: ForEach, position: Position | None) -> Type:
        """What is gone over: items of a list, or entries of a mapping."""

        def work() -> Type:
            whole = self.of(loop.items.template, _before(position, loop))
            if loop.open is not None:
                return ANY  # what a signal brings may be anything
            if whole.is_only("list"):
                return whole.element
            if not whole.is_only("object") or whole.fields is None or (whole.open and whole.rest is None):
                return ANY
            values = [*whole.fields.values(), *([whole.rest] if whole.rest is not None else [])]
            return mapping({"key": _TEXT, "value": union(values) if values else ANY})

        return self.once(f"{loop.item.text}\0{id(loop)}", work)

    def _axis(self, name: str, position: Position | None) -> Type:
        for step in _loops(position):
            if isinstance(step.loop, Matrix):
                axis = next((one for one in step.loop.axes if one.name.text == name), None)
                if axis is None or step.loop.include:  # an `include` may bring others
                    return ANY
                return self.of(axis.values.template, _before(position, step.loop)).element
        return ANY

    def _step(self, path: tuple[str, ...]) -> tuple[Type, int]:
        found = self._context.by_id.get(path[1])
        if found is None:
            return ANY, len(path)
        if path[2] == "outputs":
            return (self.given.output(found, path[3]), 4) if len(path) > 3 else (self.given.outputs(found), 3)
        if path[2] == "instances":
            return list_of(self.given.instance(found)), 3
        if path[2] == "error":
            return _ERROR, 3
        return _STEP.get(path[2], ANY), 3

    def once(self, key: str, work: Callable[[], Type]) -> Type:
        """What `work` gives, worked out once; while it is, it is anything, for it may name itself."""
        if key not in self._known:
            self._known[key] = ANY
            self._known[key] = work()
        return self._known[key]


def _input(schema: object, *, null: bool) -> Type:
    found = of_schema(schema)
    if not null or found.kinds is None:
        return found
    return replace(found, kinds=found.kinds | {"null"}, values=None if found.values is None else (*found.values, None))


def _loops(position: Position | None) -> list[Step]:
    """The looped steps around and at a position, the innermost first."""
    chain = position.chain if position is not None else ()
    return [step for _, step in reversed(chain) if step.loop is not None]


def _before(position: Position | None, loop: object) -> Position | None:
    """The position of the loop's own step, seen from outside of it: what is around it."""
    chain = position.chain if position is not None else ()
    for index, (_, step) in enumerate(chain):
        if step.loop is loop:
            return Position(chain[:index]) if index else None
    return None


__all__ = ["Types"]
