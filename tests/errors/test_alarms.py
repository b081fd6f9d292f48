"""Nothing is said of what is right, and it runs as it is written."""

import pytest
from tests.errors.mending import check

HEAD = """\
steplane: 1
inputs: {k: {type: string, default: "a[$(touch broken)]"}, n: {type: integer, default: 1}, xs: {type: array}}
steps:
  - {id: a, run: make}
"""


@pytest.mark.parametrize(
    "step",
    [
        "run: 'if [ \"${{ steps.a.outputs.stdout }}\" -lt 5 ]; then make; fi'",
        'run: \'test "${{ inputs.k }}" -gt 3 || [ 3 -eq "${{ inputs.k }}" ]\'',
        "{uses: shell, with: {script: 'echo \"${{ inputs.k }}\"', capture: lines}}",
        "{uses: shell, with: {script: 'echo ${{ inputs.xs }}', shell: sh}}",
        (
            "run: |\n      cat <<A - 3<<B\n      ${{ inputs.k }}\n      A\n      b ${{ inputs.k }}\n      B\n"
            "      cat <<-'A' <<B\n      a\n      A\n      ${{ inputs.n }}\n      B"
        ),
    ],
)
def test_nothing_is_said(step: str) -> None:
    assert check(f"{HEAD}  - {step}\n", "w.yaml", {}) == []


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("{uses: shell, with: {script: \"echo '${{ inputs.k }}'\"}}", "expression-in-single-quotes"),
        ("{uses: shell, with: {script: 'eval ${{ inputs.k }}'}}", "shell-evaluates-value"),
        ("{uses: shell, with: {script: 'echo ${{ inputs.kk }}'}}", "undeclared"),
        ("{uses: shell, with: {script: 'echo ${{ inputs.k }}', nice: 3}}", "unknown-parameter"),
        ("{uses: shell, with: {script: 'echo ${{ inputs.k }}', shell: fish}}", "foreign-shell"),
        ('run: \'[[ "${{ inputs.k }}" -lt 5 ]] || [ -v "${{ inputs.k }}" ]\'', "shell-wants-number"),
    ],
)
def test_a_script_means_what_run_means(step: str, code: str) -> None:
    assert check(f"{HEAD}  - {step}\n", "w.yaml", {})[0].code == code
