"""Cells that are none: where, why, and what was meant."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steplane.decisions import column_of
from steplane.decisions.cells import CellError, read_cell, read_item

NUMBER, TEXT, FLAG = {"type": "number"}, {"type": "string"}, {"type": "boolean"}
DATE = {"type": "string", "format": "date"}


ONLY = "only a comma or the end can follow a value"
BLANKS = "a text with blanks stands in quotes, and values are separated by commas"
NO_FORMAT = "`x` takes numbers: it has no `format` of dates or durations"
NO_FUNCTION = (
    'there is no function `upper` in a cell: there are `date("...")`, `date and time("...")`, `duration("...")` and '
    "`not(...)`"
)


@pytest.mark.parametrize(
    ("schema", "text", "stretch", "meant", "message"),
    [
        (NUMBER, "= 5", "=", "5", "a value belongs here"),
        (NUMBER, "!= 5", "!", "not(5)", "a value belongs here"),
        (NUMBER, "≥ 5", "5", ">= 5", ONLY),
        (NUMBER, "5..10", "..", "[5..10]", "an interval stands in brackets"),
        (NUMBER, "[1, 5)", ",", "[1..5)", "`..` belongs between the two ends of an interval"),
        (NUMBER, "[1..5", "5", "", "an interval ends with `]` or `)`"),
        (NUMBER, ">= 5 and < 10", "and", "[5..10)", ONLY),
        (NUMBER, "5,", ",", "", "a value belongs here"),
        (NUMBER, "not(5", "5", "", "`)` belongs here to close `not(`"),
        (NUMBER, "[5..1]", "[5..1]", "[1..5]", "the lower end of an interval stands first"),
        (NUMBER, "(5..5]", "(5..5]", "", "there is no value in this interval"),
        (NUMBER, "cheap", "cheap", "", "`x` takes numbers, and `cheap` is none"),
        (NUMBER, '< "5"', '"5"', "< 5", '`x` takes numbers, and "5" is text'),
        (NUMBER, 'date("2026-01-01")', 'date("2026-01-01")', "", NO_FORMAT),
        ({"type": "integer"}, "1.5", "1.5", "", "`x` takes whole numbers, and 1.5 is none"),
        (TEXT, "new york", "york", '"new york"', BLANKS),
        (TEXT, "a or b", "or", "a, b", BLANKS),
        (TEXT, "'a'", "'", '"a"', "text stands in double quotes"),
        (TEXT, "< b", "<", "", "text has no order: name the values, or all others with `not(...)`"),
        (TEXT, "not b", "b", "not(b)", BLANKS),
        (FLAG, "True", "True", "true", "`x` takes `true` or `false`, and `True` is none"),
        (FLAG, "null", "null", "", "`x` is never null"),
        (DATE, "< 2026-02-30", "2026-02-30", "",
         '`x` takes dates such as `date("2026-01-31")`, and `2026-02-30` is none'),
        (DATE, 'duration("1h")', 'duration("1h")', "", '`x` takes dates: write `date("2026-01-31")`'),
        (TEXT, 'upper("a")', "upper", "",
         NO_FUNCTION),
    ],
)  # fmt: skip
def test_a_mistake_has_its_place_and_what_was_meant(
    schema: dict[str, Any], text: str, stretch: str, meant: str, message: str
) -> None:
    with pytest.raises(CellError) as caught:
        read_cell(text, column_of("x", schema))
    wrong = caught.value
    assert (text[wrong.offset : wrong.offset + wrong.length], wrong.meant, wrong.message) == (stretch, meant, message)
    if meant:
        read_cell(meant, column_of("x", schema))


@given(
    st.text(alphabet='<>=[]().,"ab10 -notd', max_size=12) | st.text(max_size=12),
    st.sampled_from([NUMBER, TEXT, FLAG, DATE, {}]),
)
def test_any_text_is_a_cell_or_a_mistake_inside_of_it(text: str, schema: dict[str, Any]) -> None:
    column = column_of("x", schema)
    for read in (read_cell, read_item):
        try:
            found = read(text, column)
        except CellError as wrong:
            assert 0 <= wrong.offset <= max(len(text) - 1, 0)  # noqa: PT017 - one or the other
        else:
            assert all(one.offset + one.length <= len(text) for one in found.literals)


def test_an_item_of_a_list_is_text_as_it_stands() -> None:
    assert read_item("new york, or so", column_of("x", TEXT)).cell.tests[0].value == "new york, or so"  # type: ignore[union-attr]
    assert read_item("< 5", column_of("x", NUMBER)).cell == read_cell("< 5", column_of("x", NUMBER)).cell
