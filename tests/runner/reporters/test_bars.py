"""Bars over time: an axis of the time that counts, and what lies in its cells."""

from hypothesis import given
from hypothesis import strategies as st

from steplane.reporters.bars import ASCII, KINDS, UNICODE, WORDS, Axis, Stretch

S = 1_000_000

Sessions = list[tuple[int, int]]


@st.composite
def sessions(draw: st.DrawFn) -> Sessions:
    """Stretches of time, one after the other."""
    found, at = [], 0
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 10**9)), min_size=1, max_size=5)):
        found.append((at + gap, at + gap + length))
        at += gap + length
    return found


@given(sessions(), st.integers(1, 200))
def test_places_grow_with_time_and_stay_inside(these: Sessions, width: int) -> None:
    axis = Axis(these, width)
    times = sorted({at for begin, end in these for at in (begin, (begin + end) // 2, end)})
    places = [axis.place(at) for at in times]
    assert places == sorted(places)
    assert places[0] == 0
    assert abs(places[-1] - width) < 1e-6
    assert axis.place(times[-1] + S) == axis.place(times[-1])
    assert axis.seconds == sum(end - begin for begin, end in these) / 1e6


@given(sessions(), st.integers(1, 200), st.data())
def test_everything_that_lasted_has_a_cell(these: Sessions, width: int, data: st.DataObject) -> None:
    axis = Axis(these, width)
    first, last = these[0][0], these[-1][1]
    begin = data.draw(st.integers(first, last))
    end = data.draw(st.integers(begin, last))
    cells = axis.cells([Stretch(begin, end, "work")])
    assert len(cells) == width
    assert "work" in cells
    assert set(cells) <= {"", "work", "gap"}


def test_the_time_between_sessions_has_no_cell_but_a_seam() -> None:
    axis = Axis([(0, 10 * S), (1000 * S, 1010 * S)], 20)
    assert axis.place(500 * S) == 10
    assert axis.seams == {10}
    assert axis.cells([Stretch(0, 5 * S, "work")]) == ["work"] * 5 + [""] * 5 + ["gap"] + [""] * 9
    assert axis.cells([Stretch(5 * S, 1005 * S, "work")]) == [""] * 5 + ["work"] * 10 + [""] * 5


def test_what_counts_more_is_seen() -> None:
    axis = Axis([(0, 10 * S)], 10)
    group = Stretch(0, 10 * S, "group")
    assert axis.cells([Stretch(2 * S, 3 * S, "work"), group]) == ["group"] * 2 + ["work"] + ["group"] * 7
    assert axis.cells([Stretch(0, 10, "failed"), Stretch(5, 20, "wait")])[0] == "failed"


def test_the_scale() -> None:
    assert Axis([(0, 30 * S)], 40).scale() == "0s           10s          20s"
    assert Axis([(0, 3 * S // 1000)], 30).scale() == "0s        1ms       2ms"
    assert Axis([(0, 90_000 * S)], 30).scale() == "0s            12h           1d"
    assert Axis([(0, 0)], 30).scale() == ""
    assert Axis([], 30).scale() == ""


@given(st.integers(1, 400 * 86_400 * S), st.integers(1, 300))
def test_the_scale_fits(length: int, width: int) -> None:
    line = Axis([(0, length)], width).scale()
    assert len(line) <= max(width, 2)
    assert line.startswith("0s") or width < 2


def test_every_kind_has_signs_and_words() -> None:
    kinds = {*KINDS, "gap"}
    assert set(UNICODE) == set(ASCII) == set(WORDS) == kinds
    assert len(set(UNICODE.values())) == len(set(ASCII.values())) == len(kinds)
    assert all(sign.isascii() for sign in ASCII.values())
