"""Stretches of a file, against what they mean in the most obvious words."""

from hypothesis import given
from hypothesis import strategies as st

from steplane.diagnostics import Span
from steplane.source.stretches import Stretches

PLACES = st.tuples(st.integers(1, 4), st.integers(1, 5))
SPANS = st.tuples(PLACES, PLACES).map(sorted).map(lambda both: Span("a.yaml", *both[0], *both[1]))


@given(st.lists(SPANS, max_size=5), SPANS)
def test_they_touch_and_hold_what_one_of_them_does(spans: list[Span], span: Span) -> None:
    stretches = Stretches(spans)
    bounds = [((one.line, one.column), (one.end_line, one.end_column)) for one in spans]
    start, end = (span.line, span.column), (span.end_line, span.end_column)
    holds = any(first <= start < last for first, last in bounds)
    assert stretches.holds(span) == holds
    assert stretches.touches(span) == (holds or any(start < last and first < end for first, last in bounds))
