"""Every code of the checker: explained, shown by a file with just that mistake, at its place, and by one without it.

`codes/CODE.yaml` is the explanation's bad example as a whole file, `codes/CODE.out` the exact text that `check` prints.
To write both anew after a deliberate change: `STEPLANE_WRITE_ERRORS=1 pytest tests/errors`, then read the diff.
"""

import ast
import os
import re
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.errors.mending import check, mended

from steplane.app.codes import explanations
from steplane.app.mending import MENDERS
from steplane.checks.ignoring import LATE
from steplane.reporters.diagnostics import render

CODES = Path(__file__).parent / "codes"
SHOWN = {code: one for code, one in explanations().items() if one.bad}
WRITE = bool(os.environ.get("STEPLANE_WRITE_ERRORS"))

NOT_SHOWN = {
    "too-many-nodes", "too-many-mistakes", "too-deep", "too-long-text", "too-long-key", "file-too-large", "number",
    "encoding", "unreadable", "syntax",  # as long as a book, or no text at all
    "length",  # no key of a workflow has such a bound today; decision tables do
    "plugin-import", "plugin-conflict", "plugin-version", "plugin-broken", "plugin-not-allowed", "not-installed",
    "wait-for-two", "wait-for-nothing",  # the structure says so first, as `exclusive` and `missing-key`
    "credential",  # what looks like one would stop whoever pushes this repository
}  # fmt: skip
"""Codes without an example; other tests have them."""


@pytest.mark.parametrize("code", SHOWN)
def test_the_bad_example_has_just_this_mistake(code: str) -> None:
    one, file = SHOWN[code], CODES / f"{code}.yaml"
    found = check(one.bad_file, file.name, one.others, hints=code in LATE)
    found = [each for each in found if each.severity != "hint" or each.code == code]
    text = render(found, {file.name: one.bad_file, **one.others})
    if WRITE:
        file.write_text(one.bad_file, "utf-8")
        file.with_suffix(".out").write_text(text, "utf-8")
    assert [each.code for each in found] == [code]
    assert file.read_text("utf-8") == one.bad_file
    assert text == file.with_suffix(".out").read_text("utf-8")


@pytest.mark.parametrize("code", SHOWN)
def test_nothing_is_wrong_with_the_good_example(code: str) -> None:
    one = SHOWN[code]
    found = check(one.good_file, f"{code}.yaml", one.others, hints=True)
    assert [each for each in found if each.severity != "hint" or each.code == code] == []


def left_after(code: str) -> tuple[str, list[str]]:
    one = SHOWN[code]
    text = mended(one.bad_file, f"{code}.yaml", one.others, hints=code in LATE)
    found = check(text, f"{code}.yaml", one.others, hints=code in LATE)
    return text, [each.code for each in found if each.severity != "hint" or each.code == code]


def test_most_mistakes_are_mended_by_their_fix() -> None:
    clean = set()
    for code, one in SHOWN.items():
        text, left = left_after(code)
        if not left:
            clean.add(code)
            assert mended(text, f"{code}.yaml", one.others, hints=code in LATE) == text, f"{code}: mended twice"
            assert text != one.bad_file
    assert len(clean) / len(SHOWN) >= 0.7, sorted(set(SHOWN) - clean)
    for code in MENDERS:
        assert code in clean or code not in SHOWN or code == "nothing-to-undo", f"the mend of {code} does not mend"


def test_every_code_is_explained_and_every_explanation_is_of_a_code() -> None:
    texts, codes = words_of_the_sources()
    unexplained = codes - set(explanations())
    assert not unexplained, f"write what these mean into runner/steplane/app/explained: {sorted(unexplained)}"
    assert set(explanations()) <= texts | COMPOSED, set(explanations()) - texts
    assert {code for code, one in explanations().items() if not one.bad} == NOT_SHOWN
    assert all(one.good for one in SHOWN.values())
    for one in explanations().values():
        assert re.match(r"[A-Z`].*[.]$", one.rule, re.DOTALL), one.code


def test_every_file_belongs_to_a_code() -> None:
    assert {file.stem for file in CODES.iterdir()} == set(SHOWN)


MAKERS = {"Diagnostic", "Finding", "PluginProblem", "_add", "say", "report", "_at", "_renamed", "_missing", "_warning"}
"""What makes a diagnostic, with its code among the arguments."""
COMPOSED = {"unknown-filter", "unknown-test", *LATE}


def words_of_the_sources() -> tuple[set[str], set[str]]:
    """All texts in the code of the checker, and those that are surely codes."""
    texts, codes = set(), set()
    for folder in ("app", "checks", "expressions", "model", "plugins", "schema", "scripts", "source"):
        for path in (ROOT / "runner/steplane" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    texts.add(node.value)
                elif isinstance(node, ast.Call):
                    codes |= _codes(node)
    return texts, codes


def _codes(call: ast.Call) -> set[str]:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    given = [*call.args[:6], *(one.value for one in call.keywords if one.arg == "code")]
    texts = {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return {text for text in texts if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", text)} if name in MAKERS else set()
