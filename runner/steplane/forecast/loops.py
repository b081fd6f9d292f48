"""The items of a loop before the run, and its instances."""

from typing import Any

from msgspec.structs import replace

from steplane.driver.loops import items_of, unique
from steplane.driver.names import counters
from steplane.driver.refusal import Refused
from steplane.expressions import ExpressionError
from steplane.expressions.faults import NotKnown
from steplane.expressions.templates import ListOf, Template
from steplane.forecast import instances
from steplane.forecast.fates import FAILED, SUCCEEDED, WARNING, Certainty, Items
from steplane.forecast.names import Names, Partly
from steplane.forecast.walk import EACH, STEPS, Outcome, Place, Walk
from steplane.plan.nodes import ForEach, Matrix, Node, Spread

_GROWING = frozenset({"length", "last"})
"""What of `loop` further items change."""


def repeated(walk: Walk, node: Node, place: Place) -> Outcome:
    """Look at a looped step: once for each item, or once for all."""
    loop = node.loop
    assert isinstance(loop, ForEach | Matrix)
    try:
        items, found = _selected(walk, node, *_items(walk, loop, place))
    except (ExpressionError, Refused) as error:
        message = error.error.message if isinstance(error, Refused) else error.message
        walk.shut(walk.inside(node), f"`{node.id}` fails before it begins", place.key)
        return Outcome(FAILED, failing=f"its items cannot be had: {walk.judge.mask.text(message)}", begun=False)
    walk.items.setdefault(node.number, []).append(found)
    opened = _opened(walk, node)
    if found.number == 0 and not opened:
        walk.shut(walk.inside(node), f"`{node.id}` has no items", place.key)
        return Outcome(SUCCEEDED, failing="there are no items", begun=False)
    since = walk.now
    places = _places(walk, node, place, items, found)
    several = found.number != 1 or bool(opened)
    if opened and items is not None:
        reason = f"only for items that the signal `{opened}` adds"
        places.append(replace(_any_item(node, place), certain="maybe", reason=reason))
    outcomes = _each(walk, node, loop, places)
    if _completes(loop) and several:
        walk.doubt(walk.inside(node), "only if it begins before the loop is complete", since)
    if several and any(one.stops != "no" for one in outcomes):
        walk.doubt(walk.inside(node), "only if it begins before another item ends the run", since)
    if opened and items is not None:
        return _with_added(loop, outcomes[:-1], outcomes[-1])
    return _together(loop, outcomes, len(places) if len(places) > 1 else found.number)


def _opened(walk: Walk, node: Node) -> str:
    """The signal that adds items to the loop; of one of which only some items are selected none does."""
    return node.loop.open if isinstance(node.loop, ForEach) and node.number not in walk.selected_keys else ""


def _with_added(loop: Spread, outcomes: list[Outcome], added: Outcome) -> Outcome:
    """How an open loop ends: with the items that it has at first, and perhaps with more."""
    first = _together(loop, outcomes, len(outcomes)) if outcomes else Outcome(SUCCEEDED)
    ends = first.ends
    if loop.allowed_percent is not None and (ends != SUCCEEDED or "failed" in added.ends):
        ends = SUCCEEDED | WARNING | FAILED  # of how many, that is not known
    elif "failed" in added.ends and ends != FAILED:
        ends |= WARNING | FAILED if loop.allowed else FAILED
    elif "warning" in added.ends and ends != FAILED:
        ends |= WARNING
    stops = "maybe" if first.stops == "no" and added.stops != "no" else first.stops
    return replace(first, ends=ends, stops=stops, ender=first.ender or added.ender)


def _each(walk: Walk, node: Node, loop: Spread, places: list[Place]) -> list[Outcome]:
    """Look at each instance; when more have failed than may, no further one begins."""
    allowed, width = _allowed(loop, len(places)), _width(walk, loop, places[0])
    outcomes: list[Outcome] = []
    sure = perhaps = 0
    for place in places:
        if sure > allowed and width == 1:
            walk.shut(walk.inside(node), "an item before it fails", place.key)
            continue
        since = walk.now
        outcomes.append(instances.instance(walk, node, place))
        if perhaps > allowed:
            walk.doubt(walk.inside(node), "only if it begins before another item fails", since)
        sure += outcomes[-1].ends == FAILED
        perhaps += "failed" in outcomes[-1].ends
    return outcomes


def _completes(loop: Spread) -> bool:
    """Whether the loop may end before all its instances have begun."""
    return loop.enough is not None or loop.complete is not None


def _allowed(loop: Spread, number: int) -> int:
    """How many instances may fail."""
    share = loop.allowed_percent
    return loop.allowed if share is None else int(number * share / 100 + 1e-9)


def _width(walk: Walk, loop: Spread, place: Place) -> int | None:
    """How many instances may go on at once; None where that is not known, or without a limit."""
    if loop.concurrency is None:
        return None
    try:
        value = walk.judge.engine.render(loop.concurrency, walk.names(place))
    except ExpressionError:
        return None
    return value if isinstance(value, int) else None


def _items(walk: Walk, loop: Spread, place: Place) -> tuple[list[Any] | None, Items]:
    """The items with their keys; None where they are not known. Raises `ExpressionError`, `Refused`."""
    names, engine = walk.names(place), walk.judge.engine
    try:
        items, keys = items_of(engine, loop, names)
        keys = [walk.judge.mask.text(key) for key in keys]
        unique(keys)
    except NotKnown as unknown:
        return _without_keys(walk, loop, names, unknown)
    return items, Items(len(items), tuple(keys))


def _selected(walk: Walk, node: Node, items: list[Any] | None, found: Items) -> tuple[list[Any] | None, Items]:
    """The items that are selected, where not all are."""
    keys = walk.selected_keys.get(node.number)
    if keys is None or not found.keys or items is None:
        return items, found
    kept = [index for index, key in enumerate(found.keys) if key in keys]
    return [items[index] for index in kept], Items(len(kept), tuple(found.keys[index] for index in kept))


def _without_keys(walk: Walk, loop: Spread, names: Names, unknown: NotKnown) -> tuple[list[Any] | None, Items]:
    """The items may be known where their keys are not."""
    try:
        items, _ = items_of(walk.judge.engine, replace(loop, key=None), names)
    except NotKnown as other:
        return None, Items(unknown=walk.judge.words(_source(loop), other.paths))
    assert loop.key is not None
    return items, Items(len(items), unknown=walk.judge.words(loop.key, unknown.paths))


def _source(loop: Spread) -> Template:
    """All that the items are made of."""
    if isinstance(loop, ForEach):
        return loop.items
    return ListOf((*(one for _, one in loop.axes), *loop.exclude, *loop.include))


def _places(walk: Walk, node: Node, place: Place, items: list[Any] | None, found: Items) -> list[Place]:
    """A place for each item; one for all where they are not known, or too many."""
    loop = node.loop
    name = loop.name if isinstance(loop, ForEach) else "matrix"
    size = 1 + sum(1 for _ in walk.below(walk.inside(node)))
    if items is None or len(items) > EACH or walk.now + len(items) * size > STEPS:
        return [_any_item(node, place)]
    places = []
    for index, item in enumerate(items):
        counted = counters(index, len(items))
        if found.keys:
            counted["key"] = found.keys[index]
        later = frozenset() if found.keys else frozenset({"key"})
        if _opened(walk, node):
            later |= _GROWING
        numbers = Partly("loop", {name: value for name, value in counted.items() if name not in later}, later)
        names = place.names.with_(**{"loop": numbers, name: item})
        key = found.keys[index] if found.keys else str(index)
        places.append(replace(place, names=names, key=_chain(place.key, key)))
    return places


def _any_item(node: Node, place: Place) -> Place:
    """A place that stands for every item."""
    name = node.loop.name if isinstance(node.loop, ForEach) else "matrix"
    return replace(place, names=place.names.without(name, "loop"), key=_chain(place.key, "*"))


def _chain(around: str, key: str) -> str:
    """The keys of the loops around, from outside in: `a`, `a/b`; `*` stands for every key."""
    return f"{around}/{key}" if around else key


def _together(loop: Spread, outcomes: list[Outcome], number: int | None) -> Outcome:
    """How the loop ends; `number`: of its items, where that is known. One outcome may stand for all of them."""
    failed = [one for one in outcomes if one.ends == FAILED]
    perhaps = [one for one in outcomes if "failed" in one.ends]
    allowed, each = _allowed(loop, number or 1), max(1, (number or 1) // len(outcomes))
    stops: Certainty = "no"
    ender = next((one.ender for one in outcomes if one.stops != "no"), "")
    if ender:
        stops = "yes" if all(one.stops == "yes" for one in outcomes) else "maybe"
    well = len(failed) < len(outcomes) or (loop.complete is not None and allowed > 0)
    some = bool(failed) and _completes(loop) and well  # the loop may be complete before too many have failed
    if len(failed) * each > allowed and number is not None and not some:
        return Outcome(FAILED, stops, ender, failed[0].failing)
    good = WARNING if failed or any(one.ends == WARNING for one in outcomes) else SUCCEEDED
    if perhaps or any("warning" in one.ends for one in outcomes):
        good |= WARNING
    many = bool(perhaps) and (number is None or len(perhaps) * each > allowed)
    return Outcome(good | FAILED if many else good, stops, ender)
