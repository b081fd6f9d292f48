"""Pipes where files are meant: read and written like them, and nobody waits for an end that is not there."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from steplane import pipes
from steplane.app.inputs import read_env_file, read_value
from steplane.cli.report_files import Target, looked_at, write
from steplane.errors import UsageError
from steplane.plan.inputs import InputSpec

BIG = b"line of a file\n" * 20_000
TEXT = InputSpec("x", {"type": "string"}, required=True)


@pytest.fixture
def pipe(tmp_path: Path) -> str:
    path = str(tmp_path / "pipe")
    os.mkfifo(path)
    return path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipes, "PATIENCE", 0.05)


def beside(work: Callable[[], object]) -> threading.Thread:
    """Somebody at the other end."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_pipe_with_a_writer_is_read_to_its_end(pipe: str) -> None:
    writer = beside(lambda: Path(pipe).write_bytes(BIG))
    assert pipes.read_source(pipe, len(BIG) * 2) == BIG
    writer.join()


def test_a_writer_that_takes_its_time_is_waited_for(pipe: str, impatient: None) -> None:
    """It has opened the pipe, and writes only when more than the patience is over."""
    opened, go = threading.Event(), threading.Event()

    def write_late() -> None:
        with open(pipe, "wb") as file:
            opened.set()
            go.wait()
            file.write(b"late")

    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # lets the writer in
    writer = beside(write_late)
    opened.wait()
    found: list[bytes] = []
    reader = beside(lambda: found.append(pipes.read_source(pipe, 100)))
    reader.join(pipes.PATIENCE * 4)
    assert reader.is_alive()
    go.set()
    reader.join()
    writer.join()
    os.close(descriptor)
    assert found == [b"late"]


def test_no_more_is_read_than_is_wanted(pipe: str, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(BIG)
    assert pipes.read_source(str(plain), 7) == BIG[:7]
    assert len(pipes.read_source("/dev/zero", 1000)) == 1000
    with pytest.raises(FileNotFoundError):
        pipes.read_source("a\0b", 1)


def test_an_end_of_a_shell_is_read_like_a_file() -> None:
    """`<(...)`: a pipe without a name, whose writer may have ended."""
    read, write_end = os.pipe()
    os.write(write_end, b"text")
    os.close(write_end)
    assert read_value(TEXT, f"@/dev/fd/{read}") == "text"
    os.close(read)


def test_where_nobody_writes_that_is_said(pipe: str, impatient: None) -> None:
    with pytest.raises(UsageError) as caught:
        read_value(TEXT, f"@{pipe}")
    said = "it is a pipe, and nobody has written into it for 0.05 s"
    assert caught.value.message == f"input `x`: {pipe} cannot be read: {said}"
    with pytest.raises(UsageError, match=said):
        read_env_file(pipe)


def test_a_report_is_written_into_a_pipe_whole(pipe: str) -> None:
    found: list[bytes] = []
    reader = beside(lambda: found.append(Path(pipe).read_bytes()))
    write(looked_at(Target(pipe, "--junit")), BIG.decode())
    reader.join()
    assert found == [BIG]


def test_where_nobody_reads_that_is_said(pipe: str, impatient: None) -> None:
    with pytest.raises(OSError, match=r"it is a pipe, and nobody has read it for 0.05 s"):
        write(looked_at(Target(pipe, "--junit")), "report")


def test_where_nobody_reads_on_that_is_said(pipe: str, impatient: None) -> None:
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(OSError, match=r"nobody has read on for 0.05 s"):
        write(Target(pipe, "--junit"), BIG.decode())
    os.close(reader)


def test_a_reader_that_has_gone_is_no_reason_to_wait(pipe: str) -> None:
    read, write_end = os.pipe()
    os.close(read)
    with pytest.raises(OSError):  # noqa: PT011 - which one differs
        write(Target(f"/dev/fd/{write_end}", "--junit"), "report")
    os.close(write_end)
