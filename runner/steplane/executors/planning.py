"""What step types say of themselves before a run: their `plan()`, called in a process of its own.

It can neither print nor hang, and a crash is a word about that one step. The process is started when the first step
type is asked, serves all, and is replaced when one has broken it.
"""

import os
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from steplane.executors import adopted, tree
from steplane.executors.channel import CHANNEL, Broken, Channel
from steplane.executors.failures import SpawnError
from steplane.executors.spawn import spawn
from steplane.plugins import Plugin, Registered

SECONDS = 5.0
"""How long one step type may think; the first one of a plugin is imported in that time too."""

START = 30.0
"""Seconds within which the process must be there; on a busy machine it takes its time."""

FAULTS = 5
"""Processes that may be lost before no further one is started."""


class Question(Struct, frozen=True):
    """To the process: what would this step type do with these parameters, there? `path` is our `sys.path`.

    `private` are the fields that the core fills in.
    """

    plugin: Plugin
    uses: str
    parameters: dict[str, Any]
    env: dict[str, str]
    folder: str
    path: tuple[str, ...]
    private: dict[str, Any] = {}


class Ready(Struct, frozen=True, tag="ready"):
    """From the process: it has begun."""


class Answer(Struct, frozen=True, tag="answer"):
    """From the process: what the step type says, or `fault`: why it said nothing."""

    summary: str = ""
    reads: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    fault: str = ""


FromPlanner = Ready | Answer


class Planner:
    """Asks step types; to be closed. `env` is what the process is started with, `seconds` how long each may think."""

    def __init__(self, env: Mapping[str, str], seconds: float = SECONDS) -> None:
        self._env = {**env, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
        self.seconds = seconds
        self._process: _Process | None = None
        self._faults = 0

    def ask(
        self,
        found: Registered,
        parameters: dict[str, Any],
        env: dict[str, str],
        folder: str,
        private: dict[str, Any] | None = None,
    ) -> Answer:
        """What the step type would do. A fault of it is told with its name and its plugin's."""
        if self._faults >= FAULTS:
            return Answer(fault=f"{found.source} was not asked: {FAULTS} others broke the process that asks")
        question = Question(
            found.plugin, found.cls.steplane.type, parameters, env, folder, tuple(sys.path), private or {}
        )
        try:
            self._process = self._process or _Process(self._env)
            answer = self._process.ask(question, self.seconds)
        except _LostError as lost:
            self.close()
            self._faults += 1
            answer = Answer(fault=str(lost))
        return answer if not answer.fault else Answer(fault=f"`plan()` of {found.source} {answer.fault}")

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def __enter__(self) -> "Planner":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _LostError(Exception):
    """The process is of no use any more; the text says what happened, after the name of the step type."""


class _Process:
    """One process that asks."""

    def __init__(self, env: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair()
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        command = [sys.executable, "-P", "-m", "steplane.executors.planning_main"]
        try:
            with theirs:
                self._pid = spawn(command, env, "/", {1: nowhere, 2: nowhere, CHANNEL: theirs.fileno()})
        except SpawnError as error:
            ours.close()
            raise _LostError(f"could not be called: {error}") from error
        finally:
            os.close(nowhere)
        self._channel = Channel(ours, FromPlanner)
        self._exit: int | None = None
        try:
            self._next(START)
        except _LostError:
            self.end()
            raise

    def ask(self, question: Question, seconds: float) -> Answer:
        try:
            self._channel.send(question)
        except OSError:
            raise _LostError(self._how()) from None
        answer = self._next(seconds)
        assert isinstance(answer, Answer)
        return answer

    def _next(self, seconds: float) -> Any:
        """The next message. Raises `_LostError`."""
        limit = time.monotonic() + seconds
        poller = select.poll()
        poller.register(self._channel.socket, select.POLLIN)
        while (left := limit - time.monotonic()) > 0:
            if not poller.poll(left * 1000):
                continue
            try:
                messages = self._channel.receive()
            except (Broken, OSError):
                raise _LostError("broke the channel to the runner") from None
            if messages is None:
                raise _LostError(self._how())
            if messages:
                return messages[0]
        raise _LostError(f"said nothing within {seconds:g} s")

    def _how(self) -> str:
        """How the process ended, that has hung up."""
        tree.send(self._pid, signal.SIGKILL)  # it may have closed the channel and live on
        self._exit = adopted.collect(self._pid)
        if self._exit is not None and self._exit >= 0:
            return f"ended its process (exit code {self._exit})"
        number = -(self._exit or 0)
        known = number in {int(one) for one in signal.valid_signals()}
        return f"was killed by {signal.Signals(number).name if known else f'signal {number}'}"

    def end(self) -> None:
        self._channel.close()
        tree.send(-self._pid, signal.SIGKILL)
        if self._exit is None:
            self._exit = adopted.collect(self._pid)
