"""Nothing is found in what is right: every example, template, pattern and golden file of the repository."""

from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.errors.mending import registry

from steplane.app.checking import Checker

FOLDERS = ("workflows", "tests/patterns", "tests/golden", "runner/steplane/app/templates")
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.yaml")
    if "steplane:" in path.read_text("utf-8").split("steps:")[0]
)


def test_there_are_files() -> None:
    assert len(FILES) > 60


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_found(path: Path) -> None:
    report = Checker(registry()).check([str(path)], str(ROOT))
    if any(one.code == "not-in-this-release" for one in report.diagnostics):
        pytest.skip("what it shows is not built yet")
    assert [f"{one.code} {one.span.line}: {one.message}" for one in report.diagnostics] == []
