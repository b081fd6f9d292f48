"""Values in the programs that `run: [PROGRAM, ...]` gives to another program."""

import pytest
from tests.errors.mending import check

HEAD = "steplane: 1\ninputs: {v: {type: string}, n: {type: integer}}\nsteps:\n  - "


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ('run: [sh, -c, "echo ${{ inputs.v }}"]', ["value-in-program 4:25"]),
        ('run: [bash, -euc, "eval ${{ inputs.v }}"]', ["value-in-program 4:29"]),
        ('run: [timeout, 5, sh, -c, "${{ inputs.v }}"]', ["value-in-program 4:32"]),
        ('{uses: shell, with: {argv: [python3, -c, "print(${{ inputs.v }})"]}}', ["value-in-program 4:53"]),
        ('run: [awk, "/${{ inputs.v }}/", "${{ inputs.v }}"]', ["value-in-program 4:18"]),
        ('run: [sh, -c, "echo ${{ inputs.n }}"]', []),
        ("run: [sh, -c, 'echo \"$1\"', sh, \"${{ inputs.v }}\"]", []),
        ('run: [test, -v, "${{ inputs.v }}"]', []),
        ('run: [echo, "${{ inputs.v }}"]', []),
    ],
)  # fmt: skip
def test_what_a_program_takes_for_code(step: str, told: list[str]) -> None:
    assert [f"{one.code} {one.span.line}:{one.span.column}" for one in check(f"{HEAD}{step}\n", "w.yaml", {})] == told


@pytest.mark.parametrize(
    ("word", "codes"),
    [
        ('"${{ inputs.v | uppr }} ${{ inputs.n }}"', ["unknown-filter"]),
        ('"${{ inputs.v }} ${{ inputs.v"', ["value-in-program", "unclosed-expression"]),
        ('[a, "${{ inputs.v }}"]', ["wrong-kind"]),
    ],
)
def test_beside_another_mistake(word: str, codes: list[str]) -> None:
    assert codes == [one.code for one in check(f"{HEAD}run: [sh, -c, {word}]\n", "w.yaml", {})]
