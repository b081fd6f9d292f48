"""Steps that decide by a table: run, recorded and gone on with."""

from pathlib import Path

import pytest
from tests.runner.running import Workbench

from steplane.app.history import read_run
from steplane.errors import UsageError
from steplane.events import AttemptEnded
from steplane.parts import Hit

FLOW = """
inputs: {weight: {type: number, default: 5}}
steps:
  - {id: gate, run: 'test -e ready'}
  - id: tariff
    uses: decide
    with: {table: tables/tariff.decision.yaml, inputs: {weight: "${{ inputs.weight }}"}}
  - {id: told, run: 'echo ${{ steps.tariff.outputs.band }} ${{ steps.tariff.outputs.fee + 1 }} >> ledger'}
"""
TABLE = """\
decision: tariff
inputs:
  weight: {type: number, minimum: 0}
outputs:
  band: {enum: [letter, parcel]}
  fee: {type: number}
rules: tariff.csv
default: {band: parcel, fee: 99}
"""
ROWS = 'id,weight,band,fee,because\nlight,< 2,letter,1.5,"post, since 2026"\n,[2..30],parcel,5,\n'


@pytest.fixture
def desk(bench: Workbench) -> Workbench:
    """A bench with a table whose rows are in a CSV file."""
    (bench.folder / "tables").mkdir()
    (bench.folder / "tables/tariff.decision.yaml").write_text(TABLE)
    (bench.folder / "tables/tariff.csv").write_text(ROWS)
    (bench.folder / "ready").touch()
    return bench


def _rows(desk: Workbench) -> Path:
    return desk.folder / "tables/tariff.csv"


@pytest.mark.parametrize(
    ("weight", "told", "hits"),
    [
        (1, "letter 2.5", (Hit("light", "post, since 2026"),)),
        (30, "parcel 6", (Hit("2"),)),
        (31, "parcel 100", ()),
    ],
)
def test_the_outputs_are_those_of_the_rule_which_is_recorded(
    desk: Workbench, weight: int, told: str, hits: tuple[Hit, ...]
) -> None:
    outcome = desk.run(FLOW, {"weight": weight})
    assert desk.ledger == [told]
    decided = [one.decided for one in outcome.events if isinstance(one, AttemptEnded) and one.decided is not None]
    assert decided == [hits]
    record = read_run(desk.store, "r1")
    assert [one.latest.decided for one in record.steps if one.path == "tariff"] == [hits]


def test_it_says_why_it_cannot_decide(desk: Workbench) -> None:
    table = desk.folder / "tables/tariff.decision.yaml"
    table.write_text(TABLE.replace("default: {band: parcel, fee: 99}\n", ""))
    outcome = desk.run(FLOW, {"weight": 31})
    assert outcome.error("tariff") == ("decide.none", "no rule of `tariff` matches weight = 31")
    outcome = desk.run(FLOW, {"weight": -1}, run_id="r2")
    message = "input `weight` of the table `tariff` must be at least 0, not `-1`"
    assert outcome.error("tariff") == ("input.invalid", message)
    anything = FLOW.replace('{weight: "${{ inputs.weight }}"}', "\"${{ {'width': 3} }}\"")
    outcome = desk.run(anything, run_id="r3")
    assert outcome.error("tariff")[0] == "input.invalid"
    assert outcome.error("tariff")[1].startswith("the table `tariff` has no input `width`. ")


def test_a_resume_decides_by_the_recorded_table(desk: Workbench) -> None:
    (desk.folder / "ready").unlink()
    assert desk.run(FLOW).status == "failed"
    (desk.folder / "ready").touch()
    for name in ("tariff.csv", "tariff.decision.yaml"):
        (desk.folder / "tables" / name).unlink()
    assert desk.resume().status == "succeeded"
    assert desk.ledger == ["parcel 6"]


def test_a_resume_refuses_a_table_that_decides_otherwise_by_now(desk: Workbench) -> None:
    (desk.folder / "ready").unlink()
    desk.run(FLOW)
    (desk.folder / "ready").touch()
    _rows(desk).write_text(ROWS.replace(",5,", ",6,"))
    with pytest.raises(UsageError, match=r"tables/tariff\.csv has changed since run r1 was begun: step `"):
        desk.resume()
    _rows(desk).write_text(ROWS.replace(",5,", ",much,"))
    with pytest.raises(UsageError, match=r"tables/tariff\.csv has changed since run r1 was begun: it has errors now"):
        desk.resume()
    _rows(desk).write_text("\n" + ROWS + "\n")
    table = desk.folder / "tables/tariff.decision.yaml"
    table.write_text("# as it was\n" + TABLE)
    assert desk.resume().status == "succeeded"


def test_a_changed_table_is_another_plan(desk: Workbench) -> None:
    assert not desk.load(FLOW).cached
    assert desk.load(FLOW).cached
    _rows(desk).write_text(ROWS.replace(",5,", ",6,"))
    assert not desk.load(FLOW).cached
    desk.run(FLOW)
    assert desk.ledger == ["parcel 7"]


def test_the_results_of_a_step_count_no_more_when_its_table_has_changed(desk: Workbench) -> None:
    from steplane.app.taking import take
    from steplane.plan.selection import select

    desk.run(FLOW)
    plan = desk.plan(FLOW)
    take(desk.store, desk.registry, "r1", plan, select(plan, from_=("told",)))
    _rows(desk).write_text(ROWS.replace(",5,", ",6,"))
    changed = desk.plan(FLOW)
    with pytest.raises(UsageError, match="the file says something else of `tariff`"):
        take(desk.store, desk.registry, "r1", changed, select(changed, from_=("told",)))


def test_a_step_decides_ten_thousand_times_by_a_table_that_is_made_ready_once(desk: Workbench) -> None:
    from steplane.decisions import compiled, decide
    from steplane.plan.nodes import Perform

    plan = desk.plan(FLOW)
    rules = next(node.action.table for node in plan.nodes if isinstance(node.action, Perform) and node.action.table)
    before = compiled.cache_info().misses
    for number in range(10_000):
        decide(rules, {"weight": number % 40})
    assert compiled.cache_info().misses - before <= 1


def test_a_cached_decision_counts_no_more_when_its_table_has_changed(desk: Workbench) -> None:
    cached = FLOW.replace("    uses: decide\n", "    uses: decide\n    cache: {key: always}\n")
    desk.run(cached)
    again = desk.run(cached, run_id="r2")
    _rows(desk).write_text(ROWS.replace(",5,", ",6,"))
    changed = desk.run(cached, run_id="r3")
    assert (again.statuses["tariff"], changed.statuses["tariff"]) == ("reused", "succeeded")
    assert desk.ledger == ["parcel 6", "parcel 6", "parcel 7"]
