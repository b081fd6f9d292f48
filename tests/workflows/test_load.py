"""The load that waits for its files: they come, they never come, they are not what was said."""

import json
from pathlib import Path

from tests.conftest import ROOT
from tests.workflows.conftest import Example

WORKFLOW = ROOT / "workflows" / "load" / "load.yaml"
DAY = ("--id", "one", "-i", "day=2026-11-26")


def files(folder: Path, **rows: int) -> str:
    """Files of the exporter with so many rows each, and the data of the signal that names them."""
    for name, number in rows.items():
        (folder / f"{name}.csv").write_text("id\n" + "".join(f"{one}\n" for one in range(number)), "utf-8")
    found = [{"name": f"{name}.csv", "rows": number} for name, number in rows.items()]
    return json.dumps({"files": found, "from": str(folder)})


def test_it_loads_when_the_files_are_there(example: Example, tmp_path: Path) -> None:
    assert example("run", WORKFLOW, *DAY).code == 3
    data = files(tmp_path, orders=200, returns=7)
    ended = example("signal", "one", "files_ready", "--data", data, "--resume")
    assert (ended.code, ended.outputs) == (0, {"rows": 207}), ended.stderr
    published = tmp_path / "out" / "load" / "2026-11-26"
    assert sorted(one.name for one in published.iterdir()) == ["orders.csv", "returns.csv"]


def test_they_never_come(example: Example, tmp_path: Path) -> None:
    ended = example("run", WORKFLOW, *DAY, "-i", "late=10ms")
    assert ended.code == 1
    assert ended.last["error"]["message"] == "the files of 2026-11-26 never came"
    assert (tmp_path / "out" / "load" / "alarm.txt").read_text("utf-8") == "no files for 2026-11-26\n"
    assert ended.ended("publish")["status"] == "skipped"


def test_a_file_is_shorter_than_was_said(example: Example, tmp_path: Path) -> None:
    data = files(tmp_path, orders=200)
    example("run", WORKFLOW, *DAY)
    (tmp_path / "orders.csv").write_text("id\n1\n", "utf-8")
    ended = example("signal", "one", "files_ready", "--data", data, "--resume")
    assert ended.code == 1
    assert ended.ended("table[orders.csv]/counted")["error"]["type"] == "ensure"
    assert not (tmp_path / "out" / "load" / "2026-11-26").exists()
    files(tmp_path, orders=200)  # the exporter writes it again
    ended = example("resume", "one")
    assert (ended.code, ended.outputs) == (0, {"rows": 200}), ended.stderr
