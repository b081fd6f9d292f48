import pytest
from tests.runner.checks.support import check_steps, codes, said


def test_a_plugin_and_a_type_that_do_not_exist() -> None:
    found = check_steps("""
        - {id: a, uses: shel, with: {script: 'true'}}
        - {id: b, uses: csv.raed, with: {path: a.csv}}
    """)
    assert codes(found) == ["unknown-plugin", "unknown-step-type"]
    assert [one.label for one in found] == ["did you mean `shell`?", "did you mean `csv.read`?"]
    assert [(one.span.line, one.span.column) for one in found] == [(3, 19), (4, 19)]


def test_what_a_later_release_brings_is_refused_by_name() -> None:
    (found,) = check_steps("- {uses: human.task, with: {title: x}}")
    assert found.code == "not-in-this-release"


def test_a_plugin_of_our_own_that_is_not_there_says_what_to_install() -> None:
    (found,) = check_steps("- {uses: decide, with: {table: x.yaml}}")
    assert found.code == "unknown-plugin"
    assert found.help == "it comes with Steplane: install that anew (`pip install --force-reinstall steplane`)"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{uses: csv.read, with: {pathh: a.csv}}", ["unknown-parameter"]),
        ("{uses: csv.read}", ["missing-parameter"]),
        ("{run: 'true', with: {capture: jsn}}", ["bad-parameter"]),
        ("{run: 'true', with: {ok_codes: [0, x]}}", ["bad-parameter"]),
        ("{run: 'true', with: {script: 'false'}}", ["unknown-parameter"]),
        ("{run: 'true', with: {grace: 10}}", ["bad-parameter"]),
        ("{run: 'true', with: {grace: 1h}}", []),
        ("{run: 'true', with: {stdin: 8080}}", []),
        ("{run: 'true', with: {stdin: 1.10}}", ["unquoted-number"]),
        ("{run: 'true', capture: json}", ["wrong-level"]),
        ("{run: 'true', with: {capture: '${{ inputs.how }}'}}", []),
        ("{run: 'true', with: {ok_codes: '${{ inputs.codes }}'}}", []),
        ("{run: 'true', with: {ok_codes: '${{ inputs.how }}'}}", ["wrong-kind"]),
        ("{run: 'true', with: {stdin: '${{ inputs.codes }}'}}", ["wrong-kind"]),
        ("{run: 'true', with: {ok_codes: ' ${{ inputs.codes }}'}}", ["blank-makes-text"]),
        ("{run: 'true', with: {tty: '${{ 1 + 1 }}'}}", ["wrong-kind"]),
    ],
)
def test_parameters_against_the_schema_of_the_type(step: str, expected: list[str]) -> None:
    top = "inputs: {how: {type: string, default: json}, codes: {type: array, default: [0]}}\n"
    assert codes(check_steps(f"- {step}", top)) == expected


def test_the_wrong_item_is_the_place() -> None:
    (found,) = check_steps("""
        - run: 'true'
          with:
            ok_codes:
              - 0
              - zero
    """)
    assert said((found,)) == [
        "bad-parameter 7:11 parameter `ok_codes[1]` of `shell` must be a whole number, not `zero`"
    ]


def test_without_a_registry_nothing_is_said_of_step_types() -> None:
    from steplane.checks import check_workflow
    from steplane.source import read

    text = "steplane: 1\nsteps:\n  - {uses: no.such, with: {x: 1}}\n"
    assert check_workflow(read(text, "w.yaml"))[1] == ()


TYPED = """
inputs:
  numbers: {type: array, items: {type: integer}}
  words: {type: array, items: {type: string}}
  lists: {type: array, items: {type: array}}
  any: {type: array}
  level: {enum: [low, high]}
  near: {enum: [info, loud]}
"""
LISTS = "`columns` of `csv.write` wants a list, each item text, and `inputs.lists` has items each of which is a list"


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("inputs.lists", LISTS),
        ("inputs.numbers", ""),  # a number is taken as its text
        ("inputs.words", ""),
        ("inputs.any", ""),
        ("inputs.words + inputs.lists", ""),  # some items would do
        ("[]", ""),
    ],
)  # fmt: skip
def test_items_of_lists_are_held_against_those_that_are_taken(value: str, wrong: str) -> None:
    steps = f"""
        - uses: csv.write
          with: {{path: a.csv, rows: [{{a: 1}}], columns: "${{{{ {value} }}}}"}}
    """
    found = check_steps(steps, TYPED)
    assert [one.message.removeprefix("parameter ") for one in found] == ([wrong] if wrong else [])


def test_texts_that_are_allowed_are_held_against_those_that_are_taken() -> None:
    steps = """
        - uses: log
          with: {message: x, level: "${{ inputs.%s }}"}
    """
    assert [one.message for one in check_steps(steps % "level", TYPED)] == [
        "parameter `level` of `log` wants `info` or `warning`, and `inputs.level` is `low` or `high`",
    ]
    assert check_steps(steps % "near", TYPED) == ()


def test_what_a_loop_goes_over_is_known_in_its_parameters() -> None:
    steps = """
        - id: each
          foreach: ${{ inputs.numbers }}
          uses: csv.write
          with: {path: a.csv, rows: "${{ item }}"}
    """
    assert [one.message for one in check_steps(steps, TYPED)] == [
        "parameter `rows` of `csv.write` wants a list, and `item` is a whole number",
    ]
