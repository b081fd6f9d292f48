"""How steps may end, and what that leaves open of the steps behind them."""

import pytest
from tests.runner.app.test_forecasting import STEP, said
from tests.runner.running import Workbench


def test_an_undo_step_fails_where_a_compensation_does(bench: Workbench) -> None:
    undone = f"undo: [a]}}\n  - {{id: c, {STEP}}}\n"
    may = said(
        bench,
        f"steps:\n  - {{id: a, {STEP}, compensate: [{{id: u, {STEP}, until: false, max: 2}}]}}\n  - {{id: b, {undone}",
    )
    assert (may["b"].verdict, may.of("c")) == ("run", ("depends", "depends on how `b` ends"))
    well = said(bench, f"steps:\n  - {{id: a, {STEP}, compensate: [{{id: u, {STEP}}}]}}\n  - {{id: b, {undone}")
    assert well["c"].verdict == "run"


@pytest.mark.parametrize(("more", "verdict"), [("complete: true", "depends"), ("complete: 1", "skip")])
def test_a_loop_may_be_complete_before_too_many_have_failed(bench: Workbench, more: str, verdict: str) -> None:
    loop = f"{{id: a, foreach: [1, 2, 3], max_failures: 2, {more}, require: [false], {STEP}}}"
    assert said(bench, f"steps:\n  - {loop}\n  - {{id: b, {STEP}}}\n")["b"].verdict == verdict


def test_what_may_be_cancelled_also_where_its_turn_is_open_leaves_open_what_comes_behind(bench: Workbench) -> None:
    inner = "steps: [{id: c, cancel: [a]}]"
    found = said(bench, f"steps:\n  - {{id: a, milestone: {{before: b}}, {inner}}}\n  - {{id: b, {STEP}}}\n")
    assert found.verdicts == {"a": "depends", "c": "depends", "b": "depends"}


def test_a_loop_that_is_open_may_have_more_items_than_it_begins_with(bench: Workbench) -> None:
    found = said(
        bench,
        """
steps:
  - {id: empty, needs: [], foreach: [], open: more, uses: log, with: {message: x}}
  - id: some
    needs: []
    foreach: [a, b]
    open: more
    steps:
      - {id: inner, if: "item == 'a'", uses: log, with: {message: x}}
      - {id: none, if: "item == 'c'", uses: log, with: {message: x}}
      - {id: last, if: loop.last, uses: log, with: {message: x}}
  - {id: closes, needs: [], signal: {name: more}}
  - {id: sends, needs: [], signal: {name: more, data: 1}}
""",
    )
    assert found["empty"].verdict == "depends"
    assert found["inner"].counts == (0, 1, 1)
    assert found["none"].verdict == "depends"
    assert found["last"].condition is not None
    assert found["last"].condition.unknown == ("loop.last",)
