"""Going on: what succeeded stays, what was recorded is used again, and what is refused."""

import os
from pathlib import Path

import pytest
from tests.runner.running import Recorder, Workbench

from steplane.app import running
from steplane.app.refusing import Undecided
from steplane.app.running import Options
from steplane.errors import UsageError
from steplane.events import Resumed

TWO = """
inputs: {n: {type: integer, default: 1}}
vars: {at: "${{ run.started_at }}"}
steps:
  - {id: a, run: 'echo a >> ledger'}
  - {id: b, run: 'echo "b ${{ vars.at }} ${{ inputs.n }} $(pwd)" >> ledger; test -e ready'}
"""


def test_what_succeeded_stays(bench: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = bench.run(TWO, {"n": 7})
    assert (first.status, first.result.exit_code) == ("failed", 1)
    (bench.folder / "ready").touch()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    second = bench.resume()
    assert (second.status, second.result.exit_code) == ("succeeded", 0)
    assert bench.ledger[0] == "a"
    assert len(bench.ledger) == 3
    assert bench.ledger[1] == bench.ledger[2]
    assert bench.ledger[1].endswith(f" 7 {bench.folder}")
    assert second.ends["b"].activation == 2


def test_a_run_that_succeeded_is_left_alone(bench: Workbench) -> None:
    bench.run("steps: [{id: a, run: 'echo a >> ledger'}]\noutputs: {v: 1}\n")
    again = bench.resume()
    assert (again.status, again.result.exit_code, again.outputs, again.events) == ("succeeded", 0, {"v": 1}, [])
    assert bench.ledger == ["a"]
    with pytest.raises(UsageError, match="run r1 has ended before: succeeded"):
        bench.resume(cancel=True)


def test_a_file_that_is_gone_is_not_missed(bench: Workbench) -> None:
    bench.run(TWO)
    (bench.folder / "ready").touch()
    bench.file.unlink()
    assert bench.resume().status == "succeeded"


def test_a_comment_is_no_change(bench: Workbench) -> None:
    bench.run(TWO)
    (bench.folder / "ready").touch()
    bench.file.write_text("# changed\n\n" + bench.file.read_text().replace("steps:", "steps:   # here"))
    assert bench.resume().status == "succeeded"


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("echo a >>", "echo c >>", "step `a` is changed"),
        ("  - {id: a,", "  - {id: new, uses: log, with: {message: x}}\n  - {id: a,", "step `new` is new"),
        ("id: a,", "id: c,", "step `a` is gone, step `c` is new"),
        ("default: 1", "default: 2", "step `b` is changed"),
        ("steps:", "outputs: {n: 1}\nsteps:", "the workflow's own keys are changed"),
        ("steps:", "stepz:", "it has errors now"),
    ],
)
def test_a_changed_file_is_refused(bench: Workbench, before: str, after: str, what: str) -> None:
    bench.run(TWO)
    bench.file.write_text(bench.file.read_text().replace(before, after, 1))
    with pytest.raises(UsageError) as refused:
        bench.resume()
    assert refused.value.message == f"{bench.file.name} has changed since run r1 was begun: {what}"
    assert refused.value.exit_code == 2
    assert "steplane resume r1" in refused.value.remedy
    assert "--recorded" in refused.value.remedy
    assert len(bench.ledger) == 2


def test_changed_data_is_a_change_whatever_it_is_called(bench: Workbench) -> None:
    bench.run("steps: [{id: a, uses: fail, with: {message: m, detail: {line: 1}}}]\n")
    bench.file.write_text(bench.file.read_text().replace("line: 1", "line: 2"))
    with pytest.raises(UsageError, match="step `a` is changed"):
        bench.resume()


def test_case_and_variables_are_those_of_the_beginning(bench: Workbench) -> None:
    text = """
inputs: {n: {type: integer, default: 1}}
case: order-${{ inputs.n }}
objects: [{type: order, id: "${{ inputs.n }}"}]
steps: [{id: a, run: 'test -e ready'}, {id: b, uses: log, with: {message: "${{ run.case }}"}}]
"""
    bench.run(text, {"n": 5})
    with bench.store.read("r1") as journal:
        header = journal.header
    assert (header["case"], header["objects"]) == ("order-5", [{"type": "order", "id": 5}])
    (bench.folder / "ready").touch()
    assert ("b", "log", "order-5") in bench.resume().lines


def test_waiting_is_left_to_a_resume(bench: Workbench) -> None:
    text = "steps: [{id: a, run: 'echo a >> ledger; test -e ready', retry: {attempts: 2, delay: 1h}}]\n"
    first = bench.run(text, patience="0")
    assert (first.status, first.result.exit_code) == ("waiting", 3)
    assert first.events[-1].__struct_config__.tag == "run.waiting"
    assert bench.resume(patience="1m").status == "waiting"
    assert bench.ledger == ["a"]


def test_at_most_once_asks(bench: Workbench) -> None:
    plan = bench.plan(
        "steps:\n  - {id: a, at_most_once: true, run: 'echo a >> ledger; kill -TERM $PPID; sleep 5'}\n"
        "  - {id: b, uses: log, with: {message: '${{ steps.a.outputs.stdout }}'}}\n"
    )
    process = os.fork()
    if process == 0:
        code = running.begin(
            bench.store,
            bench.registry,
            plan,
            {},
            bench.environ,
            Options(durability="normal"),
            lambda _: Recorder(),
            "r1",
        ).exit_code
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 143
    with pytest.raises(Undecided) as asked:
        bench.resume()
    assert asked.value.exit_code == 3
    assert asked.value.message == "step `a` was running when the run was cut off, and it may run at most once"
    with pytest.raises(UsageError, match="step `b` has not begun in run r1"):
        bench.resume(redo=("a", "b"))
    with pytest.raises(UsageError, match="under `--redo` and under `--assume`"):
        bench.resume(redo=("a",), assume={"a": {"status": "succeeded"}})
    done = bench.resume(assume={"a": {"status": "succeeded", "outputs": {"stdout": "by hand"}}})
    assert ("b", "log", "by hand") in done.lines
    assert isinstance(done.events[0], Resumed)
    assert bench.ledger == ["a"]


def test_a_plugin_that_is_gone(bench: Workbench) -> None:
    bench.run("steps: [{id: a, run: 'false'}]\n")
    bench.registry = type(bench.registry)(bench.registry.index, ["log"])
    with pytest.raises(UsageError, match="the recorded workflow of run r1 cannot be used any more"):
        bench.resume()
