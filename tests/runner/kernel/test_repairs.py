"""Section 19: what a resume is told by hand, where branches go on after their `parallel`; cases that a sweep found.

Each is played by the kernel and by the reference.
"""

import pytest
import yaml
from tests.reference.play import Play as ReferencePlay
from tests.runner.kernel.against_reference import check, finish
from tests.runner.kernel.compiled import plan_of
from tests.runner.kernel.play import Play
from tests.runner.kernel.sides import Sides

from steplane.events import Recorded, StepEnded, Taken

BOTH = pytest.mark.parametrize("kind", [Play, ReferencePlay])
Kind = type[Play] | type[ReferencePlay]
LEAF = 'run: ["true"]'


@BOTH
@pytest.mark.parametrize("lock", ["", "lock: alpha, "])
def test_what_is_taken_as_failed_stays_so_though_its_parallel_begins_anew(kind: Kind, lock: str) -> None:
    play = kind(
        f"steps: [{{id: p, join: any, {lock}parallel: {{left: [{{id: a, {LEAF}}}], "
        f"right: [{{id: b, {LEAF}, require: [inputs.x]}}, {{id: c, {LEAF}}}]}}}}]"
    )
    play.ok("p/a")
    assert (play.status("p"), play.asked) == ("succeeded", [("p/b", "require")])

    play.resume("p/a", **{"p/c": {"status": "failed"}})

    assert (play.activations("p"), play.running) == (2, ["p/a"])
    assert (play.status("p/c"), play.activations("p/c")) == ("failed", 1)
    assert (play.status("p/b"), play.activations("p/b")) == ("blocked", 1)
    play.ok("p/a")
    assert (play.status("p"), play.ended) == ("warning", "warning")


@BOTH
def test_a_branch_that_goes_on_late_does_so_though_its_only_step_begins_anew(kind: Kind) -> None:
    play = kind(
        f"steps: [{{id: p, join: any, parallel: {{left: [{{id: a, {LEAF}}}], "
        f"right: [{{id: b, {LEAF}, require: [inputs.x]}}]}}}}]"
    )
    play.ok("p/a")

    play.resume("p/b")

    assert (play.activations("p/b"), play.asked) == (2, [("p/b", "require")])
    assert play.activations("p") == 1
    play.answer("p/b", "require")
    play.ok("p/b")
    assert play.ended == "succeeded"


@BOTH
def test_an_item_that_was_kept_begins_anew_after_another_had(kind: Kind) -> None:
    play = kind(f"steps: [{{id: each, {LEAF}, foreach: [a, b]}}, {{id: last, {LEAF}}}]")
    play.loop("each", "a", "b", concurrency=2)
    play.ok("each[a]", "each[b]")
    play.fail("last")
    play.resume("each[a]")
    play.ok("each[a]")
    play.fail("last")

    play.resume("each[b]")

    assert (play.running, play.activations("each[b]"), play.activations("each")) == (["each[b]"], 2, 3)
    play.ok("each[b]", "last")
    assert play.ended == "succeeded"


@BOTH
def test_a_branch_that_was_over_and_is_taken_as_failed_cancels_the_others(kind: Kind) -> None:
    play = kind(
        f"steps: [{{id: p, failure: cancel, parallel: {{left: [{{id: a, {LEAF}}}], right: [{{id: b, {LEAF}}}]}}}}]"
    )
    play.ok("p/a")

    play.resume(**{"p/a": {"status": "failed"}})

    assert play.stopping == []
    assert (play.status("p/a"), play.status("p/b"), play.ended) == ("failed", "cancelled", "failed")


def test_all_branches_are_entered_before_an_end_in_the_first_follows() -> None:
    """19.3, 7.3: what a run takes from an earlier one stands there, though the run ends as it is entered."""
    first, last = f"{{id: a, {LEAF}}}", "{id: stop, end: succeeded}"
    text = f"steps: [{{id: p, parallel: {{left: [{last}], right: [{first}, {{id: b, {LEAF}}}]}}}}]"
    plan = plan_of(yaml.safe_load(text))
    taken = Taken("earlier", {"p/a": Recorded("succeeded")})
    sides = Sides(yaml.safe_load(text), plan, 8, {"since": ["p/stop"]}, taken, {"p/a": "succeeded"})

    check(sides)
    finish(sides)
    assert sides.statuses() == {
        ("p/a", 1): "reused", ("p/b", 1): "skipped", ("p/stop", 1): "succeeded", ("p", 1): "cancelled",
    }  # fmt: skip


@BOTH
def test_a_step_that_has_ended_well_and_is_taken_as_ended_otherwise_loses_its_late_branches(kind: Kind) -> None:
    play = kind(f"steps: [{{id: p, join: any, parallel: {{left: [{{id: a, {LEAF}}}], right: [{{id: b, {LEAF}}}]}}}}]")
    play.ok("p/a")

    play.resume(p={"status": "skipped"})

    assert (play.status("p"), play.status("p/b"), play.ended) == ("skipped", "cancelled", "succeeded")


def test_what_is_taken_as_ended_is_the_attempt_that_was_cut_off() -> None:
    """Of two activations of one step, one was cut off and the other was only asked about."""
    play = Play("""
failure: continue
steps:
- {id: a, needs: [], run: ['true']}
- {id: b, needs: [], run: ['true']}
- {id: pay, needs: [a, b], join: each, at_most_once: true, require: ['inputs.x'], run: ['true']}
""")
    play.ok("a")
    play.answer("pay", "require")
    play.ok("b")
    assert play.asked == [("pay", "require")]
    play.resume(pay={"status": "succeeded"})
    assert [one.activation for one in play.facts if isinstance(one, StepEnded) and one.step == "pay"] == [1]
    assert play.asked == [("pay", "require")]
