"""A child process with output in threads and files on given descriptors, simple rather than fast."""

import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

DRAIN = 1.0
"""Seconds that output is still read after the program's end: a grandchild may hold it open for ever."""

_SPAWNING = threading.Lock()


def unheard(line: str) -> None:
    """Where lines go that nobody wants."""


class Child:
    """A program in a process group of its own."""

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path | str,
        *,
        stdin: bytes,
        pass_files: Mapping[int, bytes],
        tty: bool,
    ) -> None:
        self._kept = bytearray()
        self._truncated = False
        self._threads: list[threading.Thread] = []
        with contextlib.ExitStack() as stack:
            source = stack.enter_context(_file(stdin))
            outputs = _terminal() if tty else (_pipe(), _pipe())
            child_ends = [end for _, end in outputs]
            stack.callback(_close, set(child_ends))
            given = stack.enter_context(_descriptors(pass_files))
            # between fork and exec descriptors are renumbered and nothing else is done, which is safe beside threads
            self._process = subprocess.Popen(
                list(argv), env=dict(env), cwd=cwd, stdin=child_ends[0] if tty else source, stdout=child_ends[0],
                stderr=child_ends[-1], process_group=0, close_fds=False,
                preexec_fn=lambda: [os.dup2(opened, number) for number, opened in given.items()],  # noqa: PLW1509 - see above
            )  # fmt: skip
        self._sources = [source for source, _ in outputs]

    def pump(self, log: Callable[[str], None], limit: int, *, quiet: bool = False) -> None:
        """Read its output in threads: lines to `log`, the first `limit` bytes of standard output kept.

        With `quiet` the lines of standard output go nowhere.
        """
        for position, source in enumerate(self._sources):
            keep = limit if position == 0 else 0
            listener = unheard if quiet and position == 0 else log
            thread = threading.Thread(target=self._read, args=(source, listener, keep), daemon=True)
            thread.start()
            self._threads.append(thread)

    def wait(self, seconds: float) -> int | None:
        """Wait for its end; the exit code, None when it still runs."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self, grace: float) -> int:
        """Ask the group to end, and after `grace` seconds make it; the exit code."""
        self._signal(signal.SIGTERM)
        self.wait(grace)
        self._signal(signal.SIGKILL)
        return self._process.wait()

    def output(self) -> tuple[bytes, bool]:
        """What was kept of standard output, and whether that is not all."""
        for thread in self._threads:
            thread.join(DRAIN)
        return bytes(self._kept), self._truncated

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _read(self, source: int, log: Callable[[str], None], keep: int) -> None:
        with open(source, "rb", buffering=0) as stream:
            for line in _lines(stream):
                room = keep - len(self._kept) if keep else 0
                if keep:
                    self._kept += line[:room]
                    self._truncated = self._truncated or len(line) > room
                log(line.rstrip(b"\r\n").decode("utf-8", "replace"))


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines as they come; a terminal's end is an error to the reader."""
    rest = b""
    with contextlib.suppress(OSError):
        while block := stream.read(1 << 16):
            *whole, rest = (rest + block).split(b"\n")
            yield from (line + b"\n" for line in whole)
    if rest:
        yield rest


def _pipe() -> tuple[int, int]:
    return os.pipe()


def _terminal() -> tuple[tuple[int, int]]:
    return (pty.openpty(),)


def _close(descriptors: set[int]) -> None:
    for one in descriptors:
        os.close(one)


@contextlib.contextmanager
def _file(content: bytes) -> Iterator[IO[bytes]]:
    """An unlinked file with that content, at its beginning."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        yield file


@contextlib.contextmanager
def _descriptors(files: Mapping[int, bytes]) -> Iterator[dict[int, int]]:
    """High descriptors of the contents by the number that the child wants.

    Those numbers are taken here too while the child starts: else Popen's own pipe could lie on one of them.
    """
    with _SPAWNING, contextlib.ExitStack() as stack:
        opened = {}
        for number, content in files.items():
            file = stack.enter_context(_file(content))
            opened[number] = fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, 64)
            stack.callback(os.close, opened[number])
            if not _is_open(number):
                os.dup2(opened[number], number, inheritable=False)
                stack.callback(os.close, number)
        yield opened


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
