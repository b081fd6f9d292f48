import math
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from steplane.schema import check_schema, patience, validate_value
from steplane.schema.keywords import canonical
from steplane.schema.problems import Templated
from steplane.schema.simple import is_simple, simple_problems
from steplane.schema.validator import problems


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "integer"}, "x", "must be a whole number, not `x`"),
        ({"type": "integer"}, True, "must be a whole number, not `true`"),
        ({"type": "integer"}, 3.0, None),
        ({"type": "number", "minimum": 0}, -1, "must be at least 0, not `-1`"),
        ({"type": "string", "minLength": 2}, "a", "must be at least 2 characters long, not 1"),
        ({"enum": ["eu", "us"]}, "eus", "must be `eu` or `us`, not `eus`"),
        ({"enum": [1, "a", None]}, True, "must be `1`, `a` or `null`, not `true`"),
        ({"format": "duration"}, "x", "must be a duration: `x` is not a duration: write a number with a unit"),
        ({"type": "string", "format": "duration"}, "1h30m", None),
        ({"type": "string", "format": "path"}, "", "must be a path, not an empty text"),
        ({"type": "array", "items": {"type": "string"}}, ["a", 1], "must be text, not `1`"),
        ({"type": ["string", "null"]}, 3, "must be text or nothing, not `3`"),
        ({"type": "string", "pattern": "^[a-z]+$"}, "A", "must match the pattern `^[a-z]+$`; `A` does not"),
        ({"const": 3}, 4, "must be `3`, not `4`"),
        ({"anyOf": [{"type": "string"}, {"type": "array"}]}, 3, "must be text or a list, not `3`"),
        ({"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 3}]}, 2, "must be at least 3, not `2`"),
        ({"format": "date"}, "2026-13-01", "must be of the format `date`; `2026-13-01` is not"),
        ({"format": "date-time"}, "2026-12-01", "must be of the format `date-time`; `2026-12-01` is not"),
        ({"format": "uri"}, "no", "must be of the format `uri`; `no` is not"),
        ({"type": "array", "uniqueItems": True}, [1, 1], "must not hold the same item twice"),
        ({"type": "array", "uniqueItems": True}, [True, 1, "1", "", [], {}, None, False, 0, [[]]], None),
        ({"uniqueItems": True}, [{"a": 1, "b": [2]}, {"b": [2.0], "a": 1.0}], "must not hold the same item twice"),
        ({"uniqueItems": True}, [2**53 + 1, float(2**53), "1:a", ["1", "a"], ["1:a"]], None),
        ({"multipleOf": 0.1}, 1e308, "must be a multiple of 0.1, not `1e+308`"),
        ({"multipleOf": 0.5}, 10**400, None),
        ({"format": "regex"}, f"a{{{10**20}}}", f"must be of the format `regex`; `a{{{10**20}}}` is not"),
        ({"anyOf": [False]}, 1, "must not be given"),
        ({"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": False}, {"a": 1, "b": 1}, "is not known"),
    ],
)  # fmt: skip
def test_messages_are_words(schema: dict[str, Any], value: Any, expected: str | None) -> None:
    found = [one.message.split(" (ms")[0] for one in validate_value(schema, value)]
    assert found == ([] if expected is None else [expected])


def test_every_key_that_is_missing_or_unknown_has_its_own_problem() -> None:
    schema = {
        "type": "object", "required": ["path", "mode"], "additionalProperties": False,
        "properties": {"path": {"type": "string"}, "mode": {}, "lines": {"type": "integer"}},
    }  # fmt: skip
    found = validate_value(schema, {"pathh": 1, "x": 2, "lines": "a"}, ("with",))
    assert sorted((one.path, one.message, one.suggestion) for one in found) == [
        (("with", "lines"), "must be a whole number, not `a`", ""),
        (("with", "mode"), "is missing", ""),
        (("with", "path"), "is missing", ""),
        (("with", "pathh"), "is not known", "path"),
        (("with", "x"), "is not known; known are `path`, `mode` and `lines`", ""),
    ]


@pytest.mark.parametrize(
    "reference", ["https://example.org/s.json", "file:///etc/passwd", "#/$defs/none", "other.json"]
)
def test_a_reference_is_never_followed_out_of_the_schema(reference: str) -> None:
    schema = {"properties": {"a": {"$ref": reference}}}
    (found,) = validate_value(schema, {"a": 1})
    assert (
        found.message
        == f"cannot be checked: its schema is wrong (`$ref: {reference}` leads nowhere in it, and nothing is fetched)"
    )
    assert [one.path for one in check_schema(schema)] == [("properties", "a", "$ref")]


def test_a_reference_within_the_schema_is_followed() -> None:
    schema = {"$defs": {"n": {"type": "integer"}}, "items": {"$ref": "#/$defs/n"}}
    assert [one.path for one in validate_value(schema, [1, "x"])] == [(1,)]
    assert not check_schema(schema)


def test_a_schema_that_refers_to_itself_without_end_is_told() -> None:
    (found,) = validate_value({"$ref": "#"}, 1)
    assert "without end" in found.message


def test_a_pattern_takes_linear_time() -> None:
    schema = {"type": "object", "additionalProperties": {"pattern": "^(a+)+$"}}
    assert len(validate_value(schema, {"x": "a" * 5000 + "!"})) == 1


LONG = "a" * 40 + "!"
DRAFT = "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"uniqueItems": True}, [{f"k{one}": 1} for one in range(20_000)]),
        ({"uniqueItems": True}, [one * (2**61 - 1) for one in range(20_000)]),
        ({"items": {"$schema": DRAFT, "uniqueItems": True}}, [[{f"k{one}": 1} for one in range(20_000)]]),
        ({"items": {"$schema": DRAFT, "pattern": "^(a+)+$"}}, [LONG]),
        ({"patternProperties": {"^(a+)+$": True}, "additionalProperties": False}, {LONG: 1}),
        ({"patternProperties": {"^(a+)+$": True}, "unevaluatedProperties": False}, {LONG: 1}),
        ({"unevaluatedProperties": {"type": "integer"}}, {f"k{one}": 1 for one in range(20_000)}),
        ({"contains": {"minimum": 1}, "unevaluatedItems": False}, list(range(20_000))),
    ],
    ids=range(8),
)
def test_every_keyword_takes_linear_time(schema: dict[str, Any], value: Any) -> None:
    """Each of these takes a minute or more by the library alone, or longer than anyone waits."""
    begun = time.thread_time()
    for one in validate_value(schema, value):
        assert "longer" not in one.message
    assert time.thread_time() - begun < 1.5


def test_a_schema_is_checked_in_linear_time() -> None:
    begun = time.thread_time()
    assert len(check_schema({"required": [{"a": one} for one in range(5000)]})) == 5000
    assert time.thread_time() - begun < 3


NEXT = {f"a{one}": {"anyOf": [{"$ref": f"#/$defs/a{one + 1}"}] * 2} for one in range(60)}
DOUBLING = {"$defs": {**NEXT, "a60": {"type": "string"}}, "$ref": "#/$defs/a0"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [(DOUBLING, 1), ({"items": {"enum": list(range(1000))}}, [999] * 100_000)],
    ids=["by the library", "the fast way"],
)
def test_a_value_that_takes_too_long_is_told(
    schema: dict[str, Any], value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.25)
    (found,) = validate_value(schema, value, ("a",))
    assert found.path == ("a",)
    assert found.message == (
        "takes longer than 0.25 s to be held against its schema: make the schema simpler, the value smaller, "
        "or check it in a step"
    )
    assert not validate_value(schema, "x" if value == 1 else [1])  # the next value has its own time


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"pattern": "("}, ("pattern",)),
        ({"items": {"pattern": "(a)\\1"}}, ("items", "pattern")),
        ({"minimum": "x"}, ("minimum",)),
        ({"type": "strng"}, ("type",)),
        ({"enum": 3}, ("enum",)),
    ],
)
def test_a_schema_that_is_wrong(schema: dict[str, Any], path: tuple[str, ...]) -> None:
    assert path in [one.path for one in check_schema(schema)]


def test_what_is_not_known_yet_is_never_wrong() -> None:
    schema = {
        "properties": {"a": {"type": "integer", "enum": [1]}, "b": {"type": "array", "items": {"type": "integer"}}}
    }
    assert not validate_value(schema, {"a": Templated("${{ }}"), "b": [1, Templated("${{ }}")]})


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
SIMPLE = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"]),
        "enum": st.lists(st.none() | st.booleans() | st.integers(-2, 2) | st.text(max_size=1), min_size=1, max_size=3),
        "minimum": st.integers(-3, 3),
        "maximum": st.integers(-3, 3),
        "exclusiveMinimum": st.integers(-3, 3),
        "minLength": st.integers(0, 2),
        "maxItems": st.integers(0, 2),
        "items": st.fixed_dictionaries({"type": st.sampled_from(["integer", "string"])}),
    },
)


@settings(max_examples=300, deadline=None)
@given(SIMPLE, PLAIN)
def test_the_fast_way_says_the_same_as_the_library(schema: dict[str, Any], value: Any) -> None:
    assert is_simple(schema)
    fast = not simple_problems(schema, value, ())
    assert fast == (not problems(schema, value, ()))
    assert fast == Draft202012Validator(schema).is_valid(value) or (
        isinstance(value, float) and not math.isfinite(value)
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-2, 2) | st.sampled_from(["", "a", "b", "1", "1:a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
PARTS = st.recursive(
    st.sampled_from([True, False, {"type": "integer"}, {"minimum": 1}, {"const": 1}, {"required": ["a"]}]),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "b|c"]), inner, max_size=2),
            "dependentSchemas": st.dictionaries(st.sampled_from("ab"), inner, max_size=1),
            "additionalProperties": inner,
            "unevaluatedProperties": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "contains": inner,
            "unevaluatedItems": inner,
            "uniqueItems": st.booleans(),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "if": inner,
            "then": inner,
            "else": inner,
            "$ref": st.just("#/$defs/one"),
        },
    ),
    max_leaves=6,
)
ONE = {"properties": {"a": True}, "prefixItems": [True], "multipleOf": 0.5}


@settings(max_examples=300, deadline=None)
@given(PARTS, VALUES)
def test_the_linear_keywords_say_the_same_as_the_library(schema: dict[str, Any] | bool, value: Any) -> None:
    whole = {"allOf": [schema], "$defs": {"one": ONE}}
    assert (not problems(whole, value, ())) == Draft202012Validator(whole).is_valid(value)


@settings(max_examples=300, deadline=None)
@given(VALUES, VALUES)
def test_equal_values_have_the_same_form_and_no_others(left: Any, right: Any) -> None:
    assert (canonical(left) == canonical(right)) == Draft202012Validator({"const": left}).is_valid(right)
