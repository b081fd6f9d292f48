"""What others in its list make of a step before it has ended: a join, a `goto` or a `cancel` step; and of its list."""

from random import Random

import pytest
import yaml
from tests.runner.forecast.test_against_runs import said_of
from tests.runner.forecast.worlds import World
from tests.runner.kernel.compiled import plan_of

from steplane.plan.selection import select

LACKING = """
- {id: a, needs: [], wait: {signal: s}}
- {id: b, needs: [], run: "true"}
- {id: c, needs: [a, b], join: {count: 1, rest: cancel}, run: "true"}
- {id: d, needs: [a], run: "true"}
"""
"""Steps that are cancelled as a list where the join cancels `a`: `d` is blocked by it, and nothing has failed."""


def told(steps: str, more: str = "") -> dict[str, tuple[str, str]]:
    """The verdict on each step and its reason, which no run gives the lie."""
    workflow = {"steps": yaml.safe_load(steps), "failure": "continue", "inputs": {"y": {"type": "boolean"}}}
    plan = plan_of(workflow | (yaml.safe_load(more) or {}))
    forecast = said_of(plan, select(plan))
    said = {node.id: forecast.steps[node.number] for node in plan.nodes[1:]}
    for number in range(10):
        begun = World(plan, Random(number), z=True).begun
        assert {name for name, one in said.items() if one.verdict == "run"} <= begun
        assert begun.isdisjoint(name for name, one in said.items() if one.verdict == "skip")
    return {name: (one.verdict, one.reason) for name, one in said.items()}


def group(key: str, **more: object) -> dict[str, object]:
    return {"id": "g", key: yaml.safe_load(LACKING), **more}


def behind(step: dict[str, object]) -> dict[str, tuple[str, str]]:
    """What is said of a step and of those behind it: `h` on success, `hf` on a failure."""
    after = [{"id": "h", "run": "true"}, {"id": "hf", "needs": {"g": "failed"}, "run": "true"}]
    return told(yaml.safe_dump([step, *after]))


@pytest.mark.parametrize(
    "step",
    ['require: ["inputs.y"], wait: {signal: s}', 'ensure: ["inputs.y"], steps: [{id: w, wait: {signal: s}}]'],
)
def test_what_a_join_cancels_may_not_come_to_its_failure(step: str) -> None:
    said = told(
        f"""
- {{id: a, needs: [], {step}}}
- {{id: b, needs: [], run: "true"}}
- {{id: c, needs: [a, b], join: {{count: 1, rest: cancel}}, run: "true"}}
""",
        'rescue: [{id: r, run: "true"}]',
    )
    assert said["r"] == ("depends", "only if the run fails")


def test_what_a_goto_passes_may_not_come_to_its_failure() -> None:
    steps = """
- {id: a, needs: [], goto: c, max: 1}
- {id: b, needs: [], require: ["inputs.y"], run: "true"}
- {id: c, needs: [], run: "true"}
"""
    assert told(steps, 'failure: stop\nrescue: [{id: r, run: "true"}]')["r"] == ("depends", "only if the run fails")
    said = told(f'{steps}- {{id: d, needs: {{b: failed}}, run: "true"}}')
    assert said["d"] == ("depends", "depends on how `b` ends")


def test_a_goto_that_is_skipped_passes_nothing() -> None:
    said = told("""
- {id: a, needs: [], if: inputs.y, goto: c, max: 1}
- {id: b, needs: [], require: ["inputs.y"], run: "true"}
- {id: c, needs: [], run: "true"}
- {id: d, needs: {b: failed}, run: "true"}
""")
    assert said["d"] == ("run", "")


def test_what_a_cancel_step_ends_may_leave_its_list_cancelled() -> None:
    said = told("""
- {id: g, needs: [], steps: [{id: a, wait: {signal: s}}, {id: d, needs: [a], run: "true"}]}
- {id: k, needs: [], cancel: [a]}
- {id: h, needs: [g], run: "true"}
""")
    assert said["h"] == ("depends", "depends on how `g` ends")


@pytest.mark.parametrize(
    "more", [{}, {"until": "inputs.x", "max": 2}, {"finally": [{"id": "f", "run": "true"}]}, {"on_error": "warn"}]
)
def test_a_group_that_may_be_cancelled_within_may_not_end_ok(more: dict[str, object]) -> None:
    said = behind(group("steps", **more))
    assert (said["h"], said["hf"][0]) == (("depends", "depends on how `g` ends"), "depends")


@pytest.mark.parametrize("more", [{"until": "inputs.y", "max": 2}, {"ensure": ["inputs.y"]}])
def test_a_group_that_may_be_cancelled_within_may_not_come_to_its_failure(more: dict[str, object]) -> None:
    said = behind(group("steps", **more))
    assert (said["h"][0], said["hf"]) == ("skip", ("depends", "depends on how `g` ends"))


@pytest.mark.parametrize("more", [{"key": "finally"}, {"key": "rescue", "require": ["inputs.y"]}])
def test_a_list_beside_the_action_that_may_be_cancelled_within_may_fail_the_step(more: dict[str, object]) -> None:
    step = group(**more, run="true")  # type: ignore[arg-type]
    assert behind(step)["h"] == ("depends", "depends on how `g` ends")


def test_branches_that_may_be_cancelled_within_count_only_where_enough_others_end_well() -> None:
    """Of two, one that may fail, or none, is left for the join."""
    slow, sure = "{id: e, wait: {signal: s}, timeout: 5s}", '{id: e, run: "true"}'
    for other, join, verdict in [(sure, 2, "depends"), (slow, 1, "depends"), (sure, 1, "run")]:
        branches = {"l": [yaml.safe_load(other)], "r": yaml.safe_load(LACKING)}
        assert behind({"id": "g", "parallel": branches, "join": join})["h"][0] == verdict


def test_a_step_that_a_goto_leads_to_does_not_come_after_what_it_needs() -> None:
    """`a` and `b` begin only if `c`, to which `d` leads without them, has not ended the run before."""
    said = told("""
- {id: a, needs: [], run: "true"}
- {id: b, needs: [a], run: "true"}
- {id: c, needs: {b: [failed, ok]}, end: succeeded}
- {id: d, needs: [], goto: c, max: 1}
""")
    reason = "only if it begins before `c` ends the run"
    assert (said["a"], said["b"]) == (("depends", reason), ("depends", reason))


@pytest.mark.parametrize(
    ("others", "more", "word"),
    [
        ("{id: k, needs: [], goto: z, max: 1}", "needs: [b]", "skipped"),
        ("{id: k, needs: [], cancel: [c]}", "needs: [b]", "cancelled"),
        ("{id: k, needs: [], finish: [c]}", "needs: [b]", "skipped"),
        ('{id: k, needs: [], run: "true"}', "needs: [b], milestone: {before: k}", "skipped"),
        ("{id: k, needs: [c, m], join: {count: 1, rest: cancel}, wait: 1s}", "needs: [b]", "cancelled"),
    ],
)
def test_what_has_ended_before_its_turn_says_nothing_of_what_it_needs(others: str, more: str, word: str) -> None:
    """`c` may end before `a` and `b` begin, and `e` then end the run; not where that waits for `c` to have run."""
    steps = f"""
- {{id: a, needs: [], run: "true"}}
- {{id: b, needs: [a], run: "true"}}
- {{id: m, needs: [], run: "true"}}
- {others}
- {{id: c, {more}, run: "true"}}
- {{id: z, needs: [], run: "true"}}
- {{id: d, needs: {{c: WORDS}}, run: "true"}}
- {{id: e, needs: {{d: succeeded}}, end: succeeded}}
"""
    doubt = ("depends", "only if it begins before `e` ends the run")
    assert told(steps.replace("WORDS", f"[succeeded, {word}]"))["b"] == doubt
    assert told(steps.replace("WORDS", "succeeded"))["b"] == ("run", "")
    unused = steps.replace("WORDS", "succeeded").replace("{d: succeeded}", "{d: done}")  # `d` is skipped or blocked
    assert told(unused)["b"] == doubt


def test_a_goto_leads_back_to_what_was_skipped() -> None:
    said = told("""
- {id: a, run: "true"}
- {id: b, needs: {a: failed}, run: "true"}
- {id: c, goto: b, max: 1}
""")
    assert said["b"] == ("depends", "only if `c` leads here")


@pytest.mark.parametrize(("words", "verdict"), [("ok", "skip"), ("done", "depends")])
def test_a_goto_leads_back_to_what_was_blocked_only_behind_a_handler(words: str, verdict: str) -> None:
    said = told(f"""
- {{id: a, require: ["inputs.y"], run: "true"}}
- {{id: b, run: "true"}}
- {{id: c, needs: {{b: {words}}}, run: "true"}}
- {{id: d, needs: [c], goto: b, max: 1}}
""")
    assert said["b"][0] == verdict


def test_a_step_that_is_blocked_at_once_has_waited_for_nothing_else() -> None:
    said = told("""
- {id: x, needs: [], run: "true"}
- {id: w, needs: [x], run: "true"}
- {id: a, needs: [], require: ["inputs.y"], run: "true"}
- {id: p, needs: [a, w], run: "true"}
- {id: q, needs: {p: done}, end: succeeded}
""")
    assert said["p"] == ("skip", "blocked by `a`, which fails")
    assert said["w"] == ("depends", "only if it begins before `q` ends the run")
    assert said["q"][0] == "run"


@pytest.mark.parametrize(
    ("steps", "word"),
    [
        ('- {id: a, cancel: [b]}\n- {id: b, needs: {a: failed}, run: "true"}', "cancelled"),
        ('- {id: a, finish: [b], ensure: ["inputs.y"]}\n- {id: b, run: "true"}', "skipped"),
    ],
)
def test_what_never_has_its_turn_may_be_ended_before_that_is_known(steps: str, word: str) -> None:
    """`b` would be skipped, or blocked, by the end of `a`, which ends it sooner."""
    said = told(f"""
{steps}
- {{id: c, needs: [b], run: "true"}}
- {{id: d, needs: {{b: {word}}}, run: "true"}}
""")
    assert (said["b"][0], said["c"], said["d"]) == (
        "depends" if word == "cancelled" else "skip", ("depends", "depends on how `b` ends"),
        ("depends", "depends on how `b` ends"),
    )  # fmt: skip


@pytest.mark.parametrize("action", ["wait: {signal: s}", "steps: [{id: w, wait: {signal: s}}]"])
def test_what_a_finish_step_ends_succeeds_where_it_has_begun(action: str) -> None:
    said = told(f"""
- {{id: b, needs: [], {action}, ensure: ["inputs.y"]}}
- {{id: k, needs: [], finish: [b]}}
- {{id: d, needs: {{b: succeeded}}, run: "true"}}
""")
    assert said["d"] == ("depends", "depends on how `b` ends")


@pytest.mark.parametrize(
    ("others", "needs", "told_of_d"),
    [
        ("{id: k, needs: [], cancel: [b]}", "[a]", ("depends", "depends on how `b` ends")),
        ('{id: k, needs: [], run: "true"}', "{a: failed}", ("run", "")),
    ],
)
def test_an_if_that_cannot_be_evaluated_may_not_be_asked(others: str, needs: str, told_of_d: tuple[str, str]) -> None:
    """`b` is cancelled before its turn, or it is an unused handler."""
    steps = f"""
- {{id: a, needs: [], run: "true"}}
- {others}
- {{id: b, needs: {needs}, if: "inputs.n / 'x' == 1", run: "true"}}
- {{id: d, needs: {{b: [cancelled, skipped]}}, run: "true"}}
- {{id: f, needs: {{b: failed}}, run: "true"}}
"""
    said = told(steps, "inputs: {n: {type: integer}}")
    assert (said["d"], said["f"][0]) == (told_of_d, "depends")


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("needs: [h], milestone: {before: k}", "skip"),
        ("needs: [h], collect: 2", "skip"),
        ("needs: {h: skipped}", "depends"),
    ],
)
def test_a_failure_that_stops_the_list_blocks_also_what_may_not_have_its_turn(more: str, verdict: str) -> None:
    steps = f"""
- {{id: a, needs: [], require: ["inputs.y"], run: "true"}}
- {{id: h, needs: {{a: failed}}, run: "true", split: 2}}
- {{id: k, needs: [b], run: "true"}}
- {{id: b, {more}, run: "true"}}
- {{id: d, needs: {{b: [ok, failed]}}, run: "true"}}
"""
    said = told(steps, "failure: stop")
    assert (said["b"][0], said["d"]) == (verdict, ("depends", "depends on how `b` ends"))


@pytest.mark.parametrize(("target", "verdict"), [("a", "depends"), ("b", "run")])
def test_a_goto_forward_may_come_too_often_where_another_leads_back_to_it(target: str, verdict: str) -> None:
    said = told(f"""
- {{id: a, needs: [], goto: b, max: 1}}
- {{id: b, needs: [a], run: "true"}}
- {{id: c, needs: {{b: ok}}, goto: {target}, max: 1}}
- {{id: d, needs: [a], run: "true"}}
""")
    assert said["d"][0] == verdict
