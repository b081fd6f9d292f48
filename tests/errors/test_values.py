"""What is known of the values of a file: said once, at its place."""

import pytest
from tests.errors.mending import check, mended

HEAD = """\
steplane: 1
inputs: {s: {type: string}, b: {type: boolean}, n: {type: integer}, xs: {type: array}, o: {type: object}}
secrets: {k: {env: KEY}}
steps:
  - {id: l, run: ls, with: {capture: lines}}
"""


def said(text: str) -> list[str]:
    return [f"{one.code} {one.span.line}:{one.span.column}" for one in check(text, "w.yaml", {})]


def marked(text: str, code: str) -> tuple[str, list[str]]:
    """The text without its mark `§`, and what is to be said of the place behind that."""
    before, _, after = text.partition("§")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return before + after, [f"{code} {line}:{column}"]


WRONG = [
    # joined to other text a list is no word of the shell
    ("run: echo pre-§${{ inputs.xs }}", "wrong-kind"),
    ("run: ls §${{ inputs.xs }}.txt", "wrong-kind"),
    ("run: x=§${{ [1,2] }}", "wrong-kind"),
    ("run: ls §${{ inputs.o }}", "wrong-kind"),
    ("run: ls §${{ [[1], [2]] }}", "wrong-kind"),
    ("{uses: shell, with: {script: 'ls a§${{ inputs.xs }} | cat'}}", "wrong-kind"),
    # the lines of a step that captures them are a list
    ("{run: make, env: {X: §'${{ steps.l.outputs.lines }}'}}", "wrong-kind"),
    ("{uses: http.request, with: {url: §'${{ steps.l.outputs.lines }}'}}", "wrong-kind"),
    ("{run: make, with: {capture: lines}, ensure: [§result.lines > 3]}", "operands"),
]


@pytest.mark.parametrize(("step", "code"), WRONG)
def test_wrong(step: str, code: str) -> None:
    text, expected = marked(f"{HEAD}  - {step}\n", code)
    assert said(text) == expected


@pytest.mark.parametrize(
    "step",
    [
        "run: ls ${{ inputs.xs }} \"x${{ inputs.xs }}\" ${{ inputs.n }}.txt \"${{ inputs.o }}\"",
        "{run: 'ls ${{ steps.l.outputs.lines }}', ensure: ['result.stdout != \"\"']}",
    ],
)  # fmt: skip
def test_right(step: str) -> None:
    assert said(f"{HEAD}  - {step}\n") == []
