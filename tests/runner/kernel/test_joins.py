"""Section 5: joins that can start a step more than once, `split` and `collect`."""

from typing import Any

import pytest
from tests.runner.kernel.play import Play

LEAF = 'run: ["true"]'


def play(*steps: str, keys: str = "") -> Play:
    """A run of these steps, each written as the inside of a mapping; one without an action is a leaf."""
    written = [f"{one}, {LEAF}" if "goto" not in one and "steps" not in one else one for one in steps]
    return Play(f"{keys}\nsteps: [{', '.join('{' + one + '}' for one in written)}]")


def begun(run: Play, path: str) -> int:
    return run.started.count(path)


def ok_all(run: Play) -> None:
    """Everything that runs succeeds, until nothing does."""
    while run.kernel.state.running:
        one = next(run.kernel.state.live("attempt"))
        run.feed(_ended(one))


def _ended(one: Any) -> Any:
    from steplane.events import AttemptEnded

    return AttemptEnded(instance=one.serial, attempt=one.attempt, outcome="succeeded")


def test_multi_merge_starts_the_step_for_every_arrival() -> None:
    run = play("id: a, needs: []", "id: b, needs: []", "id: c, needs: [a, b], join: each", "id: d, needs: [c]")
    run.ok("a")
    assert run.running == ["b", "c"]
    run.ok("b")
    assert run.running == ["c", "c"]
    ok_all(run)
    assert (begun(run, "c"), begun(run, "d")) == (2, 2)
    assert run.ended == "succeeded"


def test_a_step_without_needs_waits_for_all_activations_above_it() -> None:
    run = play("id: a, needs: [], split: 2", "id: b, needs: [a], join: each", "id: last")
    run.ok("a")
    assert run.running == ["b", "b"]
    run.feed(_ended(next(run.kernel.state.live("attempt"))))
    assert run.running == ["b"]
    ok_all(run)
    assert begun(run, "last") == 1
    assert run.ended == "succeeded"


def test_a_failed_activation_fails_the_list() -> None:
    run = play("id: a, needs: [], split: 2", "id: b, needs: [a], join: each", "id: last", keys="failure: continue")
    run.ok("a")
    first = next(run.kernel.state.live("attempt"))
    run.feed(_ended(first))
    run.fail("b")
    assert run.status("last") == "blocked"
    assert run.ended == "failed"


@pytest.mark.parametrize(("join", "starts"), [("any", 2), ("2", 2), ("all", 2)])
def test_a_join_swallows_or_keeps_what_comes_later(join: str, starts: int) -> None:
    """Each of three steps arrives twice: every form starts once for each round."""
    named = [f"id: {name}, needs: [], split: 2" for name in "abc"]
    run = play(*named, f"id: d, needs: [a, b, c], join: {join}")
    ok_all(run)
    assert begun(run, "d") == starts
    assert run.ended == "succeeded"


def test_the_discriminator_is_reset_when_all_are_in() -> None:
    run = play("id: a, needs: [], split: 2", "id: b, needs: []", "id: d, needs: [a, b], join: any")
    run.ok("a")
    assert begun(run, "d") == 1  # the second arrival of `a` belongs to the next round
    run.ok("b")
    assert begun(run, "d") == 2


def test_a_cancelling_join_cancels_the_rest() -> None:
    run = play("id: a, needs: []", "id: b, needs: []", "id: c, needs: [a, b], join: {count: 1, rest: cancel}")
    run.ok("b")
    assert (run.stopping, run.running) == (["a"], ["c"])
    run.stop("a")
    run.ok("c")
    assert run.ended == "succeeded"
    assert (run.status("a"), begun(run, "c")) == ("cancelled", 1)


def test_a_blocking_join_holds_back_who_has_come() -> None:
    run = play(
        "id: top, needs: [], split: 2", "id: a, needs: [top], join: each", "id: b, needs: []",
        "id: c, needs: [a, b], join: {count: 1, rest: block}", "id: again, needs: [c], join: each",
    )  # fmt: skip
    run.ok("top")
    assert run.running == ["a", "a", "b"]
    run.feed(_ended(next(run.kernel.state.live("attempt"))))
    ok_all(run)
    assert run.ended == "succeeded"


def test_a_blocked_step_begins_after_the_reset() -> None:
    run = play(
        "id: x, needs: []", "id: y, needs: []", "id: a, needs: [x, y], join: each", "id: b, needs: []",
        "id: c, needs: [a, b], join: {count: 1, rest: block}",
    )  # fmt: skip
    run.ok("x")
    run.ok("a")
    assert begun(run, "c") == 1
    run.ok("y")
    assert begun(run, "a") == 1  # it has come, and `b` has not
    run.ok("b")
    assert begun(run, "a") == 2
    ok_all(run)
    assert (begun(run, "c"), run.ended) == (2, "succeeded")


def test_an_active_join_waits_for_all_that_can_come() -> None:
    run = play("id: a, needs: []", "id: b, needs: []", "id: c, needs: [a, b], join: active", keys="failure: continue")
    run.fail("a")
    assert run.running == ["b"]
    run.ok("b", "c")
    assert run.ended == "failed"
    assert begun(run, "c") == 1


def test_an_active_join_waits_for_what_a_cycle_can_bring_back() -> None:
    run = play(
        "id: a, needs: []", "id: b, needs: []", "id: again, needs: [b], if: inputs.x, goto: b, max: 3",
        "id: c, needs: [a, b], join: active",
    )  # fmt: skip
    run.ok("a", "b")
    assert begun(run, "c") == 0
    run.answer("again", "if")
    run.ok("b")
    assert begun(run, "c") == 0
    run.answer("again", "if", value=False)
    assert begun(run, "c") == 1
    run.ok("c")
    assert run.ended == "succeeded"


def test_active_joins_that_wait_for_each_other_do_not_wait_for_ever() -> None:
    run = play(
        "id: a, needs: []", "id: b, needs: []", "id: one, needs: [a], join: active",
        "id: two, needs: [b], join: active", "id: g, needs: [two], if: inputs.x, goto: a, max: 1",
        "id: h, needs: [one], if: inputs.x, goto: a, max: 1",
    )  # fmt: skip
    run.ok("a", "b")
    assert run.running == ["one", "two"]


def test_thread_split_and_merge() -> None:
    run = play("id: a, needs: [], split: 5", "id: b, needs: [a], collect: 2", "id: c, needs: [b], collect: 2")
    run.ok("a")
    assert run.running == ["b", "b"]  # the fifth arrival is left over
    ok_all(run)
    assert (begun(run, "b"), begun(run, "c"), run.ended) == (2, 1, "succeeded")


def test_a_resume_begins_anew_only_the_activation_that_failed() -> None:
    run = play("id: a, needs: [], split: 3", "id: b, needs: [a], join: each", keys="failure: continue")
    run.ok("a")
    run.feed(_ended(next(run.kernel.state.live("attempt"))))
    failing = next(run.kernel.state.live("attempt"))
    from steplane.events import AttemptEnded, ErrorInfo

    run.feed(AttemptEnded(instance=failing.serial, attempt=1, outcome="failed", error=ErrorInfo("shell.exit")))
    ok_all(run)
    assert run.ended == "failed"
    run.resume()
    assert run.running == ["b"]
    ok_all(run)
    assert (begun(run, "b"), run.ended) == (4, "succeeded")


def test_a_cycle_puts_its_joins_back() -> None:
    run = play(
        "id: a, needs: []", "id: b, needs: []", "id: c, needs: [a, b], join: {count: 1, rest: cancel}",
        "id: again, needs: [c], if: inputs.x, goto: a, max: 1",
    )  # fmt: skip
    run.ok("a")
    run.stop("b")
    run.ok("c")
    run.answer("again", "if")
    assert run.running == ["a", "b"]
    run.ok("b")
    run.stop("a")
    run.ok("c")
    run.answer("again", "if", value=False)
    assert (begun(run, "c"), run.ended) == (2, "succeeded")


def test_a_blocking_join_is_not_reset_while_a_resume_still_goes_through_the_list() -> None:
    run = play(
        "id: first, needs: []", "id: two, needs: [first], split: 2", "id: slow, needs: [first]",
        "id: last, needs: [two, slow], join: {count: 1, rest: block}",
    )  # fmt: skip
    run.ok("first", "two", "last")
    run.cancel()
    run.stop("slow")
    assert run.ended == "cancelled"
    run.resume()
    assert run.running == ["slow"]
    run.ok("slow")
    assert run.running == ["last"]
    ok_all(run)
    assert begun(run, "last") == 2
    assert run.ended == "succeeded"


def test_who_can_come_no_more_is_known_before_what_follows_begins() -> None:
    run = Play("""
steps:
- {id: unused, needs: {stop: cancelled, work: warning}, run: ['true']}
- {id: stop, needs: {work: done}, end: cancelled}
- {id: work, needs: [], run: ['true']}
- {id: counted, needs: {work: succeeded}, join: {count: 1, rest: cancel}, run: ['true']}
""")
    run.fail("work")
    assert (run.end_of("unused").status, run.end_of("unused").by) == ("blocked", "work")
    assert run.ended == "cancelled"


@pytest.mark.parametrize(("first", "times"), [("s28", 2), ("s10", 3)])
def test_what_a_join_cancels_ends_in_its_place(first: str, times: int) -> None:
    """`s1` arrives twice, what the join cancels too: above the join before that starts again, below it after."""
    steps = {
        "s10": "{id: s10, wait: {signal: blue}, needs: {s1: done, s28: cancelled}, join: {count: 1, rest: cancel}}",
        "s28": "{id: s28, signal: {name: '${{ inputs.x }}', to: other}, needs: []}",
    }
    order = sorted(steps, key=lambda name: name != first)
    play = Play(
        "steps:\n- {id: s1, needs: [], if: 'inputs.x', run: ['true'], split: 2}\n"
        + "".join(f"- {steps[name]}\n" for name in order)
    )
    play.answer("s1", "if", False)
    assert play.status("s28") == "cancelled"
    assert play.activations("s10") == times
