"""Section 10.5: loops that are complete before all their instances have ended."""

from tests.runner.kernel.play import Play


def loop(keys: str) -> str:
    return f'steps: [{{id: a, run: ["true"], foreach: [x], {keys}}}, {{id: b, run: ["true"]}}]'


def test_enough_have_succeeded_and_the_others_run_on() -> None:
    play = Play(loop("complete: 2"))
    play.loop("a", "k", "l", "m", "n", concurrency=2)
    play.ok("a[k]", "a[m]")
    assert (play.status("a"), play.status("a[n]"), play.end_of("a[n]").reason) == (
        "succeeded", "skipped", "the loop is complete",
    )  # fmt: skip
    assert play.running == ["a[l]", "b"]
    play.ok("b")
    assert play.ended is None
    play.ok("a[l]")
    assert play.ended == "succeeded"


def test_a_late_failure_makes_the_run_a_warning() -> None:
    play = Play(loop("complete: 1"))
    play.loop("a", "k", "l", concurrency=2)
    play.ok("a[k]", "b")
    play.fail("a[l]")
    assert (play.status("a"), play.ended) == ("succeeded", "warning")


def test_the_rest_is_cancelled_first() -> None:
    play = Play(loop("complete: 1, rest: cancel"))
    play.loop("a", "k", "l", concurrency=2)
    play.ok("a[k]")
    assert (play.stopping, play.running) == (["a[l]"], [])
    play.stop("a[l]")
    assert (play.status("a"), play.status("a[l]"), play.running) == ("succeeded", "cancelled", ["b"])


def test_a_condition_is_asked_after_each_that_ended_and_before_another_begins() -> None:
    play = Play(loop("complete: inputs.x, max_failures: 1"))
    play.loop("a", "k", "l", "m", allowed=1)
    play.fail("a[k]")
    assert (play.asked, play.running) == ([("a", "complete")], [])
    play.answer("a", "complete", value=False)
    play.ok("a[l]")
    play.answer("a", "complete")
    assert (play.status("a"), play.status("a[m]"), play.running) == ("warning", "skipped", ["b"])


def test_a_condition_without_an_answer_fails_the_loop_when_the_others_have_ended() -> None:
    play = Play(loop("complete: inputs.x"))
    play.loop("a", "k", "l", "m", concurrency=2)
    play.ok("a[k]")
    play.answer("a", "complete", error="expression")
    assert (play.status("a[m]"), play.running) == ("blocked", ["a[l]"])
    play.ok("a[l]")
    error = play.end_of("a").error
    assert error is not None
    assert (error.type, play.ended) == ("expression", "failed")


def test_too_many_failures_come_before_enough() -> None:
    play = Play(loop("complete: 1"))
    play.loop("a", "k", "l", concurrency=2)
    play.fail("a[k]")
    play.ok("a[l]")
    assert (play.status("a"), play.ended) == ("failed", "failed")


def test_a_cancel_reaches_those_that_run_on() -> None:
    play = Play(loop("complete: 1"))
    play.loop("a", "k", "l", concurrency=2)
    play.ok("a[k]")
    play.cancel()
    assert play.stopping == ["a[l]", "b"]


def test_a_resume_goes_on_with_those_that_run_on() -> None:
    play = Play(loop("complete: 1"))
    play.loop("a", "k", "l", concurrency=2)
    play.ok("a[k]", "b")
    play.resume()
    assert (play.running, play.activations("a"), play.activations("a[l]")) == (["a[l]"], 1, 1)
    play.ok("a[l]")
    assert play.ended == "succeeded"


def test_a_complete_loop_stays_so_over_a_crash_while_the_rest_is_stopped() -> None:
    play = Play(loop("complete: 1, rest: cancel"))
    play.loop("a", "k", "l", concurrency=2)
    play.ok("a[k]")
    play.resume()
    assert (play.status("a"), play.status("a[l]"), play.running) == ("succeeded", "cancelled", ["b"])
