"""Worker processes: each performs attempts of step types that may not run in a thread, one at a time, and stays warm.

A worker that dies, hangs, or is changed by a step for those that come after is replaced; the runner is never harmed.
"""

import contextlib
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from steplane.events import ErrorInfo
from steplane.executors import adopted, tree
from steplane.executors.cancel import CancelToken
from steplane.executors.channel import CHANNEL, Broken, Cancel, Channel, Done, FromWorker, Line, Task
from steplane.executors.failures import SpawnError
from steplane.executors.logs import Log
from steplane.executors.perform import failed
from steplane.executors.plumbing import Plumbing
from steplane.executors.process import marks_of
from steplane.executors.pump import Pump
from steplane.executors.requests import AttemptOutcome, AttemptRequest
from steplane.executors.spawn import spawn

OnProgress = Callable[[float, float | None, str], None]


class WorkerPool:
    """Idle workers, taken and given back by the threads that wait for them; started when they are needed."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._closed = False

    def perform(self, task: Task, source: str, log: Log, cancel: CancelToken, progress: OnProgress) -> AttemptOutcome:
        """The outcome of the attempt, whatever the step does to its process. `source` names step type and plugin."""
        request = task.request
        while True:
            try:
                worker = self._take(request)
            except OSError as error:
                message = f"{source} could not be started: {error}"
                return failed(request, ErrorInfo(type="plugin.crash", message=message))
            pump = WorkerPump(worker, task, source, log, cancel=cancel, progress=progress)
            outcome, reusable = pump.perform()
            if not (pump.untaken and worker.warm):  # one that died idle: the step has not begun
                break
            worker.end()
        worker.warm = True
        if reusable and not request.isolate and not self._closed:
            with self._lock:
                self._idle.append(worker)
        else:
            worker.end()
        return outcome

    def close(self) -> None:
        """End the idle workers, and keep no other."""
        self._closed = True
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def _take(self, request: AttemptRequest) -> "Worker":
        while not request.isolate:
            with self._lock:
                if not self._idle:
                    break
                worker = self._idle.pop()
            if worker.alive:
                return worker
            worker.end()
        return Worker(request.env, request.isolate)


class Worker:
    """One worker process: its id, the pipes of its standard streams, the channel."""

    def __init__(self, env: Mapping[str, str], alone: bool) -> None:
        kept = {name: value for name, value in env.items() if alone or _is_common(name)}
        ours, theirs = socket.socketpair()
        with theirs:
            self.plumbing = Plumbing(None, {}, tty=False)
            files = {**self.plumbing.files, CHANNEL: theirs.fileno()}
            command = [sys.executable, "-P", "-m", "steplane.executors.worker_main"]
            try:
                self.pid = spawn(command, {**kept, "PYTHONPATH": _path_of_ours()}, "/", files)
            except SpawnError:
                ours.close()
                self.plumbing.close()
                raise
            self.plumbing.close_theirs()
        self.channel = Channel(ours, FromWorker)
        self.warm = False
        """Whether it has performed an attempt."""
        self.collected = False

    @property
    def alive(self) -> bool:
        """Whether it waits for a task."""
        poller = select.poll()
        poller.register(self.channel.socket, select.POLLIN)
        return not poller.poll(0)  # nothing is said without a task: readable means that it is gone

    def end(self) -> None:
        """Hang up and kill it. What it has started and left running is not looked for."""
        self.channel.close()
        if not self.collected:
            tree.send(self.pid, signal.SIGKILL)
            adopted.collect(self.pid)
            self.collected = True
        self.plumbing.close()


class WorkerPump(Pump):
    """Waits for one attempt in a worker."""

    def __init__(
        self, worker: Worker, task: Task, source: str, log: Log, *, cancel: CancelToken, progress: OnProgress
    ) -> None:
        request = task.request
        super().__init__(
            worker.pid, worker.plumbing, log, cancel, grace=request.grace, limit=0, marks=marks_of(request.env)
        )  # fmt: skip
        self._worker, self._task, self._source, self._progress = worker, task, source, progress
        self._channel_number = worker.channel.socket.fileno()
        self._done: Done | None = None
        self._told = False
        self._garbled = False
        self.untaken = False
        """Whether the worker was gone before it had read its task."""

    def perform(self) -> tuple[AttemptOutcome, bool]:
        """The outcome, and whether the worker can take another task."""
        self._poller.register(self._channel_number, select.POLLIN)
        try:
            self._worker.channel.send(self._task)
        except OSError:
            self.untaken = True
        try:
            self.pump()
        except BaseException:
            tree.end(self._members)
            raise
        finally:
            self.release()
        if self._done is None or self._exited:
            return self._lost(), False
        self._drain()
        return self._done.outcome, not self._done.spoilt and not self._stopping

    def _turn(self, wish: int) -> None:
        events = self._poller.poll(self._timeout())
        self._handle([one for one in events if one[0] != self._channel_number], wish, quiet=not events)
        if any(one[0] == self._channel_number for one in events):
            self._hear()

    def _stop(self) -> None:
        """Tell the step before the signal comes."""
        self._told = True
        with contextlib.suppress(OSError):  # one that is gone is seen at once
            self._worker.channel.send(Cancel())
        super()._stop()

    def _end_rest(self) -> None:
        """Of the attempt only: the worker's group may hold what an earlier step has left running on purpose."""
        tree.end(lambda: tree.marked(self._marks))

    def _over(self) -> bool:
        if self._done is not None and not self._stopping:
            return True
        return super()._over()

    def _hear(self) -> None:
        """Take in what the worker says."""
        try:
            messages: list[Any] | None = self._worker.channel.receive()
        except Broken:
            messages, self._garbled = None, True
        except OSError:
            messages = None
        if messages is None:
            self.untaken = self.untaken or (self._worker.channel.unread and not self._told)
            self._poller.unregister(self._channel_number)
            if not self._exited:  # it cannot tell us anything any more
                tree.send(self._pid, signal.SIGKILL)
        for message in messages or ():
            if isinstance(message, Done):
                self._done = message
                if self._stopping:  # its part is over; what it has started keeps its grace
                    tree.send(self._pid, signal.SIGKILL)
            elif isinstance(message, Line):
                self._log.line(message.stream, message.text)
            else:
                self._progress(message.done, message.total, message.text)

    def _drain(self) -> None:
        """Read what stands in the pipes: the worker flushed before it said that it had done."""
        poller = select.poll()
        for descriptor in self._plumbing.streams:
            poller.register(descriptor, select.POLLIN)
        while events := poller.poll(0):
            for descriptor, _ in events:
                if descriptor in self._plumbing.streams:
                    self._read(descriptor)
                if descriptor not in self._plumbing.streams:
                    poller.unregister(descriptor)
        for stream in self._plumbing.streams.values():
            self._log.end(stream)

    def _lost(self) -> AttemptOutcome:
        """The worker is gone: the outcome, if it was told in time, else the way in which the process ended."""
        self.hand_over()
        code = self.collect()
        self._worker.collected = True
        if self._done is not None:
            return self._done.outcome
        how = f"was killed by {_signal_name(-code)}" if code < 0 else f"ended its process (exit code {code})"
        if self._garbled:
            how = "wrote into the channel of its process to the runner, a descriptor that it had not opened"
        if self._cancel.cancelled:
            how = "did not end when it was told to, and was killed" if self._killed else "was ended"
        error = ErrorInfo(type="plugin.crash", message=f"{self._source} {how}", code=code if code >= 0 else None)
        return failed(self._task.request, error, cancelled=self._cancel.cancelled)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _is_common(name: str) -> bool:
    """Whether a variable is the same for all steps of a run, so that a worker may keep it."""
    return not name.startswith("STEPLANE_") or name in {"STEPLANE_RUN_ID", "STEPLANE_ARTIFACTS"}


def _path_of_ours() -> str:
    """Where the worker finds this package and its libraries before it is told our `sys.path`."""
    return os.pathsep.join(one for one in sys.path if one)
