"""Rows and frames on an emulated screen, whatever they hold: never wider than the window, nothing left of old ones."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import steplane.reporters.live
from steplane.reporters.live.drawing import Drawing
from steplane.reporters.live.rows import Row
from steplane.reporters.live.screen import Screen
from steplane.reporters.paint import visible

WORDS = st.text(st.sampled_from("ab c…›│日本語é\u0301ñ🎉\u200dx[]/"), max_size=60).map(visible)
ROWS = st.builds(
    Row,
    status=st.sampled_from(
        ["running", "retry", "ready", "coming", "succeeded", "failed", "skipped", "blocked", "cancelled", "warning",
         "reused", "compensated", "line", "more"]
    ),
    depth=st.integers(0, 20),
    label=WORDS,
    words=WORDS,
    bar=st.none() | st.floats(0, 1),
    seconds=st.none() | st.floats(0, 1e6),
    wide=st.integers(0, 60),
)  # fmt: skip


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(row=ROWS, columns=st.integers(1, 300), color=st.booleans(), unicode=st.booleans())
def test_no_row_is_wider_than_its_window(row: Row, columns: int, color: bool, unicode: bool) -> None:
    (drawn,) = Drawing(color=color, unicode=unicode).rows([row], columns, 7)
    screen = pyte.Screen(columns, 3)
    pyte.Stream(screen).feed(drawn)
    assert screen.cursor.y == 0
    assert screen.cursor.x <= max(columns - 1, 0)
    assert re.sub(r"\x1b\[[0-9;]*m", "", drawn).isprintable() or "\u200d" in drawn
    assert ("\x1b" in drawn) <= color
    assert unicode or drawn.isascii()


@pytest.mark.parametrize("columns", [1, 5, 24, 40, 60, 100, 300])
def test_the_foot(columns: int) -> None:
    parts = [("3 of 7 steps", ""), ("2 failed", "failed"), ("8 running", "running")]
    drawn = Drawing(color=False, unicode=True).foot(0.5, parts, 12.34, columns)
    assert len(drawn) <= max(columns - 1, 0)
    if columns >= 60:
        assert "3 of 7 steps, 2 failed, 8 running" in drawn
        assert drawn.endswith(" 12.3s")


def test_labels_and_times_stand_in_columns() -> None:
    rows = [Row("running", 0, "one", "$ make", None, 3.21, 8), Row("failed", 1, "two", "no", None, 75.0, 5),
            Row("coming", 0, "three", "", None, None, 8), Row("line", 1, words="hello"),
            Row("more", words="3 to come")]  # fmt: skip
    assert Drawing(color=False, unicode=True).rows(rows, 40, 0) == [
        "⠋ one       $ make                 3.2s", "  ✗ two    no                     1m15s",
        "· three                        ", "  │ hello                              ",
        "… 3 to come                            ",
    ]  # fmt: skip
    assert Drawing(color=False, unicode=False).rows(rows, 40, 1) == [
        "/ one       $ make                 3.2s", "  x two    no                     1m15s",
        ". three                        ", "  | hello                              ",
        "~ 3 to come                            ",
    ]  # fmt: skip


def test_rich_is_imported_by_one_module() -> None:
    folder = Path(steplane.reporters.live.__path__[0])
    found = {path.name for path in folder.parents[1].rglob("*.py") if "rich" in set(imported(path))}
    assert found == {"drawing.py"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


FRAMES = st.lists(
    st.tuples(
        st.lists(st.text("xyz", min_size=1, max_size=30), max_size=3), st.lists(st.text("ab", max_size=9), max_size=5)
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(frames=FRAMES)
def test_frames_leave_nothing_but_their_lines(frames: list[tuple[list[str], list[str]]]) -> None:
    emulated = pyte.HistoryScreen(10, 8, history=1000)
    stream = pyte.Stream(emulated)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        screen = Screen(lambda text: stream.feed(text.replace("\n", "\r\n")), nowhere)
        lines: list[str] = []
        for above, rows in frames:
            lines += [line[start : start + 10] for line in above for start in range(0, len(line), 10)]
            screen.frame("".join(f"{line}\n" for line in above), ["", *rows])
            shown = [*lines, "", *rows]
            assert everything(emulated) == "\n".join(shown).rstrip()
            assert len(emulated.history.top) + emulated.cursor.y == len(lines)
        screen.leave()
        assert everything(emulated) == "\n".join(lines).rstrip()
    finally:
        os.close(nowhere)


def everything(screen: pyte.HistoryScreen) -> str:
    past = ["".join(line[one].data for one in range(10)).rstrip() for line in screen.history.top]
    return "\n".join([*past, *(line.rstrip() for line in screen.display)]).rstrip()
