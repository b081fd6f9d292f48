"""Rules of small files: proved, broken, or neither, and what is said to stand in the way."""

from typing import Any

import pytest
from tests.runner.rules.playing import verdicts

STEPS: list[dict[str, Any]] = [{"id": name, "run": ["true"]} for name in ("first", "then", "last")]


def answer(rule: dict[str, Any], steps: list[dict[str, Any]], **more: Any) -> tuple[str, str]:
    """The answer, and the reason for it."""
    (found,) = verdicts({"steps": steps, "rules": [rule], **more})
    return found.answer, found.reason


def first_with(**keys: Any) -> list[dict[str, Any]]:
    """Three steps, the first of them with more keys."""
    return [{**STEPS[0], **keys}, *STEPS[1:]]


def wrapped(**keys: Any) -> list[dict[str, Any]]:
    """The first step in a group of its own."""
    return [{"id": "around", "steps": [STEPS[0]], **keys}, *STEPS[1:]]


PRECEDENCE = {"precedence": ["first", "then"]}
RESPONSE = {"response": ["first", "then"]}
ONCE = {"exactly_once": "first"}


@pytest.mark.parametrize("rule", [PRECEDENCE, RESPONSE, ONCE])
def test_plain_steps_prove_it(rule: dict[str, Any]) -> None:
    assert answer(rule, STEPS) == ("proved", "")
    assert answer(rule, wrapped()) == ("proved", "")


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"if": "inputs.x"}, "step `first` has an `if`, and is skipped where that does not hold"),
        ({"on_error": "warn"}, "step `first` is a `warning` where it has failed"),
        ({"foreach": ["a", "b"], "max_failures": 1}, "step `first` is a `warning` where an item has failed"),
        ({"milestone": {"before": "last"}, "needs": []}, "step `first` is skipped where its milestone has passed"),
    ],
)
def test_what_can_leave_the_first_out_stands_in_the_way(keys: dict[str, Any], reason: str) -> None:
    assert answer(PRECEDENCE, first_with(**keys)) == ("unproved", reason)


def test_a_need_for_success_makes_up_for_an_if() -> None:
    steps: list[dict[str, Any]] = [*first_with(**{"if": "inputs.x"})[:1], {**STEPS[1], "needs": {"first": "succeeded"}}]
    assert answer(PRECEDENCE, steps) == ("proved", "")


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"rescue": [STEPS[2]]}, "step `around` has succeeded also where its `rescue` has"),
        ({"cache": {"key": "1"}}, "step `around` can be `reused`, and nothing in it runs then"),
        ({"foreach": ["a"]}, "step `around` is a `foreach`, which succeeds without an item or a round too"),
    ],
)
def test_what_can_leave_out_what_is_in_a_group(keys: dict[str, Any], reason: str) -> None:
    steps: list[dict[str, Any]] = [*wrapped(**keys)[:2]]
    assert answer(PRECEDENCE, steps) == ("unproved", reason)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"retry": 2}, "step `around` may be tried again as a whole"),
        ({"restart": True}, "step `around` begins anew on a resume"),
        ({"while": "inputs.x", "max": 2}, "step `around` is a `while`, and may begin more than once"),
        ({"compensate": [{"run": ["true"]}]}, "step `around` can be undone, and is then done again on a resume"),
    ],
)
def test_what_can_repeat_a_step_stands_in_the_way_of_once(keys: dict[str, Any], reason: str) -> None:
    assert answer(ONCE, wrapped(**keys)) == ("unproved", reason)


def test_the_way_back_of_a_goto_stands_in_the_way_of_once() -> None:
    steps: list[dict[str, Any]] = [*STEPS[:2], {"id": "again", "goto": "first", "if": "inputs.x", "max": 2}]
    assert answer(ONCE, steps) == ("unproved", "step `again` can lead back to step `first`")
    assert answer({"precedence": ["first", "then"]}, steps) == ("proved", "")


def test_an_end_that_succeeds_can_come_before() -> None:
    steps: list[dict[str, Any]] = [{"id": "over", "end": "succeeded", "if": "inputs.x"}, *STEPS]
    assert answer(ONCE, steps) == ("unproved", "step `over` can end the run before")
    assert answer(ONCE, [STEPS[0], {"id": "over", "end": "succeeded"}]) == ("proved", "")


def test_the_other_order_breaks_it() -> None:
    steps: list[dict[str, Any]] = [STEPS[1], STEPS[0]]
    assert answer(PRECEDENCE, steps) == (
        "broken", "step `then` always begins before step `first` has succeeded",
    )  # fmt: skip
    assert answer(RESPONSE, steps) == ("broken", "step `then` has always ended before step `first` has")


def test_an_unknown_order_is_neither() -> None:
    steps: list[dict[str, Any]] = [STEPS[0], {**STEPS[1], "needs": []}]
    assert answer(PRECEDENCE, steps) == ("unproved", "step `then` does not wait for step `first`")


def test_the_order_in_a_late_branch_breaks_nothing() -> None:
    branches = {"left": [STEPS[1]], "right": [STEPS[2]]}
    steps: list[dict[str, Any]] = [{"id": "first", "parallel": branches, "join": "any"}]
    assert answer(PRECEDENCE, steps)[0] == "unproved"


def test_a_step_that_collects_may_never_start() -> None:
    steps: list[dict[str, Any]] = [STEPS[0], {**STEPS[1], "needs": ["first"], "collect": 2}]
    assert answer(RESPONSE, steps)[0] == "unproved"


def arms(**keys: Any) -> list[dict[str, Any]]:
    """The first two steps in two arms."""
    choice = [{"when": "inputs.x", "steps": [STEPS[0]]}, {"default": True, "steps": [STEPS[1]]}]
    return [{"id": "route", "switch": choice, **keys}]


def test_two_arms_exclude_each_other() -> None:
    rule = {"not_coexistence": ["first", "then"]}
    assert answer(rule, arms()) == ("proved", "")
    assert answer(rule, arms(retry=2)) == ("unproved", "step `route` may be tried again as a whole")
    assert answer(rule, STEPS) == ("broken", "both step `first` and step `then` begin where nothing fails")


def test_a_need_for_a_skipped_step_excludes_it() -> None:
    steps: list[dict[str, Any]] = [*first_with(**{"if": "inputs.x"})[:1], {**STEPS[1], "needs": {"first": "skipped"}}]
    assert answer({"not_coexistence": ["first", "then"]}, steps) == ("proved", "")


def test_a_response_in_another_arm_never_comes() -> None:
    words = "they stand in two lists of step `route`, of which one is taken"
    assert answer(RESPONSE, arms()) == ("unproved", words)


def test_items_that_the_file_says_are_more_than_one() -> None:
    steps = first_with(foreach=["a", "b"])
    assert answer(ONCE, steps) == ("broken", "step `first` is run for each of 2 items")


def test_a_wait_that_is_longer_than_the_limit_breaks_it() -> None:
    within = {"within": {"from": "first.ended", "to": "last.started", "max": "2d"}}
    steps: list[dict[str, Any]] = [STEPS[0], {"id": "pause", "wait": "3d"}, STEPS[2]]
    assert answer(within, steps) == ("broken", "step `pause` between them waits for longer than that")
    assert answer(within, STEPS)[0] == "unproved"
    assert answer(within, list(reversed(STEPS)))[0] == "broken"


@pytest.mark.parametrize(("text", "expected"), [("1 > 2", "proved"), ("1 < 2", "broken"), ("inputs.x", "unproved")])
def test_an_expression_is_known_only_where_it_is_constant(text: str, expected: str) -> None:
    assert answer({"never": text}, STEPS)[0] == expected


def test_a_step_that_never_runs_proves_what_asks_nothing_of_it() -> None:
    (found,) = verdicts({"steps": first_with(**{"if": "false"}), "rules": [RESPONSE]})
    assert (found.answer, found.idle) == ("proved", True)
