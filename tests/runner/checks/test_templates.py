"""Templates that stand in a file, and that their step renders."""

import pytest
from tests.runner.checks.support import check_steps, codes, said


def of_template(text: str, values: str = "{}", delimiters: str = "steplane") -> list[str]:
    """What is said of a step that renders the text."""
    return said(
        check_steps(f"""
            - uses: template.render
              with:
                text: "{text}"
                values: {values}
                delimiters: {delimiters}
        """)
    )


def test_the_names_of_a_template_are_those_of_its_values() -> None:
    assert of_template("${{ who }} ${% for one in rows %}${{ one.a }}${% endfor %}", "{who: x, rows: []}") == []
    assert of_template("{{ who }} ${{ who }}", "{who: x}", "jinja") == []
    assert of_template("${{ inputs.who }}", "{who: x}") == [
        "unknown-name 5:18 `inputs` is not among the `values` of this template"
    ]
    assert of_template("a {{ whoo }}", "{who: x}", "jinja") == [
        "unknown-name 5:19 `whoo` is not among the `values` of this template"
    ]


def test_what_may_be_missing_and_what_is_not_known_is_not_held_to_it() -> None:
    assert of_template("${{ who | default('-') }}") == []
    assert of_template("${{ who }}", "'${{ steps }}'") == []


@pytest.mark.parametrize(
    ("text", "delimiters", "expected"),
    [
        ("${{ who | shout }}", "steplane", "unknown-filter 5:24 there is no filter `shout`"),
        ("{{ who | shout }}", "jinja", "unknown-filter 5:23 there is no filter `shout`"),
        ("{% if who %}", "jinja", "expression-syntax 5:17 this `if` is never closed"),
        ("{% include 'x' %}", "jinja", "expression-syntax 5:17 `include` is not a block of Steplane"),
        ("{{ who", "jinja", "unclosed-expression 5:14 `{{` is never closed"),
        ("${{ who", "steplane", "unclosed-expression 5:14 `${{` is never closed"),
    ],
)
def test_what_is_written_wrongly_is_said_once_at_its_place(text: str, delimiters: str, expected: str) -> None:
    assert of_template(text, "{who: x}", delimiters) == [expected]


def test_a_template_is_either_text_or_a_file() -> None:
    assert codes(check_steps("- {uses: template.render, with: {text: a, file: b}}")) == ["exclusive"]
    assert codes(check_steps("- {uses: template.render}")) == ["missing-parameter"]
    assert (
        codes(check_steps("- {uses: template.render, with: {file: '${{ inputs.x }}.md'}}", "inputs: {x: {}}\n")) == []
    )
