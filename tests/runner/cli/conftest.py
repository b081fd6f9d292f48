"""The command as a user has it: real processes in a folder of their own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

HELLO = """\
steplane: 1
name: hello
inputs:
  who: {type: string, default: world}
steps:
  - id: greet
    run: echo "Hello, ${{ inputs.who }}"
outputs:
  text: ${{ steps.greet.outputs.stdout }}
"""


class Shell:
    """Runs `python -m steplane` in a folder, with an environment without settings of the caller.

    The run ids `one` and `two` are made unique on the way in and read as such on the way out: what a run left is found
    by its id, over all of the machine, and tests run side by side.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ending = f"-{os.urandom(5).hex()}"
        self.begun: list[subprocess.Popen[str]] = []
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STEPLANE_")}
        for name in ("NO_COLOR", "FORCE_COLOR", "PYTHONIOENCODING"):
            kept.pop(name, None)
        self.env = {**kept, "TERM": "dumb", "PYTHONUTF8": "1"}

    def write(self, name: str, text: str) -> str:
        """A file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return name

    def __call__(
        self, *words: str, env: Mapping[str, str] | None = None, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        done = subprocess.run(
            self.words(words), cwd=self.folder, env={**self.env, **(env or {})},
            input=stdin or "", capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        done.stdout, done.stderr = self.plain(done.stdout), self.plain(done.stderr)
        return done

    def words(self, words: Sequence[str]) -> list[str]:
        """The command with unique run ids."""
        unique = [f"{word}{self.ending}" if word in {"one", "two"} else word for word in words]
        return [sys.executable, "-m", "steplane", *unique]

    def plain(self, text: str) -> str:
        """The text with the ids as the tests name them."""
        return text.replace(self.ending, "")

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Begin the command; its stdout is a pipe."""
        one = subprocess.Popen(
            self.words(words), cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.begun.append(one)
        return one


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A folder with `hello.yaml`."""
    one = Shell(tmp_path)
    one.write("hello.yaml", HELLO)
    yield one
    for process in one.begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for(process: "subprocess.Popen[str]", text: str) -> str:
    """What the process writes up to the line that holds the text."""
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if text in line:
            return seen
    raise AssertionError(f"{text!r} never came: {seen}")


def steady(text: str) -> str:
    """The text with ids of runs and lengths of time replaced."""
    text = re.sub(r"\d{8}-\d{6}-[0-9a-z]{6}", "RUN", text)
    return re.sub(r"\b\d+(\.\d+)?m?s\b", "TIME", text)
