"""The filters of the allow-list."""

import re
import textwrap
from typing import Any

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steplane.expressions import Engine, Expression, ExpressionError

ROWS = [{"n": "b", "q": 2, "in": {"x": 1}}, {"n": "A", "q": 1, "in": {"x": 2}}, {"n": "b", "q": 3, "in": {"x": 3}}]


def evaluate(text: str) -> Any:
    return Engine().evaluate(Expression(text), {"rows": ROWS, "m": {"b": 1, "a": 2}, "t": "some text"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1, null, 2] | present", [1, 2]),
        ("{'a': [1, true, null, 'é']} | json", '{"a":[1,true,null,"é"]}'),
        ("{'a': 1} | json(indent=2)", '{\n  "a": 1\n}'),
        ("'[1, {\"a\": null}]' | from_json", [1, {"a": None}]),
        ("t | regex_match('s.me')", True),
        ("t | regex_match('^text')", False),
        (r"'a1b22' | regex_replace('([0-9]+)', '<\\1>')", "a<1>b<22>"),
        (r"'aéb' | regex_replace('(?P<x>é)', '<é\\g<x>\\\\\\n\\d>')", "a<éé\\\n\\d>b"),
        ('"it\'s a_dog in-side 1st éa" | title', "It's A_dog In-Side 1st Éa"),
        ("'abc' | hash", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("'é' | b64encode", "w6k="),
        ("'w6k=' | b64decode", "é"),
        ("'/a/b.txt' | basename", "b.txt"),
        ("'/a/b.txt' | dirname", "/a"),
        ("'1h30m' | duration", 5400.0),
        ("'1970-01-02T00:00:00Z' | timestamp", 86400.0),
        ("'1970-01-02T02:00:00+02:00' | timestamp", 86400.0),
        ("'1970-01-02' | timestamp", 86400.0),
        ('"it\'s" | shell_quote', "'it'\"'\"'s'"),
        ("['a b', 1] | shell_quote", "'a b' 1"),
        ("'aB' | upper ~ ('aB' | lower) ~ ('aB c' | title) ~ ('aB' | capitalize)", "ABabAb CAb"),
        ("' x ' | trim", "x"),
        ("'xax' | trim('x')", "a"),
        ("'aaa' | replace('a', 'b', 2)", "bba"),
        ("'a, b,' | split(',')", ["a", " b", ""]),
        ("' a\\n b ' | split", ["a", "b"]),
        ("'' | split(',') + ('' | split)", [""]),
        ("'a' | center(3)", " a "),
        ("'a\\nb' | indent(2)", "a\n  b"),
        ("'one two three' | truncate(9, leeway=0)", "one..."),
        ("'one two' | wordcount", 2),
        ("'aa bb' | wordwrap(2)", "aa\nbb"),
        ("'a b&c' | urlencode", "a%20b%26c"),
        ("{'a': 1, 'b c': 'd&'} | urlencode", "a=1&b%20c=d%26"),
        ("'12' | int + ('1.9' | int) + (true | int)", 14),
        ("'x' | int(0)", 0),
        ("'1.5' | float", 1.5),
        ("2.5 | round + (3.5 | round)", 6),
        ("1.234 | round(2)", 1.23),
        ("1.2 | round(0, 'ceil')", 2),
        ("-2 | abs", 2),
        ("rows | map(attribute='n') | join", "bAb"),
        ("rows | map(attribute='in.x') | sum", 6),
        ("rows | map(attribute='zz', default=0) | list", [0, 0, 0]),
        ("['a'] | map('upper') | first", "A"),
        ("rows | selectattr('q', 'gt', 1) | length", 2),
        ("[{'k': 1}, {}, {'k': null}] | selectattr('k', 'defined') | list", [{"k": 1}, {"k": None}]),
        ("[{'k': 1}, {}, {'k': null}] | rejectattr('k', 'defined') | list", [{}]),
        ("[{'k': 1}, {}, {'k': null}] | selectattr('k', 'undefined') | list", [{}]),
        ("m.b | default(m.no)", 1),
        ("m.b | default(1 / 0)", 1),
        ("m.no | default(m.b)", 1),
        ("m.no | default(m.nor) | default(m.a)", 2),
        ("m.no | default(m.nor | default(m.a))", 2),
        ("m.no | default(default_value=m.nor) is defined", False),
        ("'' | default(m.a, true)", 2),
        ("'' | default(m.a, boolean=m.a == 1)", ""),
        ("m.no | default", ""),
        ("rows | rejectattr('zz') | length", 3),
        ("[1, 2, 3] | select('odd') | list", [1, 3]),
        ("[0, 1] | reject | list", [0]),
        ("rows | sort(attribute='n') | map(attribute='q') | list", [1, 2, 3]),
        ("['b', 'A'] | sort(case_sensitive=true)", ["A", "b"]),
        ("[2, 1, 3] | sort(reverse=true)", [3, 2, 1]),
        ("rows | groupby('n') | map(attribute='grouper') | list", ["A", "b"]),
        ("(rows | groupby('n'))[1].list | length", 2),
        ("rows | sum('q')", 6),
        ("rows | max(attribute='q') | json", '{"n":"b","q":3,"in":{"x":3}}'),
        ("[3, 1.5] | min", 1.5),
        ("[] | max | default(0)", 0),
        ("['a', 'A', 'b'] | unique", ["a", "b"]),
        ("[{'a': 1}, {'a': 1.0}] | unique", [{"a": 1}]),
        ("m | dictsort", [["a", 2], ["b", 1]]),
        ("m | dictsort(by='value')", [["b", 1], ["a", 2]]),
        ("m | items", [["b", 1], ["a", 2]]),
        ("[1, 2, 3] | batch(2, 0)", [[1, 2], [3, 0]]),
        ("[1, 2, 3] | slice(2)", [[1, 2], [3]]),
        ("[1, 2] | reverse", [2, 1]),
        ("'ab' | reverse", "ba"),
        ("'ab' | list", ["a", "b"]),
        ("'ab' | last", "b"),
        ("m | length", 2),
        ("['1', '2'] | map('int') | sum", 3),
    ],
)
def test_filter(text: str, expected: Any) -> None:
    value = evaluate(text)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("'(' | regex_match('(')", "the pattern of `regex_match` is wrong"),
        ("'NaN' | from_json", "NaN is not JSON"),
        ("'1e999' | from_json", "out of the range"),
        ("'{' | from_json", "the filter `from_json` cannot read this"),
        ("'%' | b64decode", "it is not Base64"),
        ("'/w==' | b64decode", "no UTF-8"),
        ("90 | duration", "wants text such as"),
        ("'90' | duration", "`90` has no unit: write `90s`"),
        ("'soon' | timestamp", "not a time in ISO 8601"),
        ("[1, 'a'] | sort", "cannot order numbers and texts together"),
        ("[true] | sort", "orders numbers or texts, not a boolean"),
        ("[null] | join", "null cannot be put into text"),
        ("['a'] | sum", "adds numbers, not text; `map('int')` before it makes numbers of texts"),
        ("[1] | upper", "the filter `upper` wants text, and this is a list"),
        ("1 | length", "wants a list, a mapping or text"),
        ("'a' | center('x')", "wants a whole number"),
        ("'a' | split('')", "the filter `split` cannot do this: empty separator"),
        ("'a' | split([1])", "the filter `split` wants text, and this is a list"),
        ("'a' | replace('a')", "the filter `replace` needs the argument `new`"),
        ("'a' | upper(1)", "the filter `upper` takes at most 0 arguments, not 1"),
        ("'a' | indent(wdth=1)", "has no argument `wdth`"),
        ("[1] | map('__class__')", "there is no filter `__class__`"),
        ("[1] | select('callable')", "there is no test `callable`"),
        ("['a'] | map(attribute='__class__')", "whole number"),
        ("'ab' | regex_replace('a', '\\\\9')", "the pattern has no group `9`"),
    ],
)
def test_filter_error(text: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(text)
    assert words in caught.value.message


@settings(max_examples=300, deadline=None)
@given(st.text("ab-- \t.1,!_\u2003\x1c\xa0é", max_size=30), st.integers(1, 9))
def test_lines_are_wrapped_as_by_the_standard_library(line: str, width: int) -> None:
    given = Engine().evaluate(Expression(f"line | wordwrap({width})"), {"line": line})
    lines = (textwrap.wrap(one, width, expand_tabs=False, replace_whitespace=False) for one in line.splitlines())
    assert given == "\n".join("\n".join(one) for one in lines)


@settings(max_examples=200, deadline=None)
@given(st.text("ab_'A ß.1ǆ-({[<\n\u2003", max_size=20))
def test_words_are_those_of_jinja(text: str) -> None:
    """Whoever knows Jinja is not surprised."""
    for name in ("title", "wordcount", "capitalize"):
        given = Engine().evaluate(Expression(f"text | {name}"), {"text": text})
        assert given == jinja2.Environment().filters[name](text), name


def test_words_are_counted_across_what_is_looked_at_at_once() -> None:
    for text in ("a" * 20_000, "ab " * 9_000, "é_1-" * 7_000):
        assert Engine().evaluate(Expression("text | wordcount"), {"text": text}) == len(re.findall(r"\w+", text))
