"""`result` of what is no step type: of a `wait`, a `race`, a `call`, wherever a step sees its own result."""

from tests.runner.running import Workbench

CHILD = """steplane: 1
name: child
inputs: {n: {type: integer}}
steps: [{run: "true"}]
outputs: {doubled: "${{ inputs.n * 2 }}"}
"""


def test_what_a_signal_brings_is_the_result_of_the_wait(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - {id: send, signal: {name: go, data: {n: 5}}}
  - {id: w, wait: {signal: go}, ensure: ["result.data.n == 5"], outputs: {n: "${{ result.data.n }}"}}
  - {id: again, signal: {name: go, data: 7}}
  - {id: u, wait: {signal: go}, until: result.data == 7, max: 1, outputs: {n: "${{ result.data }}"}}
  - {id: nothing, wait: 1ms, outputs: {all: "${{ result }}"}}
outputs: {all: ["${{ steps.w.outputs.n }}", "${{ steps.u.outputs.n }}", "${{ steps.nothing.outputs.all }}"]}
"""
    )
    assert (run.status, run.outputs) == ("succeeded", {"all": [5, 7, {}]})


def test_a_false_postcondition_of_a_wait_says_what_it_saw(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - {id: send, signal: {name: go, data: 5}}
  - {id: w, wait: {signal: go}, ensure: ["result.data == 6"]}
"""
    )
    assert run.status == "failed"
    kind, message = run.error("w")
    assert kind == "ensure"
    assert "does not hold" in message
    assert "result.data is 5" in message.replace("`", "")


def test_the_branch_of_a_race_is_its_result_after_a_resume_too(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - id: r
    race:
      quick: {wait: 1ms, steps: [{run: '[ -e mended ]'}]}
      slow: {wait: 1h, steps: [{run: 'true'}]}
    ensure: ["result.branch == 'quick'"]
    outputs: {b: "${{ result.branch }}"}
  - id: plain
    race:
      quick: {wait: 1ms, steps: [{run: '[ -e mended_too ]'}]}
      slow: {wait: 1h, steps: [{run: 'true'}]}
  - id: u
    race: {quick: {wait: 1ms, steps: [{run: 'true'}]}, slow: {wait: 1h, steps: [{run: 'true'}]}}
    until: result.branch == 'quick'
    max: 1
outputs: {all: ["${{ steps.r.outputs.b }}", "${{ steps.plain.outputs.branch }}", "${{ steps.u.outputs.branch }}"]}
"""
    )
    assert run.status == "failed"
    (bench.folder / "mended").touch()
    assert bench.resume().status == "failed"
    (bench.folder / "mended_too").touch()
    run = bench.resume()
    assert (run.status, run.outputs) == ("succeeded", {"all": ["quick", "quick", "quick"]})


def test_until_sees_what_a_child_gives(bench: Workbench) -> None:
    (bench.folder / "child.yaml").write_text(CHILD)
    run = bench.run(
        """
steps:
  - {id: c, call: child.yaml, with: {n: "${{ loop.index }}"}, until: result.doubled >= 4, max: 3}
  - id: d
    call: child.yaml
    with: {n: "${{ loop.index }}"}
    outputs: {x: "${{ result.doubled + 1 }}"}
    ensure: [result.doubled > 0]
    until: result.doubled >= 6
    max: 3
outputs: {all: ["${{ steps.c.rounds }}", "${{ steps.c.outputs.doubled }}", "${{ steps.d.outputs.x }}"]}
"""
    )
    assert (run.status, run.outputs) == ("succeeded", {"all": [2, 4, 7]})


def test_what_was_made_good_or_tolerated_has_no_result(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - {id: w, wait: 1ms, ensure: ["1 == 2"], on_error: warn, until: result == null, max: 1}
  - {id: r, wait: 1ms, ensure: ["1 == 2"], rescue: [{run: 'true'}], until: result == null, max: 1}
"""
    )
    assert (run.status, run.statuses["w"], run.statuses["r"]) == ("warning", "warning", "succeeded")
