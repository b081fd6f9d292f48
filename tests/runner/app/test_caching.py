"""`cache`: recorded results that stand for steps, run for real."""

import sqlite3
from pathlib import Path

import pytest
from tests.runner.app.cached import BUILD, again, entries, results, warnings, why
from tests.runner.running import Workbench

from steplane.app.forecasting import look_ahead
from steplane.store import now


def test_a_result_is_reused_with_its_outputs_and_files(built: Workbench) -> None:
    app = built.folder / "out" / "bin" / "app"
    app.unlink()
    app.parent.rmdir()
    run = again(built)
    assert (run.status, run.statuses["build"], run.outputs) == ("succeeded", "reused", {"size": "1", "mode": "debug"})
    assert run.ends["build"].reason == "recorded by run r0"
    assert (app.read_text(), app.stat().st_mode & 0o777) == ("a", 0o750)
    assert built.ledger == ["build"]


def test_a_file_that_is_there_already_is_left_alone(built: Workbench) -> None:
    app = built.folder / "out" / "bin" / "app"
    before = app.stat()
    assert again(built).statuses["build"] == "reused"
    assert (app.stat().st_ino, app.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    app.write_text("b")  # of the same size
    assert again(built, number=2).statuses["build"] == "reused"
    assert app.read_text() == "a"


def test_each_part_of_the_key_is_told_when_it_changes(built: Workbench) -> None:
    source = built.folder / "src"
    assert why(again(built, number=1, mode="release")) == ["inputs.mode has changed"]
    (source / "b.c").write_text("b")
    assert why(again(built, number=2, mode="release")) == ["files: src/b.c is new"]
    (source / "a.c").unlink()
    (source / "b.c").write_text("B")
    text = BUILD.replace("key: 1", "key: two")
    assert why(again(built, text, 3, mode="release")) == [
        'key: was 1, is "two"', "files: src/a.c is gone, src/b.c changed"
    ]  # fmt: skip
    text = text.replace("mkdir -p", "mkdir -v -p")
    assert why(again(built, text, 4, mode="release")) == ["the step itself was changed"]
    assert again(built, text, 5, mode="release").statuses["build"] == "reused"
    assert len(built.ledger) == 5


def test_what_does_not_change_the_result_may_change(built: Workbench) -> None:
    text = BUILD.replace(
        "  - id: build", "  - run: 'true'\n  - id: build\n    name: Build it\n    timeout: 1h\n    retry: 2"
    )
    assert again(built, text).statuses["build"] == "reused"


def test_an_older_result_is_found_again(built: Workbench) -> None:
    again(built, number=1, mode="release")
    assert again(built, number=2).ends["build"].reason == "recorded by run r0"


def test_one_that_failed_is_not_recorded(bench: Workbench) -> None:
    text = "steps:\n  - {id: a, run: 'echo a >> ledger; [ -e ready ]', cache: {key: 1}}\n"
    assert bench.run(text, run_id="r0").status == "failed"
    (bench.folder / "ready").touch()
    assert bench.run(text, run_id="r1").statuses["a"] == "succeeded"
    assert bench.run(text, run_id="r2").statuses["a"] == "reused"


@pytest.mark.parametrize("more", ["rescue: [{run: 'true'}]", "on_error: warn"])
def test_nor_is_one_that_was_made_good(bench: Workbench, more: str) -> None:
    text = f"steps:\n  - id: a\n    run: echo a >> ledger; exit 1\n    cache: {{key: 1}}\n    {more}\n"
    for number in range(2):
        assert bench.run(text, run_id=f"r{number}").statuses["a"] in {"succeeded", "warning"}
    assert len(bench.ledger) == 2


def test_files_that_change_while_it_runs_are_not_taken_for_those_before(bench: Workbench) -> None:
    (bench.folder / "in").write_text("1")
    text = "steps:\n  - {id: a, run: echo more >> in, cache: {files: [in]}}\n"
    run = bench.run(text, run_id="r0")
    assert run.status == "succeeded"
    assert warnings(run) == [
        "cache: the result is not recorded: files that `cache.files` names were changed while it ran"
    ]  # fmt: skip
    assert why(bench.run(text, run_id="r1")) == ["no result of it is recorded"]


def test_output_files_that_are_missing_make_no_result(bench: Workbench) -> None:
    text = "steps:\n  - {id: a, run: 'true', cache: {key: 1, outputs: [out/*]}}\n"
    run = bench.run(text)
    assert warnings(run) == ["cache: the result is not recorded: nothing matches out/* of `cache.outputs`"]


def test_items_of_a_loop_have_results_of_their_own(bench: Workbench) -> None:
    text = """
steps:
  - id: each
    foreach: ITEMS
    run: "echo ${{ item }} >> ledger; echo double=$(( ${{ item | int }} * 2 )) >> $STEPLANE_OUTPUT"
    outputs: [double]
    cache: {key: 1}
outputs: {all: "${{ steps.each.outputs.double }}"}
"""
    bench.run(text.replace("ITEMS", "[1, 2, 3]"), run_id="r0")
    run = bench.run(text.replace("ITEMS", "[0, 3, 1]"), run_id="r1")
    assert run.statuses == {"each[0]": "succeeded", "each[1]": "reused", "each[2]": "reused", "each": "succeeded"}
    assert run.outputs == {"all": ["0", "6", "2"]}
    assert bench.ledger == ["1", "2", "3", "0"]


def test_a_group_is_reused_as_a_whole(bench: Workbench) -> None:
    text = """
inputs: {n: {type: integer, default: 1}, other: {type: integer, default: 1}}
steps:
  - id: g
    env: {N: "${{ inputs.n }}"}
    cache: {key: 1}
    steps:
      - {id: a, run: 'echo $N >> ledger; echo v=$N >> $STEPLANE_OUTPUT', outputs: [v]}
      - {id: b, foreach: [x], run: 'echo ${{ item }}${{ steps.a.outputs.v }} >> ledger'}
    outputs: {v: "${{ steps.a.outputs.v }}"}
outputs: {v: "${{ steps.g.outputs.v }}", other: "${{ inputs.other }}"}
"""
    bench.run(text, run_id="r0")
    run = bench.run(text, {"other": 2}, run_id="r1")
    assert (run.statuses, run.outputs) == ({"g": "reused"}, {"v": "1", "other": 2})
    run = bench.run(text, {"n": 2}, run_id="r2")
    assert why(run) == ["env.N has changed", "inputs.n has changed"]
    assert bench.ledger == ["1", "x1", "2", "x2"]


def test_a_called_workflow_counts_with_its_text(bench: Workbench) -> None:
    child = "steplane: 1\nname: child\ninputs: {n: {type: integer}}\nsteps: [{run: 'echo ${{ inputs.n }} >> ledger'}]\n"
    (bench.folder / "child.yaml").write_text(child)
    text = "steps:\n  - {id: c, call: child.yaml, with: {n: 1}, cache: {key: 1}}\n"
    bench.run(text, run_id="r0")
    assert bench.run(text, run_id="r1").statuses == {"c": "reused"}
    (bench.folder / "child.yaml").write_text(child.replace("echo", "echo child"))
    assert why(bench.run(text, run_id="r2")) == ["the step itself was changed"]


def test_redo_does_it_again(built: Workbench) -> None:
    again(built)
    run = built.resume(run_id="r1", redo=["build"])
    assert run.statuses["build"] == "succeeded"
    assert why(run) == ["it is done again on demand"]
    assert built.ledger == ["build", "build"]


def test_a_part_of_a_group_neither_takes_nor_makes_a_result(bench: Workbench) -> None:
    text = (
        "steps:\n  - {id: g, cache: {key: 1}, steps: [{id: a, run: echo a >> ledger}, {id: b, run: '[ -e ready ]'}]}\n"
    )
    bench.run(text, run_id="r0")
    (bench.folder / "ready").touch()
    run = bench.resume(run_id="r0", only=["g/b"])
    assert run.statuses["g/b"] == "succeeded"
    assert why(bench.run(text, run_id="r1")) == ["no result of it is recorded"]


def test_a_secret_is_in_no_part_of_it_yet_counts(bench: Workbench) -> None:
    text = """
secrets: {token: {env: TOKEN}}
inputs: {customer: {type: string, secret: true}}
steps:
  - id: a
    run: echo a >> ledger
    env: {TOKEN: "${{ secrets.token }}"}
    cache: {key: "${{ inputs.customer }}-${{ secrets.token }}"}
"""
    for number, (customer, token) in enumerate([("c-7000001", "hunter-2222"), ("c-7000001", "hunter-2222")]):
        run = bench.run(text, {"customer": customer}, environ={"TOKEN": token}, run_id=f"r{number}")
    assert run.statuses == {"a": "reused"}
    run = bench.run(text, {"customer": "c-7000002"}, environ={"TOKEN": "hunter-2222"}, run_id="r2")
    assert why(run) == ["the key has changed"]
    run = bench.run(text, {"customer": "c-7000002"}, environ={"TOKEN": "hunter-3333"}, run_id="r3")
    assert why(run) == ["env.TOKEN has changed", "secrets.token has changed", "the key has changed"]
    state = Path(bench.store.directory.cache)
    stored = b"".join(one.read_bytes() for one in state.rglob("*") if one.is_file())
    assert b"a" in stored
    assert not [text for text in (b"7000001", b"hunter-") if text in stored]


def ahead(bench: Workbench, text: str, **inputs: str) -> dict[str, tuple[tuple[bool | None, str], ...]]:
    """What a plan says of recorded results, by step."""
    plan = bench.plan(text)
    found = look_ahead(plan, bench.registry, inputs, bench.environ, store=bench.store.directory)
    return {plan.nodes[number].id: one.cached for number, one in found.steps.items() if one.cached}


def test_a_plan_says_what_would_be_reused(built: Workbench) -> None:
    text = BUILD.replace(
        "\noutputs:", "\n  - {id: b, run: 'echo ${{ steps.build.outputs.size }}', cache: {key: 1}}\noutputs:"
    )
    assert ahead(built, text) == {
        "build": ((True, "recorded by run r0"),),
        "b": ((None, "depends on steps.build"),),
    }
    built.run(text, run_id="r1")
    before = text.replace("key: 1}}\noutputs:", "key: 2}}\noutputs:").replace("'echo $", "'echo size $")
    said = "depends on steps.build; since the last one, the step itself was changed; key: was 1, is 2"
    assert ahead(built, before)["b"] == ((None, said),)
    (built.folder / "src" / "b.c").write_text("b")
    said = "inputs.mode has changed; key: was 1, is 2; files: src/b.c is new"
    assert ahead(built, BUILD.replace("key: 1", "key: 2"), mode="release") == {"build": ((False, said),)}
    assert built.ledger == ["build"]


def test_a_plan_compares_an_instance_with_its_own_last_result(bench: Workbench) -> None:
    text = "steps:\n  - {id: a, foreach: [x, y], cache: {key: 1}, run: 'echo ${{ item }}'}\n"
    bench.run(text, run_id="r0")
    assert [hit for hit, _ in ahead(bench, text)["a"]] == [True, True]
    assert set(ahead(bench, text.replace("key: 1", "key: 2"))["a"]) == {(False, "key: was 1, is 2")}


def test_a_plan_in_a_folder_without_results_makes_none(bench: Workbench) -> None:
    assert ahead(bench, BUILD) == {"build": ((False, "no result of it is recorded"),)}
    assert not results(bench).exists()


# ---------------------------------------------------------------- damage, and what may not be


def test_a_damaged_entry_is_a_miss_and_is_made_anew(built: Workbench) -> None:
    entries(built, "UPDATE results SET content = replace(content, 'debug', 'other')")
    run = again(built)
    assert run.statuses["build"] == "succeeded"
    assert why(run) == ["what is recorded is damaged"]
    (said,) = warnings(run)
    assert "is not what was recorded; the step runs" in said
    assert again(built, number=2).statuses["build"] == "reused"


def test_a_damaged_file_is_a_miss_before_anything_is_put_back(built: Workbench) -> None:
    app = built.folder / "out" / "bin" / "app"
    app.unlink()
    (kept,) = [one for one in Path(results(built).files).rglob("*") if one.is_file()]
    kept.write_text("evil")
    run = again(built)
    assert (run.statuses["build"], app.read_text()) == ("succeeded", "a")
    assert "the recorded file out/bin/app is not what was recorded; the step runs" in warnings(run)[0]


def test_a_database_of_junk_stops_nothing(built: Workbench) -> None:
    Path(results(built).path).write_bytes(b"junk" * 1000)
    for name in ("-wal", "-shm"):
        Path(results(built).path + name).unlink(missing_ok=True)
    run = again(built)
    assert (run.status, run.statuses["build"]) == ("succeeded", "succeeded")
    assert "recorded results cannot be used" in warnings(run)[0]
    assert "Move it away" in warnings(run)[0]


def test_two_runs_at_once_may_record_the_same(built: Workbench) -> None:
    key = "SELECT count(*) FROM results"
    again(built, number=1, mode="x")
    database = sqlite3.connect(results(built).path)
    (before,) = database.execute(key).fetchone()
    database.close()
    built.resume(run_id="r1", redo=["build"])  # it is recorded under the same key once more
    assert results(built).count() == before == 2


def test_an_expression_that_fails_fails_the_step(bench: Workbench) -> None:
    text = (
        "steps:\n  - {id: a, run: 'true', cache: {key: '${{ 1 // (inputs.n) }}'}, finally: [{run: echo f >> ledger}]}\n"
    )
    run = bench.run(f"inputs: {{n: {{type: integer, default: 0}}}}\n{text}")
    assert (run.status, run.error("a")[0]) == ("failed", "expression")
    assert bench.ledger == ["f"]


def test_unused_results_are_forgotten_with_their_files(built: Workbench) -> None:
    (built.folder / "src" / "a.c").write_text("other")
    again(built)
    store = results(built)
    assert (store.count(), len(list(Path(store.files).rglob("??*/*")))) == (2, 2)
    assert store.forget(now() + 1) == 2
    assert (store.count(), [one for one in Path(store.files).rglob("*") if one.is_file()]) == (0, [])
