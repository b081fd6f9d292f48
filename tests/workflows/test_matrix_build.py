"""The matrix build: every interpreter that runs here is built with, and only the cell that failed is built again."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.workflows.conftest import Example

WORKFLOW = ROOT / "workflows" / "matrix-build" / "matrix-build.yaml"
HERE = "macos" if platform.system() == "Darwin" else "linux"
CELLS = [
    "linux-python3.11", "linux-python3.12", "macos-python3.12", "linux-python3.13", "macos-python3.13",
    "linux-python3", "macos-python3",
]  # fmt: skip


@pytest.fixture
def interpreters(tmp_path: Path) -> dict[str, str]:
    """A PATH on which `python3` and `python3.12` are this interpreter, and 3.11 and 3.13 do not run."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("python3", "python3.12"):
        _program(folder / name, f'exec "{sys.executable}" "$@"')
    for name in ("python3.11", "python3.13"):
        _program(folder / name, "echo not installed >&2; exit 127")
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def _program(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    file.chmod(0o755)


def table(report: Path) -> dict[str, tuple[str, str]]:
    """Version and result of each cell in the report."""
    lines = [[one.strip() for one in line.split("|")[1:-1]] for line in report.read_text("utf-8").splitlines()[2:]]
    return {cell: (version, result) for cell, version, result in filter(None, lines)}


def test_what_runs_here_is_built_and_the_rest_is_told(
    example: Example, tmp_path: Path, interpreters: dict[str, str]
) -> None:
    built = example("run", WORKFLOW, env=interpreters)
    assert (built.code, built.last["status"]) == (0, "succeeded"), built.stderr
    out = tmp_path / "out" / "matrix-build"
    assert built.outputs == {"built": 2, "report": str(out / "report.md")}
    version = platform.python_version()
    wanted = {
        cell: ("", "another system") if not cell.startswith(HERE)
        else (version, "built") if cell.endswith(("python3", "python3.12"))
        else ("none", "not here")
        for cell in CELLS
    }  # fmt: skip
    assert table(out / "report.md") == wanted
    packed = subprocess.run(
        [sys.executable, out / f"{HERE}-python3.12.pyz"], input="b a b", capture_output=True, text=True, check=True
    )
    assert packed.stdout == "2 b\n1 a\n"
    kept = list((tmp_path / ".steplane" / "runs" / built.run / "artifacts").glob("cell*/tally.pyz"))
    assert len(kept) == 2, "one of each cell that was built"


@pytest.mark.skipif(HERE != "linux", reason="the cells of 3.13 are of Linux")
def test_only_the_cell_that_failed_is_built_again(
    example: Example, tmp_path: Path, interpreters: dict[str, str]
) -> None:
    """The interpreter of one cell breaks in the tests of the package; then it is mended."""
    broken = tmp_path / "bin" / "python3.12"
    _program(broken, f'case "$*" in *unittest*) exit 1;; esac\nexec "{sys.executable}" "$@"')
    failed = example("run", WORKFLOW, env=interpreters)
    cell = "cell[python=python3.12,os=linux]"
    assert failed.code == 1
    assert failed.ended(f"{cell}/build/test")["error"]["type"] == "shell.exit"
    assert failed.statuses()["cell[python=python3,os=linux]"] == "succeeded"

    _program(broken, f'exec "{sys.executable}" "$@"')
    mended = example("resume", env=interpreters)
    assert mended.code == 0, mended.stderr
    again = {path for path in mended.statuses() if path.startswith("cell[")}
    assert again == {cell, f"{cell}/build", *(f"{cell}/build/{step}" for step in ("test", "pack", "try"))}
    assert table(tmp_path / "out" / "matrix-build" / "report.md")["linux-python3.12"][1] == "built"


def test_a_package_that_is_wrong_fails_in_every_cell(
    example: Example, tmp_path: Path, interpreters: dict[str, str]
) -> None:
    shutil.copytree(ROOT / "workflows", tmp_path / "workflows")
    source = tmp_path / "workflows" / "matrix-build" / "tally" / "__init__.py"
    source.write_text(source.read_text("utf-8").replace(".lower()", ""), "utf-8")
    failed = example("run", "workflows/matrix-build/matrix-build.yaml", env=interpreters)
    assert failed.code == 1
    assert failed.ended(f"cell[python=python3,os={HERE}]/build/test")["error"]["type"] == "shell.exit"
    assert "report" not in {path for path, status in failed.statuses().items() if status == "succeeded"}
