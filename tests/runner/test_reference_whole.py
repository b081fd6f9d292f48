"""Further activations, waits, signals, jumps, children, compensation, in the reference interpreter."""

from typing import Any

import yaml
from tests.reference import Reference
from tests.reference.play import Play


def test_join_each_runs_once_per_arrival_and_so_does_what_follows() -> None:
    play = Play("""
        steps:
          - {id: post, needs: [], run: x}
          - {id: mail, needs: [], run: x}
          - {id: register, needs: [post, mail], join: each, run: x}
          - {id: file, needs: [register], run: x}
          - {id: close, run: x}
    """)
    play.ok("post", "register", "file")
    assert play.activations("close") == 0
    play.ok("mail", "register", "file")
    assert [play.activations(path) for path in ("register", "file")] == [2, 2]
    play.ok("close")
    assert play.ended == "succeeded"


def test_a_discriminator_resets_when_all_are_in() -> None:
    play = Play("""
        steps:
          - {id: a, needs: [], split: 2, run: x}
          - {id: b, needs: [], split: 2, run: x}
          - {id: c, needs: [a, b], join: any, run: x}
    """)
    play.ok("a", "c")
    assert play.activations("c") == 1
    play.ok("b", "c")
    assert play.activations("c") == 2
    assert play.ended == "succeeded"


def test_rest_cancel_cancels_what_has_not_arrived() -> None:
    play = Play("""
        steps:
          - {id: a, needs: [], run: x}
          - {id: b, needs: [], run: x}
          - {id: c, needs: [a, b], join: {count: 1, rest: cancel}, run: x}
    """)
    play.ok("a")
    assert play.stopping == ["b"]
    play.stop("b")
    play.ok("c")
    assert play.ended == "succeeded"


def test_join_active_waits_for_what_can_still_come() -> None:
    play = Play("""
        failure: continue
        steps:
          - {id: a, needs: [], run: x}
          - {id: b, needs: [], run: x}
          - {id: c, needs: [a, b], join: active, run: x}
    """)
    play.ok("a")
    assert play.running == ["b"]
    play.fail("b")
    assert play.running == ["c"]


def test_thread_merge() -> None:
    play = Play("steps: [{id: a, needs: [], split: 4, run: x}, {id: b, needs: [a], collect: 2, run: x}]")
    play.ok("a")
    assert play.running == ["b", "b"]


def test_goto_runs_the_list_again_from_the_target() -> None:
    play = Play(
        "steps: [{id: draft, run: x}, {id: review, run: x}, {id: again, if: i, goto: draft, max: 1}, {id: out, run: x}]"
    )
    play.ok("draft", "review")
    play.answer("again", "if")
    assert play.find("attempt", "draft") == ("attempt", "draft", 2, 1)
    play.ok("draft", "review")
    play.answer("again", "if")
    assert play.ended == "failed"


def test_goto_forward_skips() -> None:
    play = Play("steps: [{id: a, goto: c, max: 1}, {id: b, run: x}, {id: c, run: x}]")
    assert play.status("b") == "skipped"
    play.ok("c")
    assert play.ended == "succeeded"


def test_while_and_until() -> None:
    play = Play("steps: [{id: w, while: x, max: 2, run: x}, {id: u, until: x, run: x}]")
    play.answer("w", "while")
    play.ok("w[0]")
    play.answer("w", "while", value=False)
    play.ok("u[0]")
    play.answer("u", "until", value=False)
    play.ok("u[1]")
    play.answer("u", "until")
    assert play.ended == "succeeded"


def test_too_many_rounds() -> None:
    play = Play("steps: [{id: w, while: x, max: 1, run: x}]")
    play.answer("w", "while")
    play.ok("w[0]")
    play.answer("w", "while")
    assert play.ended == "failed"


def test_signals_persistent_and_transient() -> None:
    play = Play("steps: [{id: a, run: x}, {id: b, wait: {signal: s}}, {id: c, wait: {signal: t}}]")
    play.run.feed(("signal", "s", 1))
    play.run.feed(("signal", "t", 1, True))
    play.ok("a")
    assert [play.status(path) for path in "bc"] == ["succeeded", "waiting"]
    play.run.feed(("signal", "t", 1, True))
    assert play.ended == "succeeded"


def test_a_race_goes_to_the_first() -> None:
    play = Play("""
        steps:
          - id: r
            race:
              slow: {wait: 25s, steps: [{id: s, run: x}]}
              fast: {wait: {signal: go}, steps: [{id: f, run: x}]}
    """)
    play.run.feed(("signal", "go", None))
    assert play.run.wants() == {("attempt", "r/f", 1, 1)}
    play.ok("r/f")
    assert play.ended == "succeeded"


def test_cancel_of_steps_running_and_not_begun() -> None:
    play = Play("""
        steps:
          - {id: tail, needs: [], run: x}
          - {id: later, needs: {tail: done, stop: done}, run: x}
          - {id: first, needs: [], run: x}
          - {id: stop, needs: [first], cancel: [later, tail]}
          - {id: seen, needs: {tail: cancelled}, run: x}
    """)
    play.ok("first")
    assert play.status("later") == "cancelled"
    play.stop("tail")
    play.ok("seen")
    assert play.ended == "succeeded"


def test_a_milestone_is_withdrawn() -> None:
    play = Play("""
        steps:
          - {id: a, needs: [], run: x}
          - {id: b, needs: [a], if: i, run: x}
          - {id: m, needs: [], milestone: {after: a, before: b}, if: j, run: x}
    """)
    assert play.activations("m") == 0
    play.ok("a")
    play.answer("b", "if")
    assert play.status("m") == "skipped"


def test_any_order_is_one_at_a_time() -> None:
    play = Play("steps: [{id: g, order: any, steps: [{id: a, run: x}, {id: b, run: x}]}]")
    assert play.running == ["g/a"]
    play.ok("g/a", "g/b")
    assert play.ended == "succeeded"


def test_a_call_may_call_itself() -> None:
    workflow: dict[str, Any] = yaml.safe_load("""
        name: down
        steps: [{id: a, run: x}, {id: deeper, if: i, call: down.yaml}, {id: b, run: x}]
    """)
    play = Play("steps: []")
    play.run = Reference(workflow, files={"down.yaml": workflow})
    play.run.begin()
    play.ok("a")
    play.answer("deeper", "if")
    play.answer("deeper", "call")
    play.ok("deeper/down/a")
    play.answer("deeper/down/deeper", "if", value=False)
    play.ok("deeper/down/b", "b")
    assert play.ended == "succeeded"


def test_compensation_newest_first_before_rescue() -> None:
    play = Play("""
        steps:
          - id: g
            steps:
              - {id: a, run: x, compensate: [{id: ua, run: x}]}
              - {id: b, run: x, compensate: [{id: ub, run: x}]}
              - {id: c, run: x}
            rescue: [{id: r, run: x}]
    """)
    play.ok("g/a", "g/b")
    play.fail("g/c")
    play.ok("g/b/ub", "g/a/ua", "g/r")
    assert [play.status(path) for path in ("g/a", "g/b")] == ["compensated", "compensated"]
    assert play.ended == "succeeded"


def test_a_cached_result_is_reused() -> None:
    play = Play("steps: [{id: a, cache: {key: k}, run: x, finally: [{run: x}]}, {id: b, run: x}]")
    play.answer("a", "cache", {"hit": True})
    play.ok("b")
    assert play.status("a") == "reused"


def test_restart_begins_a_group_anew() -> None:
    play = Play("steps: [{id: g, restart: true, steps: [{id: a, run: x}, {id: b, run: x}]}]")
    play.ok("g/a")
    play.resume()
    assert play.running == ["g/a"]
    play.ok("g/a", "g/b")
    assert play.ended == "succeeded"


def test_a_loop_is_complete_with_enough() -> None:
    play = Play("steps: [{id: l, foreach: v, complete: 1, run: x}, {id: b, run: x}]")
    play.loop("l", "k", "m", "n", concurrency=2)
    play.ok("l[k]")
    assert [play.status(path) for path in ("l", "l[m]", "l[n]")] == ["succeeded", "running", "skipped"]
    play.ok("b")
    assert play.ended is None
    play.ok("l[m]")
    assert play.ended == "succeeded"


def test_no_instance_begins_while_it_is_asked_whether_the_loop_is_complete() -> None:
    play = Play("steps: [{id: z, needs: [], run: x}, {id: l, needs: [], foreach: v, complete: c, finish: [z]}]")
    play.loop("l", "k", "m", concurrency=2)
    assert play.asked == [("l", "complete")]
    assert play.status("l[k]") == "succeeded"
    assert play.activations("l[m]") == 0
    play.answer("l", "complete")
    assert play.status("l[m]") == "skipped"


def test_a_loop_is_complete_by_a_condition_and_cancels_the_rest() -> None:
    play = Play("steps: [{id: l, foreach: v, complete: c, rest: cancel, run: x}]")
    play.loop("l", "k", "m", concurrency=2)
    play.ok("l[k]")
    play.answer("l", "complete")
    play.stop("l[m]")
    assert play.ended == "succeeded"


def test_an_open_loop_grows_until_it_is_closed() -> None:
    play = Play("steps: [{id: l, foreach: v, open: more, run: x}]")
    play.loop("l")
    play.run.feed(("signal", "more", 7))
    play.answer("l", "item", {"key": "0", "allowed": 0})
    play.ok("l[0]")
    assert play.ended is None
    play.run.feed(("signal", "more", None))
    assert play.ended == "succeeded"


def test_forced_completion_goes_on_downstream() -> None:
    play = Play("""
        steps:
          - {id: l, needs: [], foreach: v, run: x}
          - {id: a, needs: [], run: x}
          - {id: f, needs: [a], finish: [l]}
          - {id: b, needs: [l], run: x}
    """)
    play.loop("l", "k", "m")
    play.ok("a")
    play.stop("l[k]")
    assert [play.status(path) for path in ("l", "l[m]")] == ["succeeded", "skipped"]
    assert play.running == ["b"]
