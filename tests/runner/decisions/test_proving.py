"""What is proved of a table, against trying all inputs."""

from time import process_time

import pytest
from hypothesis import given, settings
from tests.runner.decisions.tables import Random, tables, valid

from steplane.decisions import Rule, Table, column_of
from steplane.decisions.cells import read_cell
from steplane.decisions.deciding import Compiled
from steplane.decisions.proving import Proof

MANY = settings(max_examples=50, deadline=None)


@MANY
@given(tables("unique", "any"))
def test_two_rules_overlap_or_conflict_just_where_some_inputs_say_so(random: Random) -> None:
    wanted: dict[int, set[int]] = {}
    answers = [one.answers for one in random.table.rules]
    for values in random.everything():
        found = random.matching(values)
        for later in found:
            for earlier in found:
                if earlier < later and (random.table.hit == "unique" or answers[earlier] != answers[later]):
                    wanted.setdefault(later, set()).add(earlier)
    told = list(Proof(random.table, valid).overlaps())
    assert {one.later: {one.earlier, *one.others} for one in told} == wanted
    for one in told:
        assert one.earlier == min(wanted[one.later])
        witness = random.completed(one.witness)
        names = {rule.number - 1 for rule in Compiled(random.table).matching(witness)}
        assert {one.later, one.earlier} <= names
        assert all(valid(column, witness[column.name]) for column in random.table.inputs)


@MANY
@given(tables("unique", "first", "collect"))
def test_a_gap_is_told_just_where_some_inputs_match_no_rule(random: Random) -> None:
    there = any(not random.matching(values) for values in random.everything())
    witness = Proof(random.table, valid).gap()
    assert (witness is not None) is there
    if witness is not None:
        values = random.completed(witness)
        assert not Compiled(random.table).matching(values)
        assert all(valid(column, values[column.name]) for column in random.table.inputs)


@MANY
@given(tables("first", "priority", "rule_order"))
def test_a_rule_never_fires_just_where_no_inputs_make_it(random: Random) -> None:
    table, fired = random.table, set()
    for values in random.everything():
        found = random.matching(values)
        if table.hit == "first":
            found = found[:1]
        elif table.hit == "priority":
            found = sorted(found, key=lambda one: table.rules[one].answers[0] == "low")[:1]
        fired.update(found)
    told = list(Proof(table, valid).never())
    assert {one.rule for one in told} == set(range(len(table.rules))) - fired
    for one in told:
        if one.before and one.witness:
            names = {rule.number - 1 for rule in Compiled(table).matching(random.completed(one.witness))}
            assert {one.rule, one.before[0]} <= names


def _large(rows: int, columns: int, hit: str) -> Table:
    """Each rule is about one column: a region for each way to take one interval from every column is left."""
    inputs = tuple(column_of(f"c{place}", {"type": "number"}) for place in range(columns))
    rules = []
    for number in range(rows):
        cells = tuple(
            read_cell(f"[{number}..{number + 1})" if place == number % columns else "-", column).cell
            for place, column in enumerate(inputs)
        )
        rules.append(Rule(number + 1, cells, (number,)))
    return Table("large", hit, inputs, (column_of("answer", {"type": "integer"}),), tuple(rules))  # type: ignore[arg-type]


@pytest.mark.parametrize("hit", ["unique", "first"])
def test_a_large_table_takes_bounded_work(hit: str) -> None:
    begun = process_time()
    proof = Proof(_large(200, 8, hit), valid)
    assert len(list(proof.overlaps())) == (199 if hit == "unique" else 0)
    assert list(proof.never()) == []
    assert proof.gap() is not None
    assert process_time() - begun < 20  # it takes half a second; without a bound it would take for ever


def test_what_costs_too_much_is_not_claimed() -> None:
    proof = Proof(_large(60, 6, "first"), valid, effort=10)
    assert proof.gap() is None
    assert list(proof.never()) == []
    assert list(Proof(_large(60, 6, "unique"), valid, effort=10).overlaps()) == []


def test_a_value_that_nobody_is_sure_of_is_no_witness() -> None:
    """Of a text with a pattern nobody knows another that fits: no gap is claimed, and no rule is said to be dead."""
    column = column_of("code", {"type": "string", "pattern": "^[A-Q]{3}[0-9]$"})
    rules = tuple(Rule(number, (read_cell(text, column).cell,), (1,)) for number, text in enumerate(["ABC1", "-"], 1))
    table = Table("codes", "first", (column,), (column_of("n", {"type": "integer"}),), rules)
    assert list(Proof(table, valid).never()) == []
    only = Table("codes", "unique", (column,), table.outputs, rules[:1])
    assert Proof(only, valid).gap() is None
