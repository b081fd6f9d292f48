import threading
import time
from typing import TYPE_CHECKING

import msgspec

from steplane.executors.requests import AttemptRequest
from steplane.masking import Mask

if TYPE_CHECKING:
    from tests.runner.executors.conftest import Bench

HERE = "trial.here"


def test_a_cancellable_type_runs_in_this_process(bench: "Bench") -> None:
    import os

    assert bench.run("result = {'pid': os.getpid()}", HERE).outputs == {"pid": os.getpid()}


def test_whatever_it_raises_is_an_outcome(bench: "Bench") -> None:
    for code, said in (
        ("raise ValueError('no')", "raised ValueError: no"),
        ("raise SystemExit(0)", "called `sys.exit(0)`"),
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
    ):
        outcome = bench.run(code, HERE)
        assert outcome.error is not None
        assert outcome.error.type == "plugin.crash"
        assert outcome.error.message == f"`trial.here` (steplane-trial 1.2) {said}"
    assert "Traceback" in bench.log


def test_wrong_parameters(bench: "Bench") -> None:
    outcome = bench.run("", HERE, parameters={"cod": "x"})
    assert outcome.error is not None
    assert outcome.error.type == "input.invalid"
    assert outcome.error.message == "`cod` is no parameter of `trial.here`; did you mean `code`?"


def test_a_program_that_is_not_there(bench: "Bench") -> None:
    outcome = bench.run("ctx.process(['no-such-program-at-all'])", HERE)
    assert outcome.error is not None
    assert outcome.error.type == "shell.spawn"
    assert outcome.error.message == "there is no program `no-such-program-at-all` in PATH"


def test_cancel_reaches_the_context(bench: "Bench") -> None:
    request = bench.request("ctx.log('up'); result = {'asked': ctx.wait_cancelled(60)}", HERE)
    bench.executor.submit(request)
    bench.executor.cancel(request.instance, 1, "cancelled")
    outcome = bench.outcomes.get(timeout=10)
    assert outcome.outcome == "cancelled"


def test_no_more_than_size_at_once_and_the_queued_can_be_cancelled(bench: "Bench") -> None:
    requests = [bench.request("ctx.wait_cancelled(60)", HERE) for _ in range(5)]
    before = threading.active_count()
    for request in requests:
        bench.executor.submit(request)
    assert threading.active_count() - before <= 2
    for request in reversed(requests):
        bench.executor.cancel(request.instance, 1, "timeout")
    outcomes = [bench.outcomes.get(timeout=10) for _ in requests]
    assert {one.instance for one in outcomes} == {one.instance for one in requests}
    assert {one.outcome for one in outcomes} == {"cancelled"}


def test_an_unknown_attempt_is_ignored(bench: "Bench") -> None:
    bench.executor.cancel(99, 1, "cancelled")


def test_the_deadline_and_the_names(bench: "Bench") -> None:
    now = time.monotonic()
    code = "result = {'d': ctx.deadline, 'k': ctx.idempotency_key, 'o': list(ctx.outputs_declared)}\n"
    code += "result['s'] = list(ctx.secrets)"
    outputs = bench.run(code, HERE, timeout=5.0, idempotency_key="k", outputs_declared=("a",), secrets=("key",)).outputs
    assert outputs is not None
    assert now + 5 <= outputs.pop("d") <= time.monotonic() + 5
    assert outputs == {"k": "k", "o": ["a"], "s": ["key"]}


def test_only_named_secrets_are_given(bench: "Bench") -> None:
    bench.executor.mask = Mask({})
    assert bench.run("result = {'x': ctx.secrets['key'].reveal()}", HERE, secrets=("key",)).outputs == {
        "x": "swordfish-99"
    }
    outcome = bench.run("ctx.secrets['key']", HERE)
    assert outcome.error is not None
    assert "raised KeyError" in outcome.error.message


def test_a_log_that_cannot_be_written_is_a_warning(bench: "Bench") -> None:
    outcome = bench.run("ctx.log('x')", HERE, log="/nowhere/at/all.log")
    assert outcome.outcome == "succeeded"
    assert outcome.warnings == (
        "the log /nowhere/at/all.log cannot be written (No such file or directory): the rest of it is lost",
    )


def test_a_request_survives_a_wire(bench: "Bench") -> None:
    request = bench.request("x", secrets=("a",))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(request), type=AttemptRequest) == request


def test_what_the_executor_does_not_import() -> None:
    import subprocess
    import sys

    heavy = "asyncio logging tempfile subprocess socket yaml jinja2 jsonschema sqlite3 tree_sitter rich"
    code = f"import sys, steplane.executors.thread; print([one for one in {heavy.split()} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
