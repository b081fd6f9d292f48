"""Mistakes of steps at the places where steps can stand: each told once, at its line and column, and nothing hidden."""

from collections.abc import Callable

import pytest
from tests.errors.mending import check

HEAD = """\
steplane: 1
inputs:
  s: {type: string, default: a}
  n: {type: integer, default: 1}
  b: {type: boolean, default: true}
  xs: {type: array, items: {type: string}, default: []}
secrets: {k: {env: K}}
"""
LAST = "  - {run: y, needs: [zz9]}\n"
"""Its mistake must be seen whatever stands before it."""


def in_list(before: str, indent: int, after: str = "") -> Callable[[str], str]:
    """A step's lines as an item of a list, with what stands around."""

    def place(step: str) -> str:
        first, *others = step.split("\n")
        lines = [f"{' ' * indent}- {first}", *(f"{' ' * (indent + 2)}{one}" for one in others)]
        return before + "".join(f"{line}\n" for line in lines) + after

    return place


PLACES = {
    "foreach": in_list("steps:\n  - id: l\n    foreach: [1, 2]\n    as: one\n    steps:\n", 6, "      - {run: y}\n"),
    "parallel": in_list("steps:\n  - id: p\n    parallel:\n      left:\n", 8, "      right: [{run: y}]\n"),
    "rescue": in_list("steps:\n  - run: x\n    rescue:\n", 6, "    name: z\n  - run: z\n"),
    "switch": in_list("steps:\n  - switch:\n      - default: true\n        steps:\n", 10, "  - run: z\n"),
    "no indentation": in_list("steps:\n", 0),
}
WRONG = [
    ("unclosed-quote", 'id: q\nrun: x\nname: §"abc\nenv: {A: b}'),
    ("bad-escape", 'id: q\nrun: x\nenv:\n  A: "a §\\d"\n  B: c'),
    ("reserved-start", "id: q\nrun: x\nenv:\n  A: §@d\n  B: c"),
    ("colon-in-value", "id: q\nrun: echo a§: b\nname: c"),
    ("text-after-quote", 'id: q\nrun: "a" §b\nname: c'),
    ("unclosed-bracket", "id: q\nrun: x\nneeds: §[\nname: c"),
    ("missing-colon", "id: q\n§run x\nname: c"),
    ("block-indentation", "id: q\nrun: |\n    x\n  §y\nname: c"),
    ("indentation", "id: q\nrun: x\n§id: r\nrun: y"),
    ("comment-in-expression", "id: q\nrun: echo ${{ inputs.s§ # x }}"),
    ("unclosed-expression", "id: q\nrun: echo §${{ inputs.s"),
    ("bracket", "{run: x, if: inputs.s in §['a']}"),
    ("unknown-key", "{run: x, §retri: 3}"),
    ("wrong-level", "{run: x, §backoff: constant}"),
    ("habit", "{run: x, §continue-on-error: true}"),
    ("unknown-plugin", "{uses: §lgo, with: {message: a}}"),
    ("unknown-parameter", "{uses: log, with: {message: a, §lvel: info}}"),
    ("missing-parameter", "{uses: §csv.read}"),
    ("duplicate-id", "{steps: [{id: q, run: x}, {id: §q, run: x}]}"),
    ("cycle", "{steps: [{id: q, run: x, needs: [§r]}, {id: r, run: y, needs: [q]}]}"),
    ("unknown-output", "{steps: [{id: q, run: x}, {run: 'echo \"${{ steps.q.outputs.§nope }}\"'}]}"),
    ("foreign-operator", '{run: x, if: "inputs.b §&& inputs.b"}'),
    ("undeclared", '{run: x, env: {A: "${{ inputs.§zz }}"}}'),
    ("unknown-filter", '{run: x, env: {A: "${{ inputs.s | §uper }}"}}'),
    ("not-boolean", "{run: x, if: §inputs.n}"),
    ("zero-duration", "{run: x, timeout: §\"${{ '0s' }}\"}"),
    ("secret-in-url", '{uses: http.request, with: {url: "https://x/?k=${{ §secrets.k }}"}}'),
    ("expression-in-quoted-heredoc", "run: |\n  cat <<'E'\n\n  §${{ inputs.s }}\n  E"),
    ("shell-evaluates-value", '{run: "eval §${{ inputs.s }}"}'),
]


@pytest.mark.parametrize("name", PLACES)
def test_each_is_told_once_at_its_place(name: str) -> None:
    for code, step in WRONG:
        text = f"{HEAD}{PLACES[name](step)}finally:\n{LAST}"
        before, _, after = text.partition("§")
        text = before + after
        found = [f"{one.code} {one.span.line}:{one.span.column}" for one in check(text, "w.yaml", {})]
        here = f"{code} {before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
        assert found == [here, f"unknown-step {text.count(chr(10))}:22"], text
