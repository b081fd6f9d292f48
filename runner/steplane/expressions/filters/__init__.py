"""The allow-list of filters. Each takes the frame, the value, and its arguments; the table is the whole truth."""

from collections.abc import Callable
from typing import Any

from steplane.expressions.filters import choosing, encoding, lists, numbers, texts, times

FILTERS: dict[str, Callable[..., Any]] = {
    "abs": numbers.absolute,
    "b64decode": encoding.b64decode,
    "b64encode": encoding.b64encode,
    "basename": texts.basename,
    "batch": lists.batch,
    "capitalize": texts.capitalize,
    "center": texts.center,
    "count": lists.length,
    "d": choosing.default,
    "default": choosing.default,
    "dictsort": lists.dictsort,
    "dirname": texts.dirname,
    "duration": times.duration,
    "first": lists.first,
    "float": numbers.to_float,
    "from_json": encoding.from_json,
    "groupby": choosing.groupby,
    "hash": encoding.sha256,
    "indent": texts.indent,
    "int": numbers.to_integer,
    "items": lists.items,
    "join": lists.join,
    "json": encoding.json,
    "last": lists.last,
    "length": lists.length,
    "list": lists.to_list,
    "lower": texts.lower,
    "map": choosing.map_,
    "max": choosing.largest,
    "min": choosing.smallest,
    "present": lists.present,
    "regex_match": texts.regex_match,
    "regex_replace": texts.regex_replace,
    "reject": choosing.reject,
    "rejectattr": choosing.rejectattr,
    "replace": texts.replace,
    "reverse": lists.reverse,
    "round": numbers.round_,
    "select": choosing.select,
    "selectattr": choosing.selectattr,
    "shell_quote": texts.shell_quote,
    "slice": lists.slice_,
    "sort": choosing.sort,
    "split": texts.split,
    "string": texts.string,
    "sum": choosing.sum_,
    "timestamp": times.timestamp,
    "title": texts.title,
    "tojson": encoding.json,
    "trim": texts.trim,
    "truncate": texts.truncate,
    "unique": choosing.unique,
    "upper": texts.upper,
    "urlencode": encoding.urlencode,
    "wordcount": texts.wordcount,
    "wordwrap": texts.wordwrap,
}

RESULTS: dict[str, str] = {
    **dict.fromkeys(["count", "int", "length", "wordcount"], "integer"),
    **dict.fromkeys(["duration", "float", "timestamp"], "number"),
    **dict.fromkeys(
        [
            "b64decode", "b64encode", "basename", "capitalize", "center", "dirname", "hash", "indent", "join", "json",
            "lower", "regex_replace", "replace", "shell_quote", "string", "title", "tojson", "trim", "truncate",
            "upper", "urlencode", "wordwrap", "yaml",
        ],
        "string",
    ),
    **dict.fromkeys(
        [
            "batch", "dictsort", "groupby", "items", "list", "map", "present", "reject", "rejectattr", "select",
            "selectattr", "slice", "sort", "split", "unique",
        ],
        "list",
    ),
    "regex_match": "bool",
}  # fmt: skip
"""The kind of a filter's result where it is always the same."""
