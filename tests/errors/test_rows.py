"""Each row of what the checker is to find has a file with just that mistake, and the exact text that is said of it.

To write the texts anew after a deliberate change: `STEPLANE_WRITE_ERRORS=1 pytest tests/errors`, then read the diff.
"""

import os
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.errors.mending import check
from tests.errors.table import ELSEWHERE, ROWS

from steplane.app.codes import explanations
from steplane.checks.ignoring import LATE
from steplane.reporters.diagnostics import render

FOLDER = Path(__file__).parent / "rows"
CHILD = {"beside/child.yaml": (FOLDER / "beside" / "child.yaml").read_text("utf-8")}
CODES = {name: code for rows in ROWS.values() for name, _, code in rows}


@pytest.mark.parametrize("name", CODES)
def test_just_this_is_said(name: str) -> None:
    file, code = FOLDER / f"{name}.yaml", CODES[name]
    text = file.read_text("utf-8")
    others = {**CHILD, file.name: text}
    found = check(text, file.name, others, hints=code in LATE)
    found = [one for one in found if one.severity != "hint" or one.code == code]
    said = render(found, others)
    if os.environ.get("STEPLANE_WRITE_ERRORS"):
        file.with_suffix(".out").write_text(said, "utf-8")
    assert [one.code for one in found] == [code]
    assert said == file.with_suffix(".out").read_text("utf-8")


def test_every_file_belongs_to_a_row() -> None:
    assert {file.stem for file in FOLDER.iterdir() if file.is_file()} == set(CODES)
    assert len(CODES) == sum(map(len, ROWS.values()))


def test_what_no_file_shows_is_held_elsewhere() -> None:
    here = {Path(__file__), Path(__file__).with_name("table.py"), Path(__file__).with_name("test_codes.py")}
    tests = [file.read_text("utf-8") for file in (ROOT / "tests").rglob("test_*.py") if file not in here]
    for code in ELSEWHERE.values():
        assert code in explanations()
        assert any(f"{code}" in text for text in tests), code
