"""A mistake in a column of a decision table is one finding, and hides none."""

import pytest
from tests.errors.mending import check

ROWS = "decision: t\ninputs: {amount: {type: number}}\noutputs: {price: {type: number}}\n"
ROWS += "rules: r.csv\ndefault: {price: 0}\n"
TYPED = """decision: t
hit: first
inputs: {amount: {type: %s}, colour: {enum: [red, blue]}}
outputs: {route: {type: string}}
rules:
  - {when: {amount: '< 5', colour: gren}, then: {ruote: x}}
  - {when: {colour: red}, then: {route: x}}
  - {when: {colour: red, amount: '< 3'}, then: {route: x}}
default: {route: y}
"""
WRONG = ["bad-schema 3", "table-value 6", "table-column 6"]


def said(text: str, file: str, **others: str) -> list[str]:
    found = check(text, file, {f"{name}.{'csv' if name == 'r' else 'yaml'}": one for name, one in others.items()})
    return [f"{one.code} {one.span.line}" for one in found]


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        ("amount,prce\n1,2\n2,3\n", "table-column 1"),
        ("amont,price\n1,2\n2,3\n", "table-column 1"),
        ("colour,price\n1,2\n2,3\n", "table-column 1"),
        ("amount,colour\n1,2\n2,3\n", "table-column 1"),
        ("amount\n1\n2\n", "table-answer 1"),
        ("amont,price\nmany,2\n2,3\n", "table-column 1|table-kind 2"),
        ("amount,prce\n1,few\n1,3\n", "table-column 1|table-kind 2"),
    ],
)
def test_a_wrong_header_is_one_mistake(rows: str, finding: str) -> None:
    assert "|".join(said(ROWS, "t.decision.yaml", r=rows)) == finding


def test_a_column_that_stands_under_its_name_too_is_not_meant() -> None:
    found = said(ROWS, "t.decision.yaml", r="amount,amont,price\n1,x,2\n2,x,3\n")
    assert found == ["table-column 1"]


@pytest.mark.parametrize(
    ("kind", "findings"),
    [("nmuber", [*WRONG, "table-never 8"]), ("frobnic", WRONG)],
)
def test_a_wrong_type_hides_nothing(kind: str, findings: list[str]) -> None:
    assert said(TYPED % kind, "t.decision.yaml") == findings


@pytest.mark.parametrize("kind", ["nmuber", "frobnic"])
def test_a_wrong_type_is_no_mistake_of_the_caller(kind: str) -> None:
    with_ = "{table: t.yaml, inputs: {amount: 5, colour: red}}"
    main = f"steplane: 1\nsteps: [{{id: d, uses: decide, with: {with_}}}]\n"
    table = (
        (TYPED % kind)
        .replace("gren", "blue")
        .replace("ruote", "route")
        .replace("- {when: {colour: red}", "- {when: {}")
    )
    found = check(main, "w.yaml", {"t.yaml": table})
    assert [(one.code, one.span.file) for one in found if one.severity == "error"] == [("bad-schema", "t.yaml")]


def test_an_output_of_a_wrong_type_may_be_summed() -> None:
    table = "decision: t\nhit: collect sum\ninputs: {a: {}}\noutputs: {b: {type: frobnic}}\nrules: [{then: {b: 1}}]\n"
    assert said(table, "t.decision.yaml") == ["bad-schema 4"]


@pytest.mark.parametrize(
    ("column", "finding"),
    [
        ("{type: number, minimun: 0}", "unknown-key 2:33 minimum"),
        ("{typ: number}", "unknown-key 2:19 type"),
        ("{type: number, unit: eur}", "unknown-key 2:33 "),
        ("{type: number, x-unit: eur, $comment: y, deprecated: true}", None),
    ],
)
def test_a_column_has_keywords_of_json_schema(column: str, finding: str | None) -> None:
    text = f"decision: t\ninputs: {{amount: {column}}}\noutputs: {{price: {{type: number}}}}\n"
    text += "rules: [{when: {amount: '< 5'}, then: {price: 1}}]\ndefault: {price: 0}\n"
    found = check(text, "t.decision.yaml", {})
    said = [f"{one.code} {one.span.line}:{one.span.column} {one.fix.edits[0].text if one.fix else ''}" for one in found]
    assert said == ([] if finding is None else [finding])
