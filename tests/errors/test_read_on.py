"""A mistake of YAML that one edit of a line mends hides nothing around it, and neither does a byte that is no UTF-8."""

import pytest
from tests.errors.mending import check, mended, registry

from steplane.app.loading import Recorded, Wanted, compile_file

HEAD = "steplane: 1\nsteps:\n"


def said(text: str) -> list[str]:
    return [f"{one.code} {one.span.line}:{one.span.column}" for one in check(HEAD + text, "w.yaml", {})]


@pytest.mark.parametrize(
    ("step", "findings"),
    [
        ("  - id: b\n    tiemout: 5s\n    run: x\n    env:\n\tA: b\n", ["unknown-key 4:5", "tab-indentation 7:1"]),
        ("  - id: b\n    run: |\n\tmake\n    tiemout: 5s\n", ["tab-indentation 5:1", "unknown-key 6:5"]),
        ("  - id: b\n    tiemout: 5s\n    run: [a}\n    retires: 3\n",
         ["unknown-key 4:5", "bracket 5:12", "unknown-key 6:5"]),
        ("  - {id: b, run: [a}, tiemout: 5s}\n", ["bracket 3:20", "unknown-key 3:23"]),
        ("  - id: b\n    run: x\n    env: {A: [b}\n    tiemout: 5s\n  - {id: c, runn: x}\n",
         ["bracket 5:16", "unknown-key 6:5", "unknown-key 7:13"]),
        ("  - {id: a, runn: x}\n  - id: b\n    run: x\n    env: {A: [b}\n", ["unknown-key 3:13", "bracket 6:16"]),
        ("  - id: b\n    needs: [c\n    run: x\n    tiemout: 5s\n",
         ["unclosed-bracket 4:12", "unknown-step 4:13", "unknown-key 6:5"]),
        ("  - id: b\n    needs: [\n    run: x\n    tiemout: 5s\n", ["unclosed-bracket 4:12", "unknown-key 6:5"]),
        ("  - id: b\n    run: x\n    env: {A: '[', # }\n      B: c\n    tiemout: 5s\n",
         ["unclosed-bracket 5:10", "unknown-key 7:5"]),
        ("  - {id: b, runn: x\n  - {id: c, run: x, needs: [d]}\n",
         ["unclosed-bracket 3:5", "unknown-key 3:13", "unknown-step 4:29"]),
        ("  - id: b\n    env: {A: " + "[" * 101 + "]" * 101 + "}\n    runn: x\n",
         ["too-deep 4:110", "unknown-key 5:5"]),
        ("  - &s\n    id: b\n    env: {A: *s}\n    runn: x\n", ["recursive-alias 5:14", "unknown-key 6:5"]),
        ("  - id: b\n    <<: *none\n", ["undefined-alias 4:9"]),
    ],
)  # fmt: skip
def test_nothing_else_of_the_step_is_hidden(step: str, findings: list[str]) -> None:
    assert said(step) == findings


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("  - {id: b, run: [a}}\n", "  - {id: b, run: [a]}\n"),
        ("  - id: b\n    env: {A: [x # y\n    run: x\n", "  - id: b\n    env: {A: [x]} # y\n    run: x\n"),
        ("  - id: b\n    run: [x,\n      y\n    name: z\n", "  - id: b\n    run: [x,\n      y]\n    name: z\n"),
        ("  - id: b\n    run: [a}\n", "  - id: b\n    run: [a]\n"),
        ("  - id: b\n    run: x\n    env: {A: b]\n", "  - id: b\n    run: x\n    env: {A: b}\n"),
    ],
)
def test_the_right_bracket_is_the_mend(wrong: str, right: str) -> None:
    assert mended(HEAD + wrong, "w.yaml", {}) == HEAD + right


def test_a_byte_that_is_not_utf_8_hides_nothing_and_is_told_once() -> None:
    data = f"{HEAD}  - {{id: \xe4, run: 'x \xfc'}}\n  - {{id: b, run: x, tiemout: 5s}}\n".encode("latin-1")
    found = compile_file(data, "w.yaml", registry(), Recorded({}), Wanted(plan=False)).diagnostics
    assert [(one.code, one.span.line) for one in found] == [("encoding", 3), ("unknown-key", 4)]
    binary = bytes(range(1, 256)) * 9
    found = compile_file(binary, "w.yaml", registry(), Recorded({}), Wanted(plan=False)).diagnostics
    assert [one.code for one in found] == ["encoding"]
