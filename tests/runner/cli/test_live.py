"""The live view, as a person sees it: real runs on real terminals, their screens emulated."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from .conftest import Shell
from .terminal import Terminal, on_terminal

Open = Callable[..., AbstractContextManager[Terminal]]

GATE = "until [ -e go ]; do sleep 0.01; done"


@pytest.fixture
def live(shell: Shell) -> Open:
    """Opens a terminal on which `steplane` is called with the words given."""

    def open_(*words: str, size: tuple[int, int] = (80, 24), **env: str) -> AbstractContextManager[Terminal]:
        environment = {**shell.env, "TERM": "xterm-256color", **env}
        environment.pop("CI", None)
        return on_terminal(shell.words(words), shell.folder, environment, size=size)

    return open_


def steady(text: str) -> str:
    """The text without what differs from run to run: times with the blanks before them, the id of the run."""
    text = re.sub(r" *\b\d+(\.\d+)?m?s\b", " TIME", text)
    return re.sub(r"one-[0-9a-f]{10}", "one", text)


BUILD = f"""\
steplane: 1
name: release
steps:
  - {{id: checkout, run: echo cloned}}
  - id: build
    steps:
      - {{id: compile, run: 'echo first; echo second; {GATE}; echo third'}}
      - {{id: link, name: Link it all, run: 'true'}}
  - id: publish
    run: 'true'
outputs:
  answer: 42
"""


def test_a_run_that_succeeds(shell: Shell, live: Open) -> None:
    shell.write("release.yaml", BUILD)
    with live("run", "release.yaml", "--id", "one") as terminal:
        terminal.shows("checkout", "build", "compile", "│ second", "link", "publish", "running")
        assert steady(terminal.shown.replace("⠋", "*")) == ""
        shell.write("go", "")
        assert terminal.wait() == 0
        assert steady(terminal.shown) == ""
