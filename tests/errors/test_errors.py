"""Each `x.yaml` beside this file has in `x.out` the exact text that `check` prints for it.

To write the texts anew after a deliberate change: `STEPLANE_WRITE_ERRORS=1 pytest tests/errors`, then read the diff.
"""

import os
from pathlib import Path

import pytest
from tests.runner.checks.support import check_document

from steplane.reporters.diagnostics import render
from steplane.source import read

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_text_is_this(file: Path) -> None:
    document = read(file.read_bytes(), file.name)
    text = render(check_document(document), {file.name: document.text})
    expected = file.with_suffix(".out")
    if os.environ.get("STEPLANE_WRITE_ERRORS"):
        expected.write_text(text, "utf-8")
    assert text == expected.read_text("utf-8")


def test_every_text_belongs_to_a_file() -> None:
    assert {file.stem for file in HERE.glob("*.out")} == {file.stem for file in FILES}
