"""What values are, as the maker of workflows knows it: independent of what the checker makes of the same file."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A set of values.

    `name`: text, whole, number, flag, list, table or record. `item` is what a list or table holds, `fields` what a
    record has (with `open` it may have more), `values` the only ones that a text can be.
    """

    name: str
    item: Kind | None = None
    fields: tuple[tuple[str, Kind], ...] = ()
    values: tuple[str, ...] = ()
    open: bool = False

    @property
    def inner(self) -> Kind:
        """What it holds."""
        assert self.item is not None
        return self.item


TEXT, WHOLE, NUMBER, FLAG = Kind("text"), Kind("whole"), Kind("number"), Kind("flag")
SIMPLE = (TEXT, WHOLE, NUMBER, FLAG)


def one_of(*values: str) -> Kind:
    """One of these texts."""
    return Kind("text", values=values)


def listing(item: Kind) -> Kind:
    """A list."""
    return Kind("list", item)


def table(item: Kind) -> Kind:
    """A mapping from any name."""
    return Kind("table", item)


def record(*, more: bool = False, **fields: Kind) -> Kind:
    """A mapping with these names."""
    return Kind("record", None, tuple(fields.items()), open=more)


TEXTS = listing(TEXT)
REGION, MODE = one_of("eu", "us"), one_of("fast", "slow")
ROW = record(name=TEXT, total=NUMBER, tags=TEXTS)
ORDER = record(id=WHOLE, first=ROW, rows=listing(ROW))
LOOSE = record(more=True, name=TEXT, count=WHOLE)
ALL = (*SIMPLE, TEXTS, REGION, MODE, ROW, ORDER, LOOSE, listing(ROW), listing(WHOLE), table(WHOLE), table(TEXT))


def fits(given: Kind, wanted: Kind) -> bool:
    """Whether every value of the one is one of the other."""
    if wanted.name == "number":
        return given.name in {"number", "whole"}
    if wanted.name != given.name:
        return wanted.name == "table" and given.name == "record" and not given.open and all(
            fits(one, wanted.inner) for _, one in given.fields
        )  # fmt: skip
    if wanted.values:
        return bool(given.values) and set(given.values) <= set(wanted.values)
    if wanted.item is not None:
        return fits(given.inner, wanted.item)
    own, others = dict(given.fields), dict(wanted.fields)
    more = wanted.open or (not given.open and set(own) == set(others))
    return more and all(name in own and fits(own[name], one) for name, one in others.items())


def clashes(given: Kind, wanted: Kind) -> bool:
    """Whether no value of the one, made where it was not empty, is taken where the other is wanted."""
    if wanted.name == "text":
        if given.name == "text":
            return bool(given.values and wanted.values) and not set(given.values) & set(wanted.values)
        return given.name not in {"whole", "number", "flag"} or bool(wanted.values)
    if wanted.name in {"whole", "number"}:
        return given.name not in {"whole", "number"}
    if wanted.name == "flag" or given.name != wanted.name:
        return given.name != wanted.name and {given.name, wanted.name} != {"table", "record"}
    if wanted.name != "record" or wanted.open:
        return False
    own, others = dict(given.fields), dict(wanted.fields)
    return bool(set(own) - set(others)) or any(clashes(own[name], others[name]) for name in own if name in others)


def schema(kind: Kind) -> dict[str, Any]:
    """Its JSON Schema."""
    if kind.values:
        return {"enum": list(kind.values)}
    if kind.name == "list":
        return {"type": "array", "items": schema(kind.inner)}
    if kind.name == "table":
        return {"type": "object", "additionalProperties": schema(kind.inner)}
    if kind.name == "record":
        own = {"type": "object", "properties": {name: schema(one) for name, one in kind.fields}}
        closed = {} if kind.open else {"additionalProperties": False}
        return {**own, "required": [name for name, _ in kind.fields], **closed}
    return {"type": {"text": "string", "whole": "integer", "number": "number", "flag": "boolean"}[kind.name]}


def sample(kind: Kind, rng: random.Random) -> Any:
    """One of its values."""
    if kind.values:
        return rng.choice(kind.values)
    if kind.name == "list":
        return [sample(kind.inner, rng) for _ in range(rng.choice([0, 1, 2]))]
    if kind.name == "table":
        return {name: sample(kind.inner, rng) for name in rng.sample(["a", "b", "c"], 2)}
    if kind.name == "record":
        more = {"extra": 5} if kind.open else {}
        return {**{name: sample(one, rng) for name, one in kind.fields}, **more}
    values: dict[str, list[Any]] = {
        "text": ["", "a", "Tea, 2 cups", "ü'\"", "a b"], "whole": [-3, 0, 7], "number": [0.5, 3, -1.25],
        "flag": [True, False],
    }  # fmt: skip
    return rng.choice(values[kind.name])


def literal(kind: Kind, rng: random.Random) -> str:
    """One of its values, as it stands in an expression."""
    value = sample(kind, rng)
    return _written(value)


def _written(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "").replace("\\", "").replace('"', "") + "'"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"'{name}': {_written(one)}" for name, one in value.items()) + "}"
    return json.dumps(value)
