"""Sections 6 and 13: failure in a list, cancel."""

import pytest
from tests.runner.kernel.play import Play

LEAF = 'run: ["true"]'


def three(policy: str) -> Play:
    """Two steps that run, one that waits for the second."""
    return Play(f"""
      failure: {policy}
      steps:
      - {{id: a, {LEAF}, needs: []}}
      - {{id: b, {LEAF}, needs: []}}
      - {{id: c, {LEAF}, needs: [b]}}
    """)


def test_stop_lets_what_has_begun_go_on() -> None:
    play = three("stop")
    play.fail("a")
    assert (play.running, play.status("c")) == (["b"], "blocked")
    play.ok("b")
    assert play.ended == "failed"


def test_cancel_stops_what_has_begun() -> None:
    play = three("cancel")
    play.fail("a")
    assert (play.stopping, play.status("c")) == (["b"], "blocked")
    play.stop("b")
    assert play.status("b") == "cancelled"
    assert play.ended == "failed"


def test_continue_blocks_only_what_depends() -> None:
    play = three("continue")
    play.fail("a")
    play.ok("b")
    play.ok("c")
    assert play.ended == "failed"


def test_the_error_is_that_of_the_step_that_failed_first() -> None:
    play = three("continue")
    play.fail("b", "second.in.document")
    play.fail("a", "first.in.document")
    error = play.facts[-1].error
    assert (error.type, error.step) == ("second.in.document", "b")


def test_cancel_of_the_run_reaches_every_depth_and_cleans_up() -> None:
    play = Play(f"""
      steps:
      - id: g
        finally: [{{id: f, {LEAF}}}]
        steps: [{{id: a, {LEAF}}}, {{id: b, {LEAF}}}]
      - {{id: c, {LEAF}}}
    """)
    play.cancel()
    assert play.stopping == ["g/a"]
    assert (play.status("g/b"), play.status("c")) == ("cancelled", "cancelled")
    play.stop("g/a")
    assert play.running == ["g/f"]
    play.cancel()  # a second one changes nothing
    play.ok("g/f")
    assert (play.status("g"), play.ended) == ("cancelled", "cancelled")


def test_what_a_stopped_attempt_says_does_not_count() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}}}]")
    play.cancel()
    play.ok("a")
    assert (play.status("a"), play.ended) == ("cancelled", "cancelled")


def test_what_has_not_begun_is_cancelled_without_finally() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, if: inputs.x, finally: [{{id: f, {LEAF}}}]}}]")
    play.cancel()
    assert (play.status("a"), play.started, play.ended) == ("cancelled", [], "cancelled")


@pytest.mark.parametrize("outcome", ["failed", "succeeded"])
def test_finally_has_the_last_word_over_a_cancel(outcome: str) -> None:
    play = Play(f"steps: [{{id: a, {LEAF}}}]\nfinally: [{{id: f, {LEAF}}}]")
    play.cancel()
    play.stop("a")
    if outcome == "failed":
        play.fail("f")
    else:
        play.ok("f")
    assert play.ended == ("failed" if outcome == "failed" else "cancelled")
