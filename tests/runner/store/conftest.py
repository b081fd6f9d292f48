"""A state directory and a store for each test; programs that run as processes of their own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest

from steplane.store import RunStore, StateDirectory

from .writing import fill

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(StateDirectory.find(str(tmp_path)))


@pytest.fixture
def path(store: RunStore) -> Path:
    """The journal of a closed run `r1` with 200 events."""
    with store.create("r1", "the text", "hash", {"title": "a title"}) as journal:
        fill(journal, 200)
    return Path(journal.folder.journal)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a Python program with arguments; its output can be read line by line. What is left is killed at the end."""
    running: list[subprocess.Popen[str]] = []

    def begin(program: str, *arguments: object) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        command = [sys.executable, "-c", program, *map(str, arguments)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            close(pipe)


def close(pipe: IO[str] | None) -> None:
    if pipe is not None:
        with suppress(BrokenPipeError):
            pipe.close()
