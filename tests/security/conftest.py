"""The command as an attacker meets it: real processes, little memory, little time."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.runner.cli.conftest import Shell

MEGABYTE = 1 << 20
HEAD = "steplane: 1\nname: trial\n"
SMALL = """\
import os, resource, sys
cpu, memory, umask = map(int, sys.argv[1:4])
child = os.fork()
if not child:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if umask >= 0:
        os.umask(umask)
    os.execvpe(sys.argv[4], sys.argv[4:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(".peak", "w") as file:
    file.write(f"{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss} {usage.ru_utime + usage.ru_stime}")
"""
"""Runs a command with limits, and writes down its exit code and memory (KB). What the system counts as a process's
memory begins with that of who forked it, so this one is small.
"""


class Answer(NamedTuple):
    """What the command said; `peak` is the memory that it used at most, in MB, `cpu` its CPU time in seconds."""

    code: int
    out: str
    err: str
    peak: int
    cpu: float

    @property
    def said(self) -> str:
        """Everything that it said."""
        return self.out + self.err


class Victim(Shell):
    """Runs `steplane` with limits: `cpu` seconds, after which the system kills it, and `memory` MB of addresses.

    Whatever it is given, it must not break: no traceback, no internal error, an exit code that has a meaning.
    """

    def attack(
        self, *words: str, cpu: int = 10, memory: int = 1500, env: Mapping[str, str] | None = None, umask: int = -1
    ) -> Answer:
        """Run the command to its end."""

        out, err = self.folder / ".out", self.folder / ".err"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            small = [
                sys.executable,
                "-S",
                "-E",
                "-c",
                SMALL,
                str(cpu),
                str(memory * MEGABYTE),
                str(umask),
                *self.words(words),
            ]
            done = subprocess.run(
                small, cwd=self.folder, env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL, stdout=stdout,
                stderr=stderr, check=False,
            )  # fmt: skip
        code, peak, spent = (self.folder / ".peak").read_text().split()
        assert done.returncode == 0
        said, wrong = (self.plain(path.read_bytes().decode("utf-8", "surrogateescape")) for path in (out, err))
        answer = Answer(int(code), said, wrong, int(peak) // 1024, float(spent))
        assert "Traceback" not in answer.said, answer.said
        assert "error: internal error" not in answer.said, answer.said
        assert answer.code in {0, 1, 2, 3, 5, 6}, (answer.code, answer.said)
        return answer

    def check(self, text: str | bytes, *, cpu: int = 2, memory: int = 1000) -> Answer:
        """Check a hostile file, in 2 seconds of CPU time and less than 200 MB."""
        path = self.folder / "trial.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        answer = self.attack("check", "trial.yaml", "--format", "concise", cpu=cpu, memory=memory)
        assert answer.peak < 200, answer.peak
        return answer

    def run(self, text: str, *words: str, env: Mapping[str, str] | None = None, cpu: int = 60) -> Answer:
        """Run a workflow (its first two lines are given) as run `one`."""
        self.write("trial.yaml", HEAD + text)
        return self.attack("run", "trial.yaml", "--id", "one", "--format", "plain", *words, env=env, cpu=cpu)

    @property
    def state(self) -> Path:
        """The state directory."""
        return self.folder / ".steplane"

    def stored(self) -> bytes:
        """Every byte of the state directory, compiled plans aside: they hold what the author wrote."""
        files = [one for one in self.state.rglob("*") if one.is_file() and "plans" not in str(one)]
        return b"\0".join(one.read_bytes() for one in files)


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    """A folder in which `steplane` is attacked."""
    one = Victim(tmp_path)
    yield one
    for process in one.begun:
        if process.poll() is None:
            process.kill()
        process.communicate()
    assert signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL
