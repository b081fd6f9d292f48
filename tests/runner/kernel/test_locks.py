"""Sections 8.1 and 15: locks, and what happens when only lock waiters are left."""

from tests.runner.kernel.play import Play

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
