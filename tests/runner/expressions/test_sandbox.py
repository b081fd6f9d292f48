"""What a hostile expression cannot do: reach Python's objects, or use time and memory without end."""

import contextlib
import functools
import resource
import time
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from steplane.diagnostics import Span
from steplane.expressions import Engine, Expression, ExpressionError, limits, parse_value
from steplane.expressions.deriving import Watch
from steplane.expressions.templates import Template
from steplane.rendering import filters

CONTEXT: dict[str, Any] = {
    "x": "text", "n": 3, "l": [1, [2], {"a": None}], "m": {"items": 1, "keys": {"b": True}}, "f": 1.5, "z": None,
}  # fmt: skip

REACHING = [
    "''.__class__",
    "''['__class__']",
    "''.__class__.__mro__[1].__subclasses__()",
    "[].__class__.__base__",
    "l.append(1)",
    "l.append",
    "m.get('a')",
    "m.__class__",
    "m.pop('items')",
    "x.format(1)",
    "'{0.__class__}'.format(x)",
    "'{0.__class__}' | format(x)",
    "x.format_map(m)",
    "('%s' | attr('format'))",
    "x | attr('format')",
    "x | attr('__class__')",
    "['{0.__class__}'] | map('format', x) | list",
    "[x] | map(attribute='__class__') | list",
    "[x] | map(attribute='format') | list",
    "[x] | map('attr', '__class__') | list",
    "[m] | selectattr('__class__') | first | attr('x')",
    "[x] | sort(attribute='__class__')",
    "[x] | groupby('__class__')",
    "[x] | sum(attribute='__len__')",
    "lipsum.__globals__",
    "lipsum(n=5)",
    "cycler.__init__.__globals__",
    "joiner()",
    "namespace(a=1)",
    "dict(a=1)",
    "self._TemplateReference__context",
    "self",
    "caller()",
    "range.__class__",
    "range(1).__class__",
    "x.upper()",
    "'%s' % x",
    "'%999999999d' % 1",
    "x | xmlattr",
    "x | pprint",
    "[1, 2] | random",
    "x | safe",
    "x is callable",
    "x is sameas x",
    "x is filter",
    "(1).real",
    "n.bit_length()",
    "_",
    "loop",
    "__builtins__",
    "open('/etc/passwd')",
    "l[x]",
    "m | items(*l)",
    "m | items(**m)",
]


@pytest.mark.parametrize("text", REACHING)
def test_no_object_is_reached(text: str) -> None:
    with pytest.raises(ExpressionError):
        Engine().evaluate(Expression(text), CONTEXT)


@pytest.mark.parametrize(
    "text",
    [
        "${% include 'x' %}",
        "${% import 'x' as y %}",
        "${% from 'x' import y %}",
        "${% extends 'x' %}",
        "${% macro m() %}${% endmacro %}",
        "${% call m() %}${% endcall %}",
        "${% block b %}${% endblock %}",
        "${% autoescape true %}${% endautoescape %}",
        "${% do l.append(1) %}",
        "${% set m.x = 1 %}",
        "${% for a in l recursive %}${{ loop(a) }}${% endfor %}",
        "${% for a in l %}${{ loop.cycle(1) }}${% endfor %}",
        "${% for a in l %}${{ loop.__class__ }}${% endfor %}",
        "${% print x %}",
    ],
)
def test_blocks_that_are_refused(text: str) -> None:
    template = parse_value(text, lambda offset, length: Span("f", 1, offset + 1, 1, offset + length + 1))[0]
    with pytest.raises(ExpressionError):
        Engine().render(template, CONTEXT)


GREEDY = [
    "'a' * 10**9",
    "10**9 * 'a'",
    "[0] * 10**8",
    "[[[0] * 1000] * 1000] * 1000",
    "'x' | center(10**9)",
    "'x' | indent(10**9, first=true)",
    "('x\n' * 10**6) | indent(1000)",
    "range(10**9)",
    "range(0, 10**18, 10**9)",
    "range(10**6) | list",
    "9 ** (9**9)",
    "2 ** (10**9)",
    "10.0 ** 400",
    "(10**1000) ** (10**1000)",
    "(['a' * 10**6] * 100) | join('b' * 10**6)",
    "range(10**5) | join('a' * 10**5)",
    "('a' * 10**6) | replace('a', 'b' * 1000)",
    "('a' * 10**6) | replace('', 'b' * 1000)",
    "('a' * 10**6) | regex_replace('a', 'b' * 1000)",
    "([null] * 100000) | map('default', 'a' * 10**7) | list",
    "([null] * 100000) | map('default', 'a' * 10**7) | sort",
    "([null] * 1000) | map('default', range(100000)) | map('list') | list",
    "('a' * 5 * 10**6) | replace('a', 'a ') | split",
    "('a' * 5 * 10**6) | split('a')",
    "[1] | batch(10**9, 0)",
    "[1] | slice(10**9)",
    "1 | round(10**9)",
    "('9' * 10000) | int",
    "('9' * 4400) | from_json",
    "('[' ~ ('[],' * 3333300) ~ '1]') | from_json",
    r"'a' | regex_replace('(a)', '\\1' * 1000000)",
    r"('a' * 99999) | regex_replace('(a)', '\\1' * 900)",
    "('a' * 9999999) | regex_replace('a(.*b)?', 'x')",
    "('a' * 9999999) | regex_match('((a{0,30}){0,30}b?)*c')",
    "('ab' * 4999999) | title ~ ('a ' * 4999999) | title",
    "('[' * 100000) | from_json",
    "lipsum(n=10**6)",
    "range(100000) | map('string') | map('center', 100000) | join",
    (
        "range(50000) | map('json')"
        + " | map('hash') | map('b64encode')" * 10
        + " | list | batch(1)"
        + " | map('map', 'hash')" * 10
        + " | join"
    ),
    "(" * 5000 + "1" + ")" * 5000,
    "[" * 5000 + "]" * 5000,
    "not " * 20000 + "true",
    "-" * 20000 + "1",
    "1" + "+1" * 20000,
    "x" + ".a" * 20000,
    "x" + "|upper" * 20000,
    "1" * 5000,
]


@pytest.mark.parametrize("text", GREEDY)
def test_greed_is_stopped(text: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    with pytest.raises(ExpressionError):
        Engine().evaluate(Expression(text), CONTEXT)
    assert time.process_time() - start < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # kilobytes


@pytest.mark.parametrize(
    "text",
    [
        "${% for a in range(10**5) %}" * 3 + "${% endfor %}" * 3,
        "${% for a in range(10**5) %}${{ 'a' * 1000 }}${% endfor %}",
        "${% set a = ['x'] %}" + "".join("${% set a = [a, a] %}" for _ in range(60)) + "${{ a }}",
        "${% set a = ['x'] %}" + "".join("${% set a = [a, a] %}" for _ in range(60)) + "${{ a == a }}",
        "${% if true %}" * 2000 + "${% endif %}" * 2000,
        "${% for a in range(10**5) %}${% set b = 'a' * 10**6 %}${% endfor %}",
    ],
)
def test_greedy_blocks_are_stopped(text: str) -> None:
    template = parse_value(text, lambda offset, length: Span("f", 1, offset + 1, 1, offset + length + 1))[0]
    start = time.process_time()
    with pytest.raises(ExpressionError):
        Engine().render(template, {})
    assert time.process_time() - start < 10


LARGE: dict[str, Any] = {
    "blanks": " " * 990_000,
    "letters": "a" * 990_000,
    "rows": [{"k": n} for n in range(40_000)],
    "deep": functools.reduce(lambda inner, _: [inner], range(150), cast("Any", [1] * 50_000)),
    "alike": [n * (2**61 - 1) for n in range(40_000)],
    "names": {f"name{n}": n for n in range(40_000)},
}


@pytest.mark.parametrize(
    "text",
    [
        "blanks | wordwrap(1)",
        "letters | wordwrap(1)",
        "rows | yaml",
        "letters | list | yaml",
        "letters | list | groupby(0)",
        "letters | trim(('b' * 900000) ~ 'a')",
        "(letters * 10) | replace('a', '_') | title",
        "([letters * 10] * 20000) | map('reverse')",
        "([letters * 10] * 20000) | map('hash')",
        "([letters * 10] * 20000) | select('lower')",
        "deep | json(16)",
        "alike | unique",
        "([names] * 500) | map(attribute='nam')",
        "('key: [1, 2]\n' * 30000) | from_yaml",
        "('- [1, 2\n' * 30000) | from_yaml",
    ],
)
def test_no_filter_outlasts_the_limit(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.05)
    start = time.process_time()
    with contextlib.suppress(ExpressionError):
        Engine(filters()).evaluate(Expression(text), LARGE)
    assert time.process_time() - start < 2


def test_no_filter_outlasts_the_limit_where_a_secret_may_be_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.05)
    budget = limits.Budget()
    many = ["x"] * 10_000
    watch = Watch(_Nobody(), budget)

    def filtered() -> None:
        for _ in range(1000):
            watch.filtered("default", "x", None, many)

    with pytest.raises(ExpressionError, match="takes longer"):
        filtered()


class _Nobody:
    """Knows of no secret."""

    def holds(self, value: str | float) -> bool:
        return False

    withholds = holds

    def learn(self, value: str | float) -> None:
        raise AssertionError(value)

    withhold = learn

    def withhold_text(self, text: str) -> None:
        raise AssertionError(text)

    addressed = withhold_text

    def shown(self, value: Any) -> Any:
        return value

    def may_meet(self, text: str, *, blocks: bool) -> bool:
        return blocks or bool(text)

    def meets(self, template: Template) -> bool:
        return template is not None


def test_a_text_that_would_not_be_read_again_is_not_written_as_yaml() -> None:
    with pytest.raises(ExpressionError, match=r"a text in it has 1,000,001 characters; at most 1,000,000 are read"):
        Engine(filters()).evaluate(Expression("['a' * 1000001] | yaml"), {})


def test_data_is_never_rendered_again() -> None:
    data = {"x": "${{ secrets.key }} ${% raw %}"}
    assert Engine().evaluate(Expression("x ~ ''"), data) == data["x"]


def test_only_plain_data_is_taken_from_a_context() -> None:
    context = {"o": object(), "b": b"bytes", "f": len, "nan": float("nan")}
    for text in ("o", "o.__class__", "b", "f", "f ~ ''", "[o]", "o == 1", "o | string", "nan ~ ''", "[nan] | json"):
        with pytest.raises(ExpressionError):
            Engine().evaluate(Expression(text), context)


WORDS = [
    *CONTEXT,
    "0",
    "1",
    "2.5",
    "'a'",
    "''",
    "true",
    "null",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ".",
    "|",
    "~",
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "==",
    "!=",
    "<",
    ">=",
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
    "defined",
    "none",
    "upper",
    "join",
    "map",
    "sort",
    "default",
    "first",
    "length",
    "sum",
    "__class__",
    "items",
    "range",
    "int",
    "round",
    "json",
    "from_json",
    "regex_replace",
    "select",
    "unique",
    "'odd'",
    "batch",
    "=",
    "attribute",
    "\\",
    "$",
    "é",
    "\n",
    "groupby",
    "dictsort",
]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(max_size=30)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("x | round(-1)")
@example("range(*l)")
def test_only_expression_errors_come_out(text: str) -> None:
    try:
        value = Engine().evaluate(Expression(text), CONTEXT)
    except ExpressionError:
        return
    assert type(value) in {type(None), bool, int, float, str, list, dict}


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        TEXTS | st.sampled_from(["${{", "}}", "${%", "%}", "${{#", "#}}", "for", "endfor", "-", "set"]), max_size=12
    )
)
def test_reading_never_raises(parts: list[str]) -> None:
    text = " ".join(parts)

    def locate(offset: int, length: int) -> Span:
        assert 0 <= offset <= offset + length <= len(text)
        return Span("f", 1, offset + 1, 1, offset + length + 1)

    template, diagnostics = parse_value(text, locate, ())
    if not diagnostics:
        try:
            Engine().render(template, CONTEXT)
        except ExpressionError:
            return


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(JSON, st.sampled_from([name for name in dir(str) + dir(dict) + dir(list) + dir(int) if name.isidentifier()]))
def test_no_method_of_any_data(value: Any, name: str) -> None:
    engine = Engine()
    expected = value.get(name, "absent") if isinstance(value, dict) else "absent"
    try:
        found = engine.evaluate(Expression(f"v.{name} is defined and v.{name}"), {"v": value})
    except ExpressionError:
        assert value is not None
        assert not isinstance(value, dict)
        return
    assert found == (False if expected == "absent" else expected)
