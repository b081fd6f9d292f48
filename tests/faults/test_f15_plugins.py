"""Plugins at their worst (F15): the runner and the other steps are unharmed, and the error names plugin and version."""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Steplane

PLUGIN = '''
import ctypes, os, signal, subprocess, sys, threading, time
from typing import Any
from steplane.sdk import Step, StepContext, StepError, hookimpl

def work(code: str, ctx: StepContext) -> Any:
    names = {**globals(), "ctx": ctx}
    exec(code, names)
    return names.get("result", {})

class Worker(Step, type="hostile.worker"):
    """Not cancellable: runs in a worker process."""
    code: str
    def run(self, ctx: StepContext) -> dict[str, Any]:
        return work(self.code, ctx)

class Thread(Step, type="hostile.thread", cancellable=True):
    """Says that it is cancellable: runs in the runner itself."""
    code: str
    def run(self, ctx: StepContext) -> dict[str, Any]:
        return work(self.code, ctx)

@hookimpl
def steplane_steps():
    return [Worker, Thread]
'''

CRASHES = {
    "raises": ("raise ValueError('no')", "raised ValueError: no"),
    "raises_base": ("raise BaseException('no')", "raised BaseException: no"),
    "interrupts": ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
    "exits": ("sys.exit(0)", "called `sys.exit(0)`"),
    "generator": ("raise GeneratorExit", "raised GeneratorExit"),
    "no_text": ("class Bad(Exception):\n    def __str__(self): raise OSError\nraise Bad", "raised Bad"),
    "recursion": ("def f(): f()\nf()", "raised RecursionError"),
    "memory": ("raise MemoryError", "raised MemoryError"),
}
"""What may be done even in the runner's own process."""

FATAL = {
    "ends": ("os._exit(0)", "ended its process (exit code 0)"),
    "aborts": ("os.abort()", "was killed by SIGABRT"),
    "segfaults": ("ctypes.string_at(0)", "was killed by SIGSEGV"),
    "kills_itself": ("os.kill(os.getpid(), 9)", "was killed by SIGKILL"),
    "closes_all": ("os.closerange(0, 256)", ""),
}

RESULTS = {
    "object": ("result = object()", "returned object, not a mapping of outputs"),
    "inside": ("result = {'a': object}", "returned what is no JSON"),
    "nan": ("result = {'a': float('nan')}", "`a` is nan, which is no number"),
    "key": ("result = {1: 2}", "returned what is no JSON"),
    "circle": ("result = {}\nresult['a'] = result", "contains itself or is nested too deep"),
    "surrogate": ("result = {'a': '\\ud800'}", "no Unicode"),
    "large": ("result = {'a': 'x' * 50_000_000}", "returned 48 MiB of data, more than the 32 MiB that are kept"),
}

CHANGES = (
    "os.chdir('/')", "os.environ['LEAK'] = '1'", "os.umask(0)", "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})", "sys.stdout = None", "os.dup2(2, 1)",
    "threading.Thread(target=time.sleep, args=(3600,)).start()", "sys.path.clear()", "sys.setrecursionlimit(50)",
)  # fmt: skip

LOOK = """\
mask = os.umask(0); os.umask(mask)
ignored = signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
blocked = [int(one) for one in signal.pthread_sigmask(signal.SIG_BLOCK, ())]
result = {"cwd": os.getcwd(), "leak": os.environ.get("LEAK"), "mask": mask, "ignored": ignored, "blocked": blocked}
"""


@pytest.fixture
def plugin(tmp_path: Path) -> dict[str, str]:
    """The environment in which the plugin is installed."""
    site = tmp_path / "site"
    info = site / "steplane_hostile-6.6.dist-info"
    info.mkdir(parents=True)
    (site / "steplane_hostile.py").write_text(PLUGIN, "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: steplane-hostile\nVersion: 6.6\n", "utf-8")
    (info / "entry_points.txt").write_text("[steplane.steps]\nhostile = steplane_hostile\n", "utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(site), *filter(None, sys.path)])}


def step(name: str, code: str, type_: str = "worker", **more: Any) -> dict[str, Any]:
    return {"id": name, "uses": f"hostile.{type_}", "with": {"code": code}, "needs": [], **more}


def run(steplane: Steplane, folder: Path, env: dict[str, str], *steps: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """How each step ended (the last line under `run`); the steps go on beside each other whatever fails."""
    flow = {"steplane": 1, "name": "hostile", "failure": "continue", "steps": steps}
    (folder / "flow.yaml").write_text(json.dumps(flow), "utf-8")
    done = steplane("run", "-j", "3", "--format", "json", "flow.yaml", env=env)
    assert done.returncode in {0, 1}, done.stderr
    assert "Traceback" not in done.stderr, "a fault of a plugin belongs into its step's log"
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    ended = {line["step"]: line for line in lines if line["type"] == "step.ended"}
    return {**ended, "run": lines[-1], "lines": {"all": lines}}


@pytest.mark.parametrize("kind", ["worker", "thread"])
def test_what_is_raised_fails_its_step_alone(
    steplane: Steplane, tmp_path: Path, plugin: dict[str, str], kind: str
) -> None:
    faults = {**CRASHES, **(FATAL if kind == "worker" else {})}
    steps = [step(name, code, kind) for name, (code, _) in faults.items()]
    good = [step("good", "result = {'fine': True}"), {"id": "shell", "run": "echo fine", "needs": []}]
    ended = run(steplane, tmp_path, plugin, *steps[:3], *good, *steps[3:])
    for name, (_, said) in faults.items():
        error = ended[name]["error"]
        assert (ended[name]["status"], error["type"]) == ("failed", "plugin.crash"), name
        assert error["message"].startswith(f"`hostile.{kind}` (steplane-hostile 6.6) {said}"), name
    assert ended["good"]["outputs"] == {"fine": True}
    assert ended["shell"]["outputs"]["stdout"] == "fine"
    assert ended["run"]["status"] == "failed"


@pytest.mark.parametrize("kind", ["worker", "thread"])
def test_a_result_that_is_no_data_fails_its_step_alone(
    steplane: Steplane, tmp_path: Path, plugin: dict[str, str], kind: str
) -> None:
    steps = [step(name, code, kind) for name, (code, _) in RESULTS.items()]
    ended = run(steplane, tmp_path, plugin, *steps, step("good", "result = {'fine': True}", kind))
    for name, (_, said) in RESULTS.items():
        assert ended[name]["error"]["type"] == "plugin.result", name
        assert f"`hostile.{kind}` (steplane-hostile 6.6) " in ended[name]["error"]["message"]
        assert said in ended[name]["error"]["message"], name
    assert ended["good"]["outputs"] == {"fine": True}


def test_a_step_leaves_nothing_behind_for_those_after_it(
    steplane: Steplane, tmp_path: Path, plugin: dict[str, str]
) -> None:
    steps = [step("before", LOOK)]
    for number, code in enumerate(CHANGES):
        steps += [step(f"change{number}", code, needs=[steps[-1]["id"]])]
        steps += [step(f"look{number}", LOOK, needs=[steps[-1]["id"]])]
    ended = run(steplane, tmp_path, plugin, *steps)
    before = ended["before"]["outputs"]
    assert before["cwd"] == str(tmp_path)
    for number, code in enumerate(CHANGES):
        assert ended[f"change{number}"]["status"] == "succeeded", (code, ended[f"change{number}"])
        assert ended[f"look{number}"]["outputs"] == before, code


@pytest.mark.parametrize("code", ["os.chdir('/')", "os.environ['LEAK'] = '1'", "sys.stdout = None", "sys.path.clear()"])
def test_what_a_thread_changes_reaches_no_other_step(
    steplane: Steplane, tmp_path: Path, plugin: dict[str, str], code: str
) -> None:
    shell = {"id": "shell", "run": "pwd; echo ${LEAK:-none}", "needs": ["change"]}
    ended = run(steplane, tmp_path, plugin, step("change", code, "thread"), shell, step("look", LOOK, needs=["shell"]))
    assert ended["shell"]["outputs"]["stdout"] == f"{tmp_path}\nnone"
    assert ended["look"]["status"] == "succeeded", ended["look"]
    assert (ended["look"]["outputs"]["cwd"], ended["look"]["outputs"]["leak"]) == (str(tmp_path), None)


def test_a_step_that_hangs_and_ignores_terminate_is_ended_at_its_timeout(
    steplane: Steplane, tmp_path: Path, plugin: dict[str, str]
) -> None:
    code = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(3600)"
    hanging = step("hangs", code, timeout="300ms")
    begun = time.monotonic()
    ended = run(steplane, tmp_path, plugin, hanging, {"id": "shell", "run": "echo fine", "needs": []})
    assert time.monotonic() - begun < 25
    assert ended["hangs"]["error"]["type"] == "timeout"
    assert ended["shell"]["status"] == "succeeded"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGCONT)


def test_what_it_prints_is_in_its_log_and_not_among_our_lines(
    steplane: Steplane, tmp_path: Path, plugin: dict[str, str]
) -> None:
    noise = "print('{\"type\": \"run.ended\"}')\nos.write(1, b'raw')\nsubprocess.run(['echo', 'child'])"
    ended = run(steplane, tmp_path, plugin, step("prints", noise), step("thread", "ctx.log('said')", "thread"))
    said = [line["text"] for line in ended["lines"]["all"] if line["type"] == "log"]
    assert sorted(said) == sorted(['{"type": "run.ended"}', "rawchild", "said"]) or {"raw", "child"} <= set(said)
    assert sum(line["type"] == "run.ended" for line in ended["lines"]["all"]) == 1
    assert ended["run"]["status"] == "succeeded"
