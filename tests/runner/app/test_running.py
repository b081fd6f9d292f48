"""Begin and cancel: what is shown, what may break, who is told."""

# ruff: noqa: E501 - workflows stand as their authors write them

import threading
from typing import Any

import pytest
from tests.runner.running import Recorder, Workbench

from steplane.app import running
from steplane.app.running import Options
from steplane.driver import control
from steplane.driver.inbox import Inbox
from steplane.driver.messages import CancelAsked
from steplane.errors import UsageError
from steplane.events import AnyEvent, StepStarted
from steplane.kernel import Instance


class Broken(Recorder):
    """A reporter whose pipe is closed."""

    hears_lines = True

    def event(self, event: AnyEvent, instance: Instance | None) -> None:
        super().event(event, instance)
        raise BrokenPipeError

    def log(self, path: str, stream: str, text: str) -> None:
        raise ValueError("a bug")

    def progress(self, path: str, done: float, total: float | None, text: str) -> None:
        raise AssertionError("it was to be left alone")


def test_a_reporter_that_breaks_stops_nothing(bench: Workbench) -> None:
    reporter = Broken()
    run = bench.run("steps: [{id: a, run: 'echo x; echo a >> ledger'}]\n", reporter=reporter)
    assert run.status == "succeeded"
    assert bench.ledger == ["a"]
    assert len(reporter.events) == 1


@pytest.mark.parametrize(
    ("top", "message", "remedy"),
    [
        (
            "vars: {a: '${{ inputs.o.x }}'}",
            ":3:16: `inputs.o.x` is missing: `inputs.o` has no `x`",
            "`vars` is evaluated before the first step.",
        ),
        ("case: '${{ inputs.any }}'", ":3:12: text is wanted", "`case` is evaluated before the first step."),
        (
            "vars: {a: '${{ inputs.n * 1.0e+300 * 1.0e+300 }}'}",
            ":3:16: the result is not a finite number",
            "`vars` is evaluated before the first step.",
        ),
    ],
)
def test_nothing_is_recorded_when_the_beginning_fails(bench: Workbench, top: str, message: str, remedy: str) -> None:
    inputs = "{o: {type: object, default: {}}, any: {default: {}}, n: {type: number, default: 1}}"
    text = f"{top}\ninputs: {inputs}\nsteps: [{{run: 'true'}}]\n"
    with pytest.raises(UsageError) as refused:
        bench.run(text)
    assert refused.value.message.startswith(f"{bench.file}{message}")
    assert refused.value.remedy == remedy
    assert bench.store.ids() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [({"patience": "5"}, "`--patience 5`"), ({"patience": "x"}, "`--patience x`")],
)
def test_wrong_options(bench: Workbench, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        bench.run("steps: [{run: 'true'}]\n", **options)
    assert bench.store.ids() == []


def test_an_unknown_time_zone(bench: Workbench) -> None:
    loaded = bench.load("timezone: Mars/Olympus\nsteps: [{run: 'true'}]\n")
    assert loaded.plan is None
    assert [one.message for one in loaded.diagnostics] == ["the time zone `Mars/Olympus` is not known on this machine"]


def test_strict_makes_warnings_count(bench: Workbench) -> None:
    text = "steps: [{id: a, on_error: warn, uses: fail, with: {message: no}}]\n"
    assert bench.run(text).result.exit_code == 0
    assert bench.run(text, strict=True, run_id="r2").result.exit_code == 1


def test_a_large_output_is_kept(bench: Workbench) -> None:
    run = bench.run(
        """
steps:
  - {id: a, run: "head -c 900000 /dev/zero | tr '\\\\0' x"}
  - {id: b, run: 'x="${{ steps.a.outputs.stdout }}"; echo ${#x}'}
outputs: {n: "${{ steps.a.outputs.stdout | length }}"}
"""
    )
    assert run.outputs == {"n": 900000}
    assert ("b", "stdout", "900000") in run.lines


def test_a_live_run_is_cancelled(bench: Workbench) -> None:
    started = threading.Event()

    class Watcher(Recorder):
        def event(self, event: AnyEvent, instance: Instance | None) -> None:
            super().event(event, instance)
            if isinstance(event, StepStarted):
                started.set()

    told: list[Any] = []

    def cancel() -> None:
        assert started.wait(20)
        told.append(
            running.cancel(
                bench.store, bench.registry, "r1", {}, {}, Options(actor="me", reason="enough"), lambda _: Recorder()
            )
        )

    thread = threading.Thread(target=cancel)
    thread.start()
    run = bench.run(
        "steps: [{id: a, run: sleep 60}]\nfinally: [{uses: log, with: {message: '${{ run.status }}'}}]\n",
        reporter=Watcher(),
    )
    thread.join()
    assert told == [None]
    assert (run.status, run.result.exit_code) == ("cancelled", 1)
    assert [line for _, _, line in run.lines] == ["cancelled"]


def test_a_run_that_nobody_owns_is_cancelled_here(bench: Workbench) -> None:
    bench.run(
        "steps: [{id: a, run: 'false', retry: {attempts: 2, delay: 1h}}]\nfinally: [{uses: log, with: {message: cleaned}}]\n",
        patience="0",
    )
    recorder = Recorder()
    result = running.cancel(
        bench.store, bench.registry, "r1", {}, bench.environ, Options(reason="enough"), lambda _: recorder
    )
    assert result is not None
    assert result.status == "cancelled"
    assert [line for _, _, line in recorder.lines] == ["cleaned"]


@pytest.mark.parametrize("depth", [1, 30])
@pytest.mark.parametrize("known", ["", "succeeded"])
def test_the_socket_takes_what_comes(bench: Workbench, depth: int, known: str) -> None:
    folder = bench.folder.joinpath(*["deep"] * depth)
    folder.mkdir(parents=True)
    inbox = Inbox()
    stop = control.serve(str(folder), inbox)
    try:
        for message in ({"kind": "other"}, ["cancel"], 5, None, {"kind": ["cancel"]}):
            assert not control.ask(str(folder), message).taken  # type: ignore[arg-type]
        asking = threading.Thread(
            target=lambda: answers.append(control.ask(str(folder), {"kind": "cancel", "actor": 5}))
        )
        answers: list[control.Reply] = []
        asking.start()
        inbox.wait(20)
        (asked,) = inbox.take()
        assert isinstance(asked, CancelAsked)
        assert (asked.actor, asked.reason) == ("5", "")
        asked.acknowledge(known)
        asking.join()
        assert answers == [control.Reply(taken=not known, known=known)]
    finally:
        stop()
    assert control.ask(str(folder), {"kind": "cancel"}) == control.Reply()
