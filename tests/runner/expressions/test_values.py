"""What expressions give: types, text, equality, null, missing."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from steplane.diagnostics import Span
from steplane.expressions import Engine, Expression, ExpressionError, Literal, Missing, parse_value
from steplane.expressions.limits import Budget

NULL = "`inputs.null` is null, and null cannot be put into text: `| default(...)` says what stands for it"
UPPER = "`.upper` needs a mapping, and `inputs.s` is text; a filter does it: `value | upper`"


class View(Mapping[str, Any]):
    """A lazy mapping, as the driver gives them."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


CONTEXT: dict[str, Any] = {
    "inputs": View({"n": 1, "f": 1.5, "s": "x", "b": True, "list": [1, 2, None], "null": None, "map": {"items": 3}}),
    "steps": View(
        {
            "ok": View(
                {"status": "succeeded", "outputs": View({"stdout": "hi", "rows": [{"id": 1, "k": "b"}, {"id": 2}]})}
            ),
            "maybe": View({"outputs": Missing("the step was skipped")}),
            "half": View({"outputs": View({"stdout": Missing("the step failed")})}),
        }
    ),
    "error": None,
    "item": {"items": "mine", "a b": {"c": 7}, "tags": ["x", "y"]},
}


def locate(offset: int, length: int) -> Span:
    return Span("f.yaml", 1, offset + 1, 1, offset + length + 1)


def render(text: str) -> Any:
    template, diagnostics = parse_value(text, locate, ())
    assert not diagnostics
    return Engine().render(template, CONTEXT)


def fail(text: str) -> str:
    with pytest.raises(ExpressionError) as caught:
        Engine().render(parse_value(text, locate)[0], CONTEXT)
    return caught.value.message


def same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${{ inputs.n }}", 1),
        ("${{ inputs['s'] }}", "x"),
        ("${{ inputs.list[-2] }}", 2),
        ("${{ inputs.null }}", None),
        ("${{ null }}", None),
        ("${{ None }}", None),
        ("${{ item.items }}", "mine"),
        ("${{ inputs.map.items }}", 3),
        ("${{ item['a b'].c }}", 7),
        ("${{ item.tags[0] }}", "x"),
        ("${{ item.tags.1 }}", "y"),
        ("${{ item.tags[:1] }}", ["x"]),
        ("${{ steps.ok.outputs.rows[1].id }}", 2),
        ("${{ 'abc'[1:] }}", "bc"),
        ("${{ 'abc'[0] }}", "a"),
        ("${{ [1, true, null, 'a', {'k': [1.5]}] }}", [1, True, None, "a", {"k": [1.5]}]),
        ("${{ (1, 2) }}", [1, 2]),
        ("${{ 1 if false }}", None),
        ("${{ 1 if true else 2 }}", 1),
        ("${{ inputs.n + 1 }}", 2),
        ("${{ 7 / 2 }}", 3.5),
        ("${{ 7 // 2 }}", 3),
        ("${{ -inputs.n ** 2 }}", 1),
        ("${{ [1] + [2] }}", [1, 2]),
        ("${{ 'a' + 'b' }}", "ab"),
        ("${{ 'ab' * 2 }}", "abab"),
        ("${{ 2 * [0] }}", [0, 0]),
        ("${{ range(3) }}", [0, 1, 2]),
        ("${{ steps.maybe.outputs.stdout | default('q') }}", "q"),
        ("${{ steps.maybe.outputs.json.a.b | default(null) }}", None),
        ("${{ inputs.null | default(3) }}", 3),
        ("${{ false | default(3) }}", False),
        ("${{ '' | default('x', true) }}", "x"),
        ("${{ error.type | default('none') }}", "none"),
        ("${{ item.nope is defined }}", False),
        ("${{ inputs.null is defined }}", True),
        ("${{ inputs.null is none }}", True),
        ("${{ inputs.null is null }}", True),
        ("${{ true or steps.maybe.outputs.x }}", True),
        ("${{ '${{' }}", "${{"),
        ("${{ '}}' }}", "}}"),
        ("${{ {'a': {'b': 1}} }}", {"a": {"b": 1}}),
        ("${{ {'a': {'b': 1}}.a }}", {"b": 1}),
        ("${{- inputs.n -}}", 1),
        ("${{ -1 }}", -1),
        ("${{# why #}}${{ inputs.n }}", 1),
        (r"${{ 'a\d\n' }}", "a\\d\n"),
        ("${{ 0x10 + 1_000 }}", 1016),
        ("${{ 1e3 }}", 1000.0),
    ],
)
def test_value(text: str, expected: Any) -> None:
    assert same(render(text), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 == true", False),
        ("0 == false", False),
        ("true in [1]", False),
        ("1 == 1.0", True),
        ("[1, [true]] == [1.0, [true]]", True),
        ("[1] == [true]", False),
        ("{'a': 1} == {'a': 1.0}", True),
        ("{'a': 1} == {'a': 1, 'b': 2}", False),
        ("null == false", False),
        ("null == null", True),
        ("'1' == 1", False),
        ("'a' in 'cat'", True),
        ("'a' in {'a': 1}", True),
        ("1 in {'a': 1}", False),
        ("3 not in [1, 2]", True),
        ("1 < 2 < 3", True),
        ("1 < 2 > 3", False),
        ("'a' <= 'a'", True),
        ("true is true", True),
        ("1 is true", False),
        ("1 is number and true is not number", True),
        ("4 is divisibleby 2 and 4 is even and 3 is odd", True),
        ("[1, 1.0, true] | unique == [1, true]", True),
    ],
)
def test_equality_and_order(text: str, expected: bool) -> None:
    assert Engine().condition(Expression(text), CONTEXT) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n=${{ inputs.n }} f=${{ inputs.f }} b=${{ inputs.b }}", "n=1 f=1.5 b=true"),
        ("${{ inputs.list }}!", "[1,2,null]!"),
        ("${{ {'ü': 'é'} }}!", '{"ü":"é"}!'),
        ("${{ true ~ 1.0 ~ [false] }}", "true1.0[false]"),
        ("${{ [true, 2, 'x'] | join(', ') }}", "true, 2, x"),
        ("${{ true | string }}", "true"),
        ("${{ inputs.n }}\n", "1\n"),
        ("${% if inputs.b %}${{ inputs.b }}${% endif %}\n", "true\n"),
        (
            "${% for x in [1, 2] %}${{ loop.index }}/${{ loop.length }}:${{ x }} ${% else %}none${% endfor %}",
            "1/2:1 2/2:2 ",
        ),
        ("${% for x in [] %}x${% else %}none${% endfor %}", "none"),
        ("${% for k, v in inputs.map | items if v > 1 %}${{ k }}=${{ v }}${% endfor %}", "items=3"),
        ("${% for x in [1,2] %}${{ loop.previtem | default('-') }}${% endfor %}", "-1"),
        ("${% set a = 1 %}${% if true %}${% set a = 2 %}${% endif %}${{ a }}", "2"),
        ("${% set a %} x ${% endset %}[${{ a | trim }}]", "[x]"),
        ("${% with a = 1, b = 2 %}${{ a + b }}${% endwith %}", "3"),
        ("${% filter upper | trim %} a${{ inputs.n }} ${% endfilter %}", "A1"),
        ("${% raw %}${{ x }}${% endraw %}!", "${{ x }}!"),
        ("a  ${{- inputs.n -}}  b", "a1b"),
        ("a ${%- if true -%} b ${%- endif -%} c", "abc"),
        ("plain }} {{ text }} $x ${y}", "plain }} {{ text }} $x ${y}"),
    ],
)
def test_text(text: str, expected: str) -> None:
    assert same(render(text), expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${{ nope }}", "there is no `nope` here"),
        ("${{ nope | default(1) }}", "there is no `nope` here"),
        ("${{ inptus.n }}", "there is no `inptus` here; did you mean `inputs`?"),
        ("${{ inputs.lst | default(1) }}", "`inputs` has no `lst`; did you mean `list`?"),
        ("${{ inputs['lst'] is defined }}", "`inputs` has no `lst`; did you mean `list`?"),
        ("${{ steps[item.items] | default(1) }}", "`steps` has no `mine`"),
        ("${{ steps.maybe.outputs.stdout }}", "the output `stdout` of step `maybe` is missing: the step was skipped"),
        ("${{ steps.half.outputs.stdout ~ '' }}", "the output `stdout` of step `half` is missing: the step failed"),
        ("${{ item.nope }}", "`item.nope` is missing: `item` has no `nope`"),
        ("${{ item.nope.deeper + 1 }}", "`item.nope.deeper` is missing: `item` has no `nope`"),
        ("${{ item.tags[9] }}", "`item.tags[9]` is missing: there is no index 9: a list of length 2"),
        ("${{ error.type }}", "`error.type` is missing: `error` is null"),
        ("${{ [] | first }}", "the value is missing: the list is empty"),
        ("x${{ inputs.null }}", NULL),
        ("${{ 'a' ~ null }}", "null cannot be put into text: use `default(...)` to say what stands for it"),
        ("${{ 'a' + 1 }}", "`+` cannot add text and a number; `~` joins texts"),
        ("${{ true + 1 }}", "`+` cannot add a boolean and a number"),
        ("${{ '3' - 1 }}", "`-` needs numbers, and this is text: `| int` or `| float` reads a number from text"),
        ("${{ 1 / 0 }}", "`/` by zero"),
        ("${{ 1 < '2' }}", "a number and text have no order: compare two numbers or two texts"),
        ("${{ inputs.s.upper }}", UPPER),
        ("${{ 'x' | int }}", "the filter `int` cannot read `x` as a number; `| int(default=0)` says what then"),
        ("${{ 1 | uper }}", "there is no filter `uper`; did you mean `upper`?"),
        ("${% for x in 3 %}${% endfor %}", "`for` wants a list or a mapping, and this is a number"),
        ("${{ 1e308 * 10 }}", "the result is not a finite number"),
        ("${{ 1 in 1 }}", "`in` needs a list, a mapping or text on its right, and this is a number"),
        ("${{ {1: 2} }}", "a key of a mapping is text, and this is a number"),
    ],
)  # fmt: skip
def test_error(text: str, message: str) -> None:
    assert fail(text) == message


def test_error_has_the_place_of_its_expression() -> None:
    template = parse_value("a ${{ inputs.n }} ${{ nope }}", locate)[0]
    with pytest.raises(ExpressionError) as caught:
        Engine().render(template, CONTEXT)
    assert (caught.value.line, caught.value.column) == (1, 23)


def test_where_text_is_wanted() -> None:
    engine = Engine()
    assert [engine.text(one) for one in ("a", 1, 1.5, True)] == ["a", "1", "1.5", "true"]
    with pytest.raises(ExpressionError, match="text is wanted, and this is a list"):
        engine.text([1])
    with pytest.raises(ExpressionError, match="null cannot be put into text"):
        engine.text(None)
    with pytest.raises(ExpressionError, match="text is wanted, and this is a mapping") as caught:
        engine.render_text(Expression("inputs.map", 3, 4), CONTEXT)
    assert (caught.value.line, caught.value.column) == (3, 4)
    assert engine.render_text(Literal(8080), {}) == "8080"


def test_condition_must_be_boolean() -> None:
    with pytest.raises(ExpressionError) as caught:
        Engine().condition(Expression("inputs.n", 2, 3), CONTEXT)
    assert caught.value.message == "`inputs.n` is a condition and must be true or false, but it is a number"
    assert (caught.value.line, caught.value.column) == (2, 3)


def test_a_step_may_be_a_dict_with_a_view_in_it() -> None:
    context = {"steps": View({"a": {"outputs": View({"x": 1})}})}
    value = Engine().evaluate(Expression("steps.a"), context)
    assert type(value["outputs"]) is dict
    rows = [{"a": 1}]
    assert Engine().evaluate(Expression("inputs.rows"), {"inputs": {"rows": rows}}) is rows


def test_lazy_views_become_plain_data() -> None:
    value = render("${{ steps.ok }}")
    assert value == {"status": "succeeded", "outputs": {"stdout": "hi", "rows": [{"id": 1, "k": "b"}, {"id": 2}]}}
    assert type(value) is dict
    assert type(value["outputs"]) is dict
    assert type(render("${{ [steps.ok.outputs] }}")[0]) is dict
    assert render("${{ 'stdout' in steps.half.outputs }}") is False
    assert render("${{ 'stdout' in steps.ok.outputs }}") is True
    assert fail("${{ steps.half }}") == "the value is missing: the step failed"


def test_filters_from_outside() -> None:
    def broken(_budget: Budget, _value: Any) -> None:
        raise RuntimeError("no luck")

    def double(_budget: Budget, value: int, times: int = 2) -> int:
        return value * times

    engine = Engine({"double": double, "broken": broken, "odd_thing": lambda _budget, _value: object()})
    assert engine.evaluate(Expression("2 | double | double(times=3)"), {}) == 12
    assert engine.evaluate(Expression("[1, 2] | map('double')"), {}) == [2, 4]
    with pytest.raises(ExpressionError, match="the filter `broken` failed: no luck"):
        engine.evaluate(Expression("1 | broken"), {})
    with pytest.raises(ExpressionError, match="a value of type `object` is not plain data"):
        engine.evaluate(Expression("1 | odd_thing"), {})
