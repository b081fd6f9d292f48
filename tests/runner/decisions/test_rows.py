"""Rows of CSV files, against Python's own reader, with their places."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steplane.decisions.rows import BadCsv, read_rows


@given(
    st.lists(st.lists(st.text(alphabet='ab ,"\né', max_size=5), min_size=2, max_size=4), max_size=5),
    st.sampled_from(["\n", "\r\n"]),
)
def test_rows_are_those_of_the_csv_module(rows: list[list[str]], end: str) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows(rows)
    text = out.getvalue()
    found = read_rows(text)
    assert [[cell.text for cell in row] for row in found] == rows
    lines = text.split("\n")
    for cell in (cell for row in found for cell in row):
        start = lines[cell.line - 1][cell.column - 1 :]
        assert start.startswith('"' if cell.quoted else cell.text)


@pytest.mark.parametrize(
    ("text", "place"), [('a,"b\nc,d\n', (1, 3)), ('a\n"b"c\n', (2, 4)), ('"a\nb" ,c\n', (2, 3))]
)  # fmt: skip
def test_a_text_that_is_no_table_has_a_place(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(BadCsv) as caught:
        read_rows(text)
    assert (caught.value.line, caught.value.column) == place
