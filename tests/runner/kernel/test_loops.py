"""Section 10: instances, how many at once, how many may fail."""

import pytest
from tests.runner.kernel.play import Play

LOOP = 'steps: [{id: a, run: ["true"], foreach: [x]}]'


def test_instances_begin_in_order_one_at_a_time() -> None:
    play = Play(LOOP)
    play.loop("a", "k", "l")
    assert play.running == ["a[k]"]
    play.ok("a[k]")
    play.ok("a[l]")
    assert play.ended == "succeeded"


@pytest.mark.parametrize(("concurrency", "running"), [(2, ["a[k]", "a[l]"]), (None, ["a[k]", "a[l]", "a[m]"])])
def test_so_many_at_once(concurrency: int | None, running: list[str]) -> None:
    play = Play(LOOP)
    play.loop("a", "k", "l", "m", concurrency=concurrency)
    assert play.running == running


def test_no_item_is_a_success() -> None:
    play = Play(LOOP)
    play.loop("a")
    assert play.ended == "succeeded"


def test_failures_within_the_budget_are_a_warning() -> None:
    play = Play(LOOP)
    play.loop("a", "k", "l", allowed=1)
    play.fail("a[k]")
    play.ok("a[l]")
    assert (play.status("a"), play.ended) == ("warning", "warning")


def test_one_too_many_blocks_the_rest() -> None:
    play = Play(LOOP)
    play.loop("a", "k", "l", "m", concurrency=2)
    play.fail("a[k]", "first")
    assert (play.status("a[m]"), play.end_of("a[m]").by) == ("blocked", "a[k]")
    play.ok("a[l]")
    error = play.end_of("a").error
    assert error is not None
    assert (error.type, error.detail["type"]) == ("loop.failures", "first")


def test_a_cancelled_loop_is_cancelled() -> None:
    play = Play(LOOP)
    play.loop("a", "k", "l")
    play.cancel()
    assert play.status("a[l]") == "cancelled"
    play.stop("a[k]")
    assert (play.status("a"), play.ended) == ("cancelled", "cancelled")
