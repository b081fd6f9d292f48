"""A terminal on which something is drawn again and again: what is changed there for it, and how that is put right.

Between two frames the cursor stands, hidden, at the beginning of what is drawn: whoever puts the terminal right only
has to erase from there on. That what is typed is not echoed (it would break the drawing) is at the same time the mark
by which the warden knows that there is something to put right.
"""

import os
from contextlib import suppress

RIGHT = "\x1b[0m\x1b[?7h\r\x1b[J\x1b[?25h"
"""No colour, lines wrap, nothing is left of the drawing, the cursor shows (ECMA-48 and DEC's private modes)."""

_AT_PROMPT = "\x1b[0m\x1b[?7h\x1b[J\x1b[?25h"
_LOCAL_MODES = 3

_silenced: set[int] = set()
"""The terminals, by descriptor, that this process keeps from showing what is typed."""


def foreground(descriptor: int) -> bool:
    """Whether the terminal is ours to draw on: a job in the background leaves it to the shell."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # no controlling terminal of ours: there is no other job either
        return True


def echoes(descriptor: int) -> bool:
    """Whether it is a terminal that shows what is typed."""
    if not os.isatty(descriptor):
        return False
    import termios

    try:
        return bool(termios.tcgetattr(descriptor)[_LOCAL_MODES] & termios.ECHO)
    except (OSError, termios.error):
        return False


def set_echo(descriptor: int, *, on: bool) -> None:
    """Let it show what is typed, or not."""
    import termios

    (_silenced.discard if on else _silenced.add)(descriptor)
    with suppress(OSError, termios.error):
        modes = termios.tcgetattr(descriptor)
        modes[_LOCAL_MODES] = modes[_LOCAL_MODES] | termios.ECHO if on else modes[_LOCAL_MODES] & ~termios.ECHO
        termios.tcsetattr(descriptor, termios.TCSANOW, modes)


def put_right(descriptor: int = 1) -> None:
    """Undo what a process that is gone, or has been stopped, has left on the terminal. Nothing where all is right."""
    if os.isatty(descriptor) and foreground(descriptor) and not echoes(descriptor):
        with suppress(OSError):
            os.write(descriptor, RIGHT.encode())
        set_echo(descriptor, on=True)


def abandon() -> None:
    """Put right what this process has drawn on, where its warden is gone.

    The shell may have taken the terminal by then and stand at its prompt: what is below that is of the drawing.
    """
    for descriptor in tuple(_silenced):
        if foreground(descriptor):
            put_right(descriptor)
        else:
            with suppress(OSError):
                os.write(descriptor, _AT_PROMPT.encode())
