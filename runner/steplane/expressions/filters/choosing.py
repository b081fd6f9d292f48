"""Filters that look into the items: at a key of each, by a test, in an order."""

from collections.abc import Callable
from typing import Any

from steplane.expressions.faults import ExpressionError, Missing
from steplane.expressions.filters.wanted import sequence
from steplane.expressions.frames import Frame, item
from steplane.expressions.limits import DEPTH, SMALL, check_depth
from steplane.expressions.operators import add
from steplane.expressions.values import canonical, in_words, kind_of, less, truth

_NOT_GIVEN = "\0not given"
_ABSENT = Missing("the item has no such key")
_OF_PRESENCE = ("defined", "undefined")

AT_ONCE = 4096
"""Items, as many of which make even small texts worth counting."""

GROUP = 3
"""Lists that take as much memory as a group does: its mapping, and a list."""

EACH = 4
"""What an item counts that is no text: numbers may be chosen so that each is looked for among all that were before."""


def default(_frame: Frame, value: Any, default_value: Any = "", boolean: Any = False) -> Any:
    """`default_value` for a value that is missing or null (with `boolean`, also for one that counts as false)."""
    if value is None or value.__class__ is Missing:
        return default_value
    return default_value if boolean and not truth(value) else value


def getter(frame: Frame, attribute: Any, name: str, otherwise: Any = _NOT_GIVEN) -> Callable[[Any], Any]:
    """Reads a key (or keys, `a.b`; a number is an index) of an item; never an attribute of an object."""
    if kind_of(attribute) not in ("string", "integer"):
        raise ExpressionError(f"the attribute of `{name}` is the name of a key")
    keys = [int(key) if key.isdecimal() else key for key in str(attribute).split(".", DEPTH + 1)]
    check_depth(len(keys))

    budget, told = frame.budget, otherwise == _NOT_GIVEN

    def get(value: Any) -> Any:
        budget.left -= 1
        if budget.left < 0:
            budget.look()
        for key in keys:
            by = str(key) if value.__class__ is not Missing and kind_of(value) == "object" else key
            if told or value.__class__ is not dict or by in value:
                value = item(value, by, "the item")
            else:
                return otherwise  # nothing is said of what was meant
        if value.__class__ is Missing:
            if not told:
                return otherwise
            raise ExpressionError(f"`{attribute}` of an item is missing: {value.reason}")
        return value

    return get


def map_(frame: Frame, value: Any, *arguments: Any, **named: Any) -> list[Any]:
    """Each item through a filter (`map('upper')`), or a key of each (`map(attribute='name')`)."""
    from steplane.expressions.calling import apply_filter

    found = sequence(frame, value, "map")
    if not arguments and "attribute" in named and set(named) <= {"attribute", "default"}:
        get = getter(frame, named["attribute"], "map", named.get("default", _NOT_GIVEN))
        return [get(one) for one in found]
    if not arguments or not isinstance(arguments[0], str):
        raise ExpressionError("`map` wants the name of a filter or `attribute='name'`")
    name, rest = arguments[0], list(arguments[1:])
    made: list[Any] = []
    for start in range(0, len(found), AT_ONCE):
        stretch = found[start : start + AT_ONCE]
        made += [_there(apply_filter(frame, name, one, rest, named), name) for one in stretch]
        if len(stretch) == AT_ONCE:
            frame.budget.small(made[start:])
    return made


def _there(value: Any, name: str) -> Any:
    if value.__class__ is Missing:
        raise ExpressionError(f"`{name}` of an item is missing: {value.reason}")
    return value


def _chosen(
    frame: Frame, value: Any, arguments: tuple[Any, ...], name: str, *, wanted: bool, by_key: bool
) -> list[Any]:
    from steplane.expressions.calling import apply_test

    found = sequence(frame, value, name)
    rest = list(arguments)
    absent = _ABSENT if by_key and rest[1:2] and rest[1] in _OF_PRESENCE else None
    get: Callable[[Any], Any] = getter(frame, rest.pop(0), name, absent) if by_key else lambda one: one
    if rest and not isinstance(rest[0], str):
        raise ExpressionError(f"`{name}` wants the name of a test")
    if not rest:
        return [one for one in found if truth(get(one)) == wanted]
    if absent is not None:
        return [one for one in found if ((get(one) is absent) == (rest[0] == "undefined")) == wanted]
    return [one for one in found if apply_test(frame, rest[0], get(one), rest[1:]) == wanted]


def select(frame: Frame, value: Any, *test: Any) -> list[Any]:
    """The items for which the test holds (without one: those that count as true)."""
    return _chosen(frame, value, test, "select", wanted=True, by_key=False)


def reject(frame: Frame, value: Any, *test: Any) -> list[Any]:
    """The items for which the test does not hold."""
    return _chosen(frame, value, test, "reject", wanted=False, by_key=False)


def selectattr(frame: Frame, value: Any, attribute: Any, *test: Any) -> list[Any]:
    """The items for whose key the test holds; a key that an item has not counts as null, but for `defined`."""
    return _chosen(frame, value, (attribute, *test), "selectattr", wanted=True, by_key=True)


def rejectattr(frame: Frame, value: Any, attribute: Any, *test: Any) -> list[Any]:
    """The items for whose key the test does not hold."""
    return _chosen(frame, value, (attribute, *test), "rejectattr", wanted=False, by_key=True)


def sorted_by(
    frame: Frame, found: list[Any], get: Callable[[Any], Any], name: str, *, case_sensitive: Any, reverse: Any
) -> list[Any]:
    """The items in the order of what `get` gives: all numbers or all texts (letter case ignored unless said)."""
    keys = [_order_key(frame, get(one), name, case_sensitive) for one in found]
    return [found[index] for index in _order(keys, name, reverse=bool(reverse))]


def _order(keys: list[Any], name: str, *, reverse: bool) -> list[int]:
    """The indexes of the keys in their order; those of equal keys stay as they are."""
    numbers = sum(not isinstance(key, str) for key in keys)
    if numbers not in (0, len(keys)):
        raise ExpressionError(f"the filter `{name}` cannot order numbers and texts together")
    return sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)


def _order_key(frame: Frame, value: Any, name: str, case_sensitive: Any) -> Any:
    kind = kind_of(value)
    if kind not in ("integer", "number", "string"):
        raise ExpressionError(f"the filter `{name}` orders numbers or texts, not {in_words(value)}")
    if kind != "string":
        return value
    if len(value) > SMALL:
        frame.budget.spend(len(value))
    return value if case_sensitive else value.lower()


def _by(frame: Frame, attribute: Any, name: str) -> Callable[[Any], Any]:
    return (lambda one: one) if attribute is None else getter(frame, attribute, name)


def sort(
    frame: Frame, value: Any, reverse: Any = False, case_sensitive: Any = False, attribute: Any = None
) -> list[Any]:
    """In order, numbers or texts."""
    found = sequence(frame, value, "sort")
    return sorted_by(
        frame, found, _by(frame, attribute, "sort"), "sort", case_sensitive=case_sensitive, reverse=reverse
    )


def smallest(frame: Frame, value: Any, case_sensitive: Any = False, attribute: Any = None) -> Any:
    """The least item; of an empty list it is missing."""
    return _extreme(frame, value, case_sensitive, attribute, "min")


def largest(frame: Frame, value: Any, case_sensitive: Any = False, attribute: Any = None) -> Any:
    """The greatest item; of an empty list it is missing."""
    return _extreme(frame, value, case_sensitive, attribute, "max")


def _extreme(frame: Frame, value: Any, case_sensitive: Any, attribute: Any, name: str) -> Any:
    found = sequence(frame, value, name)
    if not found:
        return Missing("the list is empty")
    get = _by(frame, attribute, name)
    keys = [_order_key(frame, get(one), name, case_sensitive) for one in found]
    best = 0
    for index in range(1, len(keys)):
        pair = (keys[index], keys[best]) if name == "min" else (keys[best], keys[index])
        best = index if less(*pair) else best
    return found[best]


def sum_(frame: Frame, value: Any, attribute: Any = None, start: Any = 0) -> Any:
    """The sum of numbers; of an empty list, `start`."""
    get = _by(frame, attribute, "sum")
    total = start
    for one in sequence(frame, value, "sum"):
        number = get(one)
        if kind_of(number) not in ("integer", "number"):
            hint = "; `map('int')` before it makes numbers of texts" if isinstance(number, str) else ""
            raise ExpressionError(f"the filter `sum` adds numbers, not {in_words(number)}{hint}")
        total = add(total, number, frame.budget)
    return total


def unique(frame: Frame, value: Any, case_sensitive: Any = False, attribute: Any = None) -> list[Any]:
    """Without repetitions; the first of equals stays."""
    get = _by(frame, attribute, "unique")
    budget = frame.budget
    seen: set[Any] = set()
    kept = []
    for one in sequence(frame, value, "unique"):
        key = get(one)
        if isinstance(key, str):  # is its own canonical form: no other value has a text for one
            if len(key) > SMALL:
                budget.spend(len(key))
            key = key if case_sensitive else key.lower()
        else:
            budget.left -= EACH
            if budget.left < 0:
                budget.look()
            key = canonical(key, budget)
        known = len(seen)
        seen.add(key)
        if len(seen) > known:
            kept.append(one)
    return kept


def groupby(
    frame: Frame, value: Any, attribute: Any, default: Any = _NOT_GIVEN, case_sensitive: Any = False
) -> list[Any]:
    """Groups of equal keys in order, each `{grouper, list}`."""
    get = getter(frame, attribute, "groupby", default)
    found = sequence(frame, value, "groupby")
    groupers = [get(one) for one in found]
    keys = [_order_key(frame, one, "groupby", case_sensitive) for one in groupers]
    groups: list[dict[str, Any]] = []
    before: Any = None
    budget = frame.budget
    for index in _order(keys, "groupby", reverse=False):
        budget.left -= 1
        if budget.left < 0:
            budget.look()
        if not groups or keys[index] != before:  # all are numbers, or texts that have been counted
            groups.append({"grouper": groupers[index], "list": []})
        groups[-1]["list"].append(found[index])
        before = keys[index]
    budget.lists(GROUP * len(groups))
    return groups
