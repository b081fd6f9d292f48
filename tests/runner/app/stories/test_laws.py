"""What is told of a run is true by its journal: laws over random runs of random workflows."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.runner.app.stories.journals import ANY, FEW, LAW, MANY, SEEDS, Journal, journal

from steplane.app.recorded import Held
from steplane.app.stories.instances import stories
from steplane.app.stories.replay import Replay
from steplane.app.stories.shapes import Link, Story
from steplane.app.stories.whole import whole
from steplane.cli.story_lines import story_lines
from steplane.cli.story_words import link_words
from steplane.events import (
    OK,
    AnyEvent,
    ItemAdded,
    StepEnded,
    StepFact,
    StepReady,
    StepRetry,
    StepStarted,
    StepWaiting,
    StepWoken,
)
from steplane.plan.nodes import Node

_KINDS: dict[type[StepFact], str] = {
    StepReady: "ready", StepStarted: "attempt", StepRetry: "retry", StepEnded: "ended",
    StepWaiting: "waits", StepWoken: "woken", ItemAdded: "item",
}  # fmt: skip


def told(one: Journal, events: Sequence[AnyEvent] | None = None) -> tuple[Replay, list[Story]]:
    """The stories of all instances."""
    return stories(
        Held(one.plan, {}), one.events if events is None else events, lambda each: each.scope is not None, live=False
    )


def facts_told(story: Story) -> list[tuple[Any, ...]]:
    """The entries that stand for facts, each with what it says of that."""
    found: list[tuple[Any, ...]] = []
    for entry in story.entries:
        data = entry.data
        if entry.kind in {"attempt", "retry"}:
            found.append((entry.at, entry.kind, data["number"]))
        elif entry.kind == "ended":
            found.append((entry.at, entry.kind, data["status"], data["reason"], data["by"], data["error"]))
        elif entry.kind in {"ready", "waits", "woken", "item"}:
            found.append((entry.at, entry.kind))
    return found


def fact_data(at: int, fact: StepFact) -> tuple[Any, ...]:
    """The same of a fact."""
    if isinstance(fact, StepStarted | StepRetry):
        return at, _KINDS[type(fact)], fact.attempt
    if isinstance(fact, StepEnded):
        return at, "ended", fact.status, fact.reason, fact.by, fact.error
    return at, _KINDS[type(fact)]


@LAW
@given(seed=SEEDS)
def test_a_story_has_every_fact_of_its_instance_and_no_other(seed: int) -> None:
    one = journal(seed)
    recorded: dict[tuple[str, int], list[tuple[Any, ...]]] = {}
    for event, facts in zip(one.inputs, one.facts, strict=True):
        for fact in facts:
            if isinstance(fact, StepFact):
                recorded.setdefault((fact.path, fact.activation), []).append(fact_data(event.at, fact))
    _, found = told(one)
    assert {(story.path, story.activation): facts_told(story) for story in found} == recorded


@LAW
@given(seed=SEEDS)
def test_what_let_a_step_start_is_what_it_waited_for(seed: int) -> None:
    one = journal(seed)
    assume(not one.jumps)  # a jump lets a step start as well
    _, found = told(one)
    ready = {
        (story.path, story.activation): [each.data for each in story.entries if each.kind == "ready"] for story in found
    }
    nodes = {node.id: node for node in one.plan.nodes[1:]}
    status: dict[str, str] = {}
    for facts in one.facts:
        ended: list[str] = []
        for fact in facts:
            if isinstance(fact, StepEnded):
                status[fact.path] = fact.status
                ended.append(fact.path)
            elif isinstance(fact, StepReady) and not fact.path.endswith("]"):
                awaited = awaited_by(one, nodes[fact.step], fact.path)
                fresh = [path for path in ended if path in awaited and status[path] in awaited[path]]
                data = ready[fact.path, fact.activation].pop(0)
                node = nodes[fact.step]
                if one.plan.lists[node.list].repeats or node.each or node.active:
                    continue  # a jump lets it start as well, and several activations may end at once
                assert (data["by"] == "step") == bool(fresh), (data, fresh, one.workflow)
                if fresh and nodes[fact.step].wanted is None:
                    assert data["after"] == fresh[-1], (data, fresh, one.workflow)
                    assert all(status.get(path) in words for path, words in awaited.items()), (data, one.workflow)
                elif fresh:
                    assert data["after"] in fresh
                    come = sum(status.get(path) in words for path, words in awaited.items())
                    assert data["wanted"] <= come, (data, one.workflow)
                    assert data["named"] == len(awaited)


def awaited_by(one: Journal, node: Node, path: str) -> dict[str, frozenset[str]]:
    """The paths that a step waits for, each with the statuses that count."""
    siblings = [one.plan.nodes[number].id for number in one.plan.lists[node.list].nodes]
    around = path.removesuffix(node.id)
    milestone = node.milestone
    after = {around + milestone.after_id: OK} if milestone is not None and milestone.after_id else {}
    if node.needs is None:
        return {around + sibling: OK for sibling in siblings[: node.position]} | after
    return after | {around + siblings[need.position]: need.words for need in node.needs}


@LAW
@given(seed=SEEDS)
def test_the_facts_are_not_needed(seed: int) -> None:
    one = journal(seed)
    assert told(one)[1] == told(one, list(one.inputs))[1]
    assert whole(Held(one.plan, {}), one.events)[1] == whole(Held(one.plan, {}), list(one.inputs))[1]


@FEW
@given(seed=SEEDS, share=st.floats(0, 1))
def test_what_is_told_of_a_begin_is_the_begin_of_what_is_told(seed: int, share: float) -> None:
    one = journal(seed)
    inputs = list(one.inputs)
    later = {(story.path, story.activation): story.entries for story in told(one, inputs)[1]}
    for story in told(one, inputs[: 1 + int(share * len(inputs))])[1]:
        assert later[story.path, story.activation][: len(story.entries)] == story.entries


def is_root(chain: Sequence[Link]) -> bool:
    """Whether nothing more is to be said: a failure, an end from outside, or a `cancel` step or join at work."""
    *before, last = chain
    reached = bool(before) and before[-1].cause in [{"kind": kind, "of": last.path} for kind in ("reach", "join")]
    return reached or last.status in {"failed", "cancelled"}


@LAW
@given(seed=SEEDS)
def test_what_did_not_run_has_a_reason_that_ends_at_a_root(seed: int) -> None:
    one = journal(seed)
    _, found = told(one)
    for story in found:
        end = next((entry.data for entry in story.entries if entry.kind == "ended"), None)
        if end is None:
            continue
        if end["status"] == "blocked":
            assert story.chain, (story.path, one.workflow)
            assert story.chain[0].path == end["by"]
            assert is_root(story.chain), (story.chain, one.workflow)
        if end["status"] == "cancelled":
            stopped = [entry.data["cause"] for entry in story.entries if entry.kind == "stopping"]
            assert end["reason"] or (stopped or [end["cause"]])[0]["kind"] != "inside", (story, one.workflow)
        if end["status"] == "skipped":
            assert end["reason"] or end["by"] or end["cause"], (story, one.workflow)
        for words in (*(words for _, words in story_lines(story.entries)), *map(link_words, story.chain)):
            assert words.isprintable()


@LAW
@given(seed=SEEDS)
def test_a_run_tells_of_each_failure_and_all_that_it_kept_from_running(seed: int) -> None:
    one = journal(seed)
    assume(not one.jumps)  # a failure that was superseded is none of the run
    _, told_ = whole(Held(one.plan, {}), one.events)
    ends = [fact for facts in one.facts for fact in facts if isinstance(fact, StepEnded)]
    own = Counter(
        fact.path
        for fact in ends
        if fact.status in {"failed", "warning"}
        and fact.error is not None
        and fact.error.step in {"", fact.path}
        and fact.error.type != "loop.failures"
    )
    named = Counter(failure.path for failure in told_.failures if failure.how != "rescue" or own[failure.path])
    assert not own - named, (own - named, one.workflow)
    latest = {fact.path: fact for fact in ends}
    blocked = {path for path, fact in latest.items() if fact.status == "blocked"}
    kept = {path for failure in told_.failures for path in failure.blocked}
    assert kept <= blocked


@LAW
@given(seed=SEEDS)
def test_why_something_was_cancelled_had_happened_by_then(seed: int) -> None:
    one = journal(seed)
    _, found = told(one)
    happened = [
        (event.at, type(event).__name__, path)
        for event, facts in zip(one.inputs, one.facts, strict=True)
        for path in ("", *(fact.path for fact in facts if isinstance(fact, StepEnded)))
    ]
    fired = {(story.path, entry.at) for story in found for entry in story.entries if entry.kind == "timeout"}
    for story in found:
        for entry in story.entries:
            cause = entry.data.get("cause")
            if cause is None or cause["kind"] in {"needs", "unfinished", "after"}:
                continue
            if cause["kind"] == "cancel":
                assert (entry.at, "CancelRequested", "") in happened
            elif cause["kind"] == "timeout" and cause["of"]:
                assert story.path.startswith(cause["of"])
                assert any(path == cause["of"] and at <= entry.at for path, at in fired), (story, one.workflow)
            elif cause["kind"] in {"failure", "end"}:
                assert any(path == cause["of"] and at <= entry.at for at, _, path in happened), (story, one.workflow)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@MANY
@given(seed=ANY)
def test_many(seed: int) -> None:
    for law in (
        test_a_story_has_every_fact_of_its_instance_and_no_other,
        test_what_let_a_step_start_is_what_it_waited_for,
        test_what_did_not_run_has_a_reason_that_ends_at_a_root,
        test_why_something_was_cancelled_had_happened_by_then,
    ):
        law.hypothesis.inner_test(seed)  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", [256])
def test_where_a_night_found_what_was_not_so(seed: int) -> None:
    """A branch stays cancelled for a failure that a resume began anew; the group ends for that branch."""
    test_what_did_not_run_has_a_reason_that_ends_at_a_root.hypothesis.inner_test(seed)  # type: ignore[attr-defined]
