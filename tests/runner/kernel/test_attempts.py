"""Sections 8 and 9: precondition, retry, timeout; then rescue, on_error, finally."""

import pytest
from tests.runner.kernel.play import Play

LEAF = 'run: ["true"]'


@pytest.mark.parametrize(
    ("backoff", "delays"), [("constant", [2, 2, 2]), ("linear", [2, 4, 5]), ("exponential", [2, 4, 5])]
)
def test_back_off(backoff: str, delays: list[float]) -> None:
    retry = f"{{attempts: 4, delay: 2s, max_delay: 5s, backoff: {backoff}}}"
    play = Play(f"steps: [{{id: a, {LEAF}, retry: {retry}}}]")
    for _ in delays:
        play.fail("a")
        assert (play.status("a"), play.running) == ("waiting", [])
        play.timer("a", "retry")
    play.fail("a")
    assert play.delays == delays
    assert (play.end_of("a").attempts, play.ended) == (4, "failed")


@pytest.mark.parametrize("error", ["expression", "input.invalid", "cancelled"])
def test_some_errors_are_not_tried_again(error: str) -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, retry: 3}}]")
    play.fail("a", error)
    assert play.ended == "failed"


def test_an_attempt_must_begin_within_the_time() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, retry: {{for: 5s, delay: 2s}}}}]")
    play.fail("a")
    play.seconds += 2
    play.timer("a", "retry")
    play.seconds += 2
    play.fail("a")  # 4 s gone, 2 s to wait: too late
    assert play.end_of("a").attempts == 2


def test_when_is_asked_after_a_failure() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, retry: {{attempts: 3, when: attempt < 9}}}}]")
    play.fail("a")
    play.answer("a", "retry", {"again": True, "delay": 3.0})
    play.timer("a", "retry")
    play.fail("a")
    play.answer("a", "retry", {"again": False, "delay": 0.0})
    assert (play.delays, play.end_of("a").attempts) == ([3.0], 2)


def test_require_is_asked_once_and_not_tried_again() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, retry: 2, require: [inputs.x]}}]")
    play.answer("a", "require")
    play.fail("a")
    play.timer("a", "retry")
    assert play.running == ["a"]
    play = Play(f"steps: [{{id: a, {LEAF}, retry: 2, require: [inputs.x]}}]")
    play.answer("a", "require", error="require")
    assert (play.started, play.ended) == ([], "failed")


def test_after_the_limit_the_attempt_has_failed_whatever_it_says() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, timeout: 5s}}]")
    play.timer("a", "timeout")
    assert play.stopping == ["a"]
    play.ok("a")
    error = play.end_of("a").error
    assert error is not None
    assert error.type == "timeout"


def test_the_limit_is_of_one_attempt() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, timeout: 5s, retry: 2}}]")
    play.fail("a")
    assert {timer for _, timer in play.kernel.state.timers} == {"retry"}
    play.timer("a", "retry")
    assert {timer for _, timer in play.kernel.state.timers} == {"timeout"}


def test_the_limit_of_a_group_cancels_its_list() -> None:
    play = Play(f"steps: [{{id: g, timeout: 5s, steps: [{{id: a, {LEAF}}}, {{id: b, {LEAF}}}]}}]")
    play.timer("g", "timeout")
    play.stop("g/a")
    assert (play.status("g/a"), play.status("g/b"), play.status("g")) == ("cancelled", "cancelled", "failed")


def test_ensure_fails_the_attempt_of_a_group() -> None:
    play = Play(f"steps: [{{id: g, retry: 2, ensure: [inputs.x], steps: [{{id: a, {LEAF}}}]}}]")
    play.ok("g/a")
    play.answer("g", "ensure", error="ensure")
    play.timer("g", "retry")
    assert (play.running, play.activations("g/a")) == (["g/a"], 2)


def test_rescue_mends_and_its_outputs_may_be_missing() -> None:
    play = Play(f'steps: [{{id: a, {LEAF}, outputs: {{x: "1"}}, rescue: [{{id: r, {LEAF}}}]}}]')
    play.fail("a")
    play.ok("a/r")
    play.answer("a", "outputs", error="expression")
    assert (play.end_of("a").status, play.end_of("a").recovered, play.ended) == ("succeeded", True, "succeeded")


def test_a_rescue_that_fails_leaves_the_error() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, on_error: warn, rescue: [{{id: r, {LEAF}}}]}}]")
    play.fail("a", "first")
    play.fail("a/r", "second")
    error = play.end_of("a").error
    assert error is not None
    assert (error.type, play.status("a"), play.ended) == ("first", "warning", "warning")


def test_finally_that_fails_gives_its_error_where_there_is_none() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, retry: 2, finally: [{{id: f, {LEAF}}}]}}]")
    play.fail("a", "mended.by.the.next")
    play.timer("a", "retry")
    play.ok("a")
    play.fail("a/f", "input.invalid")
    error = play.end_of("a").error
    assert error is not None
    assert (error.type, error.step) == ("input.invalid", "a/f")
