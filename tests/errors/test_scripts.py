"""Several mistakes in one script: each is told, and none twice."""

import pytest
from tests.errors.mending import check

HEAD = "steplane: 1\ninputs: {v: {type: string}}\nsteps:\n  - run: |\n"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (('echo "${{ inputs.vv }}"', "if true; then", "done"), ["1 undeclared", "3 shell-syntax"]),
        (("echo '${{ run.status }}'", "fi"), ["1 expression-in-single-quotes", "2 shell-syntax"]),
        (('eval "${{ run.id }}"', "if true; then"), ["1 shell-evaluates-value", "2 shell-syntax"]),
        (("echo ${{ inputs.v | uppr }}", 'eval "${{ inputs.v }}"'), ["1 unknown-filter", "2 shell-evaluates-value"]),
        (
            ('echo "${{ inputs.v && 1 }}"', "echo '${{ inputs.v }}'"),
            ["1 foreign-operator", "2 expression-in-single-quotes"],
        ),
        (("eval ${{ inputs.v | uppr }}",), ["1 shell-evaluates-value", "1 unknown-filter"]),
        (('sh -c "${{ inputs.v | uppr }}"',), ["1 unknown-filter"]),
        (("echo ${{ inputs.v ", 'eval "${{ inputs.v }}"', "fi"), ["1 unclosed-expression"]),
        (("if ${{ run.id }}",), ["1 shell-syntax"]),
        (('echo "${{ inputs.v }}', "cat <<${{ run.id }}"), ["1 shell-syntax"]),
    ],
)
def test_mistakes_in_one_script(lines: tuple[str, ...], told: list[str]) -> None:
    found = check(HEAD + "".join(f"      {one}\n" for one in lines), "w.yaml", {})
    assert [f"{one.span.line - 4} {one.code}" for one in found] == told
