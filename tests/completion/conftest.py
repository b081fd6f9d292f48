"""A project with everything that words are completed from, and the three shells at real terminals."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.terminal import ENTER, Terminal

from steplane.cli.completion import script

ORDERS = """\
steplane: 1
name: orders
title: "Orders: priced & shipped"
inputs:
  file: {type: string, format: path, default: orders.csv, description: "The orders: a CSV file"}
  region: {enum: [eu, us, "a:b", "new world"], default: eu, description: Where they go}
  express: {type: boolean, default: false}
  limit: {type: integer, description: How many at most}
  token: {type: string, secret: true, env: ORDERS_TOKEN}
steps:
  - id: load
    name: Load the orders
    run: echo load
  - id: price
    foreach: ["order-17", "a b", "it's", "x:y", "$HOME"]
    key: ${{ item }}
    steps:
      - id: quote
        run: echo quote
  - id: ship
    run: exit 3
"""
RUN = "20261125-120000-aaaaaa"


class Project:
    """A folder with workflows and two runs: one that succeeded, one that failed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.env = {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }  # fmt: skip
        self.write("workflows/orders.yaml", ORDERS)
        self.write("workflows/hello.yaml", (ROOT / "workflows" / "hello.yaml").read_text("utf-8"))
        self.write("nightly.yaml", "steplane: 1\nsteps: [{run: echo}]\n")
        self.write("compose.yaml", "services: {}\n")
        self.write("orders.csv", "id\n1\n")
        self.write("bin/steplane", f'#!/bin/sh\nexec {sys.executable} -m steplane "$@"\n')
        (self.bin / "steplane").chmod(0o755)
        self("run", "hello", "--id", RUN, code=0)
        self("run", "orders", "--id", "monday", "-i", "limit=1", "-i", "token=t", code=1)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def __call__(self, *words: str, code: int | None = None) -> str:
        done = subprocess.run(
            [str(self.bin / "steplane"), *words], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One project for the tests of a module, which leave it as it is."""
    return Project(tmp_path_factory.mktemp("project"))


SHOW = "words() { printf '<%s>' \"$@\"; echo; }"
SETUP = {
    "bash": f"PS1='ready> '\nbind 'set show-all-if-ambiguous on'\nbind 'set bell-style none'\n{SHOW}\n",
    "zsh": f"PS1='ready> '\nunsetopt beep\nautoload -Uz compinit\ncompinit -u -D\n{SHOW}\n",
    "fish": (
        "function fish_prompt; printf 'ready> '; end\nset -g fish_greeting ''\nset -g fish_autosuggestion_enabled 0\n"
        "function words; printf '<%s>' $argv; echo; end\n"
    ),
}


class Prompt(Terminal):
    """A shell that waits for a line."""

    def __init__(self, shell: str, project: Project, *, further: str = "", columns: int = 100) -> None:
        self.shell, self.project, self._freshened = shell, project, 0
        text = SETUP[shell] + script(shell) + further
        home = project.folder / f"home-{shell}"
        home.mkdir(exist_ok=True)
        commands = {
            "bash": ["bash", "--noprofile", "--rcfile", str(home / "rc"), "-i"],
            "zsh": ["zsh", "-d", "-i"],
            "fish": ["fish", "--no-config", "-i", "-C", f"source {home / 'rc'}"],
        }
        for name in ("rc", ".zshrc"):
            (home / name).write_text(text, "utf-8")
        env = {**project.env, "ZDOTDIR": str(home), "XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": str(home)}
        super().__init__(commands[shell], project.folder, env, columns=columns, lines=60)
        self.until("ready>")

    def fresh(self) -> None:
        """Drop what is on the line, and clear the screen."""
        self._freshened += 1
        self.type(f"\x05\x15echo fresh{self._freshened}" + ENTER)
        self.until(f"\nfresh{self._freshened}\nready>")
        self.type("\x0c")
        self.until(lambda shown: shown == "ready>")

    def press(self, keys: str) -> None:
        """Write a line and press Tab at its end."""
        self.type(keys + "\t")

    def words(self, keys: str) -> list[str]:
        """The arguments of the command that stands there after Tab, as the shell passes them on."""
        self.press(keys)
        self.type("\x01words \x05;echo DONE" + ENTER)
        text = self.until(lambda shown: "\nDONE" in shown)
        line = next(line for line in reversed(text.split("\nDONE")[0].splitlines()) if line.startswith("<"))
        return line[1:-1].split("><")

    def list(self, keys: str, last: str) -> str:
        """What is offered when Tab is pressed, once it shows the last of it."""
        self.press(keys)
        return self.until(last)


@pytest.fixture(scope="module", params=["bash", "zsh", "fish"])
def session(request: pytest.FixtureRequest, project: Project) -> Iterator[Prompt]:
    """Each of the shells that is installed."""
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed (Debian package `{request.param}`)")
    with Prompt(request.param, project) as one:
        yield one


@pytest.fixture
def prompt(session: Prompt) -> Prompt:
    """A shell that waits for a line, on an empty screen."""
    session.fresh()
    return session
