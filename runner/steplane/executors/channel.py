"""The talk between the runner and a worker process: each message is a mark, its length (4 bytes) and msgpack.

A step may write to any descriptor: what does not begin with the mark is none of ours, and is known for that at once.
"""

import socket
import struct
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct, ValidationError, convert, msgpack, to_builtins

from steplane.executors.logs import StreamName
from steplane.executors.requests import AttemptOutcome, AttemptRequest
from steplane.plugins import Plugin

LARGEST = 1 << 27
"""The most bytes of one message; the outputs of a step are limited far below."""

CHANNEL = 3
"""The number of the descriptor at which a worker finds its end."""

MARK = b"\xc1stpl\xc1"
"""What each message begins with; the first byte stands in no msgpack."""

MARK_OF_BYTES = b"\xc1stpb\xc1"
"""The same, where a path or a variable is not UTF-8: the texts hold the bytes of what is meant, one character each."""

_KEPT = (bytes,)

HEAD = struct.Struct(f"!{len(MARK)}sI")


class Task(Struct, frozen=True, tag="task"):
    """To the worker: do this with the step type of that plugin. `path` is our `sys.path`.

    `cooperative`: the step type looks at its context's `cancelled`, so SIGTERM is not to end the worker.
    """

    request: AttemptRequest
    plugin: Plugin
    secrets: dict[str, str]
    path: tuple[str, ...]
    cooperative: bool = False


class Cancel(Struct, frozen=True, tag="cancel"):
    """To the worker: the attempt should end."""


class Line(Struct, frozen=True, tag="line"):
    """From the worker: lines for the log."""

    stream: StreamName
    text: str


class Progress(Struct, frozen=True, tag="progress"):
    """From the worker: how far it is."""

    done: float
    total: float | None
    text: str


class Done(Struct, frozen=True, tag="done"):
    """From the worker: the outcome. `spoilt` says what the step changed so that the worker is no good for others."""

    outcome: AttemptOutcome
    spoilt: str = ""


ToWorker = Task | Cancel
FromWorker = Line | Progress | Done
Message = TypeVar("Message")


class Broken(Exception):
    """What came is no message of ours: the step has written into the channel."""


class Channel:
    """One end of a connected socket. Sending is safe from any thread."""

    def __init__(self, end: socket.socket, kind: Any) -> None:
        self.socket = end
        self._kind = kind
        self._decoder = msgpack.Decoder(kind)
        self._buffer = bytearray()
        self._lock = threading.Lock()
        self.unread = False
        """Whether the other side was gone before it had read all that was sent (Linux tells; elsewhere False)."""

    def send(self, message: Struct) -> None:
        """Send a message; raises `OSError` when the other side is gone."""
        mark = MARK
        try:
            data = msgpack.encode(message)
        except UnicodeEncodeError:
            mark, data = MARK_OF_BYTES, msgpack.encode(_over_texts(to_builtins(message, builtin_types=_KEPT), _escaped))
        with self._lock:
            self.socket.sendall(HEAD.pack(mark, len(data)) + data)

    def receive(self) -> list[Any] | None:
        """The messages that are complete after one read, which may block; None at the end. Raises `Broken`."""
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionError:  # for an end that has read everything there is no error: nothing comes
            self.unread = True
            return None
        if not data:
            return None
        self._buffer += data
        return self._complete()

    def _complete(self) -> list[Any]:
        messages = []
        while self._buffer:
            mark = bytes(self._buffer[: len(MARK)])
            if not MARK.startswith(mark) and not MARK_OF_BYTES.startswith(mark):
                raise Broken
            if len(self._buffer) < HEAD.size:
                break
            _, size = HEAD.unpack_from(self._buffer)
            if size > LARGEST:
                raise Broken
            if len(self._buffer) < HEAD.size + size:
                break
            try:
                messages.append(self._read(memoryview(self._buffer)[HEAD.size : HEAD.size + size], mark))
            except (ValidationError, ValueError) as error:
                raise Broken from error
            del self._buffer[: HEAD.size + size]
        return messages

    def _read(self, content: memoryview, mark: bytes) -> Any:
        if mark == MARK:
            return self._decoder.decode(content)
        return convert(_over_texts(msgpack.decode(content), _restored), self._kind, builtin_types=_KEPT)

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def _over_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Plain data with each text changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {_over_texts(key, change): _over_texts(one, change) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_over_texts(one, change) for one in value]
    return value


def _escaped(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _restored(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "surrogatepass")
