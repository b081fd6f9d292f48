"""Each mend of each file of this folder, made alone: what it is for is gone, and it breaks nothing."""

from collections import Counter
from pathlib import Path

import pytest
from tests.errors.mending import check, mended

from steplane.app.codes import explanations
from steplane.app.fixing import apply
from steplane.diagnostics import Diagnostic
from steplane.source import read

HERE = Path(__file__).parent


def files() -> list[tuple[str, str, dict[str, str]]]:
    """Name, text and the files beside, of all that is shown as wrong."""
    found = [(f"{code}.yaml", one.bad_file, dict(one.others)) for code, one in explanations().items() if one.bad]
    for file in HERE.rglob("*.yaml"):
        text = file.read_bytes().decode("utf-8", "replace")
        names = [one for one in file.parent.rglob("*") if one.suffix in {".yaml", ".csv"} and one != file]
        beside = {str(one.relative_to(file.parent)): one.read_bytes().decode("utf-8", "replace") for one in names}
        if file.parent.name != "codes":
            found.append((file.name, text, beside))
    return found


def errors(found: list[Diagnostic]) -> int:
    return sum(one.severity == "error" for one in found)


def what_is_wrong_with(one: Diagnostic, found: list[Diagnostic], text: str, name: str, beside: dict[str, str]) -> str:
    """What is to be said against the mend of a finding."""
    assert one.fix is not None
    changed = apply(text, one.fix.edits)
    before, after = read(text, name), read(changed, name)
    left = check(changed, name, beside, hints=True)
    unread = [sum(each.severity == "error" for each in document.diagnostics) for document in (before, after)]
    if unread[1] > unread[0] or (before.root is not None and after.root is None):
        return "it cannot be read any more"
    same = [sum((each.code, each.message) == (one.code, one.message) for each in all_) for all_ in (found, left)]
    if same[1] >= same[0]:
        return "what it is for is still there"
    allowed = 0 if errors(found) <= (one.severity == "error") else errors(found)
    return f"{Counter(each.code for each in left)}" if errors(left) > allowed else ""


def test_each_mend_alone_mends_and_breaks_nothing() -> None:
    count, wrong = 0, []
    for name, text, beside in files():
        found = check(text, name, beside, hints=True)
        for one in found:
            if one.fix is not None and one.fix.edits and one.span.file == name:
                count += 1
                if why := what_is_wrong_with(one, found, text, name, beside):
                    wrong.append((name, one.code, one.span.line, one.fix.message, why))
    assert wrong == []
    assert count > 300


STEPS = "steplane: 1\ninputs: {x: {type: string, default: a}}\nsteps:\n"
MENDED = {
    "an expression in quotes of the shell": ('  - run: echo "${{ inputs.x"\n', '  - run: echo "${{ inputs.x }}"\n'),
    "and more behind it": (
        '  - run: |\n      ls "${{ inputs.x" b \\\n        c\n',
        '  - run: |\n      ls "${{ inputs.x }}" b \\\n        c\n',
    ),
    "in quotes of YAML": (
        '  - {run: make, env: {A: "${{ inputs.x"}}\n', '  - {run: make, env: {A: "${{ inputs.x }}"}}\n',
    ),
    "in quotes of the shell in quotes of YAML": (
        '  - {run: "ls \\"${{ inputs.x\\" b"}\n', '  - {run: "ls \\"${{ inputs.x }}\\" b"}\n',
    ),
    "a quote in an expression": ("  - run: ls ${{ 'x }} b\n", "  - run: ls ${{ 'x' }} b\n"),
    "a quote in braces": ('  - {run: make, name: "x}\n', '  - {run: make, name: "x"}\n'),
    "a step without its dash, in the column of the keys": (
        "  - id: a\n    run: y\n    id: b\n    run: z\n", "  - id: a\n    run: y\n  - id: b\n    run: z\n",
    ),
    "two of them": (
        "- run: y\n  name: a\n  run: z\n  name: b\n  run: w\n  name: c\n",
        "- run: y\n  name: a\n- run: z\n  name: b\n- run: w\n  name: c\n",
    ),
    "in the column of the dashes": (
        "  - id: a\n    run: y\n  id: b\n  env:\n    A: b\n  run: z\n  - run: q\n",
        "  - id: a\n    run: y\n  - id: b\n    env:\n      A: b\n    run: z\n  - run: q\n",
    ),
    "between them": (
        "  -   id: a\n      run: y\n    id: b\n    run: z\n", "  -   id: a\n      run: y\n  -   id: b\n      run: z\n",
    ),
    "bare text for a list in braces": (
        '  - {id: a, foreach: inputs.x, run: "ls ${{ item }}"}\n',
        '  - {id: a, foreach: "${{ inputs.x }}", run: "ls ${{ item }}"}\n',
    ),
    "two loops": (
        "  - id: a\n    run: ls\n    foreach: [1, 2]\n    while: run.id != ''\n    max: 3\n",
        "  - id: a\n    run: ls\n    foreach: [1, 2]\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MENDED)
def test_the_mend_is_what_was_meant(name: str) -> None:
    written, wanted = MENDED[name]
    found = check(f"{STEPS}{written}", "w.yaml", {})
    changed = apply(f"{STEPS}{written}", [edit for one in found if one.fix for edit in one.fix.edits])
    assert changed == f"{STEPS}{wanted}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steplane: 1\njobs:\n  build:\n    run: x\n", ["habit 2:1"]),  # a mapping of jobs is no list of steps
        (f"{STEPS}  - run: x\n    - a\n    - b\n", ["indentation 5:5"]),
        (f"{STEPS}  id: a\n  run: y\n  id: b\n  run: z\n",
         ["wrong-kind 4:3", "duplicate-key 6:3", "duplicate-key 7:3"]),
        (f"{STEPS}  - {{id: a, run: x}}\n  - undo: [a]\n", ["nothing-to-undo 5:12"]),
    ],
)  # fmt: skip
def test_what_nobody_can_mend_is_left_as_it_is(text: str, expected: list[str]) -> None:
    assert [f"{one.code} {one.span.line}:{one.span.column}" for one in check(text, "w.yaml", {})] == expected
    assert mended(text, "w.yaml", {}) == text


def test_a_step_without_its_dash_is_one_finding_and_both_are_known() -> None:
    text = f"{STEPS}  - id: a\n    run: y\n    id: b\n    run: z\n  - {{needs: [a, b, c], run: x}}\n"
    found = [f"{one.code} {one.span.line}:{one.span.column}" for one in check(text, "w.yaml", {})]
    assert found == ["indentation 6:5", "unknown-step 8:20"]


def test_an_id_that_only_a_rule_a_measure_or_a_cancel_names_is_used() -> None:
    text = """steplane: 1
measures: {m: {from: a.started, to: b.ended}}
rules: [{precedence: [c, d]}]
steps:
  - {id: a, run: x}
  - {id: b, run: x}
  - {id: c, run: x}
  - {id: d, run: x}
  - {id: e, run: x, needs: []}
  - {id: f, run: x, needs: [], milestone: {after: a}}
  - {cancel: [e], needs: []}
"""
    assert [one.message for one in check(text, "w.yaml", {}, hints=True) if one.code == "unused-id"] == [
        "id `f`: nothing in this file refers to it"
    ]
