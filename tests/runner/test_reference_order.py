"""Order, joins, skip against block, failure policies, in the reference interpreter."""

import pytest
from tests.reference.play import Play


def test_a_list_is_in_order() -> None:
    play = Play("steps: [{id: a, run: x}, {id: b, run: x}]")
    assert play.running == ["a"]
    play.ok("a")
    assert play.running == ["b"]
    play.ok("b")
    assert play.ended == "succeeded"


def test_a_diamond_of_groups() -> None:
    play = Play("""
        steps:
          - {id: top, run: x}
          - {id: west, needs: [top], steps: [{id: w1, run: x}, {id: w2, run: x}]}
          - {id: east, needs: [top], steps: [{id: e1, run: x}, {id: e2, run: x}]}
          - {id: bottom, needs: [west, east], run: x}
    """)
    play.ok("top")
    assert play.running == ["east/e1", "west/w1"]
    play.ok("west/w1", "west/w2", "east/e1")
    assert play.running == ["east/e2"]
    play.ok("east/e2", "bottom")
    assert play.ended == "succeeded"


def test_ids_are_derived() -> None:
    play = Play("""
        steps:
          - {name: Fetch the archive, run: x}
          - {id: both, parallel: {doctor: [{run: x}], nurse: [{run: x}]}}
          - {id: route, switch: [{when: a, steps: [{run: x}]}, {default: true, steps: [{run: x}]}], rescue: [{run: x}]}
        finally: [{run: x}]
    """)
    play.ok("fetch_the_archive", "both/both_doctor_1", "both/both_nurse_1")
    play.answer("route", "switch", 1)
    play.fail("route/route_default_1")
    play.ok("route/route_rescue_1", "finally_1")
    assert play.ended == "succeeded"


def test_an_id_that_is_taken_is_numbered() -> None:
    play = Play("steps: [{run: x}, {id: step_1, run: x}]")
    assert play.running == ["step_1_2"]


def test_needs_by_outcome() -> None:
    play = Play("""
        failure: continue
        steps:
          - {id: a, run: x}
          - {id: on_failed, needs: {a: failed}, run: x}
          - {id: on_ok, needs: [a], run: x}
          - {id: after, needs: [on_ok], run: x}
          - {id: always, needs: {on_ok: done}, run: x}
    """)
    play.fail("a")
    assert play.running == ["always", "on_failed"]
    assert [play.status(path) for path in ("on_ok", "after")] == ["blocked", "blocked"]


def test_an_unused_handler_is_skipped() -> None:
    play = Play("steps: [{id: a, run: x}, {id: b, needs: {a: failed}, run: x}, {id: c, needs: [b], run: x}]")
    play.ok("a")
    assert play.status("b") == "skipped"
    assert play.running == ["c"]


def test_if_false_skips_and_counts_as_ok() -> None:
    play = Play("steps: [{id: a, if: x, steps: [{id: b, run: x}]}, {id: c, run: x}]")
    assert play.asked == [("a", "if")]
    play.answer("a", "if", value=False)
    assert play.status("a") == "skipped"
    assert play.activations("a/b") == 0
    assert play.running == ["c"]


@pytest.mark.parametrize(("join", "before"), [("any", 1), ("2", 2), ("all", 3), ("9", 3)])
def test_join_starts_once_with_so_many(join: str, before: int) -> None:
    play = Play(f"""
        steps:
          - {{id: a, needs: [], run: x}}
          - {{id: b, needs: [], run: x}}
          - {{id: c, needs: [], run: x}}
          - {{id: d, needs: [a, b, c], join: {join}, run: x}}
    """)
    for number, path in enumerate(["c", "a", "b"], 1):
        play.ok(path)
        assert play.activations("d") == int(number >= before)
    play.ok("d")
    assert play.ended == "succeeded"


def test_a_join_that_cannot_hold_is_blocked_at_once() -> None:
    play = Play("""
        failure: continue
        steps:
          - {id: a, needs: [], run: x}
          - {id: b, needs: [], run: x}
          - {id: c, needs: [a, b], join: 2, run: x}
    """)
    play.fail("b")
    assert play.status("c") == "blocked"
    assert play.running == ["a"]


def test_a_join_that_cannot_hold_waits_while_none_is_not_ok() -> None:
    play = Play("""
        failure: continue
        steps:
          - {id: a, needs: [], run: x}
          - {id: b, needs: [], run: x}
          - {id: c, needs: {a: failed, b: failed}, run: x}
    """)
    play.ok("a")
    assert play.activations("c") == 0
    play.ok("b")
    assert play.status("c") == "skipped"


def test_policy_stop() -> None:
    play = Play("""
        steps:
          - id: g
            steps:
              - {id: bad, needs: [], run: x}
              - {id: slow, needs: [], steps: [{id: s1, run: x}, {id: s2, run: x}]}
              - {id: new, needs: [slow], run: x}
              - {id: handler, needs: {bad: failed}, run: x}
              - {id: done, needs: {slow: done}, run: x}
            rescue: [{id: r, run: x}]
    """)
    play.fail("g/bad")
    assert play.status("g/new") == "blocked"
    assert play.running == ["g/handler", "g/slow/s1"]
    play.ok("g/handler", "g/slow/s1", "g/slow/s2", "g/done")
    assert play.running == ["g/r"]
    play.ok("g/r")
    assert play.ended == "succeeded"


def test_policy_cancel() -> None:
    play = Play("""
        steps:
          - id: g
            failure: cancel
            steps:
              - {id: bad, needs: [], run: x}
              - {id: slow, needs: [], run: x}
              - {id: new, needs: [slow], run: x}
              - {id: handler, needs: {bad: failed}, run: x}
              - {id: done, needs: {slow: done}, run: x}
            rescue: [{id: r, run: x}]
    """)
    play.fail("g/bad")
    assert play.stopping == ["g/slow"]
    assert play.running == ["g/handler"]
    play.stop("g/slow")
    assert play.status("g/slow") == "cancelled"
    play.ok("g/handler", "g/done", "g/r")
    assert play.ended == "succeeded"
    assert play.status("g/new") == "blocked"


def test_policy_continue() -> None:
    play = Play("""
        steps:
          - id: night
            failure: continue
            steps:
              - {id: ledgers, run: x}
              - {id: balances, run: x}
              - {id: rates, needs: [], run: x}
              - {id: prices, needs: [rates], run: x}
          - {id: open_branch, run: x}
    """)
    play.fail("night/ledgers")
    play.ok("night/rates", "night/prices")
    assert play.ended == "failed"
    assert [play.status(path) for path in ("night/balances", "open_branch")] == ["blocked", "blocked"]


def test_what_waits_for_a_slot_has_not_begun() -> None:
    play = Play("steps: [{id: a, needs: [], run: x}, {id: b, needs: [], run: x}]", pool=1)
    play.fail("a")
    assert play.status("b") == "blocked"
    assert play.ended == "failed"


def test_a_warning_counts_as_ok_and_marks_the_run() -> None:
    play = Play("steps: [{id: g, steps: [{id: a, on_error: warn, run: x}]}, {id: b, needs: {g: succeeded}, run: x}]")
    play.fail("g/a")
    assert play.status("g") == "succeeded"
    play.ok("b")
    assert play.ended == "warning"
