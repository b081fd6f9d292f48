"""Sections 8.1 and 15: locks, and what happens when only lock waiters are left."""

from tests.runner.kernel.play import Play

from steplane.commands import Acquire, Release
from steplane.events import ErrorInfo, LockAnswered

LEAF = 'run: ["true"]'


def test_one_at_a_time_first_come_first_served() -> None:
    play = Play(f"steps: [{', '.join(f'{{id: {name}, {LEAF}, lock: l, needs: []}}' for name in 'abc')}]")
    assert (play.running, play.status("b")) == (["a"], "waiting")
    play.ok("a")
    assert play.running == ["b"]
    play.ok("b")
    assert play.running == ["c"]


def test_a_limit_lets_several_in() -> None:
    lock = "{name: l, limit: 2}"
    play = Play(f"steps: [{', '.join(f'{{id: {name}, {LEAF}, lock: {lock}, needs: []}}' for name in 'abc')}]")
    assert play.running == ["a", "b"]


def test_back_off_and_finally_hold_the_lock() -> None:
    play = Play(f"""
      failure: continue
      steps:
      - {{id: a, {LEAF}, lock: l, retry: 2, needs: [], finally: [{{id: f, {LEAF}}}]}}
      - {{id: b, {LEAF}, lock: l, needs: []}}
    """)
    play.fail("a")
    assert play.running == []
    play.timer("a", "retry")
    play.ok("a")
    assert play.running == ["a/f"]
    play.ok("a/f")
    assert play.running == ["b"]


def test_inside_a_holder_the_same_name_passes() -> None:
    play = Play(f"steps: [{{id: g, lock: l, steps: [{{id: a, {LEAF}, lock: l}}]}}]")
    assert play.running == ["g/a"]


def test_the_longest_waiting_fails_in_a_deadlock() -> None:
    play = Play(f"""
      failure: continue
      steps:
      - {{id: g, lock: l, needs: [], steps: [{{id: a, {LEAF}}}, {{id: b, {LEAF}, lock: m, on_error: warn}}]}}
      - {{id: h, lock: m, needs: [], steps: [{{id: c, {LEAF}}}, {{id: d, {LEAF}, lock: l}}]}}
    """)
    play.ok("g/a")
    play.ok("h/c")
    error = play.end_of("g/b").error
    assert error is not None
    assert (error.type, play.status("g")) == ("lock.deadlock", "failed")
    assert play.running == ["h/d"]


def test_a_cancelled_waiter_leaves_the_queue() -> None:
    play = Play(f"""
      failure: cancel
      steps:
      - {{id: a, {LEAF}, lock: l, needs: []}}
      - {{id: b, lock: l, needs: [], steps: [{{id: i, {LEAF}}}]}}
      - {{id: c, {LEAF}, needs: []}}
    """)
    play.fail("c")
    assert (play.status("b"), play.stopping) == ("blocked", ["a"])
    play.stop("a")
    assert play.ended == "failed"


# ---------------------------------------------------------------- the store's

STORE = "{name: l, scope: store}"


def answer(play: Play, path: str, error: str | None = None) -> None:
    """The store answers the claim of the path."""
    assert path in claimed(play)
    info = None if error is None else ErrorInfo(error)
    play.feed(LockAnswered(instance=play.live(path).serial, error=info))


def claimed(play: Play) -> list[str]:
    """Paths of those for which the store was asked and has not answered."""
    return sorted(one.path for one in play.kernel.state.live("lock") if one.asked)


def released(play: Play) -> int:
    return sum(isinstance(one, Release) for one in play.commands)


def test_the_head_of_the_queue_asks_the_store() -> None:
    play = Play(f"steps: [{', '.join(f'{{id: {name}, {LEAF}, lock: {STORE}, needs: []}}' for name in 'ab')}]")
    assert (play.running, claimed(play), play.status("a")) == ([], ["a"], "waiting")
    answer(play, "a")
    assert (play.running, claimed(play)) == (["a"], [])
    play.ok("a")
    assert (released(play), claimed(play)) == (1, ["b"])


def test_a_lock_of_the_store_is_another_than_that_of_the_run() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, lock: l, needs: []}}, {{id: b, {LEAF}, lock: {STORE}, needs: []}}]")
    answer(play, "b")
    assert play.running == ["a", "b"]


def test_what_the_store_refuses_fails_before_it_has_begun() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, lock: {STORE}, on_error: warn, finally: [{{id: f, {LEAF}}}]}}]")
    answer(play, "a", "lock.deadlock")
    assert (play.status("a"), play.ended, released(play)) == ("failed", "failed", 0)


def test_who_stops_waiting_says_so() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, lock: {STORE}}}]")
    serial = play.live("a").serial
    play.cancel()
    assert (play.ended, released(play)) == ("cancelled", 1)
    play.feed(LockAnswered(instance=serial))
    assert play.running == []


def test_while_the_store_is_asked_nothing_is_a_deadlock() -> None:
    play = Play(f"steps: [{{id: a, {LEAF}, lock: {STORE}}}]")
    assert play.status("a") == "waiting"


def test_a_resume_asks_again_and_keeps_what_was_held() -> None:
    play = Play(f"steps: [{', '.join(f'{{id: {name}, {LEAF}, lock: {STORE}, needs: []}}' for name in 'ab')}]")
    play.resume()
    assert sum(isinstance(one, Acquire) for one in play.commands) == 2
    answer(play, "a")
    play.resume()
    assert (play.live("a").holding, play.running, claimed(play)) == (True, ["a"], [])
