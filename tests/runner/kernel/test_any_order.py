"""Section 12.7: the steps of a group one at a time, in any order."""

from tests.runner.kernel.play import Play


def group(*steps: str) -> str:
    return f"steps: [{{id: g, order: any, steps: [{', '.join(steps)}]}}]"


A, B, C = ('{id: a, run: ["true"], if: inputs.x}', '{id: b, run: ["true"]}', '{id: c, run: ["true"]}')


def test_one_at_a_time_the_first_in_the_list_first() -> None:
    play = Play(group(A, B, C))
    assert (play.asked, play.running) == ([("g/a", "if")], [])  # the turn is taken before `if`
    play.answer("g/a", "if", value=False)
    assert play.running == ["g/b"]
    play.ok("g/b")
    assert play.running == ["g/c"]
    play.ok("g/c")
    assert play.ended == "succeeded"


def test_a_step_whose_needs_do_not_hold_is_passed_over() -> None:
    play = Play(group('{id: a, run: ["true"], needs: [c]}', B, C))
    play.ok("g/b", "g/c", "g/a")
    assert (play.started, play.ended) == (["g", "g/b", "g/c", "g/a"], "succeeded")


def test_a_step_higher_in_the_list_is_preferred_when_both_may_go() -> None:
    play = Play(group('{id: a, run: ["true"], needs: [b]}', B, C))
    play.ok("g/b")
    assert play.running == ["g/a"]


def test_a_turn_is_held_over_retries_and_a_whole_group() -> None:
    play = Play(group('{id: a, run: ["true"], retry: 2}', f"{{id: h, steps: [{B}]}}", C))
    play.fail("g/a")
    assert play.running == []
    play.timer("g/a", "retry")
    play.ok("g/a")
    assert play.running == ["g/h/b"]
    play.ok("g/h/b")
    assert play.running == ["g/c"]


def test_a_failure_stops_those_that_wait_for_their_turn() -> None:
    play = Play(group(B, C))
    play.fail("g/b")
    assert (play.status("g/c"), play.ended) == ("blocked", "failed")


def test_a_resume_leaves_the_turn_with_the_step_that_has_it() -> None:
    play = Play(group('{id: a, run: ["true"], needs: [b]}', B, C))
    play.ok("g/b")
    play.fail("g/a")
    play.resume()
    assert play.running == ["g/a"]
    play.resume()
    assert play.running == ["g/a"]
    play.ok("g/a")
    assert play.running == ["g/c"]
