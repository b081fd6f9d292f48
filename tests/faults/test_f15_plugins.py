"""F15: plugins at their worst: the runner and the other steps are unharmed, and the error names plugin and version."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Steplane
from tests.faults.rig import NOTE, Life, Rig, until
from tests.faults.story import crash, executions_of, judge, story

from steplane.events import StepEnded

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


@pytest.mark.parametrize(
    "code",
    [
        "os.chdir('/')",
        "os.environ['LEAK'] = '1'",
        "sys.stdout = None",
        "sys.path.clear()",
        "os.umask(0)",
        "signal.pthread_sigmask(signal.SIG_BLOCK, {15})",
    ],
)
def test_what_a_thread_changes_reaches_no_other_step(
    steplane: Steplane, tmp_path: Path, plugin: dict[str, str], code: str
) -> None:
    known = subprocess.run(["sh", "-c", "umask; grep SigBlk /proc/self/status"], capture_output=True, check=False)
    script = "pwd; echo ${LEAK:-none}; umask; grep SigBlk /proc/self/status"
    shell = {"id": "shell", "run": script, "needs": ["change"]}
    ended = run(steplane, tmp_path, plugin, step("change", code, "thread"), shell, step("look", LOOK, needs=["shell"]))
    assert ended["shell"]["outputs"]["stdout"] == f"{tmp_path}\nnone\n{known.stdout.decode().strip()}"
    assert ended["look"]["status"] == "succeeded", ended["look"]
    assert (ended["look"]["outputs"]["cwd"], ended["look"]["outputs"]["leak"]) == (str(tmp_path), None)


def test_what_it_prints_is_in_its_log_and_not_among_our_lines(
    steplane: Steplane, tmp_path: Path, plugin: dict[str, str]
) -> None:
    noise = "print('{\"type\": \"run.ended\"}')\nos.write(1, b'raw')\nsubprocess.run(['echo', 'child'])"
    ended = run(steplane, tmp_path, plugin, step("prints", noise), step("thread", "ctx.log('said')", "thread"))
    logged = [line for line in ended["lines"]["all"] if line["type"] == "log"]
    said = {path: "".join(line["text"] for line in logged if line["path"] == path) for path in ("prints", "thread")}
    assert said["thread"] == "said"
    pieces = ('{"type": "run.ended"}', "raw", "child")  # each at once; the child's may come before or behind the others
    assert all(said["prints"].count(one) == 1 for one in pieces), said
    assert len(said["prints"]) == sum(map(len, pieces))
    assert {line["path"] for line in logged} == {"prints", "thread"}
    assert sum(line["type"] == "run.ended" for line in ended["lines"]["all"]) == 1
    assert ended["run"]["status"] == "succeeded"


# ---------------------------------------------------------------- with a run around them

SITE = """\
steplane: 1
name: around
failure: continue
steps:
  - {{id: before, run: '{note}; echo 1'}}
  - {{id: bad, uses: hostile.worker, on_error: warn, {more} with: {{code: {code}}}}}
  - {{id: beside, needs: [], run: '{note}'}}
  - {{id: after, run: '{note}'}}
outputs: {{one: "${{{{ steps.before.outputs.stdout }}}}"}}
finally: [{{id: tidy, run: '{note}'}}]
"""
FAULTS = {
    "segfault": ("ctypes.string_at(0)", ""),
    "exit": ("os._exit(3)", ""),
    "hang": ("signal.signal(15, signal.SIG_IGN)\nwhile True: time.sleep(9)", "timeout: 800ms,"),
    "busy": ("signal.signal(15, signal.SIG_IGN)\nwhile True: pass", "timeout: 800ms,"),
    "children": ("subprocess.Popen(['sleep', os.environ['MARKED']], start_new_session=True)\nos._exit(0)", ""),
    "group": ("os.killpg(0, 9)", ""),
    "isolated": ("os.abort()", "isolate: true,"),
}
EXECUTED = Counter({"before/1": 1, "beside/1": 1, "after/1": 1, "tidy/1": 1})


def around(rig: Rig, plugin: dict[str, str], code: str, more: str = "", run: str = "one") -> Life:
    """Run a workflow in which one step of the plugin does that."""
    rig.write(SITE.format(note=NOTE, code=json.dumps(code), more=more))
    words = ["run", rig.folder / "flow.yaml", "--id", run, "--state", rig.state, "--format", "json"]
    return rig.start(*words, env=plugin)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fatal_fault_ends_its_step_and_nothing_else(rig: Rig, plugin: dict[str, str], fault: str) -> None:
    code, more = FAULTS[fault]
    assert around(rig, plugin, "pass", more, "calm").wait() == 0, rig.outputs()
    life = around(rig, plugin, code, more)
    assert life.wait() == 0, rig.outputs()
    rig.gone(1.0)
    assert executions_of(rig, "one") == EXECUTED
    assert rig.status() == "warning"
    wanted = story(rig.events("calm"))
    judge(rig, "one", wanted, EXECUTED, [], ordered=False, beside={"bad", ""})  # they differ: that is the fault
    (bad,) = [event for event in rig.events() if isinstance(event, StepEnded) and event.path == "bad"]
    assert bad.error is not None
    if more.startswith("timeout"):
        how = "`hostile.worker` (steplane-hostile 6.6) did not end when it was told to, and was killed"
        assert (bad.error.type, bad.error.message) == ("timeout", f"not ended after 0.8 s: {how}")
    else:
        assert (bad.error.type, bad.error.message[:39]) == ("plugin.crash", "`hostile.worker` (steplane-hostile 6.6)")


def test_one_that_kills_the_runner_leaves_a_run_that_can_be_resumed(rig: Rig, plugin: dict[str, str]) -> None:
    first = "open('killed', 'w').close(); os.kill(os.getppid(), 9); time.sleep(9)"
    code = f"if not os.path.exists('killed'): {first}"
    killed = Path(rig.folder / "killed")
    killed.touch()
    assert around(rig, plugin, code, run="calm").wait() == 0, rig.outputs()
    killed.unlink()
    assert around(rig, plugin, code).wait() == 137, rig.outputs()
    rig.gone(1.0)
    crashes = [crash(rig, "one")]
    until(lambda: rig.status() == "interrupted", what=rig.status)
    resumed = rig.start("resume", "one", "--state", rig.state, "-q", env=plugin)
    assert resumed.wait() == 0, rig.outputs()
    judge(rig, "one", story(rig.events("calm")), EXECUTED, crashes, ordered=False)
    assert rig.status() == "succeeded"


IMPORTS = {
    "import": ("import nothing_of_that_name", "No module named 'nothing_of_that_name'"),
    "raise": ("raise RuntimeError('not today')", "not today"),
    "exit": ("import sys; sys.exit(0)", "SystemExit"),
    "base": ("raise BaseException('odd')", "odd"),
    "syntax": ("def broken(:", "invalid syntax"),
    "no_types": ("x = 1", ""),
}


@pytest.mark.parametrize("fault", IMPORTS)
def test_one_that_cannot_be_imported_is_told_on_the_line_that_uses_it(
    rig: Rig, plugin: dict[str, str], fault: str
) -> None:
    code, said = IMPORTS[fault]
    (Path(plugin["PYTHONPATH"].split(os.pathsep)[0]) / "steplane_hostile.py").write_text(code + "\n", "utf-8")
    life = around(rig, plugin, "pass")
    assert life.wait() == 2, rig.outputs()
    assert "flow.yaml:6" in life.text
    assert said in life.text
    assert "steplane-hostile 6.6" in life.text
    assert "Traceback" not in life.text
    assert not rig.exists()
    rig.write(f"steplane: 1\nname: others\nsteps: [{{id: fine, run: '{NOTE}'}}]\n")
    assert rig.start("run", rig.folder / "flow.yaml", "--state", rig.state, "-q", env=plugin).wait() == 0, rig.outputs()
