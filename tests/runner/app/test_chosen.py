"""Which instances STEP[KEY] means."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steplane.app.chosen import chosen, step_ids
from steplane.app.logs import tail_offset
from steplane.errors import UsageError

STEPS = {
    "load": "load", "price": "price", "price[a]": "price", "price[a]/quote": "quote", "price[b/c]": "price",
    "price[b/c]/quote": "quote", "price[*]": "price", "priceless": "priceless", "quota": "quota",
}  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (None, list(STEPS)),
        ("load", ["load"]),
        ("price", [one for one in STEPS if one == "price" or one.startswith("price[")]),
        ("price[b/c]", ["price[b/c]", "price[b/c]/quote"]),
        ("quote", ["price[a]/quote", "price[b/c]/quote"]),
        ("price[*]", ["price[*]"]),  # an instance of that very name comes first
        ("price[*]/quote", ["price[a]/quote", "price[b/c]/quote"]),
        ("price[b*]", ["price[b/c]", "price[b/c]/quote"]),
        ("quot*", ["quota"]),
        ("*e", ["price", "price[a]", "price[a]/quote", "price[b/c]", "price[b/c]/quote", "price[*]"]),
        ("q*e", ["price[a]/quote", "price[b/c]/quote"]),
    ],
)
def test_chosen(wanted: str | None, found: list[str]) -> None:
    assert chosen("r", STEPS, wanted) == found


@pytest.mark.parametrize("wanted", ["lod", "price[c]", "x*", "", "price[.*]", "price[a"])
def test_none(wanted: str) -> None:
    with pytest.raises(UsageError) as refused:
        chosen("r", STEPS, wanted)
    assert refused.value.message == f"run r has no step `{wanted}`"
    assert "Its steps: load, price, quote, priceless, quota, price[a], " in refused.value.remedy


def test_nothing_has_begun() -> None:
    with pytest.raises(UsageError) as refused:
        chosen("r", {}, "a")
    assert refused.value.remedy == "Nothing has begun in it yet: steplane show r --all"


def test_step_ids() -> None:
    assert step_ids("a") == ["a"]
    assert step_ids("group/price[order/17]/quote") == ["group", "price", "quote"]
    assert step_ids("a[x]/b[y]") == ["a", "b"]


@given(st.lists(st.text("ab", max_size=3), max_size=12), st.booleans(), st.integers(0, 14))
def test_the_last_lines(lines: list[str], ended: bool, count: int) -> None:
    text = "".join(f"{line}\n" for line in lines)
    text = text if ended or not text else text[:-1]
    whole = text.splitlines(keepends=True)
    offset = tail_offset(io.BytesIO(text.encode()), count)
    assert text[offset:] == "".join(whole[max(len(whole) - count, 0) :] if count else [])


def test_the_last_lines_over_chunks() -> None:
    text = "".join(f"{number:09}\n" for number in range(20_000)).encode()
    file = io.BytesIO(text)
    for count in (1, 6553, 6554, 13_107, 19_999, 20_000, 30_000):
        assert tail_offset(file, count) == max(len(text) - 10 * count, 0)
