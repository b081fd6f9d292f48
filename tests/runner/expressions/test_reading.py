"""Reading values and conditions: what they become, and the exact place of what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steplane.diagnostics import Diagnostic, Span
from steplane.expressions import (
    Blocks,
    Expression,
    Literal,
    Template,
    Text,
    expression_offsets,
    parse_condition,
    parse_value,
)


def locate(offset: int, length: int) -> Span:
    """As a plain scalar that begins at line 7, column 11."""
    return Span("f.yaml", 7, 11 + offset, 7, 11 + offset + length)


def shown(diagnostic: Diagnostic) -> tuple[str, int, int, str, str]:
    """Code, offset, length, message, help."""
    start = diagnostic.span.column - 11
    return (diagnostic.code, start, diagnostic.span.end_column - 11 - start, diagnostic.message, diagnostic.help)


BLOCKS = "blocks are `if`, `for`, `set`, `with`, `filter` and `raw`"


END = "write what is to follow, or take the last sign out"
TWO = "put an operator between the two, or quote a text"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", Literal("plain")),
        ("", Literal("")),
        ("$x ${y} }} {{ z }}", Literal("$x ${y} }} {{ z }}")),
        ("${{ a.b }}", Expression("a.b", 7, 15)),
        ("${{a}}", Expression("a", 7, 14)),
        ("${{  a + 1  }}", Expression("a + 1", 7, 16)),
        ("${{ a }} ", Text((Expression("a", 7, 15), " "))),
        ("x${{ a }}${{ b }}y", Text(("x", Expression("a", 7, 16), Expression("b", 7, 24), "y"))),
        ("${{ '}}' }}", Expression("'}}'", 7, 15)),
        ("${{ {'a': {}} }}", Expression("{'a': {}}", 7, 15)),
        ("a${{# no ${{ x }} #}}b", Literal("ab")),
        ("${% if a %}b${% endif %}", Blocks("${% if a %}b${% endif %}", 7, 11)),
        ("${% raw %}${{ x }}${% endraw %}", Literal("${{ x }}")),
    ],
)
def test_parse_value(text: str, expected: Template) -> None:
    assert parse_value(text, locate, ()) == (expected, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a ${{ b", ("unclosed-expression", 2, 3, "`${{` is never closed", "add `}}` behind the expression")),
        ("a ${% if b", ("unclosed-expression", 2, 3, "`${%` is never closed", "add `%}` behind the expression")),
        ("a ${{# b }}", ("unclosed-expression", 2, 4, "`${{#` is never closed", "add `#}}` behind the expression")),
        ("${{ a && b }}", ("foreign-operator", 6, 2, "`&&` is not an operator of expressions", "write `and`")),
        ("${{ a || b }}", ("foreign-operator", 6, 2, "`||` is not an operator of expressions", "write `or`")),
        ("x ${{ !a }}", ("foreign-operator", 6, 1, "`!` is not an operator of expressions", "write `not x`")),
        ("${{ a === b }}", ("foreign-operator", 6, 3, "`===` is not an operator of expressions", "write `==`")),
        ("${{ a ? b : c }}", ("foreign-operator", 6, 1,
         "`a ? b : c` is the choice of other languages; here it is `b if a else c`", "write `b if a else c`")),
        ("${{ a = 1 }}", ("foreign-operator", 6, 1, "`=` sets nothing here", "write `==` to compare")),
        ("${{ {{ a }} }}", ("nested-braces", 4, 2, "`{{` is not an operator of expressions",
         "leave the inner braces out: this is an expression already")),
        ("${{ a.b c }}", ("expression-syntax", 8, 1, "`c` is not expected here", TWO)),
        ("${{ (a }}", ("expression-syntax", 5, 1, "the expression ends too early: `)` is expected", "add `)`")),
        ("${{ a + }}", ("expression-syntax", 6, 1, "the expression ends too early", END)),
        ("${{ a[1 }}", ("expression-syntax", 6, 1, "the expression ends too early: `]` is expected", "add `]`")),
        ("${{ 'abc }}", ("unclosed-quote", 4, 1, "this quote is never closed", "add the closing `'`")),
        ("${{ }}", ("expression-syntax", 0, 6, "this expression is empty", "")),
        ("${{ a; b }}", ("expression-syntax", 5, 1, "`;` is not expected here", "")),
        ("${{ a # b }}", ("expression-syntax", 6, 1, "`#` means nothing in an expression", "")),
        ("${{ “a” }}", ("expression-syntax", 4, 1, "`“` is not a quote of expressions", "write `'` or `\"`")),
        ("${{ a.b() }}", ("expression-syntax", 6, 1, "`.b(...)`: methods cannot be called",
         "filters do such work: `x | name`; for all see `steplane help expressions`")),
        ("${{ a.upper() }}", ("expression-syntax", 6, 5, "`.upper(...)`: methods cannot be called",
         "filters do such work: `| upper`")),
        ("${{ a.splitlines() }}", ("expression-syntax", 6, 10, "`.splitlines(...)`: methods cannot be called",
         "write `| split('\\n')`")),
        ("${{ foo(1) }}", ("expression-syntax", 4, 3, "there is no function `foo`: only `range(...)` can be called",
         "filters do such work: `x | name`; for all see `steplane help expressions`")),
        ("${{ a AND b }}", ("expression-syntax", 6, 3, "`AND` is not expected here", "write `and`")),
        ("${{ a | uper }}", ("unknown-filter", 8, 4, "there is no filter `uper`; did you mean `upper`?", "")),
        ("${{ a is not  evn }}", ("unknown-test", 14, 3, "there is no test `evn`; did you mean `even`?", "")),
        ("${{ a | map('uper') }}", ("unknown-filter", 13, 4, "there is no filter `uper`; did you mean `upper`?", "")),
        ("${{ a | select('evn') }}", ("unknown-test", 16, 3, "there is no test `evn`; did you mean `even`?", "")),
        ("${{ a | join(1, 2, 3) }}", ("expression-syntax", 8, 1,
         "the filter `join` takes at most 2 arguments, not 3", "it has `d`, `attribute`")),
        ("${% if a %}x", ("expression-syntax", 4, 2, "this `if` is never closed", "add `${% endif %}`")),
        ("${% if a %}${% for b in c %}${% endfor %}", ("expression-syntax", 4, 2, "this `if` is never closed",
         "add `${% endif %}`")),
        ("a ${% endif %}", ("expression-syntax", 6, 5, "`endif` is not expected here", "")),
        ("a ${% macro x() %}", ("expression-syntax", 6, 5, "`macro` is not a block of Steplane",
         f"a template is one text, without parts and macros; {BLOCKS}")),
        ("${% if a && b %}${% endif %}", ("foreign-operator", 9, 2, "`&&` is not an operator of expressions",
         "write `and`")),
    ],
)  # fmt: skip
def test_fault_of_a_value(text: str, expected: tuple[str, int, int, str, str]) -> None:
    found = [shown(diagnostic) for diagnostic in parse_value(text, locate, ())[1]]
    assert found[:1] == [expected]


def test_every_expression_is_looked_at() -> None:
    diagnostics = parse_value("${{ a && b }} ${{ c d }} ${{ e", locate, ())[1]
    assert [shown(one)[:2] for one in diagnostics] == [
        ("foreign-operator", 6), ("expression-syntax", 20), ("unclosed-expression", 25)
    ]  # fmt: skip


def test_operators_have_a_fix() -> None:
    fix = parse_value("${{ a && b }}", locate)[1][0].fix
    assert fix is not None
    assert [(edit.span.column - 11, edit.text) for edit in fix.edits] == [(6, "and")]


@pytest.mark.parametrize(
    ("text", "expected"), [("a&&b", " and "), ("(a)|| b", " or"), ("!(a)", "not "), ("a===b", "==")]
)
def test_what_stands_for_an_operator_touches_no_word(text: str, expected: str) -> None:
    fix = parse_condition(text, locate)[1][0].fix
    assert fix is not None
    assert fix.edits[0].text == expected


def test_filters_of_plugins() -> None:
    assert parse_value("${{ a | mine | yaml }}", locate, {"mine"})[1] == []
    assert parse_value("${{ a | mine }}", locate)[1] == []
    assert [one.code for one in parse_value("${{ a | mine }}", locate, ())[1]] == ["unknown-filter"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a == 1", Expression("a == 1", 7, 11)), ("  a\n", Expression("a", 7, 13))],
)
def test_condition(text: str, expected: Expression) -> None:
    assert parse_condition(text, locate, ()) == (expected, [])


def test_wrapped_condition() -> None:
    expression, [diagnostic] = parse_condition("${{ a == 1 }}", locate)
    assert expression == Expression("a == 1", 7, 15)
    assert shown(diagnostic) == (
        "wrapped-condition",
        0,
        13,
        "a condition is an expression already and needs no `${{ }}`",
        "",
    )
    assert diagnostic.severity == "warning"
    assert diagnostic.fix is not None
    assert [(edit.span.column - 11, edit.span.end_column - 11, edit.text) for edit in diagnostic.fix.edits] == [
        (0, 4, ""), (10, 13, "")
    ]  # fmt: skip
    assert diagnostic.fix.safe


def test_fix_of_a_wrapped_condition_that_yaml_would_read_otherwise_is_not_safe() -> None:
    for text in ("${{ 'a' == b }}", "${{ [1] == b }}", "${{ a == ' #' }}", "${{ {'a': 1} == b }}"):
        fix = parse_condition(text, locate)[1][0].fix
        assert fix is not None
        assert not fix.safe


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["expression-syntax"]),
        ("${{ a }} and ${{ b }}", ["condition-text"]),
        ("${{ a }} == 1", ["condition-text"]),
        ("a == ${{ b }}", ["nested-braces"]),
        ("{{ a }}", ["nested-braces"]),
        ("a &&", ["foreign-operator"]),
        ("!a && b === c", ["foreign-operator"] * 3),
        ("a && b | uper", ["foreign-operator", "unknown-filter"]),
        ("a && “b” && c", ["foreign-operator", "expression-syntax", "foreign-operator"]),
        ("${{ a && b }}", ["wrapped-condition", "foreign-operator"]),
        ("${{ a", ["unclosed-expression"]),
        ("a | uper", ["unknown-filter"]),
        ("${% if a %}", ["expression-syntax"]),
    ],
)
def test_fault_of_a_condition(text: str, codes: list[str]) -> None:
    assert [one.code for one in parse_condition(text, locate, ())[1]] == codes


def test_expression_offsets() -> None:
    assert expression_offsets("a ${{ b }} ${{c}}") == (6, 14)
    assert expression_offsets("plain") == ()
    assert expression_offsets("${% if a %}${% endif %}") == (0,)


@given(st.text().filter(lambda text: "${" not in text))
def test_text_without_expressions_is_itself(text: str) -> None:
    assert parse_value(text, locate) == (Literal(text), [])
