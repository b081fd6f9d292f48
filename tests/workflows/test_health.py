"""The health check of a repository: what is wrong with it is found, and stops nothing."""

import subprocess
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.workflows.conftest import Example

WORKFLOW = ROOT / "workflows" / "health.yaml"


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small repository with nothing to say about."""
    folder = tmp_path / "project"
    (folder / "docs").mkdir(parents=True)
    (folder / "LICENSE").write_text("Apache-2.0\n", "utf-8")
    (folder / "tool.py").write_text("# SPDX-License-Identifier: Apache-2.0\nprint('ok')\n", "utf-8")
    (folder / "run me.sh").write_text("echo ok\n", "utf-8")
    (folder / "README.md").write_text("See [the page](docs/page.md#here) and `[no link](x.md)`.\n", "utf-8")
    (folder / "docs" / "page.md").write_text("[back](../README.md), [out](https://example.org/)\n", "utf-8")
    git(folder, "init", "-q")
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "a commit")


def test_a_healthy_repository(example: Example, project: Path, tmp_path: Path) -> None:
    found = example("run", WORKFLOW, "-i", "repository=project", "-i", "header=SPDX-License-Identifier")
    assert (found.code, found.last["status"]) == (0, "succeeded"), found.stderr
    assert found.outputs == {"warnings": 0, "report": str(tmp_path / "out" / "health.md")}
    report = (tmp_path / "out" / "health.md").read_text("utf-8")
    assert report.startswith("# Health of project\n\nCommit ")
    assert report.count("| succeeded |") == 9


def test_everything_that_can_be_wrong(example: Example, project: Path, tmp_path: Path) -> None:
    (project / "LICENSE").unlink()
    (project / "tool.py").write_text("def broken(:\n", "utf-8")
    (project / "run me.sh").write_text("if true; then\n", "utf-8")
    (project / "README.md").write_text("[lost](docs/lost.md)\n", "utf-8")
    (project / "merged.txt").write_text("<<<<<<< ours\n", "utf-8")
    (project / "notes.txt").write_text("TODO: one\nFIXME: two\n", "utf-8")
    (project / "large.bin").write_bytes(bytes(3000))
    commit(project)
    (project / "new.txt").touch()
    words = ("-i", "repository=project", "-i", "header=SPDX-", "-i", "todos=1", "-i", "large=3000")
    found = example("run", WORKFLOW, *words)
    assert (found.code, found.last["status"]) == (0, "warning"), found.stderr
    assert found.outputs["warnings"] == 9
    report = (tmp_path / "out" / "health.md").read_text("utf-8")
    for line in (
        "- `?? new.txt`", "- `merged.txt:1:<<<<<<< ours`", "- `notes.txt:1:TODO: one`", "- `notes.txt:2:FIXME: two`",
        "- `large.bin: 3,000 bytes`", "- `tool.py`", "- `README.md: docs/lost.md`",
    ):  # fmt: skip
        assert line in report
    assert "- `tool.py: " in report
    assert "- `run me.sh: line 2: syntax error" in report
    assert found.ended("looks/promises")["error"]["type"] == "ensure"


def test_a_finding_is_a_failure_for_who_is_strict(example: Example, project: Path) -> None:
    (project / "new.txt").touch()
    found = example("run", WORKFLOW, "--strict", "-i", "repository=project")
    assert (found.code, found.last["status"]) == (1, "warning")


def test_this_repository_has_no_dead_links(example: Example) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    found = example("run", WORKFLOW, "-i", f"repository={ROOT}")
    assert found.code == 0, found.stderr
    looks = ("conflicts", "licence", "links", "promises", "python", "scripts", "sizes")
    assert {look: found.statuses()[f"looks/{look}"] for look in looks} == dict.fromkeys(looks, "succeeded")
