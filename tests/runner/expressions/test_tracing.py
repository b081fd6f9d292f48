"""What a condition tells of what it saw: the parts that were evaluated, short, without secrets."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steplane.expressions import Engine, Expression, ExpressionError, Missing
from steplane.expressions.faults import NotKnown
from steplane.expressions.telling import LONGEST, MOST, preview, seen_texts, sentences
from steplane.masking import Mask

CONTEXT: dict[str, Any] = {
    "inputs": {"n": 1, "s": "x", "b": True, "list": [1, 2, None], "map": {"k": {"deep": 1.5}}, "text": "a" * 500},
    "steps": {"maybe": {"outputs": Missing("the step was skipped"), "status": "skipped"}},
}


def saw(text: str, context: Mapping[str, Any] = CONTEXT) -> tuple[Any, tuple[str, ...]]:
    """The truth (None where there is none) and what was seen."""
    parts: list[tuple[str, Any]] = []
    try:
        value: Any = Engine().condition(Expression(text), context, parts)
    except ExpressionError:
        value = None
    return value, seen_texts(parts)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("inputs.n > 5 and inputs.s == 'y'", False, ("inputs.n = 1",)),
        ("inputs.n < 5 and inputs.s == 'x'", True, ("inputs.n = 1", 'inputs.s = "x"')),
        ("inputs.b or inputs.s == 'x'", True, ("inputs.b = true",)),
        ("inputs.list | length == 2", False, ("inputs.list | length = 3",)),
        ("inputs.b", True, ("inputs.b = true",)),
        ("true", True, ()),
        ("not (inputs.n + 1 == 2)", False, ("inputs.n + 1 = 2",)),
        ("steps.maybe.outputs.x is defined", False, ("steps.maybe.outputs.x is missing: the step was skipped",)),
        ("steps.maybe.outputs.x | default(3) == 3", True, ("steps.maybe.outputs.x | default(3) = 3",)),
        ("inputs.n == inputs.n", True, ("inputs.n = 1",)),
        ("'warning' in [steps.maybe.status, inputs.s]", False, ('steps.maybe.status = "skipped"', 'inputs.s = "x"')),
        ("0 < inputs.n < 1 < inputs.map.k.deep", False, ("inputs.n = 1",)),
        ("[inputs.n, 2] | length > 1", True, ("inputs.n = 1",)),
        ("inputs.s is eq(inputs.n)", False, ('inputs.s = "x"',)),
        ("steps.maybe.outputs.x == 1", None, ("steps.maybe.outputs.x is missing: the step was skipped",)),
        ("inputs.n == 1 and nope", None, ("inputs.n = 1",)),
        ("inputs.n", None, ("inputs.n = 1",)),
        ("nope == 1", None, ()),
    ],
)
def test_what_was_seen(text: str, value: bool | None, expected: tuple[str, ...]) -> None:
    assert saw(text) == (value, expected)


@pytest.mark.parametrize("text", ["inputs.n ==", "inputs.n | nope", "x is nope", "inputs.n.f()"])
def test_a_text_that_is_no_expression_is_told_as_ever(text: str) -> None:
    with pytest.raises(ExpressionError) as plain:
        Engine().condition(Expression(text), CONTEXT)
    with pytest.raises(ExpressionError) as traced:
        Engine().condition(Expression(text), CONTEXT, [])
    assert traced.value.message == plain.value.message


def test_as_parts_of_a_sentence() -> None:
    parts: list[tuple[str, Any]] = [("inputs.n", 1), ("steps.x.outputs.y", Missing("the step failed"))]
    assert sentences(parts) == ("`inputs.n` is 1", "`steps.x.outputs.y` is missing: the step failed")


def test_it_stays_short() -> None:
    _, (text,) = saw("inputs.text == 'b'")
    assert text == 'inputs.text = "' + "a" * 78 + "…"
    many = [(f"inputs.x{number}", number) for number in range(MOST + 5)]
    assert len(seen_texts(many)) == MOST
    long = "inputs." + "x" * 300
    assert seen_texts([(long, 1)]) == (long[: LONGEST - 1] + "… = 1",)


class Endless(Mapping[str, Any]):
    """A mapping that must not be read to its end."""

    def __init__(self) -> None:
        self.read = 0

    def __getitem__(self, key: str) -> Any:
        self.read += 1
        return key

    def __iter__(self) -> Iterator[str]:
        return (f"key {number}" for number in range(10**9))

    def __len__(self) -> int:
        return 10**9


def test_no_more_is_read_than_is_told() -> None:
    endless = Endless()
    assert preview(endless, 20) == '{"key 0": "key 0", …'
    assert endless.read < 5
    assert preview("x" * 10**7, 5) == '"xxx…'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1, True, None], "b": {}}, '{"a": [1, true, null], "b": {}}'),
        ({"a": Missing("no")}, '{"a": missing}'),
        ("\x1b[31m\n", '"\\u001b[31m\\n"'),
        (float("inf"), "inf"),
        pytest.param(10**5000, "", id="too many digits"),
        (object(), ""),
    ],
)
def test_previews(value: Any, expected: str) -> None:
    assert preview(value, 200) == expected


def test_text_that_is_no_unicode_can_be_recorded() -> None:
    (text,) = seen_texts([("env.X", "caf\udce9")])
    assert text.encode() == b'env.X = "caf\\udce9"'


SECRETS = {"long": "s3cr3t/" * 40 + "end", "pin": "12", "lines": 'first "line" of it\nsecond line of it'}


@given(
    before=st.text("ab ", max_size=120), name=st.sampled_from(["long", "lines"]), cut=st.integers(20, 200),
    inside=st.booleans(),
)  # fmt: skip
def test_no_part_of_a_secret_is_told(before: str, name: str, cut: int, inside: bool) -> None:
    mask, secret = Mask(SECRETS), SECRETS[name]
    value: Any = {"k": [before + secret]} if inside else before + secret
    shown = preview(value, cut, mask)
    assert len(shown) <= cut
    assert "s3cr3t" not in shown
    assert "line" not in shown
    whole = preview(value, sys.maxsize, mask)
    assert "***" in whole


def test_a_short_secret_is_hidden_where_it_is_the_whole_value() -> None:
    parts = [("inputs.pin", "12"), ("inputs.list", [12, "34"]), ("steps.x.outputs", {"12": 1})]
    assert seen_texts(parts, Mask(SECRETS)) == (
        'inputs.pin = "***"', 'inputs.list = ["***", "34"]', 'steps.x.outputs = {"***": 1}',
    )  # fmt: skip


class Unknown(Mapping[str, Any]):
    """`steps` before the run."""

    def __getitem__(self, key: str) -> Any:
        raise NotKnown(("steps", key))

    def __iter__(self) -> Iterator[str]:
        raise NotKnown(("steps",))

    def __len__(self) -> int:
        raise NotKnown(("steps",))


BEFORE = {"inputs": CONTEXT["inputs"], "steps": Unknown()}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("steps.a.outputs.n > 1 and inputs.n > 1", False),
        ("inputs.n > 1 and steps.a.outputs.n > 1", False),
        ("steps.a.outputs.n > 1 or inputs.b", True),
        ("not (steps.a.outputs.n > 1 or inputs.b)", False),
        ("(steps.a.x and inputs.b) and inputs.n == 2", False),
    ],
)
def test_what_is_certain_whatever_is_not_known(text: str, value: bool) -> None:
    assert Engine().condition(Expression(text), BEFORE, []) is value


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("steps.a.outputs.n > 1", [("steps", "a")]),
        ("steps.a.outputs.n | default(3) > 1", [("steps", "a")]),
        ("steps.a.outputs.n is defined", [("steps", "a")]),
        ("steps.a.x and steps.b.x", [("steps", "a"), ("steps", "b")]),
        ("steps.a.x and inputs.b", [("steps", "a")]),
        ("steps.a.x or nope", [("steps", "a")]),
        ("inputs.s in steps", [("steps", "x")]),
        ("steps | length > 1", [("steps",)]),
    ],
)
def test_what_is_not_known(text: str, paths: list[tuple[str, ...]]) -> None:
    with pytest.raises(NotKnown) as unknown:
        Engine().condition(Expression(text), BEFORE, [])
    assert list(unknown.value.paths) == paths
