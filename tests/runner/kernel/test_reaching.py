"""Sections 12.5 and 12.6: `cancel` and `finish`."""

import pytest
from tests.runner.kernel.play import Play

from steplane.events import StepEnded


def statuses(play: Play, *names: str) -> list[str]:
    """How the steps stand; `-` is one that has not come to anything."""
    known = play.kernel.state.paths
    return [known[name].status if name in known else "-" for name in names]


BESIDE = """
steps:
- {id: slow, needs: [], run: ['true']}
- {id: later, needs: [slow], run: ['true']}
- {id: handler, needs: {slow: cancelled}, run: ['true']}
- {id: known, needs: [], run: ['true']}
- {id: stop, needs: [known], cancel: [slow]}
"""


def test_what_runs_is_stopped_and_what_needs_it_ok_is_blocked() -> None:
    play = Play(BESIDE)
    play.ok("known")
    assert statuses(play, "slow", "stop", "later") == ["running", "succeeded", "-"]
    play.stop("slow")
    assert statuses(play, "slow", "later", "handler") == ["cancelled", "blocked", "running"]
    play.ok("handler")
    assert play.ended == "cancelled"


def test_what_has_not_begun_never_begins() -> None:
    play = Play("""
steps:
- {id: first, needs: [], run: ['true']}
- {id: second, needs: [first], run: ['true']}
- {id: stop, needs: [], cancel: [second]}
""")
    assert statuses(play, "second", "stop") == ["cancelled", "succeeded"]
    assert play.kernel.state.paths["second"].by == "stop"
    play.ok("first")
    assert play.ended == "succeeded"


def test_a_region_is_a_set_of_steps_wherever_they_stand() -> None:
    play = Play("""
steps:
- {id: one, needs: [], region: look, run: ['true']}
- id: group
  needs: []
  steps: [{id: two, region: look, run: ['true']}, {id: three, needs: {two: done}, run: ['true']}]
- {id: other, needs: [], run: ['true']}
- {id: known, needs: [], run: ['true']}
- {id: stop, needs: [known], cancel: {region: look}}
""")
    play.ok("known")
    play.stop("one")
    play.stop("group/two")
    assert statuses(play, "one", "group/two", "group/three", "other") == [
        "cancelled",
        "cancelled",
        "running",
        "running",
    ]


def test_it_does_not_cancel_itself_with_what_it_stands_in() -> None:
    play = Play("steps: [{id: group, steps: [{id: stop, cancel: [group]}, {id: rest, run: ['true']}]}]")
    assert statuses(play, "group/stop", "group/rest", "group") == ["succeeded", "cancelled", "cancelled"]
    assert play.ended == "succeeded"


def test_finally_follows() -> None:
    play = Play("""
steps:
- {id: slow, needs: [], run: ['true'], finally: [{id: tidy, run: ['true']}]}
- {id: known, needs: [], run: ['true']}
- {id: stop, needs: [known], cancel: [slow]}
""")
    play.ok("known")
    play.stop("slow")
    assert play.status("slow/tidy") == "running"
    play.ok("slow/tidy")
    assert play.status("slow") == "cancelled"


def test_a_resume_does_not_begin_again_what_was_cancelled_on_purpose() -> None:
    play = Play(BESIDE)
    play.ok("known")
    play.stop("slow")
    play.fail("handler")
    assert play.ended == "failed"
    play.resume()
    assert statuses(play, "slow", "later", "handler") == ["cancelled", "blocked", "running"]
    play.ok("handler")
    assert play.ended == "cancelled"
    play.resume("slow")
    assert play.status("slow") == "running"


LOOP = """
steps:
- {id: ask, needs: [], foreach: "${{ inputs.x }}", concurrency: 2, run: ['true']}
- {id: known, needs: [], run: ['true']}
- {id: enough, needs: [known], %s: [ask]}
- {id: after, needs: [ask], run: ['true']}
"""


def _looped(action: str) -> Play:
    play = Play(LOOP % action)
    play.loop("ask", "a", "b", "c", concurrency=2)
    play.ok("ask[a]")
    play.ok("known")
    play.stop("ask[b]")
    play.stop("ask[c]")
    return play


def test_a_loop_that_is_cancelled_keeps_the_instances_that_have_ended() -> None:
    play = _looped("cancel")
    assert statuses(play, "ask[a]", "ask[b]", "ask[c]", "ask", "after") == [
        "succeeded", "cancelled", "cancelled", "cancelled", "blocked",
    ]  # fmt: skip


def test_a_loop_that_is_finished_goes_on_behind_it() -> None:
    play = _looped("finish")
    assert statuses(play, "ask[a]", "ask[b]", "ask", "after") == ["succeeded", "cancelled", "succeeded", "running"]
    assert play.kernel.state.paths["ask"].reason == "finished by `enough`"


def test_a_step_that_has_not_begun_is_skipped_by_finish() -> None:
    play = Play("steps: [{id: a, needs: [], run: ['true']}, {id: b, run: ['true']}, {id: f, needs: [], finish: [b]}]")
    assert play.status("b") == "skipped"
    play.ok("a")
    assert play.ended == "succeeded"


def test_a_loop_in_rounds_between_two_rounds_is_finished_at_once() -> None:
    play = Play("""
steps:
- {id: work, needs: [], run: ['true'], until: 'inputs.x', max: 3}
- {id: known, needs: [], run: ['true']}
- {id: enough, needs: [known], finish: [work]}
- {id: after, needs: [work], run: ['true']}
""")
    play.ok("work[0]")
    assert play.asked == [("work", "until")]
    play.ok("known")
    assert statuses(play, "work", "after") == ["succeeded", "running"]


def test_what_ends_as_soon_as_it_begins_comes_in_the_order_of_the_list() -> None:
    play = Play("""
steps:
- {id: stop, needs: [], cancel: [far]}
- {id: also, needs: [], cancel: [over]}
- {id: far, needs: [], run: ['true']}
- {id: over, needs: {far: done}, end: failed}
""")
    assert statuses(play, "far", "over") == ["cancelled", "cancelled"]
    assert play.ended == "succeeded"


def test_a_step_that_cancels_the_group_around_it_has_succeeded_in_a_cancelled_group() -> None:
    play = Play("""
steps:
- {id: group, needs: [], steps: [{id: stop, cancel: [group]}, {id: never, run: ['true']}]}
- {id: after, needs: {group: cancelled}, run: ['true']}
""")
    assert statuses(play, "group/stop", "group/never", "group", "after") == [
        "succeeded",
        "cancelled",
        "cancelled",
        "running",
    ]


@pytest.mark.parametrize("split", ["", "split: 2, "])
@pytest.mark.parametrize("condition", ["", "if: inputs.x, "])
def test_what_follows_comes_in_the_order_of_the_document(condition: str, split: str) -> None:
    """What waits for the target of a `goto`, which its `finally` ends, begins before the jump supersedes it."""
    play = Play(f"""
steps:
- {{id: one, needs: [], {split}wait: {{signal: x}}}}
- {{id: two, needs: [one], run: ['true']}}
- {{id: back, needs: [], {condition}goto: one, max: 1, finally: [{{id: done, finish: [one]}}]}}
""")
    if condition:
        play.answer("back", "if")
    ends = {(one.path, one.activation): one.status for one in play.facts if isinstance(one, StepEnded)}
    assert (ends["one", 1], ends["two", 1]) == ("succeeded", "cancelled")
    assert play.activations("one") == 2


def test_what_a_step_asks_of_itself_is_withdrawn_with_what_it_stands_in() -> None:
    play = Play("steps: [{id: group, steps: [{id: stop, cancel: [group], ensure: [inputs.x]}]}]")
    assert play.asked == []
    assert statuses(play, "group/stop", "group") == ["cancelled", "cancelled"]
