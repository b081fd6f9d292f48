"""Asking step types for their plan: whatever a plugin does, it is a word about that step."""

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from steplane.executors.planning import FAULTS, Answer, Planner
from steplane.plugins import Plugin, Registered

MODULE = '''
"""Step types whose plans are right, and wrong in every way."""
import ctypes, os, signal, sys, threading, time
from steplane.sdk import Planned, Step, StepError, hookimpl

print("imported loudly")

class Base(Step, type="trial"):
    what: str = "x"
    def run(self, ctx):
        open("ran", "w").close()

def kind(name, body):
    def plan(self, ctx):
        return body(self, ctx)
    made = type(Step)(name, (Base,), {"plan": plan, "__module__": __name__}, type=f"trial.{name}")
    globals()[name] = made
    return made

def loud(self, ctx):
    print("hello"); print("hello", file=sys.stderr); os.write(1, b"x"); os.system("echo hello")
    return Planned("spoke")

def raises(error):
    def body(self, ctx):
        raise error
    return body

class Odd(Exception):
    def __str__(self):
        raise ValueError

KINDS = [
    kind("good", lambda self, ctx: Planned(f"do {self.what} in {ctx.workdir}", (ctx.env["A"],), (os.getcwd(),))),
    kind("environ", lambda self, ctx: Planned(",".join(sorted(name for name in os.environ if name != "LC_CTYPE")))),
    kind("loud", loud),
    kind("error", raises(RuntimeError("no luck"))),
    kind("refuse", raises(StepError("trial.no", "not so"))),
    kind("leave", raises(SystemExit(3))),
    kind("odd", raises(Odd())),
    kind("text", lambda self, ctx: "text"),
    kind("number", lambda self, ctx: Planned(5)),
    kind("reads", lambda self, ctx: Planned("x", "a path")),
    kind("long", lambda self, ctx: Planned("x" * 10**6, ["y"] * 10**5)),
    kind("surrogate", lambda self, ctx: Planned("caf\\udce9")),
    kind("hang", lambda self, ctx: time.sleep(600)),
    kind("spin", lambda self, ctx: [None for _ in iter(int, 1)]),
    kind("exit", lambda self, ctx: os._exit(7)),
    kind("kill", lambda self, ctx: os.kill(os.getpid(), signal.SIGKILL)),
    kind("crash", lambda self, ctx: ctypes.string_at(0)),
    kind("channel", lambda self, ctx: [os.write(n, b"x" * 99) for n in map(int, os.listdir("/proc/self/fd")) if n > 2]),
    kind("closes", lambda self, ctx: [os.closerange(0, 100), time.sleep(600)]),
    kind("ignores", lambda self, ctx: [signal.signal(s, signal.SIG_IGN) for s in (2, 15)] and time.sleep(600)),
]

@hookimpl
def steplane_steps():
    return KINDS
'''


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The step types by name."""
    folder = tmp_path_factory.mktemp("trial")
    (folder / "steplane_planning_trial.py").write_text(MODULE, "utf-8")
    sys.path.insert(0, str(folder))
    module = importlib.import_module("steplane_planning_trial")
    plugin = Plugin("trial", "steplane_planning_trial", "trial", "1.0")
    yield lambda name: Registered(getattr(module, name), plugin)
    sys.path.remove(str(folder))
    del sys.modules["steplane_planning_trial"]


@pytest.fixture
def planner() -> Iterator[Planner]:
    with Planner({"PATH": os.environ["PATH"], "OUTSIDE": "1"}, seconds=30) as one:
        yield one


def ask(planner: Planner, found: Any, folder: Path, **parameters: Any) -> Answer:
    return planner.ask(found, parameters, {"A": "b", "PATH": os.environ["PATH"]}, str(folder))


def test_what_it_says(types: Any, planner: Planner, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    good = ask(planner, types("good"), tmp_path, what="this")
    assert good == Answer(f"do this in {tmp_path}", ("b",), (str(tmp_path),))
    assert ask(planner, types("environ"), tmp_path).summary == "A,PATH"
    assert ask(planner, types("loud"), tmp_path) == Answer("spoke")
    assert ask(planner, types("good"), tmp_path / "gone").changes == ("/",)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_it_is_bounded(types: Any, planner: Planner, tmp_path: Path) -> None:
    long = ask(planner, types("long"), tmp_path)
    assert (len(long.summary), len(long.reads)) == (1000, 1000)
    assert ask(planner, types("surrogate"), tmp_path).summary == "caf\\udce9"


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("error", "raised RuntimeError: no luck"),
        ("refuse", "refused: not so"),
        ("leave", "raised SystemExit: 3"),
        ("odd", "raised Odd"),
        ("text", "returned str, not `Planned`"),
        ("number", "raised TypeError: `summary`, `reads` and `changes` are texts, not int"),
        ("reads", "raised TypeError: `reads` and `changes` are lists of texts, not a text"),
        ("exit", "ended its process (exit code 7)"),
        ("kill", "was killed by SIGKILL"),
        ("crash", "was killed by SIGSEGV"),
        ("closes", "was killed by SIGKILL"),
    ],
)
def test_a_fault_names_the_step_type_and_its_plugin(
    types: Any, planner: Planner, tmp_path: Path, name: str, fault: str
) -> None:
    said = ask(planner, types(name), tmp_path)
    assert said == Answer(fault=f"`plan()` of `trial.{name}` (trial 1.0) {fault}")
    assert ask(planner, types("good"), tmp_path).summary == f"do x in {tmp_path}"


@pytest.mark.parametrize("name", ["hang", "spin", "ignores"])
def test_one_that_takes_too_long(types: Any, planner: Planner, tmp_path: Path, name: str) -> None:
    assert ask(planner, types("good"), tmp_path).summary  # the plugin is imported
    planner.seconds = 0.2
    assert ask(planner, types(name), tmp_path) == Answer(
        fault=f"`plan()` of `trial.{name}` (trial 1.0) said nothing within 0.2 s"
    )
    planner.seconds = 30
    assert ask(planner, types("good"), tmp_path).summary


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for descriptors in /proc")
def test_one_that_writes_into_the_channel(types: Any, planner: Planner, tmp_path: Path) -> None:
    said = ask(planner, types("channel"), tmp_path)
    assert said.fault.startswith("`plan()` of `trial.channel` (trial 1.0) ")
    assert ask(planner, types("good"), tmp_path).summary


def test_wrong_parameters(types: Any, planner: Planner, tmp_path: Path) -> None:
    said = ask(planner, types("good"), tmp_path, what=[1])
    assert said.fault.startswith("`plan()` of `trial.good` (trial 1.0) refused: ")


def test_after_many_faults_no_other_is_asked(types: Any, planner: Planner, tmp_path: Path) -> None:
    for _ in range(FAULTS):
        assert ask(planner, types("exit"), tmp_path).fault
    said = ask(planner, types("good"), tmp_path)
    assert said.fault == "`trial.good` (trial 1.0) was not asked: 5 others broke the process that asks"


def test_a_plugin_that_is_gone(types: Any, planner: Planner, tmp_path: Path) -> None:
    gone = Registered(types("good").cls, Plugin("gone", "steplane_gone", "gone", "2.0"))
    assert "`trial.good` (gone 2.0) cannot be called: " in ask(planner, gone, tmp_path).fault


def test_nothing_is_left_running(types: Any, tmp_path: Path) -> None:
    with Planner({"PATH": os.environ["PATH"]}, seconds=30) as planner:
        assert ask(planner, types("good"), tmp_path).summary
        assert planner._process is not None
        pid = planner._process._pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
