import pytest
from tests.runner.checks.support import check_steps, said


def test_what_is_not_captured_is_not_there() -> None:
    found = check_steps("""
        - {id: list, run: ls}
        - foreach: ${{ steps.list.outputs.lines }}
          id: each
          run: echo ${{ item }}
    """)
    assert said(found) == ["not-captured 4:37 `lines` of step `list` is always null: its output is captured as `text`"]
    assert found[0].help == "give that step `with: {capture: lines}`"


def test_the_lines_of_a_script_are_offered_where_a_list_is_wanted() -> None:
    found = check_steps("""
        - {id: list, run: ls}
        - foreach: ${{ steps.list.outputs.stdout }}
          id: each
          run: echo ${{ item }}
    """)
    (one,) = found
    assert one.code == "wrong-kind"
    assert one.help == "for its lines: `with: {capture: lines}` on step `list`, then `steps.list.outputs.lines`"


def test_a_loop_goes_over_what_a_step_gave_and_not_over_what_is_known_of_it() -> None:
    found = check_steps("""
        - {id: list, run: ls, with: {capture: lines}}
        - foreach: ${{ steps.list }}
          id: each
          run: echo ${{ item }}
    """)
    assert said(found) == [
        ("step-not-output 4:14 `foreach` of step `each` goes over what is known of step `list`, not over what it gave")
    ]
    assert found[0].help == "name an output: `steps.list.outputs.NAME`"


@pytest.mark.parametrize(
    ("first", "used", "expected"),
    [
        ("run: ls, with: {capture: lines}", "steps.a.outputs.lines", []),
        ("run: ls, with: {capture: lines}", "steps.a.outputs.json", ["not-captured"]),
        ("run: ls", "steps.a.outputs.json.x", ["not-captured"]),
        ("uses: shell, with: {argv: [ls]}", "steps.a.outputs.json", ["not-captured"]),
        ("run: ls", "steps.a.outputs.json | default(1)", []),
        ("run: ls", "steps.a.outputs.stdout", []),
        ("run: ls, outputs: {json: 1}", "steps.a.outputs.json", []),
        ("run: ls, outputs: [json]", "steps.a.outputs.json", []),
        ("run: ls, outputs: {x: '${{ result.json }}'}", "steps.a.outputs.x", ["not-captured"]),
        ("run: ls, ensure: ['result.lines != []']", "1", ["not-captured"]),
        ("run: ls, with: {capture: '${{ env.HOW }}'}", "steps.a.outputs.json", []),
        ("uses: csv.read, with: {path: x}", "steps.a.outputs.rows", []),
    ],
)
def test_only_what_is_certain_is_said(first: str, used: str, expected: list[str]) -> None:
    found = check_steps(f"""
        - {{id: a, {first}}}
        - {{uses: log, with: {{message: "${{{{ {used} }}}}"}}}}
    """)
    assert [one.code for one in found if one.severity == "error"] == expected
