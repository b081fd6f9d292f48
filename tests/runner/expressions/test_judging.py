"""The types of expressions, and what is said of an expression that can never work or never hold."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steplane.expressions import Engine, Expression, ExpressionError
from steplane.expressions.judging import judge
from steplane.expressions.types import ANY, Type, in_words, list_of, mapping, of, of_schema, of_value, union
from steplane.expressions.values import kind_of

KIND = Type(frozenset({"string"}), ("storm", "theft"))
LINE = mapping({"sku": of("string"), "count": of("integer")})
NAMES: dict[str, Type] = {
    "kind": KIND,
    "amount": of("number"),
    "count": of("integer"),
    "name": of("string"),
    "wish": of("string", "null"),
    "flag": of("bool"),
    "ports": list_of(of("integer")),
    "line": LINE,
    "lines": list_of(LINE),
    "thing": ANY,
}


def lookup(path: tuple[str, ...]) -> tuple[Type, int]:
    return NAMES[path[0]], 1


def said(text: str) -> list[str]:
    return [f"{one.code}: {one.message}" for one in judge(Expression(text), lookup)[1]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("count + 1", "a whole number"),
        ("count / 2", "a number"),
        ("name ~ 1", "text"),
        ("ports[0]", "a whole number"),
        ("lines | map('upper')", "a list"),
        ("lines[0].sku", "text"),
        ("lines | first", "a mapping"),
        ("wish | default('x')", "text"),
        ("wish | default(3)", "a whole number or text"),
        ("'a' if flag else 1", "a whole number or text"),
        ("'a' if flag", "text or null"),
        ("name | int", "a whole number"),
        ("ports | sum", "a number"),
        ("not name", "a boolean"),
        ("-count", "a whole number"),
        ("name[1:2]", "text"),
        ("{'a': 1}.a", "a whole number"),
        ("range(3)", "a list"),
        ("name * 2", "text"),
        ("thing.x[0] + 1", ""),
        ("thing", ""),
    ],
)
def test_the_type_of_an_expression(text: str, words: str) -> None:
    found, wrong = judge(Expression(text), lookup)
    assert (in_words(found), wrong) == (words, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind == 'flood'", "never-holds: `kind` is `storm` or `theft`, never `flood`"),
        ("'flood' == kind", "never-holds: `kind` is `storm` or `theft`, never `flood`"),
        ("kind != 'flood'", "never-holds: `kind` is `storm` or `theft`, never `flood`, so this always holds"),
        ("kind in ['storm', 'hail']", "never-holds: `kind` is `storm` or `theft`, never `hail`"),
        ("amount == '3'", "never-holds: `amount` is a number, and never equal to text"),
        ("amount != name", "never-holds: `amount` is a number, and always unequal to text"),
        ("name == none", "never-holds: `name` is text, and never null"),
        ("null == count", "never-holds: `count` is a whole number, and never null"),
        ("'a' in ports", "never-holds: this is text, and a whole number is what the list holds"),
        ("amount > '3'", "operands: `>` needs two numbers or two texts, and `amount` is a number, this is text"),
        ("flag < true", "operands: `<` needs two numbers or two texts, and `flag` is a boolean"),
        ("1 in name", "operands: `in` looks for text in a text, and this is a whole number"),
        ("1 in count", "operands: `in` looks into a list, a mapping or text, and `count` is a whole number"),
        ("count + 'x'", "operands: `+` cannot add a whole number and text"),
        ("name - 1", "operands: `-` needs numbers, and `name` is text"),
        ("ports * ports", "operands: `*` cannot multiply a list and a list"),
        ("-name", "operands: `-` needs a number, and `name` is text"),
        ("count | join(',')", "filter-value: the filter `join` wants a list, and `count` is a whole number"),
        ("ports | upper", "filter-value: the filter `upper` wants text, and `ports` is a list"),
        ("name | items", "filter-value: the filter `items` wants a mapping, and `name` is text"),
        ("name.first", "no-field: `name` is text and has no `first`"),
        ("line.skoo", "unknown-field: `line` has no `skoo`"),
        (
            "1 < (ports | map('string') | first)",
            "operands: `<` needs two numbers or two texts, and this is a whole number, this is text",
        ),
        ("line.skoo | default('x')", "unknown-field: `line` has no `skoo`"),
        ("lines[0].skoo", "unknown-field: `lines[0]` has no `skoo`"),
    ],
)
def test_what_never_works_or_holds(text: str, message: str) -> None:
    assert said(text) == [message]


@pytest.mark.parametrize(
    "text",
    [
        "kind == 'storm'",
        "kind == name",
        "wish == none",
        "wish > 'a'",
        "count == amount",
        "count == 1.0",
        "1 in ports",
        "'sku' in line",
        "thing > 3",
        "thing == none",
        "name | length",
        "line.skoo is defined",
        "count | string | upper",
        "wish | default('x') | upper",
        "flag == (count > 1)",
        "name in ['a', 'b']",
        "count | upper",
        "(kind if flag else name) == 'flood'",
        "[1, 'a'][0] == 'a'",
        "ports[thing] + 1",
        "name[count]",
        "lines[count].sku",
    ],
)
def test_what_may_work_is_not_spoken_of(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "stretch"),
    [
        ("kind == 'flood'", "'flood'"),
        ("name - 1", "name"),
        ("line.skoo ~ 'x'", "skoo"),
        ("1 + ports | upper", "ports"),
        ("count  >  'long text'", "'long text'"),
    ],
)
def test_its_place(text: str, stretch: str) -> None:
    one = judge(Expression(text), lookup)[1][0]
    assert text[one.offset : one.offset + one.length] == stretch


def test_a_field_or_value_that_was_probably_meant() -> None:
    assert judge(Expression("line.cuont"), lookup)[1][0].meant == "count"
    assert judge(Expression("kind == 'strom'"), lookup)[1][0].meant == "storm"


def test_what_a_schema_allows() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "a": {"enum": ["x", None]},
            "b": {"type": "array", "items": {"type": "boolean"}},
            "c": {"$ref": "#"},
        },
    }
    found = of_schema(schema)
    assert not found.open
    assert found.fields == {"a": Type(frozenset({"string", "null"}), ("x", None)), "b": list_of(of("bool")), "c": ANY}
    assert of_schema({"anyOf": [{"type": "string"}, {"type": "null"}]}) == of("string", "null")
    assert of_schema({"type": "nonsense"}) == of_schema(True) == ANY


# ---------------------------------------------------------------- a law: what is said is true

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(["storm", "theft"]),
    "amount": st.sampled_from([0, 1.5, 3, -2]),
    "count": st.integers(0, 4),
    "name": st.sampled_from(["", "a", "x y", "3"]),
    "wish": st.sampled_from([None, "a"]),
    "flag": st.booleans(),
    "ports": st.lists(st.integers(0, 3), max_size=3),
    "line": st.fixed_dictionaries({"sku": st.just("s"), "count": st.integers(0, 3)}),
    "lines": st.lists(st.just({"sku": "s", "count": 1}), max_size=2),
    "thing": st.sampled_from([None, 1, "a", [], {}, {"x": 1}]),
}
LEAVES = st.sampled_from(
    [*VALUES, "1", "2.5", "'a'", "'storm'", "true", "null", "[1, 'a']", "[]", "{'x': 1}", "line.sku"]
)
FILTERS = [
    "upper",
    "length",
    "first",
    "join(',')",
    "int",
    "abs",
    "sum",
    "sort",
    "list",
    "default('d')",
    "items",
    "string",
    "reverse",
    "unique",
    "float",
    "round",
    "split(',')",
    "max",
    "map('string')",
]


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = ["+", "-", "*", "/", "==", "!=", "<", ">=", "in", "and", "or", "~"]
    return st.one_of(
        st.builds(lambda a, op, b: f"({a}) {op} ({b})", inner, st.sampled_from(two), inner),
        st.builds(lambda a, name: f"({a}) | {name}", inner, st.sampled_from(FILTERS)),
        st.builds(lambda a, b, c: f"({a}) if ({b}) else ({c})", inner, inner, inner),
        st.builds(lambda sign, a: f"{sign} ({a})", st.sampled_from(["-", "not"]), inner),
        st.builds(lambda a: f"[{a}]", inner),
        st.builds(lambda a, b: f"({a})[{b}]", inner, st.sampled_from(["0", "'x'", "count"])),
        st.builds(lambda a, name: f"({a}).{name}", inner, st.sampled_from(["sku", "x"])),
    )


def fits(value: Any, found: Type) -> bool:
    """Whether a value is among those that the type says."""
    if found.kinds is None:
        return True
    kind = kind_of(value)
    if kind not in found.kinds and not (kind == "integer" and "number" in found.kinds):
        return False
    if found.values is not None and value not in found.values:
        return False
    if kind == "list":
        return all(fits(one, found.element) for one in value)
    if kind == "object" and found.fields is not None:
        known = all(fits(one, found.fields[name]) for name, one in value.items() if name in found.fields)
        return known and (found.open or set(value) <= set(found.fields))
    return True


@settings(max_examples=600, deadline=None, derandomize=True)
@given(text=st.recursive(LEAVES, grown, max_leaves=5), values=st.fixed_dictionaries(VALUES))
def test_what_is_said_is_true(text: str, values: dict[str, Any]) -> None:
    found, wrong = judge(Expression(text), lookup)
    try:
        value = Engine().evaluate(Expression(text), values)
    except ExpressionError:
        return
    assert fits(value, found), (text, value, found)
    lazy = any(word in text for word in (" and ", " or ", " if ", "default"))
    assert lazy or all(one.vain for one in wrong), (text, value, wrong)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=3), lambda one: st.lists(one, max_size=3))
)
def test_a_literal_is_of_its_own_type(value: Any) -> None:
    assert fits(value, of_value(value))
    assert fits(value, union([of_value(value), of("null")]))


def test_what_has_no_order_has_none_with_anything() -> None:
    assert said("thing <= true") == ["operands: `<=` needs two numbers or two texts, and this is a boolean"]
    assert said("ports > thing") == ["operands: `>` needs two numbers or two texts, and `ports` is a list"]
    assert said("thing < count") == []
