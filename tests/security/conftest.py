"""The command as an attacker meets it: real processes, little memory, little time."""

import os
import resource
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.runner.cli.conftest import Shell

MEGABYTE = 1 << 20
HEAD = "steplane: 1\nname: trial\n"


class Answer(NamedTuple):
    """What the command said; `peak` is the memory that it used at most, in MB."""

    code: int
    out: str
    err: str
    peak: int

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

        def limited() -> None:
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
            resource.setrlimit(resource.RLIMIT_AS, (memory * MEGABYTE,) * 2)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        out, err = self.folder / ".out", self.folder / ".err"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                self.words(words), cwd=self.folder, env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL,
                stdout=stdout, stderr=stderr, preexec_fn=limited, umask=umask,  # noqa: PLW1509 - no threads here
            )  # fmt: skip
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        said, wrong = (self.plain(path.read_bytes().decode("utf-8", "surrogateescape")) for path in (out, err))
        answer = Answer(process.returncode, said, wrong, usage.ru_maxrss // 1024)
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
