"""A case on real processes: `steplane run` of the file, killed at one commit of the journal, then gone on with."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.patterns.cases import CANCEL, FOLDER, Case
from tests.patterns.traces import trace_of

from steplane.events import AnyEvent, RunEnded
from steplane.plan.nodes import Plan
from steplane.store import RunStore, StateDirectory

WAITING = 3
KILLED = frozenset({-9, 137})
"""By itself, or as its warden says it."""


class Striker:
    """The process that forks the others."""

    def __init__(self) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("STEPLANE_")}
        env["PYTHONPATH"] = os.pathsep.join([str(FOLDER.parents[1]), *(path for path in sys.path if path)])
        self._process = subprocess.Popen(
            [sys.executable, str(FOLDER / "striker.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=env,
        )  # fmt: skip

    def call(self, folder: Path, *words: object, survives: int = 0) -> tuple[int, int]:
        """The exit code of a command, and how many commits of the journal it came to."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = [survives, str(folder / "output.txt"), str(folder), [str(word) for word in words]]
        self._process.stdin.write(f"{json.dumps(line)}\n")
        self._process.stdin.flush()
        code, commits = self._process.stdout.readline().split()
        return int(code), int(commits)

    def end(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


class Field:
    """A folder with the runs of one case."""

    def __init__(self, striker: Striker, folder: Path, case: Case, plan: Plan) -> None:
        self.striker, self.folder, self.case, self.plan = striker, folder, case, plan
        self.state = folder / "state"
        self.commits = self.survives = self.kills = 0

    def run(self, name: str, survives: int = 0) -> int:
        """Begin a run, see it to its end over a kill at that commit; how many its processes came to, all together."""
        self.commits, self.survives = 0, survives
        code = self.begin(name)
        outside = list(self.case.outside)
        while not self.over(name):
            if code == WAITING and outside:
                code = self.tell(name, outside[0])
                outside = outside[code not in KILLED :]
                code = 0
            elif self.begun(name):
                code = self.call("resume", name, *self.options)
            else:
                code = self.begin(name)
            assert code in {0, 1, WAITING} | KILLED, (name, code, self.output)
        return self.commits

    def call(self, *words: object) -> int:
        """The exit code of a command about the run; it is killed where the commit comes that it does not survive."""
        left = max(self.survives - self.commits, 0)
        code, commits = self.striker.call(self.folder, *words, survives=left)
        assert (code in KILLED) == (0 < left <= commits), (words, code, left, commits)
        self.commits += commits
        self.kills += code in KILLED
        return code

    def begin(self, name: str) -> int:
        """Begin the run; the exit code."""
        return self.call("run", self.case.file, "--id", name, "--durability", "normal", *self.options)

    def begun(self, name: str) -> bool:
        """Whether anything is recorded of the run."""
        return (self.state / "runs" / name).is_dir()

    def over(self, name: str) -> bool:
        """Whether it has ended. Until then, what is recorded is a legal beginning."""
        if not self.begun(name):
            return False
        ended = any(isinstance(event, RunEnded) for event in self.events(name))
        self.check(name, whole=ended)
        return ended

    @property
    def options(self) -> list[object]:
        """Where signals come from outside the run does not wait for them."""
        return ["--state", self.state, "-q", *(["--patience", "0s"] if self.case.outside else [])]

    def tell(self, name: str, what: str) -> int:
        """Send a signal from outside, or ask for the end of the run; the exit code."""
        code = self.call(*(["cancel", name] if what == CANCEL else ["signal", name, what]), "--state", self.state)
        assert code in {0, 1} | KILLED, self.output
        return code

    def events(self, name: str) -> list[AnyEvent]:
        """What is recorded of the run."""
        with RunStore(StateDirectory(str(self.state))).read(name) as journal:
            assert journal.check() == []
            return [event for _, event in journal.events()]

    def trace(self, name: str) -> list[str]:
        """Its trace."""
        return trace_of(self.case, self.plan, self.events(name))

    def check(self, name: str, *, whole: bool) -> None:
        """What is recorded is legal, as a whole or as a beginning."""
        trace = self.trace(name)
        problem = self.case.problem(trace, whole=whole)
        assert not problem, f"{name}: {problem}: {' '.join(trace)}\n{self.output}"

    @property
    def output(self) -> str:
        """What all commands wrote."""
        file = self.folder / "output.txt"
        return file.read_text("utf-8", "replace")[-2000:] if file.exists() else ""
