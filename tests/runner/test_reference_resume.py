"""Going on after a crash, a failure, a cancel, in the reference interpreter."""

from tests.reference.play import Play


def test_a_finished_run_is_left_alone() -> None:
    play = Play("steps: [{id: a, run: x}]")
    play.ok("a")
    play.resume()
    assert play.ended == "succeeded"
    assert play.run.wants() == frozenset()


def test_an_attempt_in_flight_is_made_again_under_its_number() -> None:
    play = Play("steps: [{id: a, retry: 3, run: x}, {id: b, run: x}]")
    play.fail("a")
    play.timer("a", "retry")
    before = play.run.wants()
    play.resume()
    assert play.run.wants() == before == {("attempt", "a", 1, 2)}
    play.ok("a", "b")
    assert play.ended == "succeeded"


def test_open_questions_and_timers_stay() -> None:
    play = Play("steps: [{id: a, needs: [], if: i, run: x}, {id: b, needs: [], retry: 2, run: x}]")
    play.fail("b")
    before = play.run.wants()
    play.resume()
    assert play.run.wants() == before


def test_after_a_resume_slots_go_in_document_order() -> None:
    play = Play("steps: [{id: a, needs: [], if: i, run: x}, {id: b, needs: [], run: x}]", pool=1)
    play.answer("a", "if")
    assert play.running == ["b"]
    play.resume()
    assert play.running == ["a"]


def test_a_failed_step_begins_anew_and_what_succeeded_stays() -> None:
    play = Play(
        "{steps: [{id: a, run: x}, {id: b, if: i, run: x}, {id: c, if: i, run: x}], finally: [{id: f, run: x}]}"
    )
    play.ok("a")
    play.answer("b", "if")
    play.fail("b")
    play.ok("f")
    assert play.ended == "failed"
    play.resume()
    assert play.run.wants() == {("attempt", "b", 2, 1)}
    play.ok("b")
    play.answer("c", "if")
    play.ok("c", "f")
    assert play.activations("a") == 1
    assert play.activations("f") == 2
    assert play.ended == "succeeded"


def test_a_failed_group_goes_on_in_the_middle() -> None:
    play = Play("""
        steps:
          - {id: g, if: i, require: [r], retry: 2, steps: [{id: a, run: x}, {id: b, run: x}, {id: c, run: x}]}
    """)
    play.answer("g", "if")
    play.answer("g", "require")
    play.ok("g/a")
    play.fail("g/b")
    play.timer("g", "retry")
    play.ok("g/a")
    play.fail("g/b")
    assert play.ended == "failed"
    play.resume()
    assert play.run.wants() == {("attempt", "g/b", 3, 1)}
    play.fail("g/b")
    play.timer("g", "retry")
    assert play.running == ["g/a"]
    play.ok("g/a", "g/b", "g/c")
    assert play.ended == "succeeded"


def test_a_switch_keeps_its_arm_and_a_parallel_its_branches() -> None:
    play = Play("""
        steps:
          - {id: s, needs: [], switch: [{when: a, steps: [{id: sa, run: x}]}, {when: b, steps: [{id: sb, run: x}]}]}
          - {id: p, needs: [], parallel: {c: {if: c, steps: [{id: pc, run: x}]}, d: {if: d, steps: [{id: pd, run: x}]}}}
    """)
    play.answer("s", "switch", 1)
    play.answer("p", "branches", [False, True])
    play.fail("s/sb")
    play.fail("p/pd")
    play.resume()
    assert play.asked == []
    assert play.running == ["p/pd", "s/sb"]


def test_a_loop_runs_only_what_had_not_succeeded() -> None:
    play = Play("steps: [{id: l, foreach: v, steps: [{id: a, run: x}, {id: b, run: x}]}]")
    play.loop("l", "k", "m", "n")
    play.ok("l[k]/a", "l[k]/b", "l[m]/a")
    play.fail("l[m]/b")
    assert play.status("l[n]") == "blocked"
    play.resume()
    assert play.run.wants() == {("attempt", "l[m]/b", 2, 1)}
    play.ok("l[m]/b", "l[n]/a", "l[n]/b")
    assert play.ended == "succeeded"
    assert [play.activations(path) for path in ("l[k]", "l[m]", "l[n]", "l")] == [1, 2, 2, 2]


def test_a_live_loop_gives_its_failed_instances_another_try() -> None:
    play = Play("steps: [{id: l, foreach: v, run: x}]")
    play.loop("l", "k", "m", concurrency=2, allowed=1)
    play.fail("l[k]")
    play.resume()
    assert play.running == ["l[k]", "l[m]"]
    assert play.activations("l") == 1


def test_a_failed_step_of_a_live_list_begins_anew() -> None:
    play = Play("steps: [{id: a, needs: [], run: x}, {id: b, needs: [], run: x}, {id: c, run: x}]")
    play.fail("a")
    play.resume()
    assert play.running == ["a", "b"]
    play.ok("a", "b", "c")
    assert play.ended == "succeeded"


def test_what_was_being_stopped_is_over_and_begins_anew() -> None:
    play = Play("{failure: cancel, steps: [{id: a, needs: [], run: x}, {id: b, needs: [], run: x}]}")
    play.fail("a")
    assert play.stopping == ["b"]
    play.resume()
    assert play.run.wants() == {("attempt", "a", 2, 1), ("attempt", "b", 2, 1)}


def test_a_cancel_is_not_lost() -> None:
    play = Play("{steps: [{id: a, run: x}], finally: [{id: f, run: x}]}")
    play.cancel()
    play.resume()
    play.ok("f")
    assert play.ended == "cancelled"
    play.resume()
    play.ok("a", "f")
    assert play.ended == "succeeded"


def test_in_finally_the_body_stays_closed() -> None:
    play = Play("{steps: [{id: a, run: x}], finally: [{id: e, run: x}, {id: f, needs: {e: done}, run: x}]}")
    play.fail("a")
    play.fail("e")
    play.resume()
    assert play.running == ["e", "f"]
    play.ok("e", "f")
    assert play.ended == "failed"


def test_at_most_once_waits_for_a_word() -> None:
    play = Play("steps: [{id: a, needs: [], at_most_once: true, run: x}, {id: b, needs: [], run: x}]", pool=1)
    play.resume()
    assert play.run.held() == {"a"}
    assert play.running == ["b"]
    play.resume("a")
    assert play.running == ["a"]
    play.resume(a={"status": "succeeded"})
    play.ok("b")
    assert play.ended == "succeeded"


def test_assumed_as_failed() -> None:
    play = Play("steps: [{id: a, at_most_once: true, run: x}]")
    play.resume(a={"status": "failed"})
    assert play.ended == "failed"


def test_cancel_of_what_waits_for_a_word() -> None:
    play = Play("steps: [{id: a, at_most_once: true, run: x}]")
    play.resume()
    play.cancel()
    assert play.ended == "cancelled"


def test_a_handler_that_succeeded_stays() -> None:
    play = Play("steps: [{id: a, run: x}, {id: h, needs: {a: failed}, run: x}]")
    play.fail("a")
    play.ok("h")
    play.resume()
    play.ok("a")
    assert play.ended == "succeeded"
    assert play.activations("h") == 1


def test_late_branches_go_on() -> None:
    play = Play("steps: [{id: m, join: any, parallel: {a: [{id: b, run: x}], c: [{id: d, run: x}, {id: e, run: x}]}}]")
    play.ok("m/b")
    play.resume()
    assert play.running == ["m/d"]
    play.ok("m/d", "m/e")
    assert play.ended == "succeeded"
