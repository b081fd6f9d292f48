import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from steplane.executors.channel import MARK
from steplane.masking import Mask

if TYPE_CHECKING:
    from tests.runner.executors.conftest import Bench


def pid(bench: "Bench") -> int:
    outcome = bench.run("result = {'pid': os.getpid()}")
    assert outcome.outputs is not None
    return int(outcome.outputs["pid"])


def message(bench: "Bench", code: str, **changes: Any) -> str:
    outcome = bench.run(code, **changes)
    assert (outcome.outcome, outcome.error and outcome.error.type) == ("failed", "plugin.crash"), outcome
    assert outcome.error is not None
    return outcome.error.message


def gone(process: int) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.005)
    return False


def test_a_worker_is_another_process_and_stays_warm(bench: "Bench") -> None:
    first = pid(bench)
    assert first != os.getpid()
    assert pid(bench) == first


def test_isolate_takes_a_fresh_one_and_ends_it(bench: "Bench") -> None:
    warm = pid(bench)
    alone = bench.run("result = {'pid': os.getpid()}", isolate=True).outputs
    assert alone is not None
    assert alone["pid"] != warm
    assert gone(alone["pid"])
    assert pid(bench) == warm


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("raise ValueError('no')", "raised ValueError: no"),
        ("raise BaseException('no')", "raised BaseException: no"),
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
        ("sys.exit(0)", "called `sys.exit(0)`"),
        ("os._exit(0)", "ended its process (exit code 0)"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "was killed by SIGSEGV"),
        ("ctypes.string_at(0)", "was killed by SIGSEGV"),
    ],
)
def test_a_crash_is_contained_and_names_the_plugin(bench: "Bench", code: str, expected: str) -> None:
    assert message(bench, code) == f"`trial.do` (steplane-trial 1.2) {expected}"
    assert bench.run("result = {'ok': True}").outputs == {"ok": True}


def test_a_step_that_closes_the_channel_loses_its_worker_only(bench: "Bench") -> None:
    assert message(bench, "os.closerange(3, 64)").startswith("`trial.do` (steplane-trial 1.2) ")
    assert bench.run("result = {'ok': True}").outputs == {"ok": True}


@pytest.mark.parametrize(
    ("junk", "then"),
    [
        (b"\0\0\0\1junk" * 99, "time.sleep(60)"),
        (b"\0\xff garbage\n", ""),
        (b"\0", "time.sleep(60)"),
        (MARK[:-1], ""),
        (MARK + b"\xff\xff\xff\xff", "time.sleep(60)"),
    ],
)
def test_a_step_that_writes_into_the_channel_loses_its_worker_only(bench: "Bench", junk: bytes, then: str) -> None:
    code = f"for n in range(3, 64):\n try: os.write(n, {junk!r})\n except OSError: pass\n{then}"
    said = "wrote into the channel of its process to the runner, a descriptor that it had not opened"
    assert message(bench, code) == f"`trial.do` (steplane-trial 1.2) {said}"
    assert bench.run("result = {'ok': True}").outputs == {"ok": True}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("object()", "returned object, not a mapping of outputs"),
        ("{'a': float('nan')}", "returned what is no JSON: `a` is nan, which is no number"),
        ("{'a': b'x'}", "returned what is no JSON: `a` is bytes"),
        ("{'a': 'x' * 50_000_000}", "returned 48 MiB of data, more than the 32 MiB that are kept"),
    ],
)
def test_a_result_that_cannot_be_kept(bench: "Bench", result: str, expected: str) -> None:
    outcome = bench.run(f"result = {result}")
    assert outcome.error is not None
    assert outcome.error.type == "plugin.result"
    assert f"`trial.do` (steplane-trial 1.2) {expected}" in outcome.error.message


def test_thirty_megabytes_come_back(bench: "Bench") -> None:
    outcome = bench.run("result = {'a': 'x' * 30_000_000}")
    assert outcome.outputs is not None
    assert len(outcome.outputs["a"]) == 30_000_000


def test_a_step_error_crosses_with_its_data_and_outputs(bench: "Bench") -> None:
    outcome = bench.run("raise StepError('trial.no', 'not today', code=7, detail={'a': [1]}, outputs={'b': 2})")
    assert outcome.error is not None
    assert (outcome.error.type, outcome.error.message, outcome.error.code) == ("trial.no", "not today", 7)
    assert outcome.error.detail == {"a": [1]}
    assert outcome.outputs == {"b": 2}


def test_detail_that_is_no_data_becomes_text(bench: "Bench") -> None:
    outcome = bench.run("raise StepError('trial.no', 'x', detail={'a': object})")
    assert outcome.error is not None
    assert outcome.error.detail == "{'a': <class 'object'>}"


def test_what_is_printed_goes_into_the_log_and_not_to_us(bench: "Bench", capfd: pytest.CaptureFixture[str]) -> None:
    code = "print('out'); print('err', file=sys.stderr); os.write(1, b'raw'); ctx.log('said'); ctx.warn('careful')"
    outcome = bench.run(code + "; ctx.progress(1, 2, 'half'); subprocess.run(['echo', 'child'])")
    assert outcome.outcome == "succeeded"
    assert outcome.warnings == ("careful",)
    assert set(bench.log.split()) >= {"out", "err", "said", "careful"}
    assert "raw" in bench.log
    assert "child" in bench.log
    assert {stream for _, stream, _ in bench.lines} == {"stdout", "stderr", "log", "warning"}
    assert bench.progress == [("s1", 1.0, 2.0, "half")]
    assert capfd.readouterr() == ("", "")


def test_progress_is_told_now_and_then_and_at_last_as_it_is(bench: "Bench") -> None:
    code = """
for number in range(20_000):
    ctx.progress(number, 20_000)
while not os.path.exists('seen'):
    time.sleep(0.01)
"""
    bench.executor.submit(bench.request(code))
    for _ in range(3000):
        if ("s1", 19_999.0, 20_000.0, "") in bench.progress:
            break
        time.sleep(0.01)
    (bench.folder / "seen").touch()
    assert bench.outcomes.get(timeout=30).outcome == "succeeded"
    assert bench.progress[-1] == ("s1", 19_999.0, 20_000.0, "")
    assert len(bench.progress) < 10_000


@pytest.mark.parametrize("type_", ["trial.do", "trial.here"])
def test_progress_that_is_no_number_is_the_step_types_fault(bench: "Bench", type_: str) -> None:
    outcome = bench.run("ctx.progress('half')", type_)
    assert outcome.error is not None
    assert outcome.error.type == "plugin.crash"
    assert "raised ValueError: could not convert string to float: 'half'" in outcome.error.message
    assert bench.progress == []


@pytest.mark.parametrize("type_", ["trial.do", "trial.here"])
def test_a_secret_in_progress_is_masked(bench: "Bench", type_: str) -> None:
    bench.executor.mask = Mask({"key": "swordfish-99"})
    bench.run("ctx.progress(1, None, 'with swordfish-99')", type_)
    assert bench.progress == [("s1", 1.0, None, "with ***")]


def test_a_secret_is_masked_wherever_it_comes_out(bench: "Bench") -> None:
    bench.executor.mask = Mask({"key": "swordfish-99"})
    code = "key = ctx.secrets['key'].reveal(); print(key); result = {'a': [key], key: 1}"
    outcome = bench.run(code, secrets=("key",))
    assert outcome.outputs == {"a": ["***"], "***": 1}
    assert bench.log == "***\n"
    failing = bench.run("raise ValueError(ctx.secrets['key'].reveal())", secrets=("key",))
    assert failing.error is not None
    assert failing.error.message.endswith("raised ValueError: ***")
    assert "swordfish" not in bench.log


@pytest.mark.parametrize(
    "change", ["os.chdir('/')", "os.environ['LEAK'] = '1'", "os.umask(0)", "os.environ.pop('PATH')"]
)
def test_what_can_be_put_right_is_put_right(bench: "Bench", change: str) -> None:
    look = "m = os.umask(0); os.umask(m); result = {'x': [os.getcwd(), os.environ.get('LEAK'), m, os.environ['PATH']]}"
    before = bench.run(look).outputs
    assert bench.run(change).outcome == "succeeded"
    assert bench.run(look).outputs == before


@pytest.mark.parametrize(
    "change",
    [
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})",
        "signal.setitimer(signal.ITIMER_REAL, 3600)",
        "threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()",
        "sys.stdout = open(os.devnull, 'w')",
        "os.dup2(2, 1)",
        "resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6))",
        "os.nice(1)",
        "sys.setrecursionlimit(5000)",
        "globals()['child'] = subprocess.Popen(['sleep', '30'])",
    ],
)
def test_what_cannot_be_put_right_costs_the_worker(bench: "Bench", change: str) -> None:
    first = pid(bench)
    assert bench.run(change).outcome == "succeeded"
    assert pid(bench) != first
    assert gone(first)


def test_a_worker_that_died_idle_is_replaced(bench: "Bench") -> None:
    first = pid(bench)
    os.kill(first, 9)
    assert gone(first)
    assert pid(bench) != first


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whether the other side has read what was sent")
def test_a_task_that_a_dying_worker_has_not_read_goes_to_another(bench: "Bench") -> None:
    first = pid(bench)
    os.kill(first, signal.SIGSTOP)
    bench.executor.submit(bench.request("result = {'pid': os.getpid()}"))
    os.kill(first, signal.SIGKILL)
    outcome = bench.outcomes.get(timeout=30)
    assert outcome.outcome == "succeeded", outcome
    assert (outcome.outputs or {})["pid"] != first


def started(bench: "Bench", code: str, **changes: Any) -> tuple[int, int]:
    """Submit code that writes its pid; the instance and the pid."""
    ready = bench.folder / "ready"
    request = bench.request(
        f"open('{ready}.part', 'w').write(str(os.getpid())); os.rename('{ready}.part', '{ready}')\n" + code, **changes
    )
    bench.executor.submit(request)
    end = time.monotonic() + 20
    while not ready.exists():
        assert time.monotonic() < end
        time.sleep(0.005)
    return request.instance, int(ready.read_text())


def test_cancel_ends_a_worker_that_hangs(bench: "Bench") -> None:
    instance, process = started(bench, "time.sleep(3600)")
    bench.executor.cancel(instance, 1, "timeout")
    outcome = bench.outcomes.get(timeout=10)
    assert outcome.outcome == "cancelled"
    assert gone(process)


@pytest.mark.parametrize("at_once", [False, True])
def test_cancel_kills_a_worker_that_ignores_it(bench: "Bench", at_once: bool) -> None:
    code = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nos.system('setsid sleep 3601 &')\nwhile True: time.sleep(60)"
    instance, process = started(bench, code, grace=60.0 if at_once else 0.3)
    bench.executor.cancel(instance, 1, "cancelled", at_once=at_once)
    assert bench.outcomes.get(timeout=10).outcome == "cancelled"
    assert gone(process)
    from steplane.executors.tree import marked

    assert marked([f"STEPLANE_STEP={bench.folder}/s{instance}"]) == []


def test_what_a_killed_worker_has_begun_is_ended_but_not_what_an_earlier_step_has(bench: "Bench") -> None:
    from steplane.executors.tree import end, marked

    steps = f"STEPLANE_STEP={bench.folder}/"
    earlier = bench.run("result = {'pid': subprocess.Popen(['sleep', '3601']).pid}").outputs
    assert earlier is not None
    code = "subprocess.Popen(['sleep', '3602'], start_new_session=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    assert "was killed by SIGKILL" in message(bench, code)
    assert marked([steps]) == [earlier["pid"]]
    end(lambda: marked([steps]))


def test_a_cancellable_type_in_a_worker_is_asked_first(bench: "Bench") -> None:
    code = "ctx.wait_cancelled(60)\nctx.log('tidy')"
    instance, process = started(bench, code, type_="trial.here", isolate=True)
    assert process != os.getpid()
    bench.executor.cancel(instance, 1, "cancelled")
    assert bench.outcomes.get(timeout=10).outcome == "cancelled"
    assert "tidy" in bench.log


def test_a_program_run_in_a_worker(bench: "Bench") -> None:
    code = "done = ctx.process(['sh', '-c', 'echo out; echo err >&2; exit 3'])\n"
    code += "result = {'code': done.exit_code, 'out': done.stdout}"
    assert bench.run(code).outputs == {"code": 3, "out": "out\n"}
    assert "err" in bench.log


def test_a_plugin_that_does_not_import(bench: "Bench") -> None:
    outcome = bench.run("", type_="broken.do")
    assert outcome.error is not None
    assert "steplane-broken 0.1" in outcome.error.message
    assert bench.run("result = {'ok': 1}").outputs == {"ok": 1}


def test_what_is_not_utf_8_reaches_the_worker_and_comes_back(bench: "Bench") -> None:
    folder = bench.folder / "f\udcff"
    folder.mkdir()
    code = "ctx.log('line \\udcff'); result = {'v': ascii([os.environ['V\\udcfe'], os.getcwd()[-2:]])}"
    outcome = bench.run(code, workdir=str(folder), env={**os.environ, "V\udcfe": "é\udcff"})
    assert outcome.outputs == {"v": r"['\xe9\udcff', 'f\udcff']"}
    assert "ended" in message(bench, "os._exit(1)")
    refused = bench.run("result = {'v': '\\udcff'}").error
    assert refused is not None
    assert refused.message.endswith("is no Unicode (a lone surrogate)")


def test_a_workdir_that_is_gone(bench: "Bench") -> None:
    outcome = bench.run("", workdir=str(bench.folder / "no"))
    assert outcome.error is not None
    assert (
        outcome.error.message
        == f"the working directory `{bench.folder / 'no'}` cannot be entered: No such file or directory"
    )


def test_the_environment_is_the_step_s_alone(bench: "Bench", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_OURS", "1")
    request = bench.request("import json; print(json.dumps(dict(os.environ)))", env={"A": "1", "PATH": os.defpath})
    bench.executor.submit(request)
    assert bench.outcomes.get(timeout=20).outcome == "succeeded"
    found = json.loads(bench.log)
    assert found.pop("STEPLANE_ARTIFACTS").startswith(str(bench.folder))
    assert found == {"A": "1", "PATH": os.defpath}
