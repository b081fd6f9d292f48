"""Which names, filters and tests an expression uses, and where."""

from collections.abc import Callable

import pytest

from steplane.diagnostics import Span
from steplane.expressions import Called, Expression, ListOf, Literal, MapOf, Template, Use, calls, parse_value, uses
from steplane.expressions.judging import type_of
from steplane.expressions.types import ANY, Type, of


def locate(offset: int, length: int) -> Span:
    return Span("f.yaml", 1, offset + 1, 1, offset + length + 1)


def paths(text: str) -> list[str]:
    """Each use as `path`, with `?` behind it where it is defaulted; checks that the places are right."""
    found = []
    for use in uses(parse_value(text, locate)[0]):
        whole = use.expression.text[use.offset : use.offset + use.length]
        words = [use.expression.text[offset : offset + length] for offset, length in use.parts]
        assert tuple(words) == use.path
        assert whole.startswith(use.path[0])
        assert whole.endswith(use.path[-1])
        found.append(".".join(use.path) + "?" * use.defaulted)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", []),
        ("${{ 1 }}", []),
        ("${{ steps.build.outputs.stdout }}", ["steps.build.outputs.stdout"]),
        ("${{ a['b c'].d }}", ["a.b c.d"]),
        ("${{ a.b[0].c }}", ["a.b"]),
        ("${{ a . b  [ 'c' ] + 1 }}", ["a.b.c"]),
        ("${{ steps[inputs.x].outputs }}", ["steps", "inputs.x"]),
        ("${{ a + b.c | upper }} and ${{ d }}", ["a", "b.c", "d"]),
        ("${{ a.b | default(c.d) }}", ["a.b?", "c.d?"]),
        ("${{ a.b | default(c) | default(d) }}", ["a.b?", "c?", "d?"]),
        ("${{ (a or b.c) | default(1) }}", ["a?", "b.c?"]),
        ("${{ a.b + 1 | default(1) }}", ["a.b"]),
        ("${{ a.b is defined and a.b is not undefined and c is none }}", ["a.b?", "a.b?", "c"]),
        ("${{ range(n) }}", ["n"]),
        ("${{ x | map(attribute=y) | join(z) }}", ["x", "y", "z"]),
        ("${{ {'k': a} ~ [b] }}", ["a", "b"]),
        ("${{ a[b:c] }}", ["a", "b", "c"]),
        ("${{ (a | first).b }}", ["a"]),
        ("${% for x in xs if x.ok and y %}${{ x.a }}${{ loop.index }}${{ z }}${% else %}${{ loop.first }}${% endfor %}",
         ["xs", "y", "z", "loop.first"]),
        ("${% for k, v in m | items %}${{ k }}${{ v }}${% endfor %}${{ k }}", ["m", "k"]),
        ("${{ a }}${% set a = b %}${{ a }}", ["a", "b"]),
        ("${% if c %}${% set a = 1 %}${% endif %}${{ a }}", ["c"]),
        ("${% with a = b, c = a %}${{ a }}${{ c }}${% endwith %}${{ c }}", ["b", "a", "c"]),
        ("${% set t %}${{ a }}${% endset %}${{ t }}", ["a"]),
        ("${% filter replace(a, b) %}${{ c }}${% endfilter %}", ["a", "b", "c"]),
        ("${% set m.x = 1 %}", []),
        ("${{ a && b }}", ["a", "b"]),
        ("${{ a ?? b }}", []),
    ],
)  # fmt: skip
def test_uses(text: str, expected: list[str]) -> None:
    assert paths(text) == expected


def test_a_use_in_full() -> None:
    expression = Expression("steps.build.outputs", 4, 9)
    assert uses(expression) == (
        Use(("steps", "build", "outputs"), 0, 19, ((0, 5), (6, 5), (12, 7)), expression, whole=True),
    )


def test_uses_of_nested_templates() -> None:
    template = MapOf((("a", Expression("x")), ("b", ListOf((Literal(1), Expression("y.z + 1"))))))
    assert [use.path for use in uses(template)] == [("x",), ("y", "z")]


def test_calls() -> None:
    expression = Expression("a | upper is  not  defined or a | map('int')")
    assert calls(expression) == (
        Called("filter", "upper", 4, 5, expression),
        Called("test", "defined", 19, 7, expression),
        Called("filter", "map", 34, 3, expression),
        Called("filter", "int", 39, 3, expression),
    )


KINDS = {("i",): "integer", ("f",): "number", ("s",): "string", ("l",): "list", ("steps", "a", "status"): "string"}


def kind(template: Template, known: Callable[[tuple[str, ...]], str]) -> str:
    """The one kind that a template is sure to have, by what is known of its names."""

    def lookup(path: tuple[str, ...]) -> tuple[Type, int]:
        found = known(path)
        return (ANY if found == "any" else of(found)), len(path)

    kinds = type_of(template, lookup).kinds or frozenset()
    if kinds == {"integer", "number"}:
        return "number"
    return next(iter(kinds)) if len(kinds) == 1 else "any"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", "integer"),
        ("1.5", "number"),
        ("'a'", "string"),
        ("true", "bool"),
        ("null", "null"),
        ("[1]", "list"),
        ("{}", "object"),
        ("i", "integer"),
        ("steps.a.status", "string"),
        ("steps.b", "any"),
        ("i + 1", "integer"),
        ("i + f", "number"),
        ("i / 1", "number"),
        ("s + s", "string"),
        ("l + l", "list"),
        ("x + y", "any"),
        ("x + 1", "any"),
        ("x - y", "number"),
        ("x * 2", "any"),
        ("s * 2", "string"),
        ("-i", "integer"),
        ("-x", "number"),
        ("x ~ y", "string"),
        ("x == y", "bool"),
        ("not x", "bool"),
        ("x is none", "bool"),
        ("i if x else f", "number"),
        ("i if x else s", "any"),
        ("i if x", "any"),
        ("i and i", "integer"),
        ("x | length", "integer"),
        ("x | int", "integer"),
        ("x | int(0)", "integer"),
        ("x | int(default='')", "any"),
        ("x | round", "integer"),
        ("x | round(2)", "number"),
        ("x | json", "string"),
        ("x | default(1)", "any"),
        ("i | default(1)", "integer"),
        ("i | default", "any"),
        ("x | sum", "number"),
        ("x | mine", "any"),
        ("s[1:]", "string"),
        ("s[0]", "string"),
        ("l[0]", "any"),
        ("range(3)", "list"),
        ("x | regex_match('a')", "bool"),
        ("a &&", "any"),
    ],
)
def test_kind(text: str, expected: str) -> None:
    assert kind(Expression(text), lambda path: KINDS.get(path, "any")) == expected


def test_kind_of_templates() -> None:
    def known(_path: tuple[str, ...]) -> str:
        return "any"

    assert kind(Literal([1]), known) == "list"
    assert kind(parse_value("a ${{ b }}", locate)[0], known) == "string"
    assert kind(parse_value("${% if a %}${% endif %}", locate)[0], known) == "string"
    assert kind(ListOf(()), known) == "list"
    assert kind(MapOf(()), known) == "object"
