"""What is asked before an output is used: its step is there then, and nothing is to be warned of."""

import pytest
from tests.errors.mending import check

HEAD = """steplane: 1
inputs: {ask: {type: boolean}, b: {type: boolean}}
steps:
  - {id: m, if: inputs.ask, run: echo}
"""
OUT = "steps.m.outputs.stdout"
SAY = f"'echo ${{{{ {OUT} }}}}'"


def warned(step: str) -> int:
    found = check(f"{HEAD}  - {step}\n", "w.yaml", {})
    assert {one.code for one in found} <= {"may-be-missing"}
    return len(found)


@pytest.mark.parametrize(
    "step",
    [
        f"""run: echo "${{{{ {OUT} if inputs.ask else 'none' }}}}\"""",
        f"""run: echo "${{{{ 'x' if not inputs.ask else {OUT} }}}}\"""",
        f"""run: echo "${{{{ ('a' if inputs.b else ({OUT} | upper)) if inputs.ask and inputs.b else 'none' }}}}\"""",
        f"{{run: {SAY}, require: [\"steps.m.status == 'succeeded'\"]}}",
        f"{{run: {SAY}, require: [inputs.b, inputs.ask]}}",
        f"{{id: g, require: [inputs.ask], steps: [{{run: {SAY}}}]}}",
        f"{{if: inputs.ask and {OUT} == 'a', run: echo}}",
    ],
)
def test_guarded(step: str) -> None:
    assert warned(step) == 0


@pytest.mark.parametrize(
    "step",
    [
        f"""run: echo "${{{{ {OUT} if inputs.b else 'none' }}}}\"""",
        f"""run: echo "${{{{ {OUT} if not inputs.ask else 'none' }}}}\"""",
        f"""run: echo "${{{{ 'x' if inputs.ask else {OUT} }}}}\"""",
        f"{{run: {SAY}, require: [inputs.b]}}",
        f"{{id: g, require: [inputs.ask], steps: [{{run: echo}}], finally: [{{run: {SAY}}}]}}",
        f"{{id: g, require: [inputs.ask], foreach: ['${{{{ {OUT} }}}}'], run: echo}}",
        f"{{if: {OUT} == 'a' and inputs.ask, run: echo}}",
    ],
)
def test_not_guarded(step: str) -> None:
    assert warned(step) == 1
