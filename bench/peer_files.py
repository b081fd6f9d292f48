"""The same work written for each peer: a file in the folder, and the command that runs it.

Sources: the manuals of GNU make, Ninja, Task, just, doit, pypyr, Luigi and DBOS Transact.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from work import LOOP, PUMP, STEPLANE, TWO_LOOPS, many_nothings, nothings, workflow


class Work(NamedTuple):
    """What is to be done: `kind` is chain, pairs, no-ops, fan-out or output; `program` what each step starts."""

    kind: str
    size: int
    program: str

    @property
    def ordered(self) -> bool:
        """Whether each step waits for the one before it."""
        return self.kind in {"chain", "no-ops"}

    @property
    def starts(self) -> bool:
        """Whether a step is a process."""
        return self.kind in {"chain", "pairs", "output"}

    @property
    def at_once(self) -> int:
        return 2 if self.kind == "pairs" else 1


Write = Callable[[Work, Path, Path], list[str] | None]
"""Work, the folder to write into, where the peers' programs are; None where the peer has no such thing."""


def python_loop(work: Work, folder: Path, programs: Path) -> list[str] | None:
    """Not a runner: what a loop in Python takes for the same processes."""
    texts = {"chain": LOOP, "pairs": TWO_LOOPS, "output": PUMP}
    if work.kind not in texts:
        return None
    text = texts[work.kind].replace("/bin/true", work.program)
    (folder / "loop.py").write_text(text)
    return [STEPLANE[0], "loop.py", work.program if work.kind == "output" else str(work.size)]


def steplane(work: Work, folder: Path, programs: Path) -> list[str]:
    """Steplane."""
    needs = "needs: [], " if work.kind == "pairs" else ""
    steps = "".join(f"  - {{id: s{one}, {needs}run: [{work.program}]}}\n" for one in range(work.size))
    if work.kind == "no-ops":
        steps = nothings(work.size)
    elif work.kind == "fan-out":
        steps = many_nothings(work.size, 8)
    (folder / "w.yaml").write_text(workflow("w", steps))
    return [*STEPLANE, "run", "w.yaml", "--quiet", *(["-j", "2"] if work.kind == "pairs" else [])]


def make(work: Work, folder: Path, programs: Path) -> list[str]:
    """GNU make: phony targets."""
    command = work.program if work.starts else ":"
    names = [f"t{one}" for one in range(work.size)]
    wanted = names[-1] if work.ordered else " ".join(names)
    rules = [f"all: {wanted}", f".PHONY: all {' '.join(names)}"]
    for one, name in enumerate(names):
        rules += [f"{name}: {names[one - 1] if work.ordered and one else ''}", f"\t@{command}"]
    (folder / "Makefile").write_text("\n".join(rules) + "\n")
    return ["make", "-s", f"-j{work.at_once}"]


def ninja(work: Work, folder: Path, programs: Path) -> list[str] | None:
    """Ninja: outputs that are never made."""
    if not work.starts:
        return None
    lines = ["rule r", f"  command = {work.program}"]
    lines += [f"build t{one}: r {f't{one - 1}' if work.ordered and one else ''}" for one in range(work.size)]
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")
    return [str(programs / "ninja"), "--quiet", f"-j{work.at_once}"]


def task(work: Work, folder: Path, programs: Path) -> list[str] | None:
    """Task (go-task): the tasks called one after the other, or as dependencies. Its shell has `true` in itself."""
    if work.kind == "fan-out":
        return None
    command = work.program if work.starts else "true"
    key, form = ("deps", "t{}") if work.kind == "pairs" else ("cmds", "task: t{}")
    lines = ["version: '3'", "silent: true", "tasks:", "  default:", f"    {key}:"]
    lines += [f"      - {form.format(one)}" for one in range(work.size)]
    lines += [f"  t{one}: {{cmds: ['{command}']}}" for one in range(work.size)]
    (folder / "Taskfile.yml").write_text("\n".join(lines) + "\n")
    return [str(programs / "task"), "--concurrency", str(work.at_once)]


def just(work: Work, folder: Path, programs: Path) -> list[str] | None:
    """The runner just: recipes as dependencies."""
    if not work.starts:
        return None
    names = " ".join(f"t{one}" for one in range(work.size))
    head = ("[parallel]\n" if work.kind == "pairs" else "") + f"default: {names}\n"
    recipes = "".join(f"t{one}:\n    @{work.program}\n" for one in range(work.size))
    (folder / "justfile").write_text(head + recipes)
    return [str(programs / "just"), *(["--jobs", "2"] if work.kind == "pairs" else [])]


def doit(work: Work, folder: Path, programs: Path) -> list[str]:
    """The runner doit: sub-tasks; its database holds the results."""
    action = repr(work.program) if work.starts else "nothing"
    before = "[f's:{one - 1}'] if one else []" if work.ordered else "[]"
    text = (
        "def nothing(): pass\n"
        "def task_s():\n"
        f"    for one in range({work.size}):\n"
        f"        yield dict(name=str(one), actions=[{action}], task_dep={before})\n"
    )
    (folder / "dodo.py").write_text(text)
    return [str(programs / "doit"), *(["-n", "2", "-P", "thread"] if work.kind == "pairs" else [])]


def pypyr(work: Work, folder: Path, programs: Path) -> list[str] | None:
    """The runner pypyr: YAML with steps in Python, the nearest in kind."""
    if work.kind == "fan-out":
        return None
    step = f"  - {{name: pypyr.steps.cmd, in: {{cmd: '{work.program}'}}}}\n"
    if work.kind == "pairs":
        commands = ", ".join([f"'{work.program}'"] * work.size)
        (folder / "w.yaml").write_text(f"steps:\n  - {{name: pypyr.steps.cmds, in: {{cmds: [{commands}]}}}}\n")
    else:
        (folder / "nothing.py").write_text("def run_step(context): pass\n")
        (folder / "w.yaml").write_text("steps:\n" + (step if work.starts else "  - nothing\n") * work.size)
    return [str(programs / "pypyr"), "w"]


_SCRIPT = """\
import subprocess
def work():
    {work}
"""


def _script(work: Work, folder: Path, programs: Path, text: str) -> list[str]:
    act = f"subprocess.run([{work.program!r}], stdout=subprocess.PIPE, check=True)" if work.starts else "pass"
    head = _SCRIPT.format(work=act) + f"SIZE, ORDERED = {work.size}, {work.ordered}\n"
    (folder / "flow.py").write_text(head + text)
    return [str(programs / "python"), "flow.py"]


def luigi(work: Work, folder: Path, programs: Path) -> list[str] | None:
    """Luigi: tasks with a target file each, local scheduler."""
    if work.kind in {"output", "fan-out"}:
        return None
    text = f"""
import luigi
class Step(luigi.Task):
    number = luigi.IntParameter()
    def requires(self): return [Step(number=self.number - 1)] if ORDERED and self.number else []
    def output(self): return luigi.LocalTarget(f"done/{{self.number}}")
    def run(self):
        work()
        with self.output().open("w"): pass
wanted = [Step(number=SIZE - 1)] if ORDERED else [Step(number=one) for one in range(SIZE)]
assert luigi.build(wanted, local_scheduler=True, workers={work.at_once}, log_level="WARNING")
"""
    command = _script(work, folder, programs, text)
    return ["sh", "-c", f"rm -rf done; exec {' '.join(command)}"]


def dbos(work: Work, folder: Path, programs: Path) -> list[str] | None:
    """DBOS Transact: durable steps of one workflow in SQLite."""
    if not work.ordered:
        return None
    text = """
from dbos import DBOS
database = "sqlite:///w.sqlite"
DBOS(config={"name": "flow", "system_database_url": database, "run_admin_server": False, "log_level": "ERROR"})
@DBOS.step()
def step(): work()
@DBOS.workflow()
def flow():
    for _ in range(SIZE): step()
DBOS.launch()
flow()
DBOS.destroy()
"""
    return _script(work, folder, programs, text)


PEERS: dict[str, Write] = {
    "Steplane": steplane, "Popen loop": python_loop, "make": make, "ninja": ninja, "go-task": task, "just": just,
    "doit": doit, "pypyr": pypyr, "luigi": luigi, "DBOS": dbos,
}  # fmt: skip
