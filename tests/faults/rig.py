"""What the fault tests stand on: processes of the command, a ledger of side effects, the search for leftovers."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from steplane.events import AnyEvent
from steplane.executors import tree
from steplane.store import Claim, LockTable, RunStore, StateDirectory

Victim = Literal["runner", "warden", "both"]

LOOK = 0.01
"""Seconds between two looks. Patience is counted in looks: a starved machine slows us as it slows what we wait for."""

NOTE = 'echo "$STEPLANE_IDEMPOTENCY_KEY" >> "$LEDGER"'
"""What a step does first: one line in the ledger, in one write."""


def until(holds: Callable[[], Any], seconds: float = 30.0, what: object = "") -> Any:
    """Look until it holds; what it gave."""
    for _ in range(int(seconds / LOOK)):
        if found := holds():
            return found
        time.sleep(LOOK)
    raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what or holds}")


class Life:
    """One process of the command with all below it."""

    def __init__(self, process: "subprocess.Popen[bytes]", output: Path) -> None:
        self.process = process
        self.output = output
        self.started = time.monotonic()

    @property
    def pid(self) -> int:
        """The warden."""
        return self.process.pid

    @property
    def runner(self) -> int | None:
        """The runner, None before it is there and after its end."""
        try:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        except OSError:
            return None
        return int(children[0]) if children else None

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self, victim: Victim) -> None:
        """Kill -9; without a runner (too early) it is the one process that there is. Of both neither sees the other
        die: they are stopped before.
        """
        runner = self.runner
        if victim == "both" and runner is not None:
            for one in (runner, self.pid):
                tree.send(one, signal.SIGSTOP)
        if victim != "runner" or runner is None:
            os.kill(self.pid, signal.SIGKILL)
        if victim != "warden" and runner is not None:
            tree.send(runner, signal.SIGKILL)
        self.wait()

    def send(self, number: int) -> None:
        """Send the signal to the command, if it is still there."""
        tree.send(self.pid, number)

    def after(self, seconds: float) -> None:
        """Let it live for that long: a moment to be struck at, nothing is awaited."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def wait(self, seconds: float = 60.0) -> int:
        """The exit code, as a shell would see it."""
        code = self.process.wait(seconds)
        return code if code >= 0 else 128 - code

    @property
    def text(self) -> str:
        """What it wrote, both streams."""
        return self.output.read_text("utf-8", "replace")


class Rig:
    """A folder with a workflow, a state directory, a ledger; every process started here is marked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self.state = folder / "state"
        self.ledger = folder / "ledger"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.ledger.touch()
        self.spoiled = False
        """Whether the test damages what is recorded, on purpose."""
        self._count = 0
        self._lives: list[Life] = []
        paths = os.pathsep.join(path for path in sys.path if path)
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("STEPLANE_")},
            "PYTHONPATH": paths, "LEDGER": str(self.ledger), "FAULTS_MARK": self.mark, "TMPDIR": str(self.temporary),
            "MARKED": f"3600.{int(self.mark[:8], 16)}",
        }  # fmt: skip

    # ------------------------------------------------------------ processes

    def write(self, text: str) -> Path:
        """Write the workflow."""
        file = self.folder / "flow.yaml"
        file.write_text(text)
        return file

    def start(self, *words: object, env: Mapping[str, str] | None = None, **options: Any) -> Life:
        """Start the command in a session of its own."""
        return self.start_program([sys.executable, "-m", "steplane", *map(str, words)], env, **options)

    def start_program(self, command: list[str], env: Mapping[str, str] | None = None, **options: Any) -> Life:
        """Start any program, marked."""
        self._count += 1
        output = self.folder / f"output-{self._count}.txt"
        settings: dict[str, Any] = {"start_new_session": True, "stdin": subprocess.DEVNULL, **options}
        with output.open("wb") as file:
            process = subprocess.Popen(
                command, cwd=self.folder, stdout=file, stderr=subprocess.STDOUT, env={**self.env, **(env or {})},
                **settings,
            )  # fmt: skip
        life = Life(process, output)
        self._lives.append(life)
        return life

    def run(self, run: str = "one", *words: object) -> Life:
        """Begin the run of the workflow."""
        return self.start("run", self.folder / "flow.yaml", "--id", run, "--state", self.state, "-q", *words)

    def resume(self, run: str = "one", *words: object) -> Life:
        return self.start("resume", run, "--state", self.state, "-q", *words)

    def cancel(self, run: str = "one", *words: object) -> Life:
        return self.start("cancel", run, "--state", self.state, "-q", *words)

    def left(self) -> list[int]:
        """All living processes that descend from here: by environment, command line or working directory."""
        mark, folder = self.mark.encode(), os.fsencode(str(self.folder))
        number = self.env["MARKED"].encode()
        found = []
        for one in tree.processes():
            if one.state == "Z" or one.pid == os.getpid():
                continue
            about = _read(one.pid, "environ") + b"\0" + _read(one.pid, "cmdline")
            if mark in about or number in about or _cwd(one.pid).startswith(folder):
                found.append(one.pid)
        return found

    def command_line(self, pid: int) -> bytes:
        """The arguments of a process, each with a NUL behind it."""
        return _read(pid, "cmdline")

    def gone(self, seconds: float) -> None:
        """No process is left within that time."""
        until(lambda: not self.left(), seconds, lambda: [describe(one) for one in self.left()])

    def end(self) -> None:
        """Whatever a failed test has left."""
        tree.end(self.left)
        for life in self._lives:
            life.wait()

    # ------------------------------------------------------------ what is recorded

    @property
    def store(self) -> RunStore:
        return RunStore(StateDirectory(str(self.state)))

    def exists(self, run: str = "one") -> bool:
        return (self.state / "runs" / run).is_dir()

    def events(self, run: str = "one") -> list[AnyEvent]:
        """The journal's events; the journal's own check must be clean."""
        with self.store.read(run) as journal:
            assert journal.check() == []
            return [event for _, event in journal.events()]

    def status(self, run: str = "one") -> str:
        return self.store.status(run)

    def locks(self) -> list[Claim]:
        """The locks of the store that live runs hold and wait for."""
        return LockTable(StateDirectory(str(self.state))).claims()

    def counts(self) -> Counter[str]:
        """Executions by idempotency key."""
        lines = self.ledger.read_text().splitlines()
        return Counter(lines)

    def executions(self, path: str, run: str = "one", activation: int = 1) -> int:
        return self.counts()[f"{run}/{path}/{activation}"]

    def noted(self, path: str, run: str = "one", times: int = 1, activation: int = 1) -> None:
        """Wait until the step has begun that often."""
        until(lambda: self.executions(path, run, activation) >= times, what=self.outputs)

    def outputs(self) -> str:
        """What all processes wrote: for a failed test."""
        files = sorted(self.folder.glob("output-*.txt"), key=lambda file: file.stat().st_mtime)
        return "\n".join(f"{file.name}: {file.read_text('utf-8', 'replace')[-1500:]}" for file in files[-4:])

    def files(self, run: str = "one") -> set[str]:
        """What is in the state directory, without logs and cache, and in the folder for temporary files."""
        found = {str(path.relative_to(self.state)) for path in self.state.rglob("*")}
        found |= {f"tmp/{path.relative_to(self.temporary)}" for path in self.temporary.rglob("*")}
        kept = {name for name in found if not name.startswith("cache/") and not name.endswith((".log", ".log.times"))}
        return {name.replace(run, "RUN") for name in kept}


def describe(pid: int) -> str:
    return f"{pid}: {_read(pid, 'cmdline').replace(bytes(1), b' ').decode('utf-8', 'replace')}"


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _cwd(pid: int) -> bytes:
    try:
        return os.readlink(os.fsencode(f"/proc/{pid}/cwd"))
    except OSError:
        return b""
