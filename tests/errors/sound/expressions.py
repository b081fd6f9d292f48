"""Expressions that are of the kind that is wanted, whatever the values."""

import random
from collections.abc import Callable
from typing import NamedTuple

from tests.errors.sound.kinds import (
    FLAG,
    NUMBER,
    REGION,
    ROW,
    TEXT,
    TEXTS,
    WHOLE,
    Kind,
    fits,
    listing,
    literal,
    table,
)  # fmt: skip


class Name(NamedTuple):
    """What an expression may name: of what kind it is, and whether it may be missing, null, or both (`lack`).

    `deep`: it is a field of what may lack.
    """

    path: str
    kind: Kind
    lack: str = ""
    deep: bool = False


def lacking(name: Name, lack: str) -> Name:
    """The name where it may besides be missing or null."""
    return Name(name.path, name.kind, lack if name.lack in {"", lack} else "both", name.deep)


def spread(name: Name) -> list[Name]:
    """The name, and what stands in it."""
    found = [name]
    for field, kind in name.kind.fields:
        found += spread(Name(f"{name.path}.{field}", kind, name.lack, bool(name.lack)))
    return found


class Writer:
    """Writes expressions over the names of a scope."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.scope: list[Name] = []

    def declare(self, *names: Name) -> None:
        """Let these be known from here on."""
        self.scope += names

    def leaf(self, kind: Kind) -> str:
        """A name of a kind, caught where it may lack, or a literal."""
        known = (name for name in self.scope if not (name.lack and name.path.startswith("(")))  # a filter is in the way
        able = [one for name in known for one in spread(name) if fits(one.kind, kind)]
        if not able or self.rng.random() < 0.15:
            return literal(kind, self.rng)
        found = self.rng.choice(able)
        return found.path if not found.lack else self.caught(found, kind)

    def caught(self, name: Name, kind: Kind) -> str:
        """A name that may lack, with what stands for it."""
        other, path = literal(kind, self.rng), name.path
        forms = [f"({path} | default({other}))"]
        if name.lack == "missing" and not name.deep:
            forms.append(f"({path} if {path} is defined else {other})")
        if name.lack == "null" and not name.deep:
            forms += [f"({path} if {path} is not none else {other})", f"({other} if {path} is none else {path})"]
        return self.rng.choice(forms)

    def expression(self, kind: Kind, depth: int = 2) -> str:
        """An expression of a kind."""
        forms = self.forms(kind)
        if depth <= 0 or not forms or self.rng.random() < 0.3:
            return self.leaf(kind)
        return self.rng.choice(forms)(lambda one: self.expression(one, depth - 1))

    def forms(self, kind: Kind) -> list["Form"]:
        """The ways to make such a value of others."""
        if kind.values:
            return []
        if kind.name == "record":
            return [lambda of: "{" + ", ".join(f"'{name}': {of(one)}" for name, one in kind.fields) + "}"]
        if kind.name == "table":
            return [lambda of: f"{{'a': {of(kind.inner)}, 'b b': {of(kind.inner)}}}"]
        own = FORMS.get(kind.name, [])
        if kind.name == "list":
            own = [*_lists(kind), *(TEXT_LISTS if kind.inner == TEXT else ())]
            own += WHOLE_LISTS if kind.inner == WHOLE else []
        return [*own, lambda of: f"({of(kind)} if {of(FLAG)} else {of(kind)})"]


Inner = Callable[[Kind], str]
Form = Callable[[Inner], str]


def _lists(kind: Kind) -> list[Form]:
    return [
        lambda of: f"({of(kind)} + {of(kind)})", lambda of: f"[{of(kind.inner)}, {of(kind.inner)}]",
        lambda of: f"({of(kind)} | reverse | list)", lambda of: f"{of(kind)}[:1]",
        lambda of: f"({of(kind)} | present)", lambda of: f"({of(kind)} | unique | list)",
    ]  # fmt: skip


ROWS = listing(ROW)
TEXT_LISTS: list[Form] = [
    lambda of: f"({of(TEXTS)} | sort)", lambda of: f"({of(TEXTS)} | map('upper') | list)",
    lambda of: f"({of(TEXT)} | split(','))", lambda of: f"({of(TEXTS)} | select('equalto', {of(TEXT)}) | list)",
    lambda of: f"({of(ROWS)} | map(attribute='name') | list)", lambda of: f"({of(table(WHOLE))} | list)",
]  # fmt: skip
WHOLE_LISTS: list[Form] = [
    lambda of: f"range({of(WHOLE)} % 4)", lambda of: f"({of(TEXTS)} | map('length') | list)",
]  # fmt: skip
FORMS: dict[str, list[Form]] = {
    "text": [
        lambda of: f"({of(TEXT)} ~ {of(WHOLE)})", lambda of: f"({of(TEXT)} | upper)",
        lambda of: f"({of(TEXTS)} | join('-'))", lambda of: f"({of(TEXT)} + {of(TEXT)})",
        lambda of: f"({of(TEXT)} | replace('a', {of(TEXT)}))", lambda of: f"({of(TEXTS)} | first | default('none'))",
        lambda of: f"({of(TEXT)} | trim | lower)", lambda of: f"{of(TEXT)}[:{of(WHOLE)}]",
        lambda of: f"({of(ROWS)} | json)", lambda of: f"({of(WHOLE)} | string)",
        lambda of: f"({of(TEXT)} | regex_replace('[aeiou]+', '.'))", lambda of: f"({of(TEXT)} | hash)",
        lambda of: f"({of(TEXT)} | default('none', true))", lambda of: f"({of(TEXT)} | truncate(9, true, '..', 0))",
        lambda of: f"({of(REGION)} ~ {of(FLAG)} ~ {of(NUMBER)})", lambda of: f"({of(TEXT)} | center(7))",
        lambda of: f"({of(TEXT)} | b64encode | b64decode)", lambda of: f"({of(TEXT)} or {of(TEXT)})",
    ],
    "whole": [
        lambda of: f"({of(WHOLE)} + {of(WHOLE)})", lambda of: f"({of(TEXTS)} | length)",
        lambda of: f"({of(WHOLE)} % 9 * 2 - {of(WHOLE)})", lambda of: f"({of(WHOLE)} | abs)",
        lambda of: f"({of(TEXT)} | length)", lambda of: f"({of(NUMBER)} | round | int)",
        lambda of: f"({of(WHOLE)} // 3)", lambda of: f"(-{of(WHOLE)})", lambda of: f"('12' | int + {of(WHOLE)})",
        lambda of: f"({of(listing(WHOLE))} | max | default(4))", lambda of: f"({of(table(TEXT))} | length)",
    ],
    "number": [
        lambda of: f"({of(NUMBER)} / 2)", lambda of: f"({of(NUMBER)} + {of(WHOLE)})",
        lambda of: f"({of(WHOLE)} % 50 * {of(NUMBER)} / 1000)", lambda of: f"({of(NUMBER)} | round(1))",
        lambda of: f"({of(ROWS)} | map(attribute='total') | sum)", lambda of: f"({of(listing(WHOLE))} | sum)",
        lambda of: f"({of(NUMBER)} | abs)", lambda of: "('1h30m' | duration)",
    ],
    "flag": [
        lambda of: f"({of(WHOLE)} < {of(NUMBER)})", lambda of: f"({of(TEXT)} == {of(TEXT)})",
        lambda of: f"(not {of(FLAG)})", lambda of: f"({of(FLAG)} and {of(FLAG)})",
        lambda of: f"({of(TEXT)} in {of(TEXTS)})", lambda of: f"({of(TEXT)} <= {of(TEXT)})",
        lambda of: f"({of(TEXTS)} | length > {of(WHOLE)})", lambda of: f"('a' in {of(TEXT)})",
        lambda of: f"({of(FLAG)} or {of(FLAG)})", lambda of: f"({of(TEXT)} | regex_match('^[a-c]'))",
        lambda of: f"({of(WHOLE)} is even)", lambda of: f"({of(REGION)} == 'eu')",
        lambda of: f"(1 <= {of(WHOLE)} < 5)", lambda of: f"({of(TEXT)} is string)",
        lambda of: f"({of(ROWS)} | selectattr('name', 'equalto', {of(TEXT)}) | list | length > 0)",
        lambda of: f"('a' in {of(table(WHOLE))})", lambda of: f"({of(WHOLE)} not in [1, 2])",
        lambda of: f"({of(TEXT)} is not none)",
    ],
}  # fmt: skip
