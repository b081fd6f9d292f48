"""Section 12: waits, signals, races."""

from typing import Any

from tests.runner.kernel.play import Play

from steplane.commands import Forward, SetTimer
from steplane.events import Resumed, Sent, SignalCame, StepWaiting, StepWoken

TWO = """
steps:
- {id: first, wait: {signal: paid}, needs: []}
- {id: second, wait: {signal: paid}, needs: []}
"""


def test_a_signal_serves_the_one_that_waits_longest() -> None:
    play = Play(TWO)
    assert [play.status(name) for name in ("first", "second")] == ["waiting", "waiting"]
    play.signal("paid", {"amount": 3})
    assert [play.status(name) for name in ("first", "second")] == ["succeeded", "waiting"]
    assert play.kernel.state.paths["first"].outputs == {"data": {"amount": 3}, "sender": "ann", "at": "now"}
    play.signal("paid")
    assert play.ended == "succeeded"


def test_a_persistent_signal_is_kept_in_the_order_of_arrival() -> None:
    play = Play("steps: [{id: work, run: ['true']}, {id: a, wait: {signal: go}}, {id: b, wait: {signal: go}}]")
    play.signal("go", 1)
    play.signal("go", 2)
    play.ok("work")
    assert [play.kernel.state.paths[name].outputs["data"] for name in "ab"] == [1, 2]
    assert play.ended == "succeeded"


def test_a_transient_signal_before_the_wait_is_lost() -> None:
    play = Play("steps: [{id: work, run: ['true']}, {id: a, wait: {signal: go}}]")
    play.signal("go", transient=True)
    play.ok("work")
    assert play.status("a") == "waiting"
    play.signal("go", transient=True)
    assert play.ended == "succeeded"
    assert not play.kernel.state.signals


def test_a_transient_signal_of_a_step_is_not_for_the_step_after_it() -> None:
    play = Play("steps: [{id: send, signal: {name: go, transient: true}}, {id: a, wait: {signal: go}}]")
    play.answer("send", "signal", {"name": "go", "transient": True, "here": True})
    assert play.status("a") == "waiting"


def test_the_same_signal_counts_once() -> None:
    play = Play(TWO)
    play.signal("paid", key="7")
    play.signal("paid", key="7")
    assert play.status("second") == "waiting"


def test_a_wait_that_the_signals_own_event_ends_takes_none() -> None:
    play = Play("""
      steps:
      - {id: waits, wait: {signal: go}, needs: []}
      - {id: send, signal: {name: go}, needs: []}
      - {id: over, end: succeeded, needs: [send]}
    """)
    play.answer("send", "signal", {"name": "go", "here": True})
    assert play.status("waits") == "cancelled"
    assert list(play.kernel.state.signals) == ["go"]


RACE = """
steps:
- id: which
  race:
    paid: {wait: {signal: paid}, steps: [{id: thank, run: ['true']}]}
    gone: {wait: {signal: gone}, steps: [{id: close, run: ['true']}]}
    late: {wait: 30s, steps: [{id: remind, run: ['true']}]}
"""


def test_the_first_decides_and_the_others_are_withdrawn() -> None:
    play = Play(RACE)
    play.signal("gone")
    assert play.running == ["which/close"]
    assert (play.kernel.state.timers, play.kernel.state.listeners) == ({}, {})
    play.signal("paid")
    play.ok("which/close")
    assert play.ended == "succeeded"
    assert play.kernel.state.paths["which"].outputs["branch"] == "gone"
    assert list(play.kernel.state.signals) == ["paid"]


def test_a_time_may_decide() -> None:
    play = Play(RACE)
    play.timer("which", "wait.2")
    assert play.running == ["which/remind"]
    assert [fact.branch for fact in play.facts if isinstance(fact, StepWoken)] == ["late"]


def test_of_kept_signals_the_first_in_the_file_wins() -> None:
    play = Play(RACE.replace("steps:\n", "steps:\n- {id: work, run: ['true']}\n", 1))
    play.signal("gone")
    play.signal("paid")
    play.ok("work")
    assert play.running == ["which/thank"]


def test_a_limit_fails_the_step_and_it_may_be_tried_again() -> None:
    play = Play("steps: [{id: a, wait: {signal: go, timeout: 5s}, retry: 2}]")
    (waits,) = [fact for fact in play.facts if isinstance(fact, StepWaiting)]
    assert (waits.signals, waits.until, waits.limit) == (("go",), 0, 1_005_000_000)
    play.timer("a", "timeout")
    play.timer("a", "retry")
    play.signal("go")
    assert play.ended == "succeeded"
    play = Play("steps: [{id: a, wait: {signal: go, timeout: 5s}}]")
    play.timer("a", "timeout")
    error = play.end_of("a").error
    assert error is not None
    assert error.type == "timeout"


def test_times_run_on_over_a_resume() -> None:
    play = Play("steps: [{id: a, wait: 30s, timeout: 10s}]")
    play.seconds += 12
    play.commands.clear()
    play.feed(Resumed())
    timers = {one.timer: one.delay for one in play.commands if isinstance(one, SetTimer)}
    assert timers == {"wait.0": 18.0, "timeout": -2.0}


def test_a_signal_on_its_way_is_sent_again_after_a_crash() -> None:
    play = Play("steps: [{id: send, signal: {name: go, to: other}}]")
    value: dict[str, Any] = {"name": "go", "to": "other", "here": False}
    play.answer("send", "signal", value)
    play.resume()
    assert [one.signal for one in play.commands if isinstance(one, Forward)] == [value, value]
    play.feed(Sent(instance=play.live("send").serial))
    assert play.ended == "succeeded"


def test_cancel_withdraws_a_wait() -> None:
    play = Play("steps: [{id: a, wait: {signal: go, timeout: 5s}, finally: [{id: f, run: ['true']}]}]")
    play.cancel()
    assert (play.kernel.state.timers, play.kernel.state.listeners) == ({}, {})
    play.ok("a/f")
    assert play.status("a") == "cancelled"
    play.feed(SignalCame(name="go"))
    assert play.ended == "cancelled"
