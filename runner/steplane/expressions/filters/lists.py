"""Filters on lists and mappings."""

from typing import Any

from steplane.expressions.faults import ExpressionError, Missing
from steplane.expressions.filters.wanted import sequence, text, whole
from steplane.expressions.frames import Frame
from steplane.expressions.limits import ITEMS, SMALL
from steplane.expressions.values import in_words, kind_of, text_of


def length(_frame: Frame, value: Any) -> int:
    """How many items, keys or characters."""
    if kind_of(value) not in ("list", "object", "string"):
        raise ExpressionError(f"the filter `length` wants a list, a mapping or text, and this is {in_words(value)}")
    return len(value)


def first(frame: Frame, value: Any) -> Any:
    """The first item; of an empty list it is missing."""
    if isinstance(value, str):
        return value[:1] or Missing("the text is empty")
    found = value if value.__class__ is list else sequence(frame, value, "first")
    return found[0] if found else Missing("the list is empty")


def last(frame: Frame, value: Any) -> Any:
    """The last item; of an empty list it is missing."""
    if isinstance(value, str):
        return value[-1:] or Missing("the text is empty")
    found = value if value.__class__ is list else sequence(frame, value, "last")
    return found[-1] if found else Missing("the list is empty")


def to_list(frame: Frame, value: Any) -> list[Any]:
    """A list of the items, keys or characters."""
    if isinstance(value, str):
        frame.budget.items(len(value))
        return list(value)
    return sequence(frame, value, "list")


def reverse(frame: Frame, value: Any) -> Any:
    """The other way round: a list or a text."""
    if isinstance(value, str):
        return text(frame, value, "reverse")[::-1]
    return sequence(frame, value, "reverse")[::-1]


def present(frame: Frame, value: Any) -> list[Any]:
    """A list without its nulls."""
    return [one for one in sequence(frame, value, "present") if one is not None and one.__class__ is not Missing]


def items(frame: Frame, value: Any) -> list[list[Any]]:
    """The `[key, value]` pairs of a mapping."""
    from steplane.expressions.compiling import solid

    if kind_of(value) != "object":
        raise ExpressionError(f"the filter `items` wants a mapping, and this is {in_words(value)}")
    frame.budget.items(len(value))
    frame.budget.lists(len(value))
    return [[key, solid(value[key])] for key in value]


def dictsort(frame: Frame, value: Any, case_sensitive: Any = False, by: Any = "key", reverse: Any = False) -> list[Any]:
    """The `[key, value]` pairs of a mapping, sorted by `key` or `value`."""
    from steplane.expressions.filters.choosing import sorted_by

    if by not in ("key", "value"):
        raise ExpressionError("`by` of `dictsort` is 'key' or 'value'")
    place = 0 if by == "key" else 1
    return sorted_by(
        frame, items(frame, value), lambda pair: pair[place], "dictsort", case_sensitive=case_sensitive, reverse=reverse
    )


def join(frame: Frame, value: Any, d: Any = "", attribute: Any = None) -> str:
    """The items as text, `d` between them."""
    from steplane.expressions.filters.choosing import getter

    found = to_list(frame, value)
    if attribute is not None:
        get = getter(frame, attribute, "join")
        found = [get(one) for one in found]
    between = text(frame, d, "join")
    budget = frame.budget
    words = [one if one.__class__ is str else text_of(one, budget) for one in found]
    size = sum(map(len, words)) + len(between) * len(words)
    if size <= SMALL:
        return between.join(words)
    budget.spend(size)
    whole_text = between.join(words)
    if not whole_text.isascii():
        budget.weigh(whole_text)
    return whole_text


def batch(frame: Frame, value: Any, linecount: Any, fill_with: Any = None) -> list[list[Any]]:
    """Lists of `linecount` items each, the last filled up with `fill_with` if that is given."""
    found = sequence(frame, value, "batch")
    size = whole(linecount, "batch", 1, ITEMS)
    frame.budget.lists(-(-len(found) // size))
    rows = [found[start : start + size] for start in range(0, len(found), size)]
    if rows and fill_with is not None:
        frame.budget.items(size)
        rows[-1] += [fill_with] * (size - len(rows[-1]))
    return rows


def slice_(frame: Frame, value: Any, slices: Any, fill_with: Any = None) -> list[list[Any]]:
    """That many lists of nearly equal length, the shorter ones filled with `fill_with` if that is given."""
    found = sequence(frame, value, "slice")
    count = whole(slices, "slice", 1, ITEMS)
    frame.budget.items(count)
    frame.budget.lists(count)
    size, longer = divmod(len(found), count)
    rows, start = [], 0
    for index in range(count):
        end = start + size + (index < longer)
        row = found[start:end]
        if fill_with is not None and longer and index >= longer:
            row.append(fill_with)
        rows.append(row)
        start = end
    return rows
