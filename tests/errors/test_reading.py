"""What breaks the reading of one step hides no other, is said once, and its mend is what was meant."""

import pytest
from tests.errors.mending import check, mended

HEAD = "steplane: 1\nname: x\ninputs: {dry: {type: boolean, default: false}, s: {type: string, default: a}}\nsteps:\n"
TAIL = "  - {id: z, needs: [e9], run: make}\n"
"""Its mistake, in the last line, must be seen whatever stands before it."""

HIDING = {
    "a tab": ("  - id: s\n    env:\n\tA: b\n    run: make\n", [("tab-indentation", 3, 1)]),
    "a tab in a block text": ("  - id: s\n    run: |\n\tmake\n", [("tab-indentation", 3, 1)]),
    "a tab before items": (
        "  - id: s\n    needs: []\n    run: make\n\t- id: x\n\t  run: make\n",
        [("tab-indentation", 4, 1), ("tab-indentation", 5, 1)],
    ),
    "a missing dash": ("  - {id: s, run: make}\n  id: t\n  run: make\n", [("indentation", 2, 3)]),
    "a missing dash, indented": ("  - id: s\n    run: make\n   id: t\n   run: make\n", [("indentation", 3, 4)]),
    "no dash in the first step": ("   id: s\n   run: make\n", [("indentation", 1, 4)]),
    "no dash in its column": ("  id: s\n  run: make\n", [("indentation", 1, 3)]),
    "an item too far in": ("    - id: s\n      run: make\n", [("indentation", 1, 5)]),
    "two items too far in": ("    - {id: s, run: make}\n    - id: t\n      run: make\n", [("indentation", 1, 5)]),
    "no space behind the dash": ("  -id: s\n   run: make\n", [("missing-space", 1, 3)]),
    "no space in the second": ("  - {id: s, run: make}\n  -id: t\n   run: make\n", [("missing-space", 2, 3)]),
    "no space behind the colon": ("  - id:s\n    run: make\n", [("missing-space", 1, 7)]),
    "a merge conflict": (
        "<<<<<<< HEAD\n  - {id: s, run: make}\n=======\n  - {id: t, run: make}\n>>>>>>> other\n",
        [("syntax", 1, 1)],
    ),
    "a merge conflict in a step": (
        "  - id: s\n<<<<<<< HEAD\n    run: make\n=======\n    run: ls\n>>>>>>> other\n",
        [("syntax", 2, 1)],
    ),
}

MENDED = {
    "a sign in a list": ("artifacts: [*.log, out.txt]", 'artifacts: ["*.log", out.txt]', "reserved-start"),
    "a sign in a mapping": ("env: {A: @x, B: y}", 'env: {A: "@x", B: y}', "reserved-start"),
    "a sign in deeper lists": (
        "cache: {files: [a, *.py], outputs: [b]}", 'cache: {files: [a, "*.py"], outputs: [b]}', "reserved-start",
    ),
    "a sign in a list on two lines": (
        "artifacts: [out.txt,\n      *.log, b]", 'artifacts: [out.txt,\n      "*.log", b]', "reserved-start",
    ),
    "a text on two lines": ("name: @echo a\n      and b", 'name: "@echo a\n      and b"', "reserved-start"),
    "a colon in a text on two lines": ("name: make a: b\n      c", 'name: "make a: b\n      c"', "colon-in-value"),
    "not": ("if: !inputs.dry", "if: not inputs.dry", "tag"),
    "an anchor for a text": ("name: &finance", 'name: "&finance"', "reserved-start"),
    "quotes that belong to the expression": ("if: 'a' == inputs.s", "if: \"'a' == inputs.s\"", "text-after-quote"),
    "a comment behind an expression": (
        "if: inputs.s == 'd #4' # why", "if: \"inputs.s == 'd #4'\" # why", "comment-in-expression",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HIDING)
def test_the_rest_is_checked(name: str) -> None:
    broken, places = HIDING[name]
    text = f"{HEAD}{broken}{TAIL}"
    found = [(one.code, one.span.line - 4, one.span.column) for one in check(text, "w.yaml", {"w.yaml": text})]
    assert found == [*places, ("unknown-step", broken.count("\n") + 1, 21)]


@pytest.mark.parametrize("name", HIDING)
def test_a_broken_step_keeps_its_name(name: str) -> None:
    broken, places = HIDING[name]
    text = f"{HEAD}{broken}  - {{id: z, needs: [s], run: make}}\n"
    assert len(check(text, "w.yaml", {"w.yaml": text})) == len(places)


@pytest.mark.parametrize(
    "name", ["no dash in the first step", "no dash in its column", "an item too far in", "two items too far in"]
)
def test_lines_are_aligned(name: str) -> None:
    text = f"{HEAD}{HIDING[name][0]}  - {{id: z, needs: [s], run: make}}\n"
    assert check(mended(text, "w.yaml", {}), "w.yaml", {}) == []


@pytest.mark.parametrize("name", MENDED)
def test_the_mend_is_what_was_meant(name: str) -> None:
    written, wanted, code = MENDED[name]
    text = f"{HEAD}  - id: a\n    {written}\n    run: make\n"
    found = check(text, "w.yaml", {"w.yaml": text})
    assert [one.code for one in found] == [code]
    assert mended(text, "w.yaml", {"w.yaml": text}) == text.replace(written, wanted)
    assert check(text.replace(written, wanted), "w.yaml", {}) == []


@pytest.mark.parametrize("step", ["  - id: s\n    needs:\n    - t\n", "  - needs:\n    - t\n    id: s\n"])
def test_a_key_below_a_list_in_its_own_column_lacks_no_dash(step: str) -> None:
    text = f"{HEAD}{step}    run: [make\n    env: {{A: 5, a-b: c}}\n{TAIL}"
    found = check(text, "w.yaml", {"w.yaml": text})
    assert [one.code for one in found] == ["unknown-step", "unclosed-bracket", "pattern", "unknown-step"]


def test_a_misspelt_alias_leaves_its_anchor() -> None:
    text = f"{HEAD}  - {{id: a, run: make, env: &base {{A: b}}}}\n  - {{id: b, run: make, env: *bse}}\n"
    assert [one.code for one in check(text, "w.yaml", {"w.yaml": text})] == ["undefined-alias"]
    assert mended(text, "w.yaml", {}, unsafe=False) == text
    assert mended(text, "w.yaml", {}) == text.replace("*bse", "*base")


def test_a_merge_of_a_list_is_said_where_it_is_merged() -> None:
    text = f"x-a: &l [1, 2]\n{HEAD}  - id: a\n    env: {{<<: *l}}\n    run: make\n"
    assert [(one.code, one.span.line, one.span.column) for one in check(text, "w.yaml", {})] == [("merge", 7, 15)]
