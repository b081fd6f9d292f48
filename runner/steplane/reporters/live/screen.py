"""The part of a terminal that is drawn anew, frame by frame, below lines that stay.

Between two frames the cursor stands at the beginning of the first, empty row. So what others write to the terminal
goes there and stays; a frame draws below it; and after a change of the window's size, whatever the terminal has made
of the old rows, erasing from the cursor on removes them.
"""

import os
from collections.abc import Callable, Sequence

from steplane.driver import terminal

_HIDE, _WRAP, _NO_WRAP, _ERASE, _ERASE_LINE = "\x1b[?25l", "\x1b[?7h", "\x1b[?7l", "\r\x1b[J", "\x1b[K"
_FALLBACK = os.terminal_size((80, 24))


class Screen:
    """The terminal at a descriptor, written to by `write` (which never fails). For one thread at a time."""

    def __init__(self, write: Callable[[str], None], descriptor: int) -> None:
        self._write, self._descriptor = write, descriptor
        self._holds_echo = terminal.echoes(descriptor)
        self._drawn = False

    @property
    def size(self) -> os.terminal_size:
        """Columns and rows, now."""
        try:
            size = os.get_terminal_size(self._descriptor)
        except OSError:
            return _FALLBACK
        return size if size.columns > 0 and size.lines > 0 else _FALLBACK

    def frame(self, above: str, rows: Sequence[str]) -> None:
        """Write whole lines that stay, and below them the rows, none wider than the window, in place of those before.

        A job in the background writes the lines only.
        """
        if not terminal.foreground(self._descriptor):
            self._drawn = False  # who stopped us has put the terminal right
            self._write(above)
            return
        hide = self._take()
        before = f"{_ERASE}{above}" if above else "\r"
        body = f"{_ERASE_LINE}\n".join(rows)
        back = f"\x1b[{len(rows) - 1}A" if len(rows) > 1 else ""
        self._write(f"{hide}{before}{_NO_WRAP}{body}{_ERASE_LINE}\x1b[J{_WRAP}\r{back}")
        self._drawn = True

    def leave(self) -> None:
        """Erase the rows and give the terminal back as it was."""
        if self._drawn and terminal.foreground(self._descriptor):
            self._write(terminal.RIGHT)
        if self._holds_echo and terminal.foreground(self._descriptor) and not terminal.echoes(self._descriptor):
            terminal.set_echo(self._descriptor, on=True)
        self._drawn = False

    def _take(self) -> str:
        """Keep what is typed from being shown, also after Ctrl-Z has given the terminal back; what hides the cursor."""
        if not self._holds_echo:  # then nobody could tell from outside that the cursor is to be shown again
            return ""
        if terminal.echoes(self._descriptor):
            terminal.set_echo(self._descriptor, on=False)
            self._drawn = False
        return "" if self._drawn else _HIDE
