"""Modifiers: from nodes to `Needs`, `Join`, loops, `Retry`, `Lock`, `Outputs`."""

from typing import Any

from steplane.expressions import Literal
from steplane.model.modifiers import (
    Axis,
    Cache,
    ForEach,
    Join,
    Lock,
    Loop,
    Matrix,
    Milestone,
    Need,
    Needs,
    Output,
    Outputs,
    Retry,
    Spread,
    Tolerance,
    Until,
    While,
)
from steplane.model.reading.reader import Reader, key_name
from steplane.model.values import Name, Value
from steplane.schema.texts import plain_as_wanted
from steplane.source.nodes import Entry, Mapping, Node, Scalar, Sequence, plain

WORDS = ("ok", "succeeded", "warning", "failed", "skipped", "cancelled", "done")
ROUNDS = 1000
"""The most rounds of `while` and `until` where `max` is not given."""


def read_needs(reader: Reader, node: Node | None) -> Needs | None:
    """Both forms of `needs`."""
    if isinstance(node, Sequence):
        return Needs(tuple(Need(name) for name in reader.names(node)), node.span)
    if not isinstance(node, Mapping):
        return None
    return Needs(tuple(Need(key_name(entry), _words(reader, entry.value)) for entry in node.entries), node.span)


def _words(reader: Reader, node: Node) -> tuple[Any, ...]:
    texts = [name.text for name in reader.names(node)] if isinstance(node, Sequence) else [reader.text(node)]
    return tuple(dict.fromkeys(text for text in texts if text in WORDS)) or ("ok",)


def read_milestone(reader: Reader, node: Node | None) -> Milestone | None:
    """`after` and `before`."""
    if not isinstance(node, Mapping):
        return None
    return Milestone(node.span, reader.name(node.get("after")), reader.name(node.get("before")))


def read_join(reader: Reader, node: Node | None) -> Join | None:
    """`all`, `any`, a number, `each`, `active`, or a mapping with `count`."""
    if isinstance(node, Mapping):
        wanted = node.get("count")
        count = reader.number(wanted)
        rest = reader.choice(node.get("rest"), ("run", "cancel", "block"), "run")
        where = wanted.span if wanted is not None else None
        return None if count is None else Join("count", node.span, count, rest, where)
    if not isinstance(node, Scalar):
        return None
    number = reader.number(node)
    if number is not None:
        return Join("count", node.span, number)
    text = reader.text(node)
    if text == "any":
        return Join("count", node.span, 1)
    return Join(reader.choice(node, ("all", "each", "active"), "all"), node.span) if text else None


def read_loop(reader: Reader, step: Mapping) -> Loop | None:
    """The first of `foreach`, `matrix`, `while`, `until`."""
    for name, read in (("foreach", _foreach), ("matrix", _matrix), ("while", _rounds), ("until", _rounds)):
        entry = step.entry(name)
        if entry is not None:
            return read(reader, step, entry)
    return None


def _foreach(reader: Reader, step: Mapping, entry: Entry) -> Loop | None:
    items = reader.value(entry.value)
    if items is None or (isinstance(entry.value, Scalar) and entry.value.value is None):
        return None
    item = reader.name(step.get("as")) or Name("item", entry.key.span)
    return ForEach(items, item, _spread(reader, step), entry.key.span, reader.name(step.get("open")))


def _matrix(reader: Reader, step: Mapping, entry: Entry) -> Loop | None:
    if not isinstance(entry.value, Mapping):
        return None
    axes = [
        Axis(key_name(one), value)
        for one in entry.value.entries
        if one.name not in {"exclude", "include"} and (value := reader.value(one.value)) is not None
    ]
    parts = {name: _partials(reader, entry.value.get(name)) for name in ("exclude", "include")}
    return Matrix(tuple(axes), parts["exclude"], parts["include"], _spread(reader, step), entry.key.span)


def _partials(reader: Reader, node: Node | None) -> tuple[Value, ...]:
    found = (
        [reader.value(item) for item in node.items if isinstance(item, Mapping)] if isinstance(node, Sequence) else []
    )
    return tuple(one for one in found if one is not None)


def _rounds(reader: Reader, step: Mapping, entry: Entry) -> Loop | None:
    condition = reader.condition(entry.value)
    if condition is None:
        return None
    limit = reader.number(step.get("max")) or ROUNDS
    kind = While if entry.name == "while" else Until
    return kind(condition, limit, entry.key.span)


def _spread(reader: Reader, step: Mapping) -> Spread:
    complete = step.get("complete")
    return Spread(
        reader.text_value(step.get("key")),
        reader.count(step.get("concurrency")),
        _tolerance(reader, step.get("max_failures")),
        reader.count(complete) if reader.number(complete) is not None else reader.condition(complete),
        reader.choice(step.get("rest"), ("run", "cancel"), "run"),
    )


def _tolerance(reader: Reader, node: Node | None) -> Tolerance | None:
    number, text = reader.number(node), reader.text(node)
    if node is None or (number is None and text is None):
        return None
    if number is not None:
        return Tolerance(node.span, count=number)
    try:
        return Tolerance(node.span, percent=float((text or "").removesuffix("%")))
    except ValueError:
        return None


def read_retry(reader: Reader, node: Node | None, defaults: Node | None = None) -> Retry | None:
    """`retry` with the keys of `defaults.retry` that it does not have itself; `retry: N` is `attempts: N`."""
    given, base = _retry_nodes(node), _retry_nodes(defaults)
    nodes = {**base, **given}
    if not nodes:
        return None
    span = node.span if node is not None else defaults.span if defaults is not None else None
    attempts = reader.count(nodes.get("attempts"))
    return Retry(
        attempts,
        reader.duration(nodes.get("delay")),
        reader.choice(nodes.get("backoff"), ("constant", "linear", "exponential"), "constant"),
        reader.duration(nodes.get("max_delay")),
        _jitter(reader, nodes.get("jitter")),
        reader.duration(nodes.get("for"), zero=False),
        reader.condition(nodes.get("when")),
        span,
    )


def _retry_nodes(node: Node | None) -> dict[str, Node]:
    if isinstance(node, Mapping):
        return {entry.name: entry.value for entry in node.entries}
    return {"attempts": node} if isinstance(node, Scalar) and node.value is not None else {}


def _jitter(reader: Reader, node: Node | None) -> Any:
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return reader.choice(node, ("none", "full"), "none")


def read_lock(reader: Reader, node: Node | None) -> Lock | None:
    """A name, or a mapping with `name`."""
    name = reader.text_value(node.get("name") if isinstance(node, Mapping) else node)
    if name is None or node is None:
        return None
    if not isinstance(node, Mapping):
        return Lock(name, node.span)
    limit = reader.number(node.get("limit")) or 1
    return Lock(name, name.span, limit, reader.choice(node.get("scope"), ("run", "store"), "run"))


def read_outputs(reader: Reader, node: Node | None) -> Outputs | None:
    """A list of names, or a mapping of names to values."""
    if isinstance(node, Sequence):
        return Outputs(tuple(Output(name) for name in reader.names(node)), reshaped=False, span=node.span)
    if not isinstance(node, Mapping):
        return None
    return Outputs(tuple(_output(reader, entry) for entry in node.entries), reshaped=True, span=node.span)


def _output(reader: Reader, entry: Entry) -> Output:
    """A value, or a mapping whose `value` stands among the keywords of its schema."""
    node, name = entry.value, key_name(entry)
    if not isinstance(node, Mapping) or node.entry("value") is None:
        return Output(name, reader.value(node))
    schema = {one.name: plain(one.value) for one in node.entries if one.name not in {"value", "secret"}}
    value = reader.value(node.get("value"))
    if schema and value is not None and isinstance(value.template, Literal):
        value = Value(Literal(plain_as_wanted(schema, value.node)), value.node)
    return Output(name, value, schema or None, reader.flag(node.get("secret")), node)


def read_cache(reader: Reader, node: Node | None) -> Cache | None:
    """`cache`."""
    if not isinstance(node, Mapping):
        return None
    return Cache(
        node.span, reader.value(node.get("key")), reader.names(node.get("files")), reader.names(node.get("outputs"))
    )
