"""The files of one child: pipes or a terminal for what it writes, contents for what it reads."""

import fcntl
import os
from collections.abc import Mapping

from steplane.executors.logs import StreamName


class Plumbing:
    """What a child has open, and our ends. `files`: our descriptors by the child's number; `streams`: what we read.

    Standard output and error have a pipe each: the log knows which is which, and only the first is captured. The order
    between the two is that of arrival. With a terminal there is one stream.
    """

    __slots__ = ("_theirs", "files", "streams", "terminal")

    def __init__(self, stdin: bytes | None, contents: Mapping[int, bytes], *, tty: bool) -> None:
        self.files: dict[int, int] = {}
        self.streams: dict[int, StreamName] = {}
        self.terminal = ""
        self._theirs: list[int] = []
        try:
            if tty:
                self._open_terminal()
            else:
                self._open_pipes()
            for number, data in contents.items() if stdin is None else (*contents.items(), (0, stdin)):
                self._give(number, data)
        except OSError:
            self.close()
            raise

    def _open_pipes(self) -> None:
        names: tuple[StreamName, ...] = ("stdout", "stderr")
        for number, name in enumerate(names, 1):
            reader, writer = os.pipe()
            self.streams[reader] = name
            self._theirs.append(writer)
            self.files[number] = writer

    def _open_terminal(self) -> None:
        import termios

        ours, theirs = os.openpty()
        self.streams[ours] = "stdout"
        self._theirs.append(theirs)
        self.terminal = os.ttyname(theirs)
        settings = termios.tcgetattr(theirs)
        settings[1] &= ~termios.ONLCR  # the log's lines end as the program's do
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(theirs, termios.TCSANOW, settings)
        termios.tcsetwinsize(theirs, (24, 120))

    def _give(self, number: int, data: bytes) -> None:
        descriptor = contents_file(data)
        self._theirs.append(descriptor)
        self.files[number] = descriptor

    def close_theirs(self) -> None:
        """Close what only the child needs."""
        while self._theirs:
            os.close(self._theirs.pop())

    def close(self) -> None:
        """Close everything that is still open."""
        self.close_theirs()
        while self.streams:
            os.close(self.streams.popitem()[0])


def contents_file(data: bytes) -> int:
    """A descriptor, at its beginning, of a nameless file that holds `data`."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("steplane", os.MFD_CLOEXEC)
    else:
        import tempfile

        with tempfile.TemporaryFile() as file:
            descriptor = fcntl.fcntl(file.fileno(), fcntl.F_DUPFD_CLOEXEC, 3)
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def widen(descriptor: int) -> None:
    """Let a pipe hold 1 MiB, for a child that writes much; where the system allows it."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        try:
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, 1 << 20)
        except OSError:
            return
