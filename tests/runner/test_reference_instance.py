"""An instance from outside in: lock, attempts, limits, rescue, finally, cancel, in the reference interpreter."""

import pytest
from tests.reference import Reference
from tests.reference.play import Play


def test_retry_backs_off_without_a_slot() -> None:
    play = Play("steps: [{id: a, needs: [], retry: 2, run: x}, {id: b, needs: [], run: x}]", pool=1)
    play.fail("a")
    assert play.status("a") == "waiting"
    assert play.running == ["b"]
    play.timer("a", "retry")
    play.ok("b", "a")
    assert play.ended == "succeeded"


def test_attempts_are_used_up() -> None:
    play = Play("steps: [{id: a, retry: 2, run: x}]")
    play.fail("a")
    play.timer("a", "retry")
    assert play.find("attempt", "a")[3] == 2
    play.fail("a")
    assert play.ended == "failed"


@pytest.mark.parametrize("error", ["expression", "input.invalid", "require", "cancelled"])
def test_some_errors_are_never_retried(error: str) -> None:
    play = Play("steps: [{id: a, retry: 5, run: x}]")
    play.fail("a", error)
    assert play.ended == "failed"


def test_retry_asks_when_there_is_when_or_jitter() -> None:
    play = Play(
        "steps: [{id: a, retry: {attempts: 3, when: w}, run: x}, {id: b, retry: {attempts: 2, jitter: 0.2}, run: x}]"
    )
    play.fail("a")
    play.answer("a", "retry", {"again": True, "delay": 1.0})
    play.timer("a", "retry")
    play.ok("a")
    play.fail("b")
    play.answer("b", "retry", {"again": False, "delay": 1.0})
    assert play.ended == "failed"


def test_retry_for_is_a_budget_of_time() -> None:
    play = Play("steps: [{id: a, retry: {for: 10s, delay: 6s}, run: x}]")
    play.run.feed(("attempt.ended", "a", 1, 1, "failed", "shell.exit"), at=3.0)
    assert play.status("a") == "waiting"
    play.timer("a", "retry")
    play.run.feed(("attempt.ended", "a", 1, 2, "failed", "shell.exit"), at=9.5)
    assert play.ended == "failed"


def test_an_attempt_that_runs_out_of_time_has_failed_whatever_it_says() -> None:
    play = Play("steps: [{id: a, timeout: 1s, run: x, rescue: [{id: r, run: x}]}]")
    play.timer("a", "timeout")
    assert play.stopping == ["a"]
    play.run.feed(("attempt.ended", "a", 1, 1, "succeeded", None))
    play.ok("a/r")
    assert play.ended == "succeeded"


def test_a_group_that_runs_out_of_time() -> None:
    play = Play("""
        steps:
          - id: import
            timeout: 900ms
            steps: [{id: open, run: x}, {id: copy, run: x}, {id: close, run: x}]
            finally: [{id: unlock, run: x}]
    """)
    play.ok("import/open")
    play.timer("import", "timeout")
    assert play.status("import/close") == "cancelled"
    play.stop("import/copy")
    play.ok("import/unlock")
    assert play.ended == "failed"


def test_the_questions_of_a_group_in_order() -> None:
    play = Play("""
        steps:
          - {id: g, if: i, timeout: "${{ t }}", require: [r], ensure: [e], outputs: {o: 1}, steps: [{id: a, run: x}]}
    """)
    play.answer("g", "if")
    play.answer("g", "enter", {"timeout": 5.0})
    play.answer("g", "require")
    play.ok("g/a")
    assert ("timer", "g", 1, "timeout") in play.run.wants()
    play.answer("g", "ensure")
    play.answer("g", "outputs", {"o": 1})
    assert play.ended == "succeeded"


def test_a_question_open_when_the_time_is_over() -> None:
    play = Play("steps: [{id: g, timeout: 1s, ensure: [e], steps: [{id: a, run: x}]}]")
    play.ok("g/a")
    play.timer("g", "timeout")
    assert play.asked == []
    assert play.ended == "failed"


def test_require_fails_for_good_and_is_rescued() -> None:
    play = Play("steps: [{id: a, retry: 5, require: [x], run: x, rescue: [{id: r, run: x}], outputs: {o: 1}}]")
    play.answer("a", "require", error="require")
    play.ok("a/r")
    play.answer("a", "outputs", error="expression")
    assert play.ended == "succeeded"


def test_an_error_in_if_cleans_nothing() -> None:
    play = Play("steps: [{id: a, if: i, on_error: warn, run: x, rescue: [{run: x}], finally: [{run: x}]}]")
    play.answer("a", "if", error="expression")
    assert play.ended == "failed"


def test_an_error_in_enter_is_rescued() -> None:
    play = Play('steps: [{id: a, timeout: "${{ t }}", run: x, rescue: [{id: r, run: x}], finally: [{id: f, run: x}]}]')
    play.answer("a", "enter", error="expression")
    play.ok("a/r", "a/f")
    assert play.ended == "succeeded"


def test_a_failed_rescue_leaves_the_failure_and_finally_runs() -> None:
    play = Play("steps: [{id: a, on_error: warn, run: x, rescue: [{id: r, run: x}], finally: [{id: f, run: x}]}]")
    play.fail("a")
    play.fail("a/r")
    play.ok("a/f")
    assert play.ended == "warning"


def test_a_failed_finally_fails_the_step() -> None:
    play = Play("steps: [{id: a, on_error: warn, run: x, finally: [{id: f, run: x}]}]")
    play.ok("a")
    play.fail("a/f")
    assert play.ended == "failed"


def test_the_outputs_of_the_workflow_are_asked_before_finally() -> None:
    play = Play("{steps: [{id: a, run: x}], outputs: {o: 1}, finally: [{id: f, run: x}]}")
    play.ok("a")
    play.answer("", "outputs", {})
    play.ok("f")
    assert play.ended == "succeeded"


def test_cancel_of_the_run() -> None:
    play = Play("""
        steps:
          - id: g
            steps: [{id: a, run: x, finally: [{id: af, run: x}]}, {id: b, run: x}]
            rescue: [{run: x}]
            finally: [{id: gf, run: x}]
        finally: [{id: f, run: x}]
    """)
    play.cancel()
    assert play.status("g/b") == "cancelled"
    play.run.feed(("attempt.ended", "g/a", 1, 1, "succeeded", None))
    assert play.status("g/a") == "running"
    play.cancel()
    play.ok("g/a/af")
    assert play.status("g/a") == "cancelled"
    play.ok("g/gf", "f")
    assert play.ended == "cancelled"


def test_cancel_in_an_open_question_and_in_back_off() -> None:
    play = Play("steps: [{id: a, needs: [], retry: 2, run: x}, {id: g, needs: [], require: [r], steps: [{run: x}]}]")
    play.fail("a")
    play.cancel()
    assert play.ended == "cancelled"


def test_cancel_in_rescue() -> None:
    play = Play("steps: [{id: a, run: x, rescue: [{id: r, run: x}, {id: r2, run: x}], finally: [{id: f, run: x}]}]")
    play.fail("a")
    play.cancel()
    play.stop("a/r")
    play.ok("a/f")
    assert play.status("a/r2") == "cancelled"
    assert play.ended == "cancelled"


def test_locks_are_first_come_first_served_and_reentrant() -> None:
    play = Play("""
        steps:
          - {id: a, needs: [], lock: l, steps: [{id: inner, lock: l, run: x}]}
          - {id: b, needs: [], lock: l, run: x}
          - {id: c, needs: [], lock: l, run: x}
    """)
    assert play.running == ["a/inner"]
    assert play.status("b") == "waiting"
    play.ok("a/inner")
    assert play.running == ["b"]
    play.ok("b")
    assert play.running == ["c"]


def test_a_lock_goes_to_no_one_whom_the_same_event_blocks() -> None:
    play = Play("steps: [{id: a, needs: [], lock: l, run: x}, {id: b, needs: [], lock: l, steps: [{run: x}]}]")
    play.fail("a")
    assert play.status("b") == "blocked"
    assert play.ended == "failed"


def test_a_deadlock_fails_the_one_that_waits_longest() -> None:
    play = Play("""
        failure: continue
        steps:
          - {id: a, needs: [], lock: one, steps: [{id: a1, run: x}, {id: a2, lock: two, run: x, rescue: [{run: x}]}]}
          - {id: b, needs: [], lock: two, steps: [{id: b1, run: x}, {id: b2, lock: one, run: x}]}
    """)
    play.ok("b/b1", "a/a1")
    assert play.status("b/b2") == "failed"
    assert play.running == ["a/a2"]


def test_defaults_reach_step_types_only() -> None:
    play = Play("""
        defaults: {timeout: 5s, retry: {attempts: 2}}
        steps: [{id: g, steps: [{id: a, run: x, retry: {delay: 2s}}]}]
    """)
    assert {want[1] for want in play.run.wants() if want[0] == "timer"} == {"g/a"}
    play.fail("g/a")
    assert play.status("g/a") == "waiting"


def test_replies_that_come_too_late_change_nothing() -> None:
    run = Reference({"steps": [{"id": "a", "run": "x"}]})
    assert run.wants() == frozenset()
    run.begin()
    for event in [("attempt.ended", "a", 1, 2, "failed", "x"), ("timer", "a", 1, "retry"), ("timer", "b", 1, "retry")]:
        run.feed(event)
    run.feed(("answered", "a", 1, "if", False, None))
    assert run.wants() == {("attempt", "a", 1, 1)}
