"""The filters `yaml` and `from_yaml`: what one writes the other reads, and it may become a part of another text."""

from typing import Any

import pytest

from steplane.expressions.limits import Budget
from steplane.rendering import from_yaml, to_yaml

VALUES: list[Any] = [
    1.5, True, None, "abc", "no", "012", "...", "x\n...", "x\n...\n", "a\n\n", "\n", "  a\nb", "  a\n\n b\n\n",
    "x\u2028y", "a\x85b\n", "a\r\nb", "tab\tx\n\ty", "a: b #c", [], {}, ["x\n\n"],
    {"k y: z": 1, "": "  a\nb", "a\nb": [[]]},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_what_is_written_is_read_again(value: Any) -> None:
    again = from_yaml(Budget(), to_yaml(Budget(), value))
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize("value", [1.5, "abc", None, "x\n..."], ids=repr)
def test_no_mark_ends_the_document(value: Any) -> None:
    inside = from_yaml(Budget(), f"a: {to_yaml(Budget(), value)}b: 2\n")
    assert inside == {"a": value, "b": 2}


def test_a_block_text_says_how_far_it_is_indented() -> None:
    assert from_yaml(Budget(), "|2\n    a\n  b\n") == "  a\nb\n"
    assert from_yaml(Budget(), "- |1\n    a\n  b\n") == ["   a\n b\n"]
