"""Section 11: `goto`, forward and backward, what it supersedes, and how often it may jump."""

import pytest
from tests.runner.kernel.play import Play

LEAF = 'run: ["true"]'
DRAFTS = f"""
    steps:
    - {{id: draft, {LEAF}}}
    - {{id: review, {LEAF}}}
    - {{id: again, if: inputs.x, goto: draft, max: 2}}
    - {{id: publish, {LEAF}}}
"""


def test_the_list_begins_again_at_the_target() -> None:
    play = Play(DRAFTS)
    play.ok("draft", "review")
    play.answer("again", "if")
    assert play.running == ["draft"]
    assert [play.activations(path) for path in ("draft", "review", "again")] == [2, 1, 1]
    play.ok("draft", "review")
    play.answer("again", "if", value=False)
    play.ok("publish")
    assert play.ended == "succeeded"
    assert play.started == ["draft", "review", "again", "draft", "review", "publish"]


def test_one_jump_too_many_fails() -> None:
    play = Play(DRAFTS)
    for _ in range(3):
        play.ok("draft", "review")
        play.answer("again", "if")
    assert play.ended == "failed"
    error = play.end_of("again").error
    assert error is not None
    assert (error.type, error.message) == ("goto.max", "has jumped to `draft` 2 times already, as often as it may")


def test_each_goto_counts_its_own_jumps() -> None:
    play = Play(f"""
      steps:
      - {{id: a, {LEAF}}}
      - {{id: one, if: inputs.x, goto: a, max: 1}}
      - {{id: two, if: inputs.x, goto: a, max: 1}}
    """)
    play.ok("a")
    play.answer("one", "if")
    play.ok("a")
    play.answer("one", "if", value=False)
    play.answer("two", "if")
    play.ok("a")
    play.answer("one", "if", value=False)
    play.answer("two", "if", value=False)
    assert play.ended == "succeeded"


def test_what_runs_from_the_target_on_is_cancelled_first() -> None:
    play = Play(f"""
      steps:
      - {{id: a, {LEAF}}}
      - {{id: slow, needs: [], {LEAF}}}
      - {{id: again, needs: [a], if: inputs.x, goto: a, max: 1}}
    """)
    play.ok("a")
    play.answer("again", "if")
    assert play.stopping == ["slow"]
    assert play.running == []
    play.stop("slow")
    assert play.running == ["a", "slow"]
    assert play.activations("slow") == 2
    play.ok("a", "slow")
    play.answer("again", "if", value=False)
    assert play.ended == "succeeded"


def test_a_jump_forward_skips_what_has_not_begun() -> None:
    play = Play(f"""
      steps:
      - {{id: early, needs: [], {LEAF}}}
      - {{id: over, needs: [], goto: last, max: 1}}
      - {{id: between, {LEAF}}}
      - {{id: running, needs: [], {LEAF}}}
      - {{id: last, {LEAF}}}
    """)
    assert play.running == ["early", "last"]  # `running` had no slot yet: it had not begun
    assert [play.end_of(path).reason for path in ("between", "running")] == ["jumped over"] * 2
    assert play.end_of("between").by == "over"
    play.ok("early", "last")
    assert play.ended == "succeeded"


def test_a_cycle_with_two_entries_and_two_exits() -> None:
    play = Play(f"""
      steps:
      - {{id: enter, if: inputs.x, goto: second, max: 1}}
      - {{id: first, {LEAF}}}
      - {{id: leave, if: inputs.x, goto: out, max: 1}}
      - {{id: second, {LEAF}}}
      - {{id: again, if: inputs.x, goto: first, max: 3}}
      - {{id: more, {LEAF}}}
      - {{id: out, {LEAF}}}
    """)
    play.answer("enter", "if")
    assert play.running == ["second"]
    play.ok("second")
    play.answer("again", "if")
    play.ok("first")
    play.answer("leave", "if")
    assert play.running == ["out"]
    assert [play.status(path) for path in ("second", "again", "more")] == ["skipped"] * 3
    play.ok("out")
    assert play.ended == "succeeded"


def test_a_handler_that_jumps_back_makes_a_failure_good() -> None:
    play = Play(f"""
      steps:
      - {{id: before, {LEAF}}}
      - {{id: fetch, {LEAF}}}
      - {{id: again, needs: {{fetch: failed}}, goto: fetch, max: 1}}
      - {{id: after, needs: [fetch], {LEAF}}}
    """)
    play.ok("before")
    play.fail("fetch")
    assert play.running == ["fetch"]
    play.ok("fetch", "after")
    assert play.ended == "succeeded"
    assert [play.activations(path) for path in ("before", "fetch", "after")] == [1, 2, 2]


def test_a_failure_above_the_target_still_stops_the_list() -> None:
    play = Play(f"""
      steps:
      - {{id: above, needs: [], {LEAF}}}
      - {{id: a, needs: [], {LEAF}}}
      - {{id: again, needs: {{a: done}}, if: inputs.x, goto: a, max: 1}}
    """)
    play.ok("a")
    play.fail("above")
    play.answer("again", "if")
    assert play.end_of("a").status == "blocked"
    play.answer("again", "if", value=False)
    assert play.ended == "failed"


def test_late_branches_of_what_is_superseded_are_cancelled() -> None:
    play = Play(f"""
      steps:
      - id: fork
        join: any
        parallel: {{fast: [{{id: fast, {LEAF}}}], slow: [{{id: slow, {LEAF}}}]}}
      - {{id: again, if: inputs.x, goto: fork, max: 1}}
    """)
    play.ok("fork/fast")
    play.answer("again", "if")
    assert play.stopping == ["fork/slow"]
    play.stop("fork/slow")
    assert play.running == ["fork/fast", "fork/slow"]


def test_jumps_alone_do_not_run_deep() -> None:
    play = Play("""
      steps:
      - {id: a, goto: b, max: 3000}
      - {id: b, goto: a, max: 2000}
    """)
    assert play.ended == "failed"
    assert play.activations("b") == 2001


@pytest.mark.parametrize("stopped", [True, False])
def test_a_resume_in_the_middle_of_a_jump(stopped: bool) -> None:
    play = Play(f"""
      steps:
      - {{id: a, {LEAF}}}
      - {{id: slow, needs: [], {LEAF}, finally: [{{id: tidy, {LEAF}}}]}}
      - {{id: again, needs: [a], if: inputs.x, goto: a, max: 1}}
      - {{id: out, {LEAF}}}
    """)
    play.ok("a")
    play.answer("again", "if")
    if stopped:
        play.stop("slow")
    play.resume()
    assert play.running == ["slow/tidy"]
    play.ok("slow/tidy")
    assert play.running == ["a", "slow"]
    play.ok("a", "slow", "slow/tidy")
    play.answer("again", "if", value=False)
    play.ok("out")
    assert play.ended == "succeeded"
    assert [play.activations(path) for path in ("a", "slow")] == [2, 2]


def test_a_cancel_in_the_middle_of_a_jump_is_taken_up_at_the_target() -> None:
    play = Play(f"""
      steps:
      - {{id: handled, {LEAF}, needs: []}}
      - {{id: a, {LEAF}, needs: {{handled: failed}}}}
      - {{id: slow, needs: [], {LEAF}}}
      - {{id: again, needs: [handled], if: inputs.x, goto: a, max: 1}}
    """)
    play.ok("handled")
    play.answer("again", "if")
    play.cancel()
    play.stop("slow")
    assert play.ended == "cancelled"
    play.resume()
    assert play.running == ["a", "slow"]  # the needs of the target are taken as held, still
