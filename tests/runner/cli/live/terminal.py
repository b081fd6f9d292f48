"""A real terminal for a real process: a pty whose screen pyte draws."""

import os
import pty
import select
import subprocess
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pyte

_LOOKS = 2000
"""Looks at the screen, of a hundredth of a second at most, until a test gives up waiting."""


class Terminal:
    """A process that leads the session of a terminal. `screen` is what a person sees, `written` all that it wrote."""

    def __init__(
        self, command: Sequence[str], folder: Path, env: Mapping[str, str], *, size: tuple[int, int] = (80, 24)
    ) -> None:
        columns, rows = size
        self.screen = pyte.HistoryScreen(columns, rows, history=10_000)
        self.written = b""
        self._stream = pyte.ByteStream(self.screen)
        self.master, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (rows, columns))
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command], cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)

    # ------------------------------------------------------------ what a person does

    def type(self, keys: str) -> None:
        """Press keys; `\\x03` is Ctrl-C, `\\x1a` Ctrl-Z."""
        os.write(self.master, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Change the window, as xterm does: rows go at the bottom as long as the cursor stays, lines are cut."""
        screen, cursor = self.screen, self.screen.cursor
        up = max(0, cursor.y + 1 - rows)
        screen.history.top.extend(screen.buffer[number] for number in range(up))
        kept = [screen.buffer[number + up] for number in range(min(rows, screen.lines - up))]
        place = cursor.y - up, min(cursor.x, columns - 1)
        screen.resize(rows, columns)
        screen.buffer.clear()
        screen.buffer.update(enumerate(kept))
        screen.cursor.y, screen.cursor.x = place  # another object by now
        termios.tcsetwinsize(self.master, (rows, columns))

    def close(self) -> None:
        """Shut the window."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1

    # ------------------------------------------------------------ what a person sees

    @property
    def shown(self) -> str:
        """The screen, without blanks at the ends of lines and empty lines at its end."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    @property
    def everything(self) -> str:
        """The screen with all that has been scrolled out of it."""
        columns = range(self.screen.columns)
        past = ["".join(line[one].data for one in columns).rstrip() for line in self.screen.history.top]
        return "\n".join([*past, self.shown])

    def until(self, holds: Callable[[], object]) -> None:
        """Look at the screen until it holds."""
        for _ in range(_LOOKS):
            if holds():
                return
            if not self._read() and not holds():
                break
        raise AssertionError(f"never came; on the screen is:\n{self.everything}")

    def shows(self, *texts: str) -> str:
        """Wait until the screen shows the texts, one after the other; all that it shows then."""
        self.until(lambda: in_order(self.shown, texts))
        return self.shown

    def becomes(self, expected: str, plain: Callable[[str], str] = str) -> None:
        """Wait until the screen, made plain, is just that."""
        try:
            self.until(lambda: plain(self.shown) == expected)
        except AssertionError:
            assert plain(self.shown) == expected
            raise

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    @property
    def right(self) -> bool:
        """Whether the cursor shows, and what is typed."""
        return not self.screen.cursor.hidden and self.echoes

    def wait(self) -> int:
        """Watch until the process has ended; its exit code, as a shell would see it."""
        while self._read():
            continue
        code = self.process.wait(60)
        return code if code >= 0 else 128 - code

    def _read(self) -> bool:
        """Take in what has been written by now; whether more may come."""
        ended = self.process.poll() is not None  # asked first: what it wrote before its end is there to be read then
        if self.master < 0 or not select.select([self.master], [], [], 0.01)[0]:
            return not ended
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:  # EIO: nobody has it open any more
            return False
        self.written += data
        self._stream.feed(data)
        return bool(data)


def in_order(text: str, parts: Sequence[str]) -> bool:
    """Whether the text holds the parts, one after the other."""
    place = 0
    for part in parts:
        place = text.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return True


@contextmanager
def on_terminal(
    command: Sequence[str], folder: Path, env: Mapping[str, str], *, size: tuple[int, int] = (80, 24)
) -> Iterator[Terminal]:
    """A terminal that is shut at the end, and whose process is ended then."""
    one = Terminal(command, folder, env, size=size)
    try:
        yield one
    finally:
        one.close()
        with suppress(subprocess.TimeoutExpired):
            one.process.wait(10)
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
