"""What filters take, and what they give."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from steplane.expressions.filters import RESULTS
from steplane.expressions.types import ANY, Type, list_of, of, union


class Wanted(Struct, frozen=True):
    """The kinds that a filter takes as its value, and the same in words."""

    kinds: tuple[str, ...]
    words: str


_TEXT = Wanted(("string", "integer", "number", "bool"), "text")
_LIST = Wanted(("list", "object"), "a list")
_LIST_OR_TEXT = Wanted(("list", "object", "string"), "a list")
_NUMBER = Wanted(("integer", "number"), "a number")

ACCEPTED: dict[str, Wanted] = {
    **dict.fromkeys(
        [
            "upper", "lower", "capitalize", "title", "trim", "replace", "split", "center", "basename", "dirname",
            "indent", "truncate", "wordcount", "wordwrap", "regex_match", "regex_replace",
        ],
        _TEXT,
    ),
    "duration": Wanted(("string",), "text such as `1h30m`"),
    "timestamp": Wanted(("string",), "a time as text"),
    **dict.fromkeys(
        ["map", "select", "reject", "selectattr", "rejectattr", "sort", "unique", "min", "max", "sum", "present"], _LIST
    ),
    **dict.fromkeys(["first", "last", "list", "reverse", "join"], _LIST_OR_TEXT),
    **dict.fromkeys(["count", "length"], Wanted(("list", "object", "string"), "a list, a mapping or text")),
    **dict.fromkeys(["items", "dictsort"], Wanted(("object",), "a mapping")),
    **dict.fromkeys(["abs", "round"], _NUMBER),
}  # fmt: skip
"""What the filters take that do not take everything."""

_TEXT_OR_NOTHING = Wanted((*_TEXT.kinds, "null"), "text")
_WHOLE = Wanted(("integer",), "a whole number")

ARGUMENTS: dict[str, dict[str, Wanted | None]] = {
    "trim": {"chars": _TEXT_OR_NOTHING},
    "replace": {"old": _TEXT, "new": _TEXT, "count": _WHOLE},
    "split": {"separator": _TEXT_OR_NOTHING},
    "center": {"width": _WHOLE},
    "wordwrap": {"width": _WHOLE},
    "indent": {"width": Wanted(("integer", "string"), "a whole number or text")},
    "truncate": {"length": _WHOLE, "killwords": None, "end": _TEXT, "leeway": _WHOLE},
    "join": {"d": _TEXT, "attribute": Wanted(("string", "integer", "null"), "the name of a key")},
    "batch": {"linecount": _WHOLE},
    "slice": {"slices": _WHOLE},
    "round": {"precision": _WHOLE, "method": Wanted(("string",), "text")},
    "int": {"default": None, "base": _WHOLE},
    "regex_match": {"pattern": _TEXT},
    "regex_replace": {"pattern": _TEXT, "replacement": _TEXT},
}
"""What the arguments of filters are, in their order, where they are not anything."""


def unfit(node: Any, given: list[Type], named: dict[str, Type]) -> Iterator[tuple[Any, Type, str, str]]:
    """The arguments of a filter that it can never take: node, type, name, and what is wanted in words."""
    wanted = ARGUMENTS.get(node.name, {})
    pairs = [*zip(wanted, node.args, given, strict=False)]
    pairs += [(one.key, one.value, named[one.key]) for one in node.kwargs]
    for name, argument, one in pairs:
        takes = wanted.get(name)
        if takes is not None and one.known and not one.can_be(*takes.kinds):
            yield argument, one, name, takes.words


def result_of(name: str, given: Type, arguments: list[Type], named: dict[str, Type]) -> Type:
    """The type of what a filter gives."""
    if name in ("int", "float"):
        default = arguments[0] if arguments else named.get("default")
        return union([of(RESULTS[name]), default]) if default is not None else of(RESULTS[name])
    if name == "abs":
        return Type(given.kinds & {"integer", "number"}) if given.kinds else of("number")
    if name == "round":
        return of("number") if arguments or named else of("integer")
    if name == "sum":
        return of("number") if len(arguments) < 2 and "start" not in named else ANY
    if name == "reverse":
        return given if (given.is_only("string") or given.is_only("list")) else ANY
    if name in ("first", "last"):
        return of("string") if given.is_only("string") else given.element if given.is_only("list") else ANY
    if name in ("sort", "unique", "select", "reject", "selectattr", "rejectattr", "list"):
        return list_of(given.element) if given.is_only("list") else of("list")
    if name == "map" and len(arguments) == 1 and not named and arguments[0].values:
        each = RESULTS.get(str(arguments[0].values[0]))  # the filter that each item goes through
        return list_of(of(each)) if each is not None else of("list")
    if name == "split":
        return list_of(of("string"))
    return of(RESULTS[name]) if name in RESULTS else ANY
