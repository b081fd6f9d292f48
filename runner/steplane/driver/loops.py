"""The items of `foreach` and the combinations of `matrix`, with their keys."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from steplane.driver.names import counters
from steplane.driver.refusal import Refused, kind_in_words
from steplane.expressions import Engine
from steplane.expressions.combining import Row, combined, row_key
from steplane.expressions.templates import Template
from steplane.kernel import Instance, State
from steplane.plan.nodes import ForEach, Matrix, Spread
from steplane.suggest import nearest_of

MOST = 1_000_000
"""Combinations of one matrix; more are a mistake in the axes."""


def items_of(engine: Engine, loop: Spread, context: Mapping[str, Any]) -> tuple[list[Any], list[str]]:
    """The items in order and their keys. Raises `Refused`, `ExpressionError`."""
    if isinstance(loop, Matrix):
        rows, axes = combinations(engine, loop, context), [name for name, _ in loop.axes]
        keys = [] if loop.key is not None else [row_key(axes, row, index) for index, row in enumerate(rows)]
        return rows, keys if loop.key is None else _keys(engine, loop.key, context, "matrix", rows)
    items, keys = _listed(engine, loop, context)
    return items, keys if loop.key is None else _keys(engine, loop.key, context, loop.name, items, more=bool(loop.open))


def _listed(engine: Engine, loop: ForEach, context: Mapping[str, Any]) -> tuple[list[Any], list[str]]:
    value = engine.render(loop.items, context)
    if isinstance(value, list | tuple):
        return list(value), [str(index) for index in range(len(value))]
    if isinstance(value, Mapping):
        return [{"key": key, "value": each} for key, each in value.items()], [str(key) for key in value]
    raise Refused("input.invalid", f"`foreach` wants a list or a mapping, this is {kind_in_words(value)}")


def _keys(
    engine: Engine, key: Template, context: Mapping[str, Any], name: str, items: list[Any], *, more: bool = False
) -> list[str]:
    return [
        engine.render_text(key, {**context, "loop": counters(index, len(items), more=more), name: item})
        for index, item in enumerate(items)
    ]


def sources(loop: ForEach | Matrix) -> list[Template]:
    """What the items are made of."""
    return [loop.items] if isinstance(loop, ForEach) else [*(one for _, one in loop.axes), *loop.include]


def unique(keys: list[str]) -> None:
    """Raise `Refused` for the first key that comes twice."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise Refused("input.invalid", f"two instances have the key `{key}`; `key` must tell them apart")
        seen.add(key)


def combinations(engine: Engine, matrix: Matrix, context: Mapping[str, Any]) -> list[Row]:
    """The product of the axes, the last turning fastest; less `exclude`; then what each `include` extends or adds."""
    axes = {name: _axis(name, engine.render(template, context)) for name, template in matrix.axes}
    count = prod(len(values) for values in axes.values())
    if count > MOST:
        raise Refused("input.invalid", f"`matrix` has {count:,} combinations; at most {MOST:,} are allowed")
    excluded = [_partial(engine.render(one, context), "exclude") for one in matrix.exclude]
    included = [_partial(engine.render(one, context), "include") for one in matrix.include]
    return combined(axes, excluded, included)[0]


def _axis(name: str, values: Any) -> list[Any]:
    if isinstance(values, list | tuple):
        return list(values)
    raise Refused("input.invalid", f"axis `{name}` of `matrix` wants a list, this is {kind_in_words(values)}")


def _partial(value: Any, key: str) -> Row:
    if isinstance(value, Mapping):
        return dict(value)
    raise Refused("input.invalid", f"`{key}` of `matrix` wants mappings, this is {kind_in_words(value)}")


def refuse_unknown_items(here: Instance, state: State, keys: Sequence[str]) -> None:
    """Raise `Refused` where an item is selected that the loop has not, or one may not be there: nothing stands in."""
    bounds = here.bounds
    for part in (bounds.run, bounds.resume) if bounds is not None else ():
        for key in part.items if part is not None else ():
            if key not in keys:
                near = nearest_of(key, keys, "Its items", "see the loop") if keys else "It has no items."
                raise Refused("input.invalid", f"the loop has no item `{key}`, which is selected. {near}")
    taken = state.taken
    allowed = taken.items.get(here.path) if taken is not None else None
    for key in keys if allowed is not None else ():
        if taken is not None and allowed is not None and key not in allowed:
            what = f"item `{key}` was not there in run {taken.run}, from which the rest is taken"
            raise Refused("input.invalid", what)
