"""`switch`, `parallel`, loops, `end`, in the reference interpreter."""

import pytest
from tests.reference.play import Play

MIRRORS = """
steps:
  - id: m
    join: any
    parallel: {near: [{id: n, run: x}], far: [{id: f, run: x}, {id: f2, run: x}]}
  - {id: serve, run: x}
"""


def test_switch_enters_one_arm() -> None:
    play = Play("steps: [{id: s, switch: [{when: a, steps: [{id: b, run: x}]}, {when: c, steps: [{id: d, run: x}]}]}]")
    play.answer("s", "switch", 1)
    assert play.running == ["s/d"]
    play.ok("s/d")
    assert play.ended == "succeeded"


def test_switch_without_an_arm_is_tried_again() -> None:
    play = Play("steps: [{id: s, retry: 2, switch: [{when: a, steps: [{run: x}]}]}]")
    play.answer("s", "switch", None)
    play.timer("s", "retry")
    play.answer("s", "switch", None)
    assert play.ended == "failed"


def test_parallel_waits_for_all() -> None:
    play = Play("steps: [{id: p, parallel: {a: [{id: b, run: x}], c: [{id: d, run: x}]}}, {id: e, run: x}]")
    assert play.running == ["p/b", "p/d"]
    play.fail("p/b")
    assert play.running == ["p/d"]
    play.ok("p/d")
    assert play.ended == "failed"


def test_join_any_goes_on_and_the_run_waits_for_the_late_branch() -> None:
    play = Play(MIRRORS)
    play.ok("m/n")
    assert play.status("m") == "succeeded"
    play.ok("serve")
    assert play.ended is None
    play.ok("m/f", "m/f2")
    assert play.ended == "succeeded"


def test_a_late_failure_is_a_warning_of_the_run() -> None:
    play = Play(MIRRORS)
    play.ok("m/n", "serve")
    play.fail("m/f")
    assert play.ended == "warning"


def test_an_early_failure_is_a_warning_of_the_step() -> None:
    play = Play(MIRRORS)
    play.fail("m/n")
    play.ok("m/f", "m/f2")
    assert play.status("m") == "warning"


def test_join_any_that_no_branch_reaches() -> None:
    play = Play(MIRRORS)
    play.fail("m/n")
    play.fail("m/f")
    assert play.ended == "failed"


def test_a_late_branch_is_cancelled_with_its_list() -> None:
    play = Play(MIRRORS)
    play.ok("m/n")
    play.cancel()
    assert play.stopping == ["m/f", "serve"]


def test_branches_by_condition() -> None:
    text = """
        steps:
          - id: p
            parallel:
              a: {if: x, steps: [{id: pa, run: x}]}
              b: {if: y, steps: [{id: pb, run: x}]}
              c: {default: true, steps: [{id: pc, run: x}]}
    """
    play = Play(text)
    play.answer("p", "branches", [True, False, False])
    assert play.running == ["p/pa"]
    play = Play(text)
    play.answer("p", "branches", [False, False, False])
    assert play.running == ["p/pc"]


def test_no_branch_at_all_fails() -> None:
    play = Play("steps: [{id: p, parallel: {a: {if: x, steps: [{run: x}]}}}]")
    play.answer("p", "branches", [False])
    assert play.ended == "failed"


def test_policy_cancel_reaches_the_other_branches() -> None:
    play = Play("steps: [{id: p, failure: cancel, parallel: {a: [{id: b, run: x}], c: [{id: d, run: x}]}}]")
    play.fail("p/b")
    play.stop("p/d")
    assert play.ended == "failed"


def test_late_branches_go_when_ensure_fails() -> None:
    play = Play("steps: [{id: m, join: any, ensure: [e], parallel: {a: [{id: b, run: x}], c: [{id: d, run: x}]}}]")
    play.ok("m/b")
    play.answer("m", "ensure", error="ensure")
    assert play.ended is None
    play.stop("m/d")
    assert play.ended == "failed"


def test_a_retried_group_begins_anew() -> None:
    play = Play("steps: [{id: g, retry: 2, steps: [{id: a, run: x}, {id: b, run: x}]}]")
    play.ok("g/a")
    play.fail("g/b")
    play.timer("g", "retry")
    play.ok("g/a", "g/b")
    assert play.activations("g/a") == 2
    assert play.ended == "succeeded"


def test_foreach_in_order_with_concurrency() -> None:
    play = Play("steps: [{id: l, foreach: v, run: x}]")
    play.loop("l", "a", "b", "c", concurrency=2)
    assert play.running == ["l[a]", "l[b]"]
    play.ok("l[b]")
    assert play.running == ["l[a]", "l[c]"]
    play.ok("l[a]", "l[c]")
    assert play.ended == "succeeded"


def test_an_empty_loop_succeeds() -> None:
    play = Play("steps: [{id: l, foreach: v, run: x}]")
    play.loop("l")
    assert play.ended == "succeeded"


def test_failures_within_the_budget_are_a_warning() -> None:
    play = Play("steps: [{id: l, foreach: v, run: x}, {id: after, run: x}]")
    play.loop("l", "a", "b", allowed=1)
    play.fail("l[a]")
    play.ok("l[b]", "after")
    assert play.ended == "warning"


def test_failures_over_the_budget_block_the_rest() -> None:
    play = Play("{steps: [{id: l, foreach: v, run: x}, {run: x}], finally: [{id: f, run: x}]}")
    play.loop("l", "a", "b", "c", "d", "e", concurrency=2, allowed=1)
    play.fail("l[a]")
    play.fail("l[c]")
    assert play.status("l[d]") == "blocked"
    assert play.running == ["l[b]"]
    play.ok("l[b]", "f")
    assert play.ended == "failed"


def test_finally_and_rescue_are_each_instance_s() -> None:
    play = Play("steps: [{id: l, matrix: {a: [1]}, run: x, rescue: [{id: r, run: x}], finally: [{id: f, run: x}]}]")
    play.loop("l", "a=1", concurrency=None)
    play.fail("l[a=1]")
    play.ok("l[a=1]/r", "l[a=1]/f")
    assert play.ended == "succeeded"


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
def test_end(status: str) -> None:
    play = Play(f"""
        steps:
          - {{id: a, needs: [], run: x, finally: [{{id: af, run: x}}]}}
          - {{id: g, needs: [], steps: [{{id: b, run: x}}, {{id: stop, end: {status}}}, {{id: c, run: x}}]}}
          - {{id: d, run: x}}
        rescue: [{{run: x}}]
        finally: [{{id: f, run: x}}]
        outputs: {{o: 1}}
    """)
    play.ok("g/b")
    assert [play.status(path) for path in ("g/stop", "g/c", "d")] == ["succeeded", "skipped", "skipped"]
    assert play.status("g") == "cancelled"
    play.stop("a")
    play.ok("a/af")
    if status == "succeeded":
        play.answer("", "outputs", {"o": 1})
    play.ok("f")
    assert play.ended == status


def test_end_with_outputs_asks_for_them() -> None:
    play = Play("{steps: [{id: e, end: {status: succeeded, outputs: {o: 1}}}, {id: b, run: x}], outputs: {o: 2}}")
    play.answer("e", "outputs", {"outputs": {"o": 1}})
    assert play.ended == "succeeded"


def test_end_that_fails_undoes_what_is_completed_in_what_it_cancels_too() -> None:
    play = Play("""
        steps:
          - {id: a, run: x, compensate: [{id: ua, run: x}]}
          - {id: g, steps: [{id: b, run: x, compensate: [{id: ub, run: x}]}, {id: e, end: failed}]}
        finally: [{id: f, run: x}]
    """)
    play.ok("a", "g/b", "g/b/ub", "a/ua", "f")
    assert [play.status(path) for path in ("a", "g/b", "g")] == ["compensated", "compensated", "cancelled"]
    assert play.ended == "failed"


def test_end_in_the_finally_of_the_workflow() -> None:
    play = Play("{steps: [{id: a, run: x}], finally: [{id: e, end: cancelled}, {id: b, run: x}]}")
    play.ok("a")
    assert play.status("b") == "skipped"
    assert play.ended == "cancelled"


def test_end_in_the_rescue_of_the_workflow() -> None:
    play = Play("{steps: [{id: a, run: x}], rescue: [{id: e, end: succeeded}], finally: [{id: f, run: x}]}")
    play.fail("a")
    play.ok("f")
    assert play.ended == "succeeded"
