"""Section 10.4: `while` and `until`, their rounds, what a resume makes of them."""

import pytest
from tests.runner.kernel.play import Play

WHILE = 'steps: [{id: a, run: ["true"], while: inputs.x, max: 2}]'
UNTIL = 'steps: [{id: a, run: ["true"], until: inputs.x, max: 2}]'
GROUP = 'steps: [{id: g, until: inputs.x, steps: [{id: a, run: ["true"]}, {id: b, run: ["true"]}]}]'


def test_while_is_asked_before_each_round() -> None:
    play = Play(WHILE)
    assert (play.asked, play.started) == ([("a", "while")], [])
    play.answer("a", "while")
    assert play.running == ["a[0]"]
    play.ok("a[0]")
    play.answer("a", "while", value=False)
    assert (play.status("a"), play.ended) == ("succeeded", "succeeded")


def test_no_round_at_all_has_succeeded_without_a_beginning() -> None:
    play = Play(WHILE)
    play.answer("a", "while", value=False)
    assert (play.ended, play.started) == ("succeeded", [])


def test_until_is_asked_after_each_round() -> None:
    play = Play(UNTIL)
    assert (play.asked, play.running) == ([], ["a[0]"])
    play.ok("a[0]")
    play.answer("a", "until", value=False)
    play.ok("a[1]")
    play.answer("a", "until")
    assert play.ended == "succeeded"


@pytest.mark.parametrize(("text", "question", "wants"), [(WHILE, "while", True), (UNTIL, "until", False)])
def test_more_rounds_than_max_fail_the_loop(text: str, question: str, wants: bool) -> None:
    play = Play(text)
    for one in ("a[0]", "a[1]"):
        if question == "while":
            play.answer("a", question, value=wants)
        play.ok(one)
        if question == "until":
            play.answer("a", question, value=wants)
    if question == "while":
        play.answer("a", question, value=wants)
    error = play.end_of("a").error
    assert error is not None
    assert (error.type, error.step, play.ended) == ("loop.max", "a", "failed")


def test_a_round_that_fails_ends_the_loop_with_its_error() -> None:
    play = Play(UNTIL)
    play.fail("a[0]", "shell.exit")
    error = play.end_of("a").error
    assert error is not None
    assert (error.type, error.step, play.ended) == ("shell.exit", "a[0]", "failed")


def test_each_round_has_its_own_retries_rescue_and_limit() -> None:
    play = Play(
        'steps: [{id: a, run: ["true"], until: inputs.x, retry: 2, timeout: 5s, rescue: [{id: r, run: ["true"]}]}]'
    )
    for number in (0, 1):
        play.fail(f"a[{number}]")
        play.timer(f"a[{number}]", "retry")
        play.timer(f"a[{number}]", "timeout")
        play.stop(f"a[{number}]")
        assert play.running == [f"a[{number}]/r"]
        play.ok(f"a[{number}]/r")
        assert play.end_of(f"a[{number}]").recovered
        play.answer("a", "until", value=bool(number))
    assert play.ended == "succeeded"


def test_a_round_that_is_a_warning_makes_the_loop_one() -> None:
    play = Play('steps: [{id: a, run: ["true"], until: inputs.x, on_error: warn}]')
    play.fail("a[0]")
    play.answer("a", "until", value=False)
    play.ok("a[1]")
    play.answer("a", "until")
    assert (play.status("a"), play.ended) == ("warning", "warning")


@pytest.mark.parametrize("question", ["while", "until"])
def test_a_question_without_an_answer_fails_the_loop(question: str) -> None:
    play = Play(WHILE if question == "while" else UNTIL)
    if question == "until":
        play.ok("a[0]")
    play.answer("a", question, error="expression")
    error = play.end_of("a").error
    assert error is not None
    assert (error.type, error.step) == ("expression", "a")


def test_a_cancel_reaches_the_round_and_the_question_between_two() -> None:
    play = Play(UNTIL)
    play.cancel()
    play.stop("a[0]")
    assert (play.status("a[0]"), play.status("a"), play.ended) == ("cancelled", "cancelled", "cancelled")
    play = Play(UNTIL)
    play.ok("a[0]")
    play.cancel()
    assert (play.status("a[0]"), play.ended, play.asked) == ("succeeded", "cancelled", [])


def test_a_crash_in_a_round_goes_on_with_that_round() -> None:
    play = Play(GROUP)
    play.ok("g[0]/a", "g[0]/b")
    play.answer("g", "until", value=False)
    play.ok("g[1]/a")
    play.resume()
    assert (play.running, play.activations("g[1]"), play.activations("g[1]/a")) == (["g[1]/b"], 1, 1)
    play.ok("g[1]/b")
    play.answer("g", "until")
    assert play.ended == "succeeded"


def test_a_resume_goes_on_with_the_round_that_failed() -> None:
    play = Play(GROUP)
    play.ok("g[0]/a", "g[0]/b")
    play.answer("g", "until", value=False)
    play.ok("g[1]/a")
    play.fail("g[1]/b")
    assert play.ended == "failed"
    play.resume()
    assert play.running == ["g[1]/b"]
    play.ok("g[1]/b")
    play.answer("g", "until")
    assert (play.ended, play.activations("g[0]"), play.activations("g[1]")) == ("succeeded", 1, 2)


def test_a_question_that_failed_is_asked_again_of_the_round_that_is_there() -> None:
    play = Play(UNTIL)
    play.ok("a[0]")
    play.answer("a", "until", error="expression")
    play.resume()
    assert (play.asked, play.running) == ([("a", "until")], [])
    play.answer("a", "until")
    assert play.ended == "succeeded"


def test_the_latest_round_done_again_withdraws_the_question_after_it() -> None:
    play = Play(UNTIL)
    play.ok("a[0]")
    play.resume("a[0]")
    assert (play.asked, play.running, play.activations("a[0]")) == ([], ["a[0]"], 2)
    play.ok("a[0]")
    play.answer("a", "until")
    assert play.ended == "succeeded"


def test_the_latest_round_taken_as_ended_decides_the_loop() -> None:
    play = Play(UNTIL)
    play.ok("a[0]")
    play.resume(**{"a[0]": {"status": "failed"}})
    assert (play.asked, play.ended) == ([], "failed")


def test_late_branches_of_a_round_go_on_beside_the_next() -> None:
    play = Play(
        "steps: [{id: p, until: inputs.x, join: any, parallel: "
        '{left: [{id: l, run: ["true"]}], right: [{id: r, run: ["true"]}]}}]'
    )
    play.ok("p[0]/l")
    play.answer("p", "until", value=False)
    assert play.running == ["p[0]/r", "p[1]/l", "p[1]/r"]
    play.ok("p[1]/l", "p[1]/r")
    play.answer("p", "until")
    assert (play.status("p"), play.ended) == ("succeeded", None)
    play.ok("p[0]/r")
    assert play.ended == "succeeded"
