"""Between two processes the wall clock was set: what has a length keeps it, a date stays what it is."""

import pytest
from tests.runner.kernel.play import Play

from steplane.commands import SetTimer
from steplane.events import CompensateRequested, Resumed

DAY = 86_400
SHIFTS = pytest.mark.parametrize("days", [-1, 1])


def go_on(play: Play, days: int, worked: float = 0.0, boot: str = "b") -> dict[str, float]:
    """After so many seconds, and with the clock set by so many days: the delays of the timers, by name."""
    play.seconds += days * DAY + worked
    play.commands.clear()
    play.feed(Resumed(boot=boot, set_by=days * DAY * 1_000_000))
    return {one.timer: one.delay for one in play.commands if isinstance(one, SetTimer)}


@SHIFTS
def test_what_remains_of_a_pause_is_told_by_what_has_run_over(days: int) -> None:
    play = Play("steps: [{id: a, timeout: 2h, wait: 1h}]")
    assert go_on(play, days, worked=600) == {"wait.0": 3000, "timeout": 6600}
    assert go_on(play, 0, worked=600) == {"wait.0": 2400, "timeout": 6000}  # and not again from the beginning
    assert play.kernel.state.boot == "b"


@SHIFTS
def test_a_date_is_of_the_wall_clock(days: int) -> None:
    play = Play("steps: [{id: a, race: {date: {wait: {until: x}, steps: []}, pause: {wait: 1h, steps: []}}}]")
    date = play.seconds + 3 * DAY
    play.answer("a", "wait", {"0": {"at": round(date * 1_000_000)}})
    assert go_on(play, days, worked=600) == {"wait.0": (3 - days) * DAY - 600, "wait.1": 3000}
    assert play.kernel.state.timers[play.live("a").serial, "wait.0"] == date * 1_000_000


@SHIFTS
def test_attempts_fit_into_the_time_that_has_run_over(days: int) -> None:
    play = Play("steps: [{id: a, retry: {for: 1h, delay: 10m}, run: ['true']}]")
    play.fail("a")
    assert go_on(play, days, worked=300) == {"retry": 300}
    play.seconds += 300
    play.timer("a", "retry")
    play.seconds += 2300
    play.fail("a")  # 2,900 s after the first began, so that one more fits
    assert play.status("a") == "waiting"
    play.seconds += 600
    play.timer("a", "retry")
    play.fail("a")
    assert play.status("a") == "failed"


def test_what_is_undone_later_has_the_clock_of_then() -> None:
    play = Play("steps: [{id: a, run: ['true'], compensate: [{id: back, wait: 1h}]}]")
    play.ok("a")
    assert play.ended == "succeeded"
    play.seconds -= DAY
    play.feed(CompensateRequested(boot="b", set_by=-DAY * 1_000_000))
    assert go_on(play, 0, worked=600) == {"wait.0": 3000}


def test_a_clock_that_nobody_knows_more_of_is_taken_as_it_is() -> None:
    """As in journals of earlier releases: set back, the run goes on from where it was."""
    play = Play("steps: [{id: a, wait: 1h}]")
    play.seconds -= DAY
    play.commands.clear()
    play.feed(Resumed())
    assert [one.delay for one in play.commands if isinstance(one, SetTimer)] == [3600]
