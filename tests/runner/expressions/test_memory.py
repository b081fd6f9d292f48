"""What an evaluation holds in memory is bounded: by the bytes of its texts, not by their characters alone."""

import random
import tracemalloc
from typing import Any

import pytest

from steplane.expressions import Engine, Expression, ExpressionError, limits

MEGABYTE = 1_000_000


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting what is held takes time, and more on a busy machine: none of these tests is about that."""
    monkeypatch.setattr(limits, "SECONDS", 60)


def evaluate(text: str, names: dict[str, Any]) -> Any:
    """The value of the expression."""
    return Engine().evaluate(Expression(text), names)


def peak_of(text: str, **names: object) -> int:
    """The most bytes that evaluating the expression takes at any moment, what it imports apart."""
    evaluate(text, dict.fromkeys(names, "a"))
    tracemalloc.start()
    try:
        evaluate(text, names)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_text_of_words_is_not_held_as_a_list_of_them() -> None:
    assert peak_of("x | title", x="ab " * 100_000) < 3 * MEGABYTE


@pytest.mark.parametrize("name", ["title", "upper"])
def test_a_text_that_grows_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(limits, "TEXT", 300_000)
    with pytest.raises(ExpressionError, match="more than 300,000 characters"):
        evaluate(f"x | {name}", {"x": "\u0149 " * 110_000})


@pytest.mark.parametrize("name", ["title", "upper"])
def test_what_is_made_in_pieces_is_what_is_made_at_once(name: str) -> None:
    """Over a piece's end go words, marks between words, letters whose capitals are several, and what ends a word."""
    chance = random.Random(7)
    words = [
        "straße",
        "ab",
        "x",
        "ΟΔΟΣ",
        "ŉ",
        "-",
        " ",
        "  ",
        "(",
        "{",
        "[",
        "<",
        "😀",
        "1st",
        "\n",
        "o'neil",
        "e\u0301",
    ]
    text = "".join(chance.choices(words, k=90_000))
    whole = evaluate(f"x | {name}", {"x": text})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("steplane.expressions.filters.texts._AT_ONCE", len(text))
        assert whole == evaluate(f"x | {name}", {"x": text})
        patch.setattr("steplane.expressions.filters.texts._AT_ONCE", 1000)
        assert whole == evaluate(f"x | {name}", {"x": text})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x | map('upper')", ["\u0436" * 100_000] * 6),  # two bytes for a character
        ("x | map('lower')", ["\U0001f600" * 100_000] * 3),  # four
        ("[x ~ 'a', x ~ 'b', x ~ 'c']", "\U0001f600" * 100_000),
        ("[x + 'a', x + 'b', x + 'c']", "\U0001f600" * 100_000),
        ("[x[1:], x[2:], x[3:]]", "\U0001f600" * 100_000),
        ("[x * 2, x * 3]", "\U0001f600" * 60_000),
        ("x | map('upper')", ["a" * 300] * 5000),  # small ones, which are not counted one by one
    ],
)
def test_what_all_texts_take_in_memory_is_limited(monkeypatch: pytest.MonkeyPatch, text: str, value: object) -> None:
    monkeypatch.setattr(limits, "_ALL_TEXT", MEGABYTE)
    with pytest.raises(ExpressionError, match="of text in all"):
        evaluate(text, {"x": value})


def test_texts_of_one_byte_for_a_character_may_have_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_ALL_TEXT", MEGABYTE)
    assert evaluate("x | map('upper') | length", {"x": ["a" * 100_000] * 9}) == 9
