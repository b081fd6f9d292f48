"""Measures and rules."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from steplane.model.observing import Measure, Moment, Rule, RuleKind, Target, Within
from steplane.model.reading.reader import Reader, key_name
from steplane.model.values import Name
from steplane.schema.words import listed
from steplane.source.nodes import Entry, Mapping, Node, Scalar, Sequence

KINDS = get_args(RuleKind)
_TARGET = re.compile(r"(<=|>=|==|<|>) *(\S.*)", re.DOTALL)


def read_measures(reader: Reader, node: Node | None) -> tuple[Measure, ...]:
    """All measures of a file."""
    entries = node.entries if isinstance(node, Mapping) else ()
    return tuple(_measure(reader, key_name(one), one.value) for one in entries if isinstance(one.value, Mapping))


def _measure(reader: Reader, name: Name, node: Mapping) -> Measure:
    spec = node.get("spec")
    limits: dict[str, Any] = {}
    if isinstance(spec, Mapping):
        limits = {"lower": _bound(spec.get("lower")), "upper": _bound(spec.get("upper"))}
    return Measure(
        name=name,
        node=node,
        start=read_moment(reader, node.get("from")),
        end=read_moment(reader, node.get("to")),
        value=reader.value(node.get("value")),
        unit=reader.name(node.get("unit")),
        share=reader.name(node.get("yield")),
        targets=tuple(_targets(reader, node.get("target"))),
        **limits,
    )


def _bound(node: Node | None) -> Name | None:
    return Name(node.text, node.span) if isinstance(node, Scalar) else None


def read_moment(reader: Reader, node: Node | None) -> Moment | None:
    """`STEP.EVENT`, each part at its place."""
    text = reader.text(node)
    if not isinstance(node, Scalar) or not text:
        return None
    step, dot, event = text.partition(".")
    at = len(step) + len(dot)
    return Moment(
        Name(step, reader.document.place(node, 0, len(step))),
        Name(event, reader.document.place(node, at, len(event)) if event else node.span),
        node.span,
    )


def _targets(reader: Reader, node: Node | None) -> Iterator[Target]:
    for entry in node.entries if isinstance(node, Mapping) else ():
        text = reader.text(entry.value)
        found = _TARGET.fullmatch(text) if text else None
        if found is not None and isinstance(entry.value, Scalar):
            bound = found[2].rstrip()
            span = reader.document.place(entry.value, found.start(2), len(bound))
            operator: Any = found[1]
            yield Target(key_name(entry), operator, Name(bound, span), entry.value.span)


def read_rules(reader: Reader, node: Node | None) -> tuple[Rule, ...]:
    """All rules of a file."""
    items = node.items if isinstance(node, Sequence) else ()
    return tuple(rule for item in items if isinstance(item, Mapping) for rule in _rules(reader, item))


def _rules(reader: Reader, item: Mapping) -> Iterator[Rule]:
    kinds = [one for one in item.entries if one.name in KINDS]
    if not kinds and all(one.name in {"name", "description"} for one in item.entries):
        place = item.entries[0].key.span if item.entries else item.span
        reader.say("rule-kind", "this rule says nothing that must hold", place, f"add one of {_all()}")
    if len(kinds) > 1:
        message = f"one rule has both `{kinds[0].name}` and `{kinds[1].name}`"
        reader.say("rule-kind", message, kinds[1].key.span, "write two rules, each an item of the list")
        return
    for entry in kinds:
        yield _rule(reader, item, entry)


def _all() -> str:
    return listed(KINDS)


def _rule(reader: Reader, item: Mapping, entry: Entry) -> Rule:
    steps: tuple[Name, ...] = ()
    if entry.name == "exactly_once":
        name = reader.name(entry.value)
        steps = () if name is None else (name,)
    elif entry.name not in {"within", "never"}:
        steps = reader.names(entry.value)
    return Rule(
        kind=key_name(entry),
        node=item,
        name=reader.text(item.get("name")) or "",
        steps=steps,
        within=_within(reader, entry.value) if entry.name == "within" else None,
        condition=reader.condition(entry.value) if entry.name == "never" else None,
    )


def _within(reader: Reader, node: Node) -> Within | None:
    if not isinstance(node, Mapping):
        return None
    start, end = read_moment(reader, node.get("from")), read_moment(reader, node.get("to"))
    limit = reader.duration(node.get("max"), zero=False)
    return None if start is None or end is None or limit is None else Within(start, end, limit)


__all__ = ["KINDS", "read_measures", "read_moment", "read_rules"]
