"""Sections 4 and 15: which step starts when, what is skipped and what is blocked, first come first served."""

import pytest
from tests.runner.kernel.play import Play

LEAF = 'run: ["true"]'


def test_steps_follow_each_other() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}}}, {{id: b, {LEAF}}}]")
    assert play.running == ["a"]
    play.ok("a")
    assert play.running == ["b"]
    play.ok("b")
    assert play.ended == "succeeded"


def test_without_needs_a_step_starts_at_once() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}}}, {{id: b, {LEAF}, needs: []}}]")
    assert play.running == ["a", "b"]


@pytest.mark.parametrize(("join", "after"), [("any", 1), ("2", 2), ("all", 3)])
def test_a_join_starts_once_with_as_many_as_it_wants(join: str, after: int) -> None:
    play = Play(f"""
      steps:
      - {{id: a, {LEAF}, needs: []}}
      - {{id: b, {LEAF}, needs: []}}
      - {{id: c, {LEAF}, needs: []}}
      - {{id: d, {LEAF}, needs: [a, b, c], join: {join}}}
    """)
    for count, path in enumerate("abc", 1):
        play.ok(path)
        assert ("d" in play.started) == (count >= after)
    assert play.started.count("d") == 1


def test_a_join_that_cannot_hold_is_blocked_at_once_by_the_first_culprit() -> None:
    play = Play(f"""
      failure: continue
      steps:
      - {{id: a, {LEAF}, needs: []}}
      - {{id: b, {LEAF}, needs: []}}
      - {{id: c, {LEAF}, needs: [a, b]}}
    """)
    play.fail("b")
    assert (play.status("c"), play.end_of("c").by) == ("blocked", "b")
    assert play.running == ["a"]


def test_a_handler_that_is_not_used_is_skipped() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}}}, {{id: h, {LEAF}, needs: {{a: failed}}}}]")
    play.ok("a")
    assert play.status("h") == "skipped"
    assert play.ended == "succeeded"


def test_a_handler_runs_after_a_failure() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}}}, {{id: b, {LEAF}}}, {{id: h, {LEAF}, needs: {{a: failed}}}}]")
    play.fail("a")
    assert play.status("b") == "blocked"
    play.ok("h")
    assert play.ended == "failed"


def test_if_false_skips_and_counts_as_ok() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, if: inputs.x}}, {{id: b, {LEAF}}}]")
    play.answer("a", "if", value=False)
    assert play.status("a") == "skipped"
    assert play.running == ["b"]


def test_an_error_in_if_fails_before_anything_has_begun() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, if: inputs.x, on_error: warn, rescue: [{{id: r, {LEAF}}}]}}]")
    play.answer("a", "if", error="expression")
    assert play.status("a") == "failed"
    assert "r" not in play.started


def test_slots_go_to_the_first_in_the_document() -> None:
    play = Play(
        f"""
      steps:
      - {{id: g, needs: [], steps: [{{id: a, {LEAF}}}, {{id: b, {LEAF}}}]}}
      - {{id: c, {LEAF}, needs: []}}
    """,
        pool=1,
    )
    assert play.running == ["g/a"]
    play.ok("g/a")
    assert play.running == ["c"]  # it came first
    play.ok("c")
    assert play.running == ["g/b"]


def test_a_step_that_the_same_event_blocks_gets_no_slot() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, needs: []}}, {{id: b, {LEAF}, needs: []}}]", pool=1)
    play.fail("a")
    assert play.status("b") == "blocked"
    assert play.started == ["a"]
    assert play.ended == "failed"


def test_news_that_come_too_late_change_nothing() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}}}, {{id: b, {LEAF}}}]")
    one = play.live("a")
    play.ok("a")
    before = list(play.commands)
    from steplane.events import Answered, AttemptEnded, TimerFired

    play.feed(AttemptEnded(instance=one.serial, attempt=1, outcome="failed"))
    play.feed(TimerFired(instance=one.serial, timer="timeout"))
    play.feed(Answered(instance=one.serial, question="if", value=True))
    assert play.commands == before
