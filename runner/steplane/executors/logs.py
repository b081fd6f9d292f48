"""The log of one instance: masked bytes in a file, whole lines to a listener, and beside it when they came."""

import os
import threading
import time
from collections.abc import Callable
from typing import Literal, Protocol

from steplane.executors.patience import patiently
from steplane.masking import Mask, Stream

StreamName = Literal["stdout", "stderr", "log", "warning"]
Listener = Callable[[str, StreamName, str], None]
"""Called with the instance path, the stream, and the masked text of whole lines (no newline at the end)."""

LOG_LIMIT = 1 << 30
"""The most bytes that one log takes; what comes later is counted, not kept."""

LONGEST_LINE = 1 << 16
"""A line longer than this is written in pieces."""

TIMES = ".times"
"""The ending of the file beside a log with its times: lines of an offset in the log (bytes) and when what begins there
was written (milliseconds since the epoch). There is none where all was written at once: then the log's own time says.
"""


class Log(Protocol):
    """Where the streams of a step go; see `LogSink`."""

    @property
    def pending(self) -> bool:
        """Whether the beginning of a line waits for its end."""

    def feed(self, stream: StreamName, data: bytes) -> bytes:
        """Take bytes of a stream."""

    def end(self, stream: StreamName) -> bytes:
        """The stream has ended."""

    def line(self, stream: StreamName, text: str) -> None:
        """Write whole lines."""

    def pause(self) -> None:
        """Write what there is of unfinished lines."""

    def close(self) -> None:
        """Write everything."""


class LogSink:
    """Takes what a step says on its streams. Lines of different streams are never mixed up; safe from any thread.

    The file is opened at the first byte, for appending, readable by its owner only. It never raises: when the file
    cannot be written, `failure` says so once and the step goes on. `size` counts the bytes that were offered. With
    `unheard` the standard output is handed back as it is, and not written: a secret is made of it.
    """

    __slots__ = (
        "_cut",
        "_file",
        "_limit",
        "_lock",
        "_masks",
        "_moment",
        "_open_line",
        "_parts",
        "_times",
        "_unheard",
        "_untold",
        "_written",
        "failure",
        "listener",
        "mask",
        "path",
        "size",
        "step",
    )  # fmt: skip

    def __init__(
        self, path: str, mask: Mask, *, step: str = "", listener: Listener | None = None, limit: int = LOG_LIMIT,
        unheard: bool = False,
    ) -> None:  # fmt: skip
        self.path, self.mask, self.step, self.listener = path, mask, step, listener
        self.failure, self.size = "", 0
        self._unheard = unheard
        self._limit, self._written, self._cut = limit, 0, False
        self._file = self._times = -1
        self._moment = 0  # the latest millisecond that is noted
        self._untold = b""  # the times that are noted when others follow
        self._lock = threading.RLock()
        self._masks: dict[StreamName, Stream] = {}
        self._parts: dict[StreamName, bytes] = {}
        self._open_line: StreamName | None = None

    def feed(self, stream: StreamName, data: bytes) -> bytes:
        """Take bytes as a program wrote them; the masked bytes that are certain now."""
        if self._unheard and stream == "stdout":
            return data
        with self._lock:
            masked = self._masks.setdefault(stream, self.mask.stream()).feed(data)
            self._take(stream, masked)
            return masked

    def end(self, stream: StreamName) -> bytes:
        """The stream has ended: write its unfinished line; the masked bytes that were still held back."""
        with self._lock:
            held = self._masks.pop(stream).flush() if stream in self._masks else b""
            self._take(stream, held)
            self._put(stream, self._parts.pop(stream, b""))
            return held

    def line(self, stream: StreamName, text: str) -> None:
        """Write a text as one or more whole lines."""
        with self._lock:
            self.pause()
            data = self.mask.text(text).encode("utf-8", "replace")
            self._put(stream, data if data.endswith(b"\n") else data + b"\n")

    @property
    def pending(self) -> bool:
        """Whether the beginning of a line waits for its end."""
        return any(self._parts.values())

    def pause(self) -> None:
        """Write what there is of unfinished lines: a prompt, a row of dots."""
        with self._lock:
            for stream in tuple(self._parts):
                self._put(stream, self._parts.pop(stream))

    def close(self) -> None:
        """Finish every stream and close the file (it is opened again if more comes)."""
        with self._lock:
            for stream in {*self._masks, *self._parts}:
                self.end(stream)
            for descriptor in (self._file, self._times):
                if descriptor >= 0:
                    os.close(descriptor)
            self._file = self._times = -1

    def _take(self, stream: StreamName, data: bytes) -> None:
        """Write the whole lines, keep the rest."""
        cut = data.rfind(b"\n") + 1
        if cut:
            self._put(stream, self._parts.pop(stream, b"") + data[:cut])
            data = data[cut:]
        if data:
            rest = self._parts.pop(stream, b"") + data
            if len(rest) > LONGEST_LINE:
                self._put(stream, rest)
            else:
                self._parts[stream] = rest

    def _put(self, stream: StreamName, data: bytes) -> None:
        if not data:
            return
        self.size += len(data)
        if self._open_line not in {None, stream}:
            self._write(b"\n")
        self._open_line = None if data.endswith(b"\n") else stream
        self._write(data)
        if self.listener is not None and not self._cut:
            self.listener(self.step, stream, data.decode("utf-8", "replace").removesuffix("\n"))

    def _write(self, data: bytes) -> None:
        if self._cut or self.failure:
            return
        try:
            if self._file < 0:
                self._open()
            room = self._limit - self._written
            if len(data) > room:
                self._cut = True
                data = data[: max(room, 0)] + f"\n[steplane] the log is cut here: {self._limit} bytes\n".encode()
            self._note()
            self._written += len(data)
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            self.failure = f"the log {self.path} cannot be written ({error.strerror}): the rest of it is lost"

    def _open(self) -> None:
        self._file = _appended(self.path)
        status = os.fstat(self._file)
        self._written = status.st_size
        if status.st_size and not self._moment and not os.path.exists(self.path + TIMES):
            self._untold = b"0 %d\n" % (status.st_mtime_ns // 1_000_000)

    def _note(self) -> None:
        """Remember when the next bytes are written, once a millisecond at most; the first time alone is not noted."""
        moment = time.time_ns() // 1_000_000
        if moment == self._moment:
            return
        alone = not self._moment and not self._written
        self._moment = moment
        self._untold += b"%d %d\n" % (self._written, moment)
        if not alone:
            if self._times < 0:
                self._times = _appended(self.path + TIMES)
            os.write(self._times, self._untold)
            self._untold = b""


class WithoutOutput:
    """A step's log for a program whose standard output is not for it: what else the program writes is."""

    def __init__(self, log: Log) -> None:
        self._log = log

    @property
    def pending(self) -> bool:
        """Whether the beginning of a line waits for its end."""
        return self._log.pending

    def feed(self, stream: StreamName, data: bytes) -> bytes:
        """Take bytes of a stream."""
        return data if stream == "stdout" else self._log.feed(stream, data)

    def end(self, stream: StreamName) -> bytes:
        """The stream has ended."""
        return b"" if stream == "stdout" else self._log.end(stream)

    def line(self, stream: StreamName, text: str) -> None:
        """Write whole lines."""
        self._log.line(stream, text)

    def pause(self) -> None:
        """Write what there is of unfinished lines."""
        self._log.pause()

    def close(self) -> None:
        """Write everything."""
        self._log.close()


def _appended(path: str) -> int:
    # A link or a pipe in its place is not ours: it is not written through, and not waited for.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    return patiently(lambda: os.open(path, flags, 0o600))
