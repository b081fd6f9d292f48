"""Lines that fit into a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from steplane.cli.wrapping import wrapped
from steplane.reporters.paint import Paint


def test_what_goes_on_stands_under_the_words() -> None:
    line = "  +12ms  skipped: `if: inputs.region == 'eu'` is false\n"
    assert wrapped(line, 30).splitlines() == [
        "  +12ms  skipped: `if:",
        "         inputs.region ==",
        "         'eu'` is false",
    ]
    assert wrapped("    a long name that goes on\n", 16) == "    a long name\n    that goes on\n"


def test_colours_have_no_width() -> None:
    line = f"  {Paint(True).bold('one two')} three"
    assert wrapped(line, 15) == f"{line}\n"


@given(text=st.text(alphabet="ab +`12m\n", max_size=80), columns=st.integers(8, 40))
def test_no_word_is_lost_and_no_line_with_two_words_is_too_wide(text: str, columns: int) -> None:
    shown = wrapped(text, columns)
    assert shown.split() == text.split()
    assert all(len(line) <= columns or len(line.split()) <= 2 for line in shown.splitlines())
