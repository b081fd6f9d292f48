"""A parameter that is program text takes no expression: a value in it would become code."""

import pytest

from steplane.app.loading import load_data, make_registry

HEAD = "steplane: 1\nname: code\ninputs: {x: {type: string}}\nsteps:\n"


@pytest.mark.parametrize(
    ("step", "place", "help_"),
    [
        ("{uses: python.run, with: {script: 'print(${{ inputs.x }})'}}", (5, 39), "give the value through `values`"),
    ],
)  # fmt: skip
def test_a_value_in_code(step: str, place: tuple[int, int], help_: str) -> None:
    loaded = load_data(f"{HEAD}  - {step}\n".encode(), "w.yaml", make_registry(None, None), None)
    (found,) = loaded.diagnostics
    assert found.code == "value-in-code"
    assert found.message == "`script` of `python.run` is code, and a value put into its text would be run as code"
    assert (found.span.line, found.span.column, found.help) == (*place, help_)
    assert loaded.plan is None


@pytest.mark.parametrize(
    "step",
    ["{uses: shell, with: {script: 'echo ${{ inputs.x }}'}}", "{uses: shell, with: {argv: [echo, '${{ inputs.x }}']}}",
     "{run: 'echo ${{ inputs.x }}'}", "{uses: shell, env: {X: '${{ inputs.x }}'}, with: {script: 'echo \"$X\"'}}"],
)  # fmt: skip
def test_what_is_fine(step: str) -> None:
    loaded = load_data(f"{HEAD}  - {step}\n".encode(), "w.yaml", make_registry(None, None), None)
    assert loaded.diagnostics == ()
