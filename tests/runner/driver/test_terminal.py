"""What is changed on a terminal that is drawn on, and how it is put right."""

import os
import pty
import termios
from collections.abc import Iterator

import pytest

from steplane.driver import terminal


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """Our end of a terminal, and that of a process on it."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    terminal.set_echo(theirs, on=True)
    os.close(ours)
    os.close(theirs)


def test_echo_goes_and_comes_back_and_nothing_else_changes(ends: tuple[int, int]) -> None:
    _, theirs = ends
    before = termios.tcgetattr(theirs)
    assert terminal.echoes(theirs)
    terminal.set_echo(theirs, on=False)
    assert not terminal.echoes(theirs)
    terminal.set_echo(theirs, on=True)
    assert termios.tcgetattr(theirs) == before


@pytest.mark.parametrize("put", [terminal.put_right, lambda _: terminal.abandon()])
def test_what_was_left_is_put_right(ends: tuple[int, int], put: object) -> None:
    ours, theirs = ends
    terminal.set_echo(theirs, on=False)
    put(theirs)  # type: ignore[operator]
    assert terminal.echoes(theirs)
    assert os.read(ours, 100).decode() == terminal.RIGHT


def test_where_all_is_right_nothing_is_written(ends: tuple[int, int]) -> None:
    ours, theirs = ends
    os.set_blocking(ours, False)
    terminal.put_right(theirs)
    terminal.abandon()
    with pytest.raises(BlockingIOError):
        os.read(ours, 100)


def test_what_is_no_terminal_is_left_alone() -> None:
    reader, writer = os.pipe()
    terminal.put_right(writer)
    assert not terminal.echoes(writer)
    assert terminal.foreground(writer)
    os.close(writer)
    assert os.read(reader, 100) == b""
    os.close(reader)
    assert not terminal.echoes(writer)


def test_a_terminal_that_is_gone(ends: tuple[int, int]) -> None:
    ours, theirs = ends
    terminal.set_echo(theirs, on=False)
    spare = os.dup(ours)
    os.close(ours)
    os.close(spare)
    assert not terminal.echoes(theirs)
    terminal.put_right(theirs)
    terminal.set_echo(theirs, on=True)
    os.dup2(os.open(os.devnull, os.O_RDONLY), ours)
