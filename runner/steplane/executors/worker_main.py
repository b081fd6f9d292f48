"""The program of a worker process: performs one attempt after another, and tells how each ended.

Its standard output and error are pipes into the step's log. Descriptor 3 is the channel to the runner; when that
closes the worker ends at once, whatever the step is doing.
"""

import os
import queue
import resource
import select
import signal
import socket
import sys
import threading
import time
from typing import Any

from msgspec import Struct

from steplane.events import ErrorInfo
from steplane.executors.cancel import CancelToken
from steplane.executors.channel import CHANNEL, Broken, Cancel, Channel, Done, Line, Progress, Task, ToWorker
from steplane.executors.context import AttemptContext
from steplane.executors.logs import StreamName
from steplane.executors.perform import failed, perform
from steplane.executors.requests import AttemptOutcome
from steplane.plugins.loading import load, new_manager
from steplane.plugins.problems import PluginProblem

PAUSE = 0.05
"""Seconds between two words about the progress of a step."""

LIMITS = tuple(sorted({number for name, number in vars(resource).items() if name.startswith("RLIMIT_")}))

WATCHED_SIGNALS = tuple(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})


class Relay:
    """The log of the worker's side: lines go through the channel, a program's bytes to our own streams."""

    pending = False

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def feed(self, stream: StreamName, data: bytes) -> bytes:
        """Pass the bytes on; they are masked by the runner."""
        view = memoryview(data)
        while view:
            view = view[os.write(2 if stream == "stderr" else 1, view) :]
        return data

    def end(self, stream: StreamName) -> bytes:
        """Nothing is held back here."""
        return b""

    def line(self, stream: StreamName, text: str) -> None:
        """Send lines."""
        self._channel.send(Line(stream, text))

    def pause(self) -> None:
        """Nothing is held back here."""

    def close(self) -> None:
        """Nothing is held back here."""


class State(Struct, frozen=True):
    """What of a process a step can change for those that come after it."""

    signals: tuple[Any, ...]
    blocked: frozenset[int]
    threads: frozenset[int | None]
    files: tuple[int, ...]
    limits: tuple[Any, ...]
    rank: tuple[Any, ...]
    settings: tuple[Any, ...]

    @classmethod
    def now(cls) -> "State":
        """The state at this moment."""
        return cls(
            signals=tuple(signal.getsignal(one) for one in WATCHED_SIGNALS),
            blocked=frozenset(int(one) for one in signal.pthread_sigmask(signal.SIG_BLOCK, ())),
            threads=frozenset(one.ident for one in threading.enumerate()),
            files=tuple(_inode(number) for number in (0, 1, 2)),
            limits=tuple(resource.getrlimit(one) for one in LIMITS),
            rank=(
                os.getpriority(os.PRIO_PROCESS, 0), os.geteuid(), os.getegid(), os.getgroups(),
                os.sched_getaffinity(0) if sys.platform == "linux" else None,
            ),
            settings=(sys.getrecursionlimit(), socket.getdefaulttimeout()),
        )  # fmt: skip

    def spoilt(self) -> str:
        """What is different now and cannot be put right; empty when nothing is."""
        now = State.now()
        changes = (
            ("signals", now.signals != self.signals or now.blocked != self.blocked or any(signal.getitimer(0))),
            ("threads", not now.threads <= self.threads),
            ("standard files", now.files != self.files or sys.stdout is not sys.__stdout__),
            ("limits of resources", now.limits != self.limits),
            ("priority, processors or user", now.rank != self.rank),
            ("settings of Python", now.settings != self.settings),
            ("children", _has_children()),
        )
        return ", ".join(name for name, changed in changes if changed)


class Latest:
    """Tells how far the step is, at most every `PAUSE` seconds: a step may say so a million times."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._lock = threading.Lock()
        self._waiting: Progress | None = None
        self._next = 0.0

    def say(self, done: float, total: float | None, text: str) -> None:
        """Send it, or keep it until its time comes; of several only the last."""
        with self._lock:
            self._waiting = Progress(done, total, text)
        self.flush()

    def flush(self) -> None:
        """Send what waits, if its time has come."""
        with self._lock:
            now = time.monotonic()
            message = self._waiting
            if message is None or now < self._next:
                return
            self._waiting, self._next = None, now + PAUSE
            self._channel.send(message)

    def forget(self) -> None:
        """The attempt is over."""
        with self._lock:
            self._waiting, self._next = None, 0.0


class Worker:
    """The loop, in the main thread, so that a step may use signals; messages are read in another."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._token = CancelToken()
        self._manager = new_manager()
        self._types: dict[str, Any] = {}
        self._busy = False
        self._progress = Latest(channel)
        self._umask = os.umask(0o077)
        os.umask(self._umask)

    def run(self) -> None:
        """Perform tasks until the runner hangs up."""
        threading.Thread(target=self._listen, daemon=True).start()
        clean = State.now()
        while True:
            task = self._tasks.get()
            outcome = self._perform(task)
            self._busy = False
            self._progress.forget()
            os.umask(self._umask)
            _flush()
            self._channel.send(Done(outcome, clean.spoilt()))

    def _listen(self) -> None:
        poller = select.poll()
        poller.register(self._channel.socket, select.POLLIN)
        try:
            while True:
                if not poller.poll(PAUSE * 1000 if self._busy else None):
                    self._progress.flush()
                    continue
                if (messages := self._channel.receive()) is None:
                    break
                for message in messages:
                    if isinstance(message, Cancel):
                        self._token.cancel()
                    else:
                        self._token, self._busy = CancelToken(), True
                        self._tasks.put(message)
        except (Broken, OSError):
            pass
        os._exit(1)

    def _perform(self, task: Task) -> AttemptOutcome:
        request, label = task.request, task.plugin.label
        if task.cooperative:  # it is told through the channel, and gets the whole grace
            signal.signal(signal.SIGTERM, lambda *_: None)
        os.environ.clear()
        os.environ.update(request.env)
        sys.path[:] = task.path
        try:
            os.chdir(request.workdir)
        except OSError as error:
            text = f"the working directory `{request.workdir}` cannot be entered: {error.strerror}"
            return failed(request, ErrorInfo(type="input.invalid", message=text))
        types = self._types.get(task.plugin.namespace) or load(task.plugin, self._manager)
        self._types[task.plugin.namespace] = types
        if isinstance(types, PluginProblem) or request.type not in types:
            said = types.message if isinstance(types, PluginProblem) else f"it has no step type `{request.type}`"
            return failed(request, ErrorInfo(type="plugin.crash", message=f"plugin {label}: {said}"))
        context = AttemptContext(
            request, Relay(self._channel), self._token, task.secrets.__getitem__, self._progress.say
        )
        return perform(request, types[request.type], f"`{request.type}` ({label})", context)


def _inode(number: int) -> int:
    try:
        return os.fstat(number).st_ino
    except OSError:
        return -1


def _has_children() -> bool:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return False
    return True


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue


def main() -> None:
    """Serve the runner at the other end of the channel."""
    end = socket.socket(fileno=os.dup(CHANNEL))
    os.close(CHANNEL)
    Worker(Channel(end, ToWorker)).run()


if __name__ == "__main__":
    main()
