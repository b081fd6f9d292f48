"""A program at a terminal, as a person has it: keys go in, and a screen shows what comes out."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte

PATIENCE = 40.0
"""Seconds that a screen may take on a busy machine."""

TAB, ENTER, CTRL_C, CTRL_D = "\t", "\r", "\x03", "\x04"

_LAUNCH = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvpe(sys.argv[1], sys.argv[1:], os.environ)"
)
"""Makes the terminal that of the program, so that Ctrl-C reaches it."""


class _Screen(pyte.Screen):
    """A screen that answers what programs ask a terminal."""

    def __init__(self, columns: int, lines: int, answer: Callable[[str], None]) -> None:
        super().__init__(columns, lines)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        self._answer(data)


class Terminal:
    """One program at one terminal. Use it with `with`."""

    def __init__(
        self, command: Sequence[str], folder: Path, env: Mapping[str, str], *, columns: int = 80, lines: int = 24
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        environment = {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": str(lines), **env}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, *command], cwd=folder, env=environment, stdin=slave, stdout=slave,
            stderr=slave, close_fds=True,
        )  # fmt: skip
        os.close(slave)
        self._screen = _Screen(columns, lines, self.type)
        self._stream: Any = pyte.ByteStream(self._screen)
        self.written = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(PATIENCE)
        os.close(self._master)

    def type(self, keys: str) -> None:
        """Press keys."""
        data = keys.encode()
        while data:
            data = data[os.write(self._master, data) :]

    @property
    def lines(self) -> list[str]:
        """The lines of the screen, without the blanks at their ends and the empty ones at the end."""
        shown = [line.rstrip() for line in self._screen.display]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(self.lines)

    def until(self, found: str | Callable[[str], bool]) -> str:
        """The screen, once it shows the text (or what `found` says); an error with the screen if that never comes."""
        shows = found if callable(found) else lambda text: found in text
        limit = time.monotonic() + PATIENCE
        while not shows(self.text):
            if not self._read(limit - time.monotonic()):
                raise AssertionError(f"{found!r} never came:\n{self.text}")
        return self.text

    def end(self) -> int:
        """Wait for the program to end; its exit code."""
        limit = time.monotonic() + PATIENCE
        while self._read(limit - time.monotonic()):
            pass
        return self._process.wait(PATIENCE)

    def _read(self, seconds: float) -> bool:
        """Take what was written; False at its end or when the time is over."""
        ready, _, _ = select.select([self._master], [], [], max(seconds, 0))
        try:
            data = os.read(self._master, 65536) if ready else b""
        except OSError:  # how Linux tells the end
            data = b""
        self.written += data
        self._stream.feed(data)
        return bool(data)
