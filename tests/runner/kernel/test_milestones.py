"""Section 12.4: milestones."""

import pytest
from tests.runner.kernel.play import Play

from steplane.commands import Acquire

BETWEEN = """
steps:
- {id: open, needs: [], run: ['true']}
- {id: close, needs: [], if: 'inputs.x', run: ['true']}
- {id: order, needs: [], milestone: {after: open, before: close}, run: ['true'], %s}
- {id: bill, needs: [order], run: ['true']}
"""


def between(more: str = "") -> Play:
    """A step that may start after `open` and before `close`."""
    return Play(BETWEEN % more if more else BETWEEN.replace(", %s", ""))


def test_it_starts_when_the_state_holds() -> None:
    play = between()
    assert play.running == ["open"]
    play.ok("open")
    assert play.running == ["order"]
    play.answer("close", "if")
    play.ok("order", "bill", "close")
    assert play.ended == "succeeded"


def test_it_is_skipped_when_the_state_has_passed() -> None:
    play = between()
    play.answer("close", "if")
    assert play.end_of("order").reason == "its milestone has passed: `close` has begun"
    assert play.status("order") == "skipped"
    play.ok("open", "close")
    assert play.status("bill") == "running"


def test_it_is_withdrawn_whatever_it_waits_for() -> None:
    play = between("lock: alpha, if: 'inputs.y'")
    play.ok("open")
    assert play.asked == [("close", "if"), ("order", "if")]
    play.answer("close", "if")
    assert play.status("order") == "skipped"
    assert play.asked == []


def test_it_stays_where_the_other_is_skipped() -> None:
    play = between()
    play.answer("close", "if", False)
    play.ok("open")
    assert play.running == ["order"]


def test_it_is_blocked_where_the_state_is_never_reached() -> None:
    play = Play("failure: continue" + BETWEEN.replace(", %s", ""))
    play.fail("open")
    assert play.end_of("order").status == "blocked"
    assert play.end_of("order").by == "open"


def test_a_group_has_begun_with_its_lock() -> None:
    play = Play("""
steps:
- {id: holder, needs: [], lock: one, run: ['true']}
- {id: group, needs: [], lock: one, require: ['inputs.x'], steps: [{id: inner, run: ['true']}]}
- {id: early, needs: [holder], milestone: {before: group}, run: ['true']}
""")
    play.ok("holder")
    assert play.status("early") == "skipped"


def test_a_new_activation_of_a_resume_looks_again() -> None:
    play = between()
    play.ok("open")
    play.answer("close", "if")
    play.fail("order")
    play.ok("close")
    assert play.ended == "failed"
    play.resume()
    assert play.status("order") == "skipped"
    play.ok("bill")
    assert play.ended == "succeeded"


@pytest.mark.parametrize("policy", ["continue", "stop", "cancel"])
@pytest.mark.parametrize("status", ["warning", "failed"])
def test_it_is_skipped_where_the_step_behind_it_fails_at_once(policy: str, status: str) -> None:
    """It has begun with its failure: nothing is told of what the failure itself does to the others."""
    tolerant = "on_error: warn, " if status == "warning" else ""
    play = Play(f"""
failure: {policy}
steps:
- {{id: early, needs: [], if: 'inputs.x', milestone: {{before: late}}, run: ['true']}}
- {{id: late, needs: [], {tolerant}timeout: '${{{{ inputs.t }}}}', run: ['true']}}
""")
    assert play.asked == [("early", "if"), ("late", "enter")]
    play.answer("late", "enter", error="expression")
    assert play.status("late") == status
    assert play.end_of("early").status == "skipped"
    assert play.end_of("early").by == "late"
    assert play.ended == status


def test_a_milestone_that_has_passed_comes_before_a_failure_that_a_resume_brings() -> None:
    play = Play("""
steps:
- {id: late, run: ['true'], finally: [{id: last, run: ['true']}]}
- {id: early, milestone: {before: late}, run: ['true']}
""")
    play.ok("late")
    assert play.status("early") == "skipped"
    play.resume("early", **{"late/last": {"status": "failed"}})
    assert play.ended == "failed"
    assert (play.activations("early"), play.status("early")) == (2, "skipped")


def test_what_was_being_stopped_is_done_again_on_resume_where_the_list_has_a_milestone() -> None:
    play = Play("""
steps:
- id: group
  steps:
  - {id: early, needs: [work], milestone: {before: work}, run: ['true']}
  - {id: work, needs: [], timeout: 5s, run: ['true']}
""")
    assert play.status("group/early") == "skipped"
    play.timer("group/work", "timeout")
    assert play.stopping == ["group/work"]
    play.resume()
    assert play.activations("group/work") == 2
    assert play.running == ["group/work"]


@pytest.mark.parametrize("loop", ["", "until: 'inputs.x', "])
def test_what_begins_acts_before_what_its_beginning_lets_go_on(loop: str) -> None:
    """15.1: `close` stands above what forces it to be complete."""
    play = Play(f"""
steps:
- {{id: close, needs: [], if: 'inputs.x', end: cancelled}}
- {{id: order, needs: {{close: done}}, milestone: {{before: close}}, run: ['true']}}
- {{id: force, needs: [order], {loop}finish: [close]}}
""")
    play.answer("close", "if")
    assert play.status("order") == "skipped"
    assert play.end_of("force").status == "skipped"
    assert play.ended == "cancelled"


@pytest.mark.parametrize("loop", ["foreach: '${{ inputs.x }}', ", "while: 'inputs.x', "])
def test_the_first_instance_begins_before_what_the_beginning_of_its_loop_lets_go_on(loop: str) -> None:
    play = Play(f"""
steps:
- {{id: close, needs: [], {loop}end: cancelled}}
- {{id: order, needs: {{close: done}}, milestone: {{before: close}}, run: ['true']}}
- {{id: force, needs: [order], finish: [close]}}
""")
    value = {"keys": ["0"], "items": ["a"], "concurrency": 1, "allowed": 0}
    play.answer("close", *(("loop", value) if loop.startswith("foreach") else ("while",)))
    assert play.end_of("close[0]").status == "succeeded"
    assert play.end_of("force").status == "skipped"
    assert play.ended == "cancelled"


def test_what_goes_on_behind_a_milestone_asks_the_store_for_its_lock_at_once() -> None:
    """It wants one in the very moment in which the other, that was withdrawn, wants its own no more."""
    play = Play("""
steps:
- {id: order, needs: [], milestone: {before: close}, lock: {name: one, scope: store}, run: ['true']}
- {id: after, needs: [order], lock: {name: two, scope: store}, run: ['true']}
- {id: close, needs: [], run: ['true']}
""")
    assert play.status("order") == "skipped"
    asked = [(command.name, command.instance) for command in play.commands if isinstance(command, Acquire)]
    assert ("two", play.live("after").serial) in asked
