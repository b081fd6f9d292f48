"""Section 16: going on after the process died, after a failure, after a cancel."""

import pytest
from tests.runner.kernel.play import Play

LEAF = 'run: ["true"]'


def test_what_succeeded_stays_and_what_failed_begins_anew() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}}}, {{id: b, {LEAF}}}, {{id: c, {LEAF}}}]")
    play.ok("a")
    play.fail("b")
    assert play.ended == "failed"
    play.resume()
    assert (play.running, play.activations("a"), play.activations("b")) == (["b"], 1, 2)
    play.ok("b", "c")
    assert play.ended == "succeeded"


def test_a_run_that_succeeded_is_left_as_it_is() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}}}]")
    play.ok("a")
    before = list(play.commands)
    play.resume()
    assert play.commands == before


def test_an_attempt_in_flight_is_made_again_with_the_same_number() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, timeout: 5s}}]")
    play.resume()
    one = play.live("a")
    assert (one.number, one.attempt, play.running) == (1, 1, ["a"])
    play.ok("a")
    assert play.ended == "succeeded"


def test_at_most_once_waits_for_a_word() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, at_most_once: true}}]")
    play.resume()
    assert (play.running, play.ended) == ([], None)
    play.resume("a")
    assert play.running == ["a"]


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_at_most_once_may_be_assumed(status: str) -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, at_most_once: true}}]")
    play.resume(a={"status": status})
    assert play.ended == status


def test_a_timer_runs_on_with_what_remains() -> None:
    play = Play(f"steps: [{{id: g, timeout: 9s, steps: [{{id: a, {LEAF}}}]}}]")
    play.seconds += 4
    play.resume()
    assert [one.delay for one in play.commands if hasattr(one, "delay")] == [9.0, 5.0]


def test_an_attempt_that_was_being_stopped_counts_as_ended() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, timeout: 5s, retry: 2}}]")
    play.timer("a", "timeout")
    play.resume()
    assert (play.status("a"), play.running) == ("waiting", [])


def test_open_questions_are_asked_again() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, if: inputs.x}}]")
    play.resume()
    play.answer("a", "if")
    assert [type(one).__name__ for one in play.commands].count("Ask") == 2
    assert play.running == ["a"]


def test_a_loop_gives_new_activations_to_what_is_not_ok() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, foreach: [x]}}]")
    play.loop("a", "k", "l", "m")
    play.ok("a[k]")
    play.fail("a[l]")
    assert play.ended == "failed"
    play.resume()
    assert (play.asked, play.running) == ([], ["a[l]"])
    play.ok("a[l]", "a[m]")
    assert (play.activations("a[k]"), play.ended) == (1, "succeeded")


def test_a_switch_keeps_its_arm() -> None:
    play = Play(f"steps: [{{id: s, switch: [{{when: inputs.x, steps: [{{id: a, {LEAF}}}, {{id: b, {LEAF}}}]}}]}}]")
    play.answer("s", "switch", 0)
    play.ok("s/a")
    play.fail("s/b")
    play.resume()
    assert (play.asked, play.running) == ([], ["s/b"])


def late_and_failed() -> Play:
    """A `parallel` that failed in its `finally`, with a branch that runs on."""
    play = Play(f"""
      failure: continue
      steps:
      - {{id: z, {LEAF}}}
      - id: p
        needs: {{z: done}}
        join: any
        parallel: {{left: [{{id: a, {LEAF}}}, {{id: c, {LEAF}}}], right: [{{id: b, {LEAF}}}]}}
        finally: [{{id: f, {LEAF}}}]
    """)
    play.fail("z")
    play.ok("p/b")
    play.fail("p/f")
    assert (play.status("p"), play.running) == ("failed", ["p/a"])
    return play


def test_a_late_branch_runs_on_while_its_step_waits_to_begin_anew() -> None:
    play = late_and_failed()
    play.resume()
    assert play.running == ["p/a", "z"]
    play.ok("p/a")
    assert play.running == ["p/c", "z"]
    play.ok("z")
    assert play.running == ["p/c", "p/f"]  # the join was reached, the branch is late again
    play.ok("p/f", "p/c")
    assert play.ended == "succeeded"


def test_a_late_branch_of_which_only_a_stopped_attempt_was_left_is_over() -> None:
    play = Play(f"""
      steps:
      - {{id: p, join: any, parallel: {{left: [{{id: a, {LEAF}, timeout: 5s}}], right: [{{id: b, {LEAF}}}]}}}}
      - {{id: c, {LEAF}}}
    """)
    play.ok("p/b")
    play.timer("p/a", "timeout")
    play.resume()
    assert (play.status("p/a"), play.running) == ("failed", ["c"])
    play.ok("c")
    assert play.ended == "warning"


def test_all_is_renewed_before_anything_follows() -> None:
    play = Play(f"""
      steps:
      - id: p
        parallel:
          left: [{{id: a, {LEAF}, finally: [{{id: f, {LEAF}}}]}}, {{id: e, end: cancelled}}]
          right: [{{id: b, {LEAF}}}]
    """)
    play.ok("p/a")
    play.cancel()
    play.stop("p/b")
    play.ok("p/a/f")
    assert play.ended == "cancelled"
    assert play.status("p/e") == "cancelled"
    play.resume()
    assert play.ended == "cancelled"
    assert (play.status("p/e"), play.status("p/b"), play.activations("p/b")) == ("succeeded", "skipped", 2)


def test_what_an_end_decided_stands_over_resumes() -> None:
    play = Play(f"""
      steps:
      - {{id: a, {LEAF}, needs: []}}
      - {{id: b, {LEAF}, needs: []}}
      - {{id: e, end: failed, needs: [b]}}
      - {{id: c, {LEAF}}}
      finally: [{{id: f, {LEAF}}}]
    """)
    play.ok("b")
    play.stop("a")
    play.ok("f")
    assert (play.ended, play.status("c")) == ("failed", "skipped")
    play.resume()
    assert play.running == ["a"]  # it was cancelled, and goes on
    play.ok("a")
    play.ok("f")
    assert (play.ended, play.activations("c")) == ("failed", 1)


def test_what_was_renewed_but_never_began_keeps_what_it_had_done() -> None:
    play = Play(f"""
      steps:
      - {{id: z, {LEAF}}}
      - {{id: g, needs: {{z: done}}, steps: [{{id: a, {LEAF}}}, {{id: b, {LEAF}}}]}}
      failure: continue
    """)
    play.fail("z")
    play.ok("g/a")
    play.fail("g/b")
    play.resume()
    play.cancel()  # the group's new activation has not begun
    play.stop("z")
    assert (play.status("g"), play.activations("g")) == ("cancelled", 2)
    play.resume()
    play.ok("z")
    assert (play.running, play.activations("g/a")) == (["g/b"], 1)


def test_only_what_cleans_up_goes_on_in_a_run_that_is_to_be_cancelled() -> None:
    from steplane.events import Resumed

    play = Play(f"steps: [{{id: a, {LEAF}, finally: [{{id: f, {LEAF}}}]}}]")
    play.feed(Resumed(cancel=True))
    assert play.running == ["a/f"]
    play.ok("a/f")
    assert play.ended == "cancelled"


def test_instances_go_on_in_the_order_of_the_items() -> None:
    play = Play(f"steps: [{{id: g, foreach: [x], timeout: 5s, steps: [{{id: a, {LEAF}}}]}}]")
    play.loop("g", "k", "l", "m", concurrency=2)
    play.timer("g[k]", "timeout")
    play.resume()  # the stopped attempt has ended, the group over its limit fails: nothing further begins
    assert (play.status("g[k]"), play.status("g[m]"), play.running) == ("failed", "blocked", ["g[l]/a"])
