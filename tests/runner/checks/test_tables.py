"""Decision tables and the steps that decide by them: what is wrong, and where."""

from random import Random

import pytest
from tests.conftest import ROOT
from tests.errors.mending import check, mended

TABLE = """\
decision: tariff
inputs:
  weight: {type: number, minimum: 0}
  region: {enum: [eu, us]}
  note: {type: [string, "null"]}
outputs:
  fee: {type: number}
rules: rows.csv
default: {fee: 9}
"""
ROWS = "weight,region,fee\n< 2,eu,1\n"
OTHERS = {"tariff.decision.yaml": TABLE, "rows.csv": ROWS}


def _found(text: str, file: str = "w.yaml", **others: str) -> list[str]:
    """What is said, each as `file:line:column code`, and the places that belong to it."""
    said = []
    for one in check(text, file, {**OTHERS, **{name.replace("__", "."): each for name, each in others.items()}}):
        related = [f"{each.span.file}:{each.span.line}:{each.span.column}" for each in one.related]
        said.append(" ".join([f"{one.span.file}:{one.span.line}:{one.span.column} {one.code}", *related]))
    return said


def _step(inputs: str, table: str = "tariff.decision.yaml", then: str = "fee") -> str:
    return (
        "steplane: 1\nname: w\ninputs: {n: {type: number}, words: {type: array}}\nsteps:\n  - id: d\n"
        f"    uses: decide\n    with: {{table: {table}, inputs: {inputs}}}\n"
        f"outputs: {{fee: '${{{{ steps.d.outputs.{then} }}}}'}}\n"
    )


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        ('{weight: "${{ inputs.n }}", region: eu}', []),
        ('{weight: 5, region: eu, note: "${{ inputs.n | string }}"}', []),
        ("{weight: 5, region: eu, note: null}", []),
        ("{weihgt: 5, region: eu}", ["w.yaml:7:50 unknown-parameter tariff.decision.yaml:3:3"]),
        ("{weight: 5}", ["w.yaml:7:41 missing-parameter tariff.decision.yaml:4:3"]),
        ("{weight: heavy, region: eu}", ["w.yaml:7:58 bad-parameter tariff.decision.yaml:3:3"]),
        ("{weight: 5, region: ue}", ["w.yaml:7:69 bad-parameter tariff.decision.yaml:4:3"]),
        ('{weight: "${{ inputs.words }}", region: eu}', ["w.yaml:7:58 wrong-kind tariff.decision.yaml:3:3"]),
        ('"${{ {} }}"', []),
    ],
)
def test_the_inputs_of_a_step_are_held_against_the_columns(inputs: str, found: list[str]) -> None:
    assert _found(_step(inputs)) == found


def test_a_table_is_named_and_typed_before_the_run() -> None:
    given = "{weight: 5, region: eu}"
    assert _found(_step(given, table="tarif.decision.yaml")) == ["w.yaml:7:19 table-target"]
    assert _found(_step(given, table="w2.yaml"), w2__yaml="steplane: 1\nsteps: []\n") == ["w.yaml:7:19 table-target"]
    assert _found(_step(given, table="'${{ inputs.n }}'"))[0] == "w.yaml:7:19 static"
    assert _found(_step(given, then="fees")) == ["w.yaml:8:37 unknown-output"]
    assert _found(_step(given, then="fee | length")) == ["w.yaml:8:21 filter-value"]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (ROWS, []),
        ("", ["tariff.decision.yaml:8:8 table-rows"]),
        ('weight,region,fee\n"< 2,eu,1\n', ["rows.csv:2:1 table-rows"]),
        ("weight,region,fee\n< 2,eu\n", ["rows.csv:2:1 table-rows"]),
        ("weight,weight,fee\n", ["tariff.decision.yaml:8:8 table-rows"]),
        ("weight,region,cost\n< 2,eu,1\n", ["rows.csv:1:15 table-column tariff.decision.yaml:3:3"]),
        ("weight,region\n< 2,eu\n", ["rows.csv:1:1 table-answer"]),
        ('weight,region,fee\n"< 2, oops",eu,1\n', ["rows.csv:2:7 table-kind"]),
        ("weight,region,fee\n< 2,eu,1\n[1..3],eu,2\n", ["rows.csv:3:1 table-overlap rows.csv:2:1"]),
    ],
)  # fmt: skip
def test_rows_of_a_csv_file_are_told_at_their_place(rows: str, found: list[str]) -> None:
    assert _found(TABLE, "tariff.decision.yaml", rows__csv=rows) == found


def test_a_number_that_is_no_text_yet_is_to_be_quoted_in_an_answer() -> None:
    table = (
        "decision: d\nhit: first\ninputs: {a: {type: number}}\noutputs: {b: {type: string}}\nrules:\n"
        "  - {when: {a: '< 1'}, then: {b: 8080}}\n  - {then: {b: 1.10}}\n"
    )
    assert _found(table, "d.yaml") == ["d.yaml:7:16 unquoted-number"]
    assert '{b: "1.10"}' in mended(table, "d.yaml", {})


@pytest.mark.parametrize("then", ["then: {}", "then:", "then: [1]", "then: x"])
def test_a_rule_without_an_answer_is_told_once_and_not_mended(then: str) -> None:
    table = TABLE.replace("rows.csv", f'\n  - when: {{weight: "< 2"}}\n    {then}')
    (found,) = check(table, "t.yaml", {})
    assert (found.code, found.span.line, found.fix) == (
        "empty" if then in {"then:", "then: {}"} else "wrong-kind",
        10,
        None,
    )
    assert "leave" not in found.help


def test_what_touches_is_parted_where_people_write_it() -> None:
    table = TABLE.replace(
        "rows.csv", '\n  - {when: {weight: "[0..2]"}, then: {fee: 1}}\n  - {when: {weight: "[2..5]"}, then: {fee: 2}}'
    )
    after = mended(table, "t.yaml", {})
    assert '{when: {weight: "(2..5]"}, then: {fee: 2}}' in after
    assert mended(after, "t.yaml", {}) == after


HARD = (
    "{minimum: .inf, type: number}", "{type: number, minimum: x}", "{enum: []}", "{$ref: '#/x'}", "5", "true",
    "{enum: [1, 1.0, true, null, [1], {b: 2}]}", "{type: [number, string, 'null', array]}", "{type: null}",
    "{type: string, format: date-time}", "{type: string, format: duration}", "{type: foo}", "{const: 5}",
)  # fmt: skip
CELLS = (
    "5", '"-"', '"< 5"', '"not(5)"', "null", "[1, x]", '"[1..5)"', "{a: 1}", "5.5", "true", '"null"', ".inf", ".nan",
    "2026-01-01", '"date and time(\\"2026-01-01T00:00:00Z\\")"', "9999999999999999999999", '"30s, 1h"',
)  # fmt: skip


@pytest.mark.parametrize("schema", HARD)
def test_no_column_and_no_cell_breaks_the_check(schema: str) -> None:
    for cell in CELLS:
        text = (
            f"decision: d\ninputs: {{a: {schema}}}\noutputs: {{b: {{type: [string, 'null']}}}}\n"
            f"rules:\n  - {{when: {{a: {cell}}}, then: {{b: x}}}}\n  - {{then: {{}}}}\n"
        )
        assert all(one.span.line for one in check(text, "d.decision.yaml", {}))


def test_no_mutation_breaks_the_check() -> None:
    folder = ROOT / "workflows" / "parcels"
    texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.decision.yaml"))]
    rows = (folder / "tariff.csv").read_text("utf-8")
    random = Random(7)
    pieces = [
        "{",
        "}",
        "[",
        "]",
        '"',
        ":",
        "-",
        "null",
        "${{ x }}",
        "enum",
        "\n",
        ",",
        "&a",
        "*a",
        "\x00",
        "1e999",
        "not(",
    ]
    for _ in range(150):
        text = random.choice(texts)
        for _ in range(random.randint(1, 4)):
            at = random.randrange(len(text))
            text = text[:at] + random.choice(pieces) + text[at + random.randint(0, 6) :]
        at = random.randrange(len(rows))
        found = check(text, "x.decision.yaml", {"tariff.csv": rows[:at] + random.choice(pieces) + rows[at:]})
        assert all(one.span.line and one.message for one in found)
