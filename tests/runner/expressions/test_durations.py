"""Durations as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steplane import sdk
from steplane.expressions import durations
from steplane.expressions.durations import LONGEST, TooLong, format_duration, parse_duration
from steplane.plan.retries import Retry


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("30s", 30),
        ("5m", 300),
        ("4h", 14400),
        ("2d", 172800),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("0s", 0),
        ("1d2h3m4s5ms", 93784.005),
    ],
)
def test_parse(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("90", "`90` has no unit: write `90s` for seconds (units: ms, s, m, h, d)"),
        ("-5s", "`-5s` is negative: a duration is not"),
        ("30m1h", "`30m1h` is not a duration: the larger unit stands first, each unit once (`1h30m`)"),
        ("1h1h", "`1h1h` is not a duration: the larger unit stands first, each unit once (`1h30m`)"),
        ("soon", "`soon` is not a duration: write a number with a unit (ms, s, m, h, d), such as `30s` or `1h30m`"),
        ("", "`` is not a duration: write a number with a unit (ms, s, m, h, d), such as `30s` or `1h30m`"),
        ("1 h", "`1 h` is not a duration: write a number with a unit (ms, s, m, h, d), such as `30s` or `1h30m`"),
        ("١s", "`١s` is not a duration: write a number with a unit (ms, s, m, h, d), such as `30s` or `1h30m`"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole text is compared
        parse_duration(text)
    assert str(caught.value) == message


@given(st.integers(0, 10**12))
def test_what_is_written_is_read_back(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


@pytest.mark.parametrize("text", ["36500d1ms", "36501d", "9" * 63 + "d", "876000h1m"])
def test_none_is_longer_than_a_hundred_years(text: str) -> None:
    with pytest.raises(TooLong) as caught:
        parse_duration(text)
    assert str(caught.value) == f"`{text}` is longer than 100 years: a duration is `36500d` at most"
    assert sdk.seconds(text) is None


def test_the_longest() -> None:
    assert durations.LONGEST == sdk.durations.LONGEST
    assert parse_duration("36500d") == sdk.seconds("36500d") == LONGEST
    assert Retry(delay=3600.0, backoff="exponential").pause(60, 3600.0) == LONGEST
    assert Retry(delay=3600.0, backoff="exponential", max_delay=7200.0).pause(60, 3600.0) == 7200.0
