"""Writing to stdout and stderr so that nobody who stops reading can stop a run."""

import errno
import io
import os
import select
import sys
import threading
from collections.abc import Mapping
from typing import TextIO

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Errors of a file that takes no more."""

CLOSED = "it is closed"
"""Of a stream that the caller has given no file (`>&-`)."""


class Output:
    """A standard stream that never fails: once it cannot be written, what is given to it is dropped.

    Each call is written whole and at once; calls from several threads do not mix, nor do those for stdout and for
    stderr, which may be one pipe.
    """

    __slots__ = ("_stream", "_wanted")
    _lock = threading.RLock()
    refused = ""
    """Why a file that such a stream leads to took no more: a full disk, a quota; or that there is none where one is
    `wanted`. Readers that went away are not it.
    """

    def __init__(self, stream: TextIO | None, *, wanted: bool = False) -> None:
        self._stream = stream
        self._wanted = wanted and stream is None
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")

    @property
    def unicode(self) -> bool:
        """Whether the stream takes signs beyond ASCII."""
        encoding = getattr(self._stream, "encoding", None) or "ascii"
        return encoding.lower().replace("-", "") == "utf8"

    @property
    def gone(self) -> bool:
        """Whether nobody reads it any more."""
        return self._stream is None

    @property
    def deserted(self) -> bool:
        """Whether whoever read it has gone away, found out without writing: for a writer who waits for long."""
        with self._lock:
            if self._stream is None:
                return True
            try:
                poll = select.poll()
                poll.register(self._stream.fileno(), 0)
                state = poll.poll(0)
            except (OSError, ValueError, AttributeError):
                return False
            if any(flags & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, flags in state):
                self._give_up()
            return self._stream is None

    @property
    def terminal(self) -> bool:
        """Whether a person looks at it."""
        return is_terminal(self._stream)

    @property
    def descriptor(self) -> int:
        """The number of its file, -1 where it has none."""
        try:
            return self._stream.fileno() if self._stream is not None else -1
        except (OSError, ValueError):
            return -1

    @property
    def columns(self) -> int:
        """How wide it is, in cells: as `COLUMNS` says, else as the terminal does, else 80."""
        given = os.environ.get("COLUMNS", "")
        if given.isascii() and given.isdigit() and int(given) > 0:
            return int(given)
        try:
            return (os.get_terminal_size(self._stream.fileno()).columns if self._stream is not None else 0) or 80
        except (OSError, ValueError, AttributeError):
            return 80

    def line(self, text: str) -> None:
        """Write a line."""
        self.write(text + "\n")

    def write(self, text: str) -> None:
        """Write a text now."""
        with self._lock:
            if self._stream is None or not text:
                if self._wanted and text:
                    Output.refused = CLOSED
                return
            try:
                _put(self._stream, text)
            except (OSError, ValueError) as error:
                if isinstance(error, OSError) and error.errno in FULL:
                    Output.refused = error.strerror or str(error)
                self._give_up()

    def _give_up(self) -> None:
        """Nobody reads: let what is buffered, and what libraries may still write, go nowhere."""
        stream, self._stream = self._stream, None
        try:
            number = stream.fileno() if stream is not None else -1
            if number >= 0:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, number)
                os.close(nowhere)
        except (OSError, ValueError):
            return


def _put(stream: TextIO, text: str) -> None:
    """Write all of the text.

    A text stream itself loses what a single write leaves over where nothing buffers below it (`python -u`), and fails
    where somebody who shares the terminal has set it not to block.
    """
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    if not isinstance(raw, io.RawIOBase):
        stream.write(text)
        stream.flush()
        return
    stream.flush()
    rest = memoryview(text.encode(stream.encoding, "backslashreplace"))
    while rest:
        written = raw.write(rest)
        if written is None:
            select.select([], [raw], [])
        rest = rest[written or 0 :]


def is_terminal(stream: TextIO | None) -> bool:
    """Whether the stream is a terminal."""
    try:
        return stream is not None and stream.isatty()
    except (OSError, ValueError):
        return False


def use_color(stream: TextIO | None, setting: str = "auto", environ: Mapping[str, str] = os.environ) -> bool:
    """Whether to paint what goes to the stream: as set, else as NO_COLOR, FORCE_COLOR and the terminal say."""
    if setting in {"always", "never"}:
        return setting == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return environ.get("TERM", "") not in {"", "dumb"} and is_terminal(stream)


def error_text(message: str, remedy: str, color: bool = False, *, word: str = "error") -> str:
    """An error (or a warning) that has no place in a file: what is wrong and how to go on."""
    from steplane.cli.told import with_state
    from steplane.reporters.paint import Paint

    paint = Paint(color)
    lines = [f"{paint.severity(word, f'{word}:')} {_indented(message, len(word) + 2)}"]
    if remedy:
        lines.append(f"{' ' * (len(word) - 4)}{paint.bold('help:')} {_indented(with_state(remedy), len(word) + 2)}")
    return "\n".join(lines) + "\n"


def _indented(text: str, by: int) -> str:
    from steplane.reporters.paint import visible

    return f"\n{' ' * by}".join(visible(line) for line in text.strip().splitlines())


def stdout() -> Output:
    """The stream of results."""
    return Output(sys.stdout, wanted=True)


def stderr() -> Output:
    """The stream of everything else."""
    return Output(sys.stderr)
