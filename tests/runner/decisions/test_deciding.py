"""What a table answers, against a plain reading of DMN's hit policies."""

from typing import Any

import pytest
from hypothesis import given, settings
from msgspec import json
from tests.runner.decisions.tables import Random, tables

from steplane.decisions import POLICIES, Rule, Table, Undecided, column_of, decide
from steplane.decisions.cells import read_cell


def _expected(table: Table, found: list[int]) -> Any:
    """The answer as DMN 1.4, 8.2.10, tells it: `(outputs, rules)`, or the type of the error."""
    hits = [table.rules[place] for place in found]
    if not hits:
        return "decide.none" if table.default is None else (table.default, [])
    if table.hit == "unique" and len(hits) > 1:
        return "decide.overlap"
    if table.hit == "any" and len({one.answers for one in hits}) > 1:
        return "decide.overlap"
    strongest_first = sorted(hits, key=lambda one: one.answers[0] != "high")
    if table.hit == "priority":
        hits = strongest_first[:1]
    if table.hit == "output_order":
        hits = strongest_first
    if table.hit == "first":
        hits = hits[:1]
    levels, fees = [one.answers[0] for one in hits], [one.answers[-1] for one in hits]
    numbers = [one.number for one in hits]
    if table.hit in {"unique", "any", "first", "priority"}:
        return {"level": levels[0], "fee": fees[0]}, numbers
    aggregated = {
        "collect sum": sum, "collect min": min, "collect max": max, "collect count": len,
    }.get(table.hit, list)  # fmt: skip
    if table.hit in {"collect sum", "collect min", "collect max"}:
        return {"fee": aggregated(fees)}, numbers  # type: ignore[operator]
    return {"level": aggregated(levels), "fee": aggregated(fees)}, numbers  # type: ignore[operator]


@settings(max_examples=50, deadline=None)
@given(tables(*POLICIES, default=True))
def test_the_answer_is_that_of_the_reference(random: Random) -> None:
    table = random.table
    if table.hit in {"collect sum", "collect min", "collect max"}:  # of numbers alone
        rules = tuple(Rule(one.number, one.cells, one.answers[1:]) for one in table.rules)
        default = None if table.default is None else {"fee": table.default["fee"]}
        table = Table(table.name, table.hit, table.inputs, table.outputs[1:], rules, default)
    text = json.encode(table).decode()
    for values in random.everything()[:40]:
        assert _told(text, random.named(values)) == _expected(table, random.matching(values))


def _told(text: str, values: dict[str, Any]) -> Any:
    try:
        answer = decide(text, values)
    except Undecided as none:
        return none.type
    return answer.outputs, [one.number for one in answer.rules]


def _one(kind: dict[str, Any], cell: str, value: Any) -> bool:
    column = column_of("x", kind)
    table = Table("one", "first", (column,), (column_of("y", {}),), (Rule(1, (read_cell(cell, column).cell,), (1,)),))
    try:
        return decide(json.encode(table).decode(), {"x": value}).outputs == {"y": 1}
    except Undecided:
        return False


@pytest.mark.parametrize(
    ("kind", "cell", "passing", "failing"),
    [
        ({}, "1", [1, 1.0], [True, "1", None, [1]]),
        ({}, "true", [True], [1, "true", False]),
        ({}, '"a"', ["a"], ["b", None, {}]),
        ({}, "< 5", [4, -1.5], [5, "4", False, None]),
        ({"type": ["number", "null"]}, "not(< 5)", [5, None], [4]),
        ({"type": ["number", "null"]}, "null", [None], [0]),
        ({"type": "string", "format": "date-time"}, '< date and time("2026-01-01T00:00:00+01:00")',
         ["2025-12-31T22:59:59Z"], ["2025-12-31T23:00:00Z"]),
        ({"type": "string", "format": "duration"}, '[duration("PT1H")..2h)', ["1h", "119m", "PT90M"], ["59m", "2h"]),
        ({"type": "string"}, r'"say \"yes\"", plain-word', ['say "yes"', "plain-word"], ["plain", "word"]),
        ({"type": "integer"}, "(1.5..3)", [2], [1, 3]),
    ],
)  # fmt: skip
def test_values_are_compared_by_their_kind(
    kind: dict[str, Any], cell: str, passing: list[Any], failing: list[Any]
) -> None:
    assert [value for value in passing if not _one(kind, cell, value)] == []
    assert [value for value in failing if _one(kind, cell, value)] == []


def test_the_error_says_what_was_seen() -> None:
    column = column_of("weight", {"type": "number"})
    rules = tuple(
        Rule(number, (read_cell(text, column).cell,), (1,), id=name)
        for number, (text, name) in enumerate([("> 1", "heavy"), ("> 2", "")], 1)
    )
    text = json.encode(Table("parcels", "unique", (column,), (column_of("fee", {}),), rules)).decode()
    with pytest.raises(Undecided) as none:
        decide(text, {"weight": 0.5})
    assert (none.value.type, str(none.value)) == ("decide.none", "no rule of `parcels` matches weight = 0.5")
    with pytest.raises(Undecided) as several:
        decide(text, {"weight": 3})
    assert str(several.value) == "rules `heavy` and `2` of `parcels` each match weight = 3"
    assert [one.name for one in several.value.rules] == ["heavy", "2"]


def test_a_table_is_made_ready_once() -> None:
    from steplane.decisions import compiled

    column = column_of("n", {"type": "integer"})
    table = Table("t", "first", (column,), (column_of("y", {}),), (Rule(1, (read_cell("1", column).cell,), (1,)),))
    text = json.encode(table).decode()
    assert compiled(text) is compiled(json.encode(table).decode())
