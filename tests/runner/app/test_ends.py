"""What an `end` leaves behind it: the outputs of the workflow, and what has to be undone."""

from collections.abc import Sequence
from textwrap import dedent
from typing import Any

import pytest
from tests.runner.running import Workbench

from steplane.events import StepCompensated

OUTPUTS = "outputs: {a: '${{ steps.a.outputs.stdout }}', later: '${{ steps.later.outputs.stdout }}!'}\n"
SHOP = """
steps:
  - id: order
    run: echo order >> ledger
    compensate: [{run: 'echo unorder ${{ error.type }} >> ledger'}]
  - id: both
    needs: [order]
    steps:
      - {id: pay, run: echo pay >> ledger, compensate: [{run: echo unpay >> ledger}]}
      - id: stop
        if: ${{ inputs.stop }}
        end: STATUS
      - {id: never, run: echo never >> ledger}
finally: [{run: 'echo finally ${{ run.status }} >> ledger'}]
inputs: {stop: {type: boolean, default: true}}
""".replace("${{ inputs.stop }}", "inputs.stop")


def undone(events: Sequence[Any]) -> list[tuple[str, bool]]:
    """The paths that were compensated, in order, and whether that succeeded."""
    return [(event.path, event.ok) for event in events if isinstance(event, StepCompensated)]


def test_a_bare_end_leaves_the_outputs_that_there_are(bench: Workbench) -> None:
    steps = "steps: [{id: a, run: echo 5}, {id: e, end: succeeded}, {id: later, run: echo 6}]\n"
    run = bench.run(steps + OUTPUTS)
    assert (run.status, run.outputs, run.statuses["later"]) == ("succeeded", {"a": "5"}, "skipped")


def test_outputs_after_an_end_that_warns_or_mends(bench: Workbench) -> None:
    warned = """
steps:
  - {id: a, run: echo 5}
  - {id: w, run: exit 1, on_error: warn}
  - {id: later, if: 1 == 2, run: echo 6}
  - {end: succeeded}
"""
    run = bench.run(warned + OUTPUTS)
    assert (run.status, run.outputs) == ("warning", {"a": "5"})


def test_outputs_after_an_end_in_rescue(bench: Workbench) -> None:
    mended = "steps: [{id: a, run: echo 5}, {id: later, run: exit 1}]\nrescue: [{end: succeeded}]\n"
    run = bench.run(mended + OUTPUTS)
    assert (run.status, run.outputs) == ("succeeded", {"a": "5"})


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_no_outputs_after_an_end_that_fails_or_cancels(bench: Workbench, status: str) -> None:
    run = bench.run(f"steps: [{{id: a, run: echo 5}}, {{end: {status}}}, {{id: later, run: echo 6}}]\n{OUTPUTS}")
    assert (run.status, run.outputs) == (status, None)


def test_a_child_that_ends_itself_gives_its_outputs(bench: Workbench) -> None:
    text = f"steps: [{{id: a, run: echo 5}}, {{end: succeeded}}, {{id: later, run: echo 6}}]\n{OUTPUTS}"
    (bench.folder / "child.yaml").write_text(f"steplane: 1\nname: child\n{text}")
    run = bench.run(
        """
steps: [{id: c, call: child.yaml}]
outputs: {a: "${{ steps.c.outputs.a }}", later: "${{ steps.c.outputs.later | default('none') }}"}
"""
    )
    assert (run.status, run.outputs) == ("succeeded", {"a": "5", "later": "none"})


def test_an_end_that_fails_undoes_what_was_done_in_what_it_cancels_too(bench: Workbench) -> None:
    run = bench.run(SHOP.replace("STATUS", "failed"))
    assert (run.status, undone(run.events)) == ("failed", [("both/pay", True), ("order", True)])
    assert bench.ledger == ["order", "pay", "unpay", "unorder end", "finally failed"]


@pytest.mark.parametrize("status", ["cancelled", "succeeded"])
def test_an_end_that_cancels_or_succeeds_undoes_nothing(bench: Workbench, status: str) -> None:
    run = bench.run(SHOP.replace("STATUS", status))
    assert (run.status, bench.ledger) == (status, ["order", "pay", f"finally {status}"])


def test_an_end_that_fails_in_rescue_undoes_nothing_twice(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - {id: a, run: echo a >> ledger, compensate: [{run: echo ua >> ledger}]}
  - {id: b, run: exit 1}
rescue: [{id: r, run: echo r >> ledger}, {end: {status: failed, message: given up}}]
"""
    )
    assert (run.status, bench.ledger) == ("failed", ["a", "ua", "r"])


def test_a_compensation_after_an_end_that_fails_is_told(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - {id: a, run: echo a >> ledger, compensate: [{run: echo ua >> ledger}]}
  - {id: b, run: echo b >> ledger, compensate: [{run: exit 1}]}
  - {end: failed}
"""
    )
    assert (run.status, undone(run.events), bench.ledger) == ("failed", [("b", False), ("a", True)], ["a", "b", "ua"])


def test_what_cleans_up_knows_that_it_was_cancelled(bench: Workbench) -> None:
    run = bench.run(
        dedent("""\
        steps:
          - {id: well, uses: log, with: {message: x}, finally: [{id: f1, run: 'echo "${{ error is none }}"'}]}
          - id: both
            failure: cancel
            on_error: warn
            parallel:
              a: [{id: slow, run: sleep 30, finally: [{id: f2, run: 'echo "${{ error.type }} ${{ error.step }}"'}]}]
              b:
                - id: group
                  timeout: 50ms
                  finally: [{id: f3, run: 'echo "${{ error.type }}"'}]
                  steps: [{id: inner, run: sleep 30, finally: [{id: f4, run: 'echo "${{ error.type }}"'}]}]
        finally: [{id: f5, run: 'echo "${{ error is none }}"'}]
    """)
    )
    said = {path.rpartition("/")[2]: text for path, _, text in run.lines if path.rpartition("/")[2].startswith("f")}
    assert said == {"f1": "true", "f2": "cancelled both/slow", "f3": "timeout", "f4": "cancelled", "f5": "true"}


def test_outputs_see_what_a_rescue_has_given(bench: Workbench) -> None:
    run = bench.run(
        dedent("""\
        steps:
          - id: get
            run: 'exit 3'
            rescue: [{id: fix, run: echo 7}]
            outputs: {v: "${{ result.stdout | default(steps.fix.outputs.stdout) }}"}
          - id: well
            run: echo 1
            rescue: [{id: unused, run: echo 2}]
            outputs: {v: "${{ steps.unused.outputs.stdout | default(result.stdout) }}"}
          - {id: bad, run: exit 4}
        rescue: [{id: last, run: echo 9}]
        outputs: {v: "${{ [steps.get.outputs.v, steps.well.outputs.v, steps.last.outputs.stdout | default('')] }}"}
    """)
    )
    assert run.outputs == {"v": ["7", "1", "9"]}
