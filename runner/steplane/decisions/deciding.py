"""What a table answers."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct, json

from steplane.decisions.columns import comparable, shown
from steplane.decisions.tables import LISTED, Rule, Table, rank
from steplane.decisions.unary import Predicate, predicate


class Undecided(Exception):
    """The table has no answer: `type` is `decide.none` or `decide.overlap`, `rules` are those that matched."""

    def __init__(self, type: str, message: str, rules: Sequence[Rule] = ()) -> None:  # noqa: A002 - the language's own word
        super().__init__(message)
        self.type = type
        self.rules = tuple(rules)


class Answer(Struct, frozen=True):
    """What the table answers, and the rules that it follows from; none where that is the `default`."""

    outputs: dict[str, Any]
    rules: tuple[Rule, ...]


class Compiled:
    """A table made ready to decide often."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._rows: list[tuple[Rule, list[tuple[int, Predicate]]]] = []
        for rule in table.rules:
            made = [predicate(cell, column) for cell, column in zip(rule.cells, table.inputs, strict=True)]
            self._rows.append((rule, [(place, test) for place, test in enumerate(made) if test is not None]))

    def matching(self, values: Mapping[str, Any], *, only_first: bool = False) -> list[Rule]:
        """The rules that match, in the order of the table. A value that is not given is null."""
        keys = [comparable(column, values.get(column.name)) for column in self.table.inputs]
        found = []
        for rule, tests in self._rows:
            for place, test in tests:
                if not test(keys[place]):
                    break
            else:
                found.append(rule)
                if only_first:
                    break
        return found

    def decide(self, values: Mapping[str, Any]) -> Answer:
        """The answer by the table's hit policy. Raises `Undecided`."""
        table = self.table
        found = self.matching(values, only_first=table.hit == "first")
        if not found:
            if table.default is None:
                raise Undecided("decide.none", f"no rule of `{table.name}` matches {self.seen(values)}")
            return Answer(dict(table.default), ())
        if table.hit in LISTED or table.hit.startswith("collect"):
            return self._several(found)
        if len(found) > 1 and table.hit in {"unique", "any"}:
            self._refuse_several(found, values)
        best = min(found, key=lambda one: rank(table.outputs, one.answers)) if table.hit == "priority" else found[0]
        return Answer(self._named(best), (best,) if table.hit != "any" else tuple(found))

    def seen(self, values: Mapping[str, Any]) -> str:
        """The inputs in words: `amount = 30, region = "eu"`."""
        return ", ".join(f"{one.name} = {_short(values.get(one.name))}" for one in self.table.inputs)

    def _named(self, rule: Rule) -> dict[str, Any]:
        return {column.name: value for column, value in zip(self.table.outputs, rule.answers, strict=True)}

    def _several(self, found: list[Rule]) -> Answer:
        table = self.table
        if table.hit == "output_order":
            found = sorted(found, key=lambda one: rank(table.outputs, one.answers))
        columns = {column.name: [rule.answers[place] for rule in found] for place, column in enumerate(table.outputs)}
        _, _, how = table.hit.partition(" ")
        outputs = {name: _aggregated(how, values) for name, values in columns.items()}
        return Answer(outputs, tuple(found))

    def _refuse_several(self, found: list[Rule], values: Mapping[str, Any]) -> None:
        table = self.table
        if table.hit == "any" and all(_same(one.answers, found[0].answers) for one in found):
            return
        names = [f"`{one.name}`" for one in found]
        listed = ", ".join(names[:-1]) + f" and {names[-1]}"
        why = "each match" if table.hit == "unique" else "match, with different answers,"
        raise Undecided("decide.overlap", f"rules {listed} of `{table.name}` {why} {self.seen(values)}", found)


def _short(value: Any) -> str:
    text = shown(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _same(one: Any, other: Any) -> bool:
    """Whether two answers are equal; `true` is not `1`."""
    return bool(json.encode(one, order="sorted") == json.encode(other, order="sorted")) or (
        one == other and not _holds_bool(one) and not _holds_bool(other)
    )


def _holds_bool(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_holds_bool, value))
    return isinstance(value, bool) or (isinstance(value, dict) and any(map(_holds_bool, value.values())))


def _aggregated(how: str, values: list[Any]) -> Any:
    if how == "count":
        return len(values)
    if how == "sum":
        return sum(values)
    if how in {"min", "max"}:
        return min(values) if how == "min" else max(values)
    return values


@lru_cache(maxsize=256)
def compiled(text: str) -> Compiled:
    """The table that a plan holds as text, made ready once in a process."""
    return Compiled(json.decode(text.encode(), type=Table))


def decide(text: str, values: Mapping[str, Any]) -> Answer:
    """What the table that a plan holds as `text` answers. Raises `Undecided`."""
    return compiled(text).decide(values)


__all__ = ["Answer", "Compiled", "Undecided", "compiled", "decide"]
