"""Values that stand beside each other in one string."""

import subprocess

import pytest

from steplane.diagnostics import Span
from steplane.expressions.templates import Expression
from steplane.scripts import Script, assemble
from steplane.scripts.compiling import compile_script


@pytest.mark.parametrize("between", [" ", "  ", "\t", "", " - ", "\n"])
def test_two_values_in_one_string(between: str) -> None:
    text = f'printf %s "A{between}B"'
    parts = ('printf %s "', Expression("a"), between, Expression("b"), '"')
    first = text.index("A")
    spans = ((first, first + 1), (first + 1 + len(between), first + 2 + len(between)))
    compiled, found = compile_script(
        parts if between else (*parts[:2], *parts[3:]),
        spans=spans,
        shell="bash",
        is_number=lambda _: False,
        locate=lambda offset, length: Span("x", 1, offset + 1, 1, offset + 1 + length),
    )
    assert not found
    assert isinstance(compiled, Script)
    made = assemble(compiled, ["$(x) ", " 'y'"])
    script = made.prelude + made.script.partition("exit 125; }; ")[2]
    said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout == f"$(x) {between} 'y'"
