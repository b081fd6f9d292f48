"""When the lines of a log were written: beside the log, once a millisecond at most, only where it says something."""

import os
from pathlib import Path

import pytest

from steplane.app.log_times import LogTimes
from steplane.executors import logs
from steplane.executors.logs import TIMES, LogSink
from steplane.masking import Mask
from steplane.store import RunFolder

MILLION = 1_000_000


class Watch:
    """A clock that a test sets, in milliseconds."""

    def __init__(self) -> None:
        self.now = 1000

    def time_ns(self) -> int:
        return self.now * MILLION


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    one = Watch()
    monkeypatch.setattr(logs, "time", one)
    return one


def _sink(folder: Path) -> LogSink:
    return LogSink(str(folder / "a.log"), Mask({}), step="a")


def _times(folder: Path, *offsets: int) -> list[int | None]:
    """The milliseconds of the offsets."""
    times = LogTimes(RunFolder(str(folder)))
    return [None if at is None else at // 1000 for at in (times.at("a", offset) for offset in offsets)]


def test_what_was_written_at_once_needs_no_file(tmp_path: Path, watch: Watch) -> None:
    sink = _sink(tmp_path)
    sink.feed("stdout", b"one\ntwo\n")
    sink.feed("stdout", b"three\n")  # within the same millisecond
    sink.close()
    assert os.listdir(tmp_path) == ["a.log"]
    os.utime(tmp_path / "a.log", ns=(0, 5000 * MILLION))
    assert _times(tmp_path, 0, 4, 8) == [5000, 5000, 5000]


def test_each_line_has_the_time_of_its_writing(tmp_path: Path, watch: Watch) -> None:
    sink = _sink(tmp_path)
    for line in (b"one\n", b"two\n", b"three\n"):
        sink.feed("stdout", line)
        watch.now += 500
    sink.close()
    assert (tmp_path / f"a.log{TIMES}").read_text() == "0 1000\n4 1500\n8 2000\n"
    assert _times(tmp_path, 0, 3, 4, 8, 99) == [1000, 1000, 1500, 2000, 2000]


def test_a_second_attempt_keeps_the_time_of_the_first(tmp_path: Path, watch: Watch) -> None:
    first = _sink(tmp_path)
    first.feed("stdout", b"one\n")
    first.close()
    os.utime(tmp_path / "a.log", ns=(0, 1000 * MILLION))
    watch.now = 9000
    second = _sink(tmp_path)
    second.feed("stdout", b"two\n")
    second.close()
    assert _times(tmp_path, 0, 4) == [1000, 9000]


def test_a_log_that_grows(tmp_path: Path, watch: Watch) -> None:
    sink = _sink(tmp_path)
    sink.feed("stdout", b"one\n")
    watch.now = 2000
    sink.feed("stdout", b"two\n")
    times = LogTimes(RunFolder(str(tmp_path)))
    assert times.at("a", 4) == 2_000_000
    watch.now = 3000
    sink.feed("stdout", b"three\n")
    assert times.at("a", 8) == 3_000_000
    sink.close()


@pytest.mark.parametrize("rest", ["8 30", "8", "x y\n8 2", "-1 5\n", "2 9\n"])
def test_what_a_crash_left_is_no_time(tmp_path: Path, rest: str) -> None:
    (tmp_path / "a.log").write_text("one\ntwo\nthree\n")
    (tmp_path / f"a.log{TIMES}").write_text(f"0 1000\n4 2000\n{rest}")
    assert _times(tmp_path, 0, 4, 8) == [1000, 2000, 2000]


def test_a_log_that_is_not_there_has_no_times(tmp_path: Path) -> None:
    assert _times(tmp_path, 0) == [None]
