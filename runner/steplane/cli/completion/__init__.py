"""Completion of words in bash, zsh and fish: what a shell asks for, and what it is told.

The shell's script (`steplane completion SHELL`) calls the program with `_STEPLANE_COMPLETE=SHELL_complete` and reads
one answer a line: its kind, the value, a description, with a tab between them. Whatever is broken (a file, the state
directory, a plugin), the answer is then merely shorter: nothing is ever written into somebody's prompt.
"""

import os
import sys
from collections.abc import Iterable, Sequence

VARIABLE = "_STEPLANE_COMPLETE"
"""How a script says that it is one, and of which shell."""

SHELLS = ("bash", "zsh", "fish")

_PATIENCE = 3.0
"""Seconds after which a person has lost patience with a Tab key."""


def script(shell: str) -> str:
    """The script that teaches the shell."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), f"steplane.{shell}"), encoding="utf-8") as file:
        return file.read()


def answer(instruction: str, words: Sequence[str]) -> int:
    """Answer a shell; the exit code. `words`: what stands before the cursor, the unfinished word last. For bash that
    comes as the line itself, in `_STEPLANE_LINE`, with the piece that is replaced in `_STEPLANE_WORD`. `SHELL_source`
    asks for the script.
    """
    shell, _, what = instruction.partition("_")
    if shell not in SHELLS or what not in {"complete", "source"}:
        return 1
    if what == "source":
        sys.stdout.write(script(shell))
        return 0
    out = _silenced()
    _hurry()
    try:
        text = "".join(f"{line}\n" for line in _lines(shell, words))
        os.write(out, text.encode("utf-8", "surrogateescape"))
    except BaseException:  # noqa: BLE001 - a prompt is no place for any of it
        return 0
    return 0


def _silenced() -> int:
    """A descriptor of what was stdout; whatever else is written from now on, by plugins too, goes nowhere."""
    out = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return out


def _hurry() -> None:
    """End silently when it takes too long: a file system that does not answer, a plugin that waits for something."""
    import signal

    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE)


def _lines(shell: str, words: Sequence[str]) -> Iterable[str]:
    from steplane.cli.completion.resolve import candidates

    if shell != "bash":
        from steplane.cli.completion.answers import described

        return described(candidates(words[:-1], words[-1] if words else ""))
    from steplane.cli.completion.bash import Line, replies

    line = Line.read(os.environ.get("_STEPLANE_LINE", ""), os.environ.get("_STEPLANE_WORD", ""))
    return replies(line, candidates(line.words, line.current))
