"""Keys that a mapping does not have: what was probably meant."""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

from steplane.diagnostics import Diagnostic, Edit, Fix
from steplane.schema.habits import HABITS, Habit
from steplane.schema.place import Place
from steplane.schema.steps import EXCLUSIVE, EXCLUSIVE_WITHIN
from steplane.schema.words import listed
from steplane.source.nodes import Entry, Mapping, Node, Scalar
from steplane.suggest import did_you_mean, is_slip, nearness

Parameters = Callable[[str], Iterable[str]]
"""The parameters of a step type, none where it is not known."""

Properties = dict[str, Any]

RENAMING = frozenset({"key-case", "unknown-key", "habit"})
"""The codes of keys that may stand for others."""

OF_RUN = ("script", "argv")
"""The parameters of `shell` that `run` itself gives."""

_TAKEN = re.compile(r"`(\w+)` is set here already")
"""The help of a key that stands for another one beside it."""


def unknown_key(  # noqa: PLR0917 - called in one place, which has them all at hand
    entry: Entry,
    mapping: Mapping,
    known: Properties,
    place: Place,
    level: str,
    definitions: dict[str, Any],
    parameters: Parameters,
    takes: Callable[[str, Node], bool],
) -> Diagnostic:
    """What to say of a key that is not known here: its case, a habit, another level, a similar name, or the names.

    `takes`: whether a key that is known can have a value.
    """
    name = entry.name
    message = f"`{name}` is not a key of {_owner(place, level)}"
    if name.lower() in known and name != name.lower():
        return _renamed(entry, name.lower(), f"{message}: keys are lower case", "key-case", mapping)
    habit = HABITS.get(level, {}).get(name)
    if habit and not is_taken(habit.key, mapping, level):
        return _habit(entry, habit, message, fits=isinstance(entry.value, Scalar) or takes(habit.key, entry.value))
    if level == "step" and (home := _parameter_home(name, mapping, parameters)):
        return Diagnostic(
            "wrong-level",
            f"{message}: it is a parameter of `{home}` and belongs under `with`",
            entry.key.span,
            label="belongs under `with`",
            help=f"write `with: {{{name}: ...}}`",
        )
    if place_of := _level(name, level, known, definitions):
        return Diagnostic(
            "wrong-level",
            f"{message}: it belongs {place_of}",
            entry.key.span,
            label=f"belongs {place_of}",
            help=f"move `{name}` {place_of}",
        )
    if habit:
        return _habit(entry, habit, message, fits=False)
    if meant := _similar(entry, mapping, known, takes):
        return _renamed(entry, meant, message, "unknown-key", mapping)
    if (habit := habit_of(name, level)) and not is_taken(habit.key, mapping, level):
        return _habit(entry, habit, message, fits=isinstance(entry.value, Scalar) or takes(habit.key, entry.value))
    names = sorted(known)
    help_ = f"the keys here are {listed(names, 'and')}" if 0 < len(names) <= 10 else "remove it"
    return Diagnostic("unknown-key", message, entry.key.span, help=help_)


def is_taken(key: str, mapping: Mapping, level: str, others: Collection[str] = ()) -> bool:
    """Whether a mapping, or what `others` of its keys stand for, has the key already or one that excludes it."""
    groups = EXCLUSIVE if level == "step" else EXCLUSIVE_WITHIN
    alone = {key}.union(*(group for group in groups if key in group))
    return not alone.isdisjoint(others) or any(entry.key.text in alone for entry in mapping.entries)


def habit_of(name: str, level: str) -> Habit | None:
    """The habit behind a key of another tool, or behind a slip of one."""
    habits = HABITS.get(level, {})
    found = habits.get(name)
    return found or next((habit for other, habit in habits.items() if is_slip(name, other)), None)


def _similar(entry: Entry, mapping: Mapping, known: Properties, takes: Callable[[str, Node], bool]) -> str | None:
    """The known key of a similar name; of two as similar the one that takes the value."""
    name, free = entry.name, [one for one in known if mapping.entry(one) is None]
    meant = did_you_mean(name, free) or did_you_mean(name, known)
    if meant is None or takes(meant, entry.value):
        return meant
    other = did_you_mean(name, [one for one in free if takes(one, entry.value)])
    return other if other is not None and nearness(name, other) >= nearness(name, meant) else meant


def _owner(place: Place, level: str) -> str:
    if place.keys or place.owner:
        return place.subject
    return {"workflow": "a workflow", "decision": "a decision table"}.get(level, "the file")


def meaning(found: Diagnostic, entry: Entry, level: str) -> str:
    """The key that an unknown one stands for, as its diagnostic says; empty where nobody knows."""
    if found.fix is not None:
        return found.fix.edits[0].text
    if (taken := _TAKEN.match(found.help)) is not None:
        return taken[1]
    habit = habit_of(entry.name, level) if found.code == "habit" else None
    return habit.key if habit is not None else ""


def _renamed(entry: Entry, meant: str, message: str, code: str, mapping: Mapping) -> Diagnostic:
    if mapping.entry(meant) is not None:  # to rename it would set that one twice
        help_ = f"`{meant}` is set here already: take one of them out"  # see `_TAKEN`
        return Diagnostic(code, message, entry.key.span, help=help_)
    fix = Fix(f"replace `{entry.name}` with `{meant}`", (Edit(entry.key.span, meant),), safe=code == "key-case")
    return Diagnostic(code, message, entry.key.span, label=f"did you mean `{meant}`?", fix=fix)


def _habit(entry: Entry, habit: Habit, message: str, *, fits: bool) -> Diagnostic:
    fix = None
    text = entry.value.text if isinstance(entry.value, Scalar) else ""
    value = text if habit.same else habit.value(text)
    if value is not None and fits:
        edits = (Edit(entry.key.span, habit.key), *([] if value == text else [Edit(entry.value.span, value)]))
        meant = habit.key if value == text else f"{habit.key}: {value}"
        written = entry.name if value == text else f"{entry.name}: {text}"
        fix = Fix(f"replace `{written}` with `{meant}`", edits, safe=False)
    words = f"{message}; here it is `{habit.key}`"
    return Diagnostic(
        "habit", words, entry.key.span, label=f"write `{habit.key}`", help=f"for example `{habit.example}`", fix=fix
    )


def _parameter_home(name: str, mapping: Mapping, parameters: Parameters) -> str:
    uses = mapping.get("uses")
    kind = uses.text if isinstance(uses, Scalar) else "shell" if mapping.entry("run") else ""
    own = OF_RUN if uses is None else ()
    return kind if kind and name not in own and name in set(parameters(kind)) else ""


def _level(name: str, level: str, known: Properties, definitions: dict[str, Any]) -> str:
    """Where a key of another level belongs, in words."""
    for holder in ("retry", "lock", "join", "cache", "matrix") if level == "step" else ():
        if name in _properties_of(definitions, definitions.get(holder, {})):
            return f"under `{holder}`"
    if level != "step" and name in _properties_of(definitions, definitions.get("step", {})):
        return "on a step" if level in {"workflow", "defaults"} else "on the step itself"
    if level == "step" and name in definitions.get("workflow", {}):
        return "at the top of the file"
    return ""


def _properties_of(definitions: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    names = set(schema.get("properties", {}))
    for one in schema.get("anyOf", ()):
        names |= set(one.get("properties", {}))
    return names
