"""Laws that hold of every run of every workflow in the reference interpreter."""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.reference import Event, Reference, Want
from tests.reference.strategies import replies, workflows
from tests.reference.words import ENDED

slow = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def play_out(
    workflow: dict[str, Any], pool: int, data: st.DataObject
) -> tuple[Reference, list[Event], list[frozenset[Want]]]:
    """Random replies for a while, then kind ones, until the run has ended."""
    run = Reference(workflow, pool)
    run.begin()
    events: list[Event] = []
    seen = [run.wants()]
    while run.ended is None:
        event = data.draw(replies(run)) if len(events) < 60 else kind(run)
        assert len(events) < 2000, "the run does not end"
        events.append(event)
        run.feed(event)
        seen.append(run.wants())
        assert sum(want[0] == "attempt" for want in run.wants()) <= pool
    return run, events, seen


def kind(run: Reference) -> Event:
    """A reply that brings the run to its end."""
    owed = sorted(
        (want for want in run.wants() if want[0] != "stop"), key=lambda want: (want[0] == "timer", repr(want))
    )
    if not owed:
        assert run.held(), "a run that has not ended wants something"
        return ("resumed", tuple(run.held()), {})
    want = owed[0]
    if want[0] == "ask":
        return ("answered", *want[1:], None, "expression")
    return want if want[0] == "timer" else ("attempt.ended", *want[1:], "succeeded", None)


@slow
@given(workflows(), st.integers(1, 4), st.data())
def test_every_run_ends_with_every_step_ended(workflow: dict[str, Any], pool: int, data: st.DataObject) -> None:
    run, _, _ = play_out(workflow, pool, data)
    assert run.ended in {"succeeded", "warning", "failed", "cancelled"}
    assert run.wants() == frozenset()
    assert set(run.statuses().values()) <= ENDED


@slow
@given(workflows(), st.integers(1, 4), st.data())
def test_no_attempt_ends_twice(workflow: dict[str, Any], pool: int, data: st.DataObject) -> None:
    _, events, _ = play_out(workflow, pool, data)
    ends = Counter(event[1:4] for event in events if event[0] == "attempt.ended")
    assert max(ends.values(), default=0) <= 1


@slow
@given(workflows(), st.integers(1, 4), st.data())
def test_a_replay_is_equal(workflow: dict[str, Any], pool: int, data: st.DataObject) -> None:
    run, events, seen = play_out(workflow, pool, data)
    again = Reference(workflow, pool)
    again.begin()
    replayed = [again.wants()]
    for event in events:
        again.feed(event)
        replayed.append(again.wants())
    assert replayed == seen
    assert again.statuses() == run.statuses()


@slow
@given(workflows(), st.data())
def test_what_succeeded_never_runs_again(workflow: dict[str, Any], data: st.DataObject) -> None:
    run, _, _ = play_out(workflow, 4, data)
    good = {name for name, status in run.statuses().items() if status in {"succeeded", "warning", "skipped"}}
    run.feed(("resumed", (), {}))
    for _ in range(200):
        if run.ended is not None:
            break
        run.feed(kind(run))
    assert all(run.statuses()[name] in {"succeeded", "warning", "skipped"} for name in good)
