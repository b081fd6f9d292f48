"""The command on a terminal, as a person has it."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from tests.runner.cli.conftest import Shell

from .terminal import Terminal, on_terminal

Open = Callable[..., AbstractContextManager[Terminal]]

GATE = ". ./gate"
"""What a step does that is to go on until the test has seen enough: until there is a file `go`."""


@pytest.fixture
def live(shell: Shell) -> Open:
    """Opens a terminal on which `steplane` is called with the words given."""
    shell.write("gate", "until [ -e go ]; do sleep 0.01; done\n")

    def open_(*words: str, size: tuple[int, int] = (80, 24), **env: str) -> AbstractContextManager[Terminal]:
        return on_terminal(shell.words(words), shell.folder, environment(shell, **env), size=size)

    return open_


def environment(shell: Shell, **more: str) -> dict[str, str]:
    """That of a person at a terminal."""
    return {**{name: value for name, value in shell.env.items() if name != "CI"}, "TERM": "xterm-256color", **more}


def steady(text: str) -> str:
    """The text without what differs: ids, lengths of time with the blanks before them, the turn of the spinner; and
    without the slowest steps, which are told where a second is long.
    """
    text = re.sub(r"\nSlowest\n(?: .*\n)+", "", text)
    text = re.sub(r" *\b(\d+m\d\ds|\d+(\.\d+)?m?s)$", " TIME", text, flags=re.MULTILINE)
    text = re.sub(r" (in|after) (\d+m\d\ds|\d+(\.\d+)?m?s)\b", r" \1 TIME", text)
    return re.sub("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", "*", re.sub(r"-[0-9a-f]{10}\b", "", text))
