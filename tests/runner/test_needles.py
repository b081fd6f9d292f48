import hashlib
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steplane import needles
from steplane.masking import Mask
from steplane.needles import HEAD, Needles

PIECE = st.binary(min_size=1, max_size=5).map(lambda some: bytes(b"ab\xff\0|\n"[one % 6] for one in some))
WORD = st.lists(PIECE, min_size=1, max_size=5).map(b"".join)


def covered(spans: list[tuple[int, int]]) -> set[int]:
    return {at for start, end in spans for at in range(start, end)}


@pytest.mark.parametrize(
    ("few", "worthwhile"), [(0, 0), (0, 1 << 40), (1 << 40, 0)], ids=["automaton", "by heads", "one by one"]
)
@given(
    words=st.lists(st.lists(WORD, min_size=1, max_size=6), min_size=1, max_size=4),
    data=st.lists(WORD, max_size=9).map(b"".join),
)
def test_many_are_found_as_each_by_itself_is(few: int, worthwhile: int, words: list[list[bytes]], data: bytes) -> None:
    one_by_one = {one for some in words for one in some}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(needles, "FEW", few)
        patch.setattr(needles, "LONG", HEAD)
        patch.setattr(needles, "WORTHWHILE", worthwhile)
        patch.setattr(needles, "LARGE", worthwhile)
        many = Needles()
        for some in words:
            many = many.and_more(set(some))
        found, end = many.spans(data), many.open_end(data)
    wanted = {at for one in one_by_one for begin in range(len(data)) if data.startswith(one, begin)
              for at in range(begin, begin + len(one))}  # fmt: skip
    assert covered(found) == wanted
    assert end == min(
        (
            at
            for at in range(len(data))
            for one in one_by_one
            if one.startswith(data[at:]) and len(one) > len(data) - at
        ),
        default=len(data),
    )


@pytest.mark.parametrize("worthwhile", [0, 1 << 40])
@pytest.mark.parametrize("few", [0, 1 << 40])
def test_the_beginning_of_a_long_needle_is_seen_at_each_place(
    few: int, worthwhile: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needles, "FEW", few)
    monkeypatch.setattr(needles, "LONG", HEAD)
    monkeypatch.setattr(needles, "WORTHWHILE", worthwhile)
    data = bytes(range(40))
    for at in range(len(data)):
        assert Needles({data[at:] + b"!" * 50}).open_end(data) == at
        for other in range(at, len(data)):
            assert Needles({data[at:] + b"?", data[other:] + b"!" * 50}).open_end(data) == at


@given(
    st.lists(st.sampled_from([b"a", b"b"]), min_size=1, max_size=4).map(b"".join),
    *(st.integers(1, 9), st.integers(0, 3)),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), max_size=5),
)
@example(b"aab", 2, 2, [(3, 1), (2, 2)])  # the last begins with the end of a row
def test_what_repeats_is_covered_as_if_found_one_by_one(
    row: bytes, times: int, tail: int, runs: list[tuple[int, int]]
) -> None:
    needle = row * times + row[:tail]
    data = b"".join(row * run + row[:cut] for run, cut in runs)
    wanted = {at for begin in range(len(data)) if data.startswith(needle, begin)
              for at in range(begin, begin + len(needle))}  # fmt: skip
    assert covered(Needles({needle}).spans(data)) == wanted


def test_hundreds_of_values_cost_no_more_than_a_few() -> None:
    """F11: a hundred megabytes a second; a tenth of that is asked of a machine that does other work."""
    mask = Mask({"t": "hunter-Two-zebra-99Q"})
    values = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(250)]
    for one in values:
        mask = mask.extended(one)
    chunk = b"some line of the usual kind of text 123456\n" * 6000
    stream, begun = mask.stream(), time.process_time()
    assert sum(len(stream.feed(chunk)) for _ in range(40)) == 40 * len(chunk)
    assert time.process_time() - begun < 40 * len(chunk) / 10e6
    assert mask.text(f"<{values[7]}> {values[249]}") == "<***> ***"
