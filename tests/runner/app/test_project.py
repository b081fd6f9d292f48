"""Settings and where things are."""

# ruff: noqa: E501 - workflows stand as their authors write them

import re
from pathlib import Path

import pytest

from steplane.app.project import Settings, find_workflow, here, named_workflows, read_settings, workflows
from steplane.errors import UsageError


def test_option_beats_environment_beats_file(tmp_path: Path) -> None:
    (tmp_path / "steplane.toml").write_text(
        'state = "st"\njobs = 3\npatience = "1h"\nplugins = ["shell"]\nstrict = true\n'
    )
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    settings = read_settings(str(below), {"STEPLANE_JOBS": "4", "STEPLANE_PATIENCE": "2h"}, {"jobs": 5, "color": None})
    assert settings == Settings(
        state=str(tmp_path / "st"), jobs=5, patience="2h", plugins=("shell",), strict=True,
        source=str(tmp_path / "steplane.toml"),
    )  # fmt: skip
    assert settings.pool == 5


def test_pyproject_counts_only_with_our_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.steplane]\ndurability = "normal"\n')
    inner = tmp_path / "in"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert read_settings(str(inner), {}, {}).durability == "normal"


@pytest.mark.parametrize(
    ("content", "message"),
    [("jbos = 1", "unknown setting `jbos`"), ("jobs = 'x'", "`jobs` wants a whole number of at least 1, this is 'x'"),
     ("jobs = true", "`jobs` wants a whole number of at least 1, this is True"), ("strict = 1", "`strict` wants true or false, this is 1"),
     ("jobs = -1", "`jobs` wants a whole number of at least 1"), ("plugins = [1]", "`plugins` wants a list of texts"),
     ("=", "cannot be read")],
)  # fmt: skip
def test_a_wrong_file(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "steplane.toml").write_text(content)
    with pytest.raises(UsageError, match=re.escape(message)):
        read_settings(str(tmp_path), {}, {})


@pytest.mark.parametrize("jobs", ["0", "-1", "x", "²"])
def test_a_wrong_variable(tmp_path: Path, jobs: str) -> None:
    with pytest.raises(UsageError, match="STEPLANE_JOBS wants a whole number of at least 1"):
        read_settings(str(tmp_path), {"STEPLANE_JOBS": jobs}, {})


def test_workflows_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "w"
    (tmp_path / ".git").mkdir()
    (below / "workflows").mkdir(parents=True)
    (tmp_path / "workflows").mkdir()
    for path in (
        below / "workflows" / "near.yaml",
        tmp_path / "workflows" / "far.yml",
        tmp_path / "workflows" / "t.decision.yaml",
    ):
        path.write_text("")
    monkeypatch.chdir(below)
    assert workflows(".") == ["near", "far"]
    assert find_workflow("near", ".") == "workflows/near.yaml"
    assert find_workflow("far", ".") == "../workflows/far.yml"
    _wrong("neer", "Did you mean `near`? Known here: near, far.")
    _wrong("nothing-like-it", "Known here: near, far.")
    with pytest.raises(UsageError, match="workflows is a folder"):
        find_workflow("workflows", ".")


def test_names_below_workflows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "steplane: 1\nsteps: []\n"
    for path, text in {
        "top.yaml": "", "both.yaml": head, "both/both.yaml": head, "orders/orders.yaml": head, "orders/eu.yml": head,
        "orders/rates.yaml": "rate: 3\n", "orders/eu/late/late.yaml": head, "node_modules/x.yaml": head,
        ".hidden/x.yaml": head,
    }.items():  # fmt: skip
        (tmp_path / "workflows" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "workflows" / path).write_text(text)
    monkeypatch.chdir(tmp_path)
    found = named_workflows(".")
    assert found == {
        "both": "workflows/both.yaml",
        "top": "workflows/top.yaml",
        "both/both": "workflows/both/both.yaml",
        "orders/eu": "workflows/orders/eu.yml",
        "orders": "workflows/orders/orders.yaml",
        "orders/eu/late": "workflows/orders/eu/late/late.yaml",
    }
    assert {name: find_workflow(name, ".") for name in found} == found
    (tmp_path / "orders").mkdir()  # a folder of that name is in nobody's way
    assert find_workflow("orders", ".") == "workflows/orders/orders.yaml"
    assert list(found) == sorted(found)
    _wrong("order", "Did you mean `orders`? Known here: both, both/both, orders, orders/eu, orders/eu/late, top.")
    _wrong("top.yaml", "Did you mean `top`?")  # a name with the ending that its file has
    for outside in ("../top", "/top", "workflows/../top", "./top"):
        with pytest.raises(UsageError, match="there is no file"):
            find_workflow(outside, ".")


def test_many_names_are_not_all_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "workflows").mkdir()
    for number in range(12):
        (tmp_path / "workflows" / f"flow-{number:02}.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    listed = ", ".join(f"flow-{number:02}" for number in range(10))
    _wrong("flow-3x", f"Did you mean `flow-03`? Known here: {listed}, and 2 more: steplane list")


def _wrong(name: str, remedy: str) -> None:
    with pytest.raises(UsageError) as refused:
        find_workflow(name, ".")
    assert refused.value.remedy == remedy


def test_a_working_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(UsageError, match="the working directory is there no more"):
        here()
