"""`schema`: printed, or written where editors look."""

import json
import os
import stat
from pathlib import Path

import pytest

from .conftest import Shell

TOLD = """\
wrote .vscode/steplane.schema.json
Editors find it by this first line in a file of workflows/:
  # yaml-language-server: $schema=../.vscode/steplane.schema.json
"""


def test_it_is_printed_and_nothing_else(shell: Shell) -> None:
    done = shell("schema")
    assert (done.returncode, done.stderr) == (0, "")
    schema = json.loads(done.stdout)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    rules = json.dumps(schema["definitions"]["step"]["allOf"])
    assert '"const": "csv.read"' in rules
    assert sorted(path.name for path in shell.folder.iterdir()) == ["hello.yaml"], "nothing is made"


@pytest.mark.parametrize(
    ("option", "title"), [("--decision", "Steplane decision table"), ("--event", "Steplane event")]
)
def test_the_other_schemas(shell: Shell, option: str, title: str) -> None:
    assert json.loads(shell("schema", option).stdout)["title"] == title


def test_it_is_written_into_the_folder_of_the_project(shell: Shell) -> None:
    done = shell("schema", "--write")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", TOLD)
    path = shell.folder / ".vscode" / "steplane.schema.json"
    assert path.read_text("utf-8") == shell("schema").stdout
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask(), "as any file of the project"
    before = path.stat().st_mtime_ns
    assert shell("schema", "--write").stderr.startswith(".vscode/steplane.schema.json is up to date\n")
    assert path.stat().st_mtime_ns == before


def umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current


def test_it_is_written_beside_the_configuration(shell: Shell) -> None:
    shell.write("steplane.toml", "")
    shell.write("deep/down/file", "")
    inside = Shell(shell.folder / "deep" / "down")
    assert inside("schema", "--write").stderr.startswith("wrote ../../.vscode/steplane.schema.json\n")
    assert (shell.folder / ".vscode" / "steplane.schema.json").is_file()


def test_nothing_more_is_said_where_the_editor_knows_it(shell: Shell) -> None:
    shell.write(".vscode/settings.json", '{"yaml.schemas": {"./.vscode/steplane.schema.json": "workflows/*"}}')
    assert shell("schema", "--write").stderr == "wrote .vscode/steplane.schema.json\n"


def test_it_is_written_to_a_path_and_through_a_link(shell: Shell) -> None:
    shell.write("kept/schema.json", '{"title": "old"}\n')
    (shell.folder / "link.json").symlink_to("kept/schema.json")
    (shell.folder / "kept" / "schema.json").chmod(0o640)
    done = shell("schema", "--write", "link.json", "--decision")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "wrote link.json\n")
    assert (shell.folder / "link.json").is_symlink()
    assert json.loads((shell.folder / "kept" / "schema.json").read_text("utf-8"))["title"] == "Steplane decision table"
    assert stat.S_IMODE((shell.folder / "kept" / "schema.json").stat().st_mode) == 0o640
    assert [path.name for path in (shell.folder / "kept").iterdir()] == ["schema.json"], "nothing is left beside it"


def told(message: str, remedy: str) -> str:
    return f"error: {message}\n help: {remedy}\n"


@pytest.mark.parametrize(
    ("words", "told_"),
    [
        (
            ("--write", "no/such.json"),
            told(
                "no/such.json cannot be made: No such file or directory", "Make its folder first, or look at the path."
            ),
        ),
        (("--write", "folder"), "error: folder is a folder\n help: Name a file.\n"),
        (
            ("--write", "hello.yaml/x.json"),
            told("hello.yaml/x.json cannot be made: Not a directory", "Look at the path: a part of it is a file."),
        ),
        (
            ("--decision", "--event"),
            "error: `--decision` and `--event` contradict each other\n help: A call prints one schema.\n",
        ),
    ],
)
def test_what_cannot_be_is_refused(shell: Shell, words: tuple[str, ...], told_: str) -> None:
    (shell.folder / "folder").mkdir()
    done = shell("schema", *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told_)


def test_a_file_in_the_way_of_the_folder(shell: Shell) -> None:
    shell.write(".vscode", "")
    done = shell("schema", "--write")
    assert done.returncode == 2
    remedy = "Name a file: steplane schema --write PATH"
    assert done.stderr == told(f"{shell.folder}/.vscode cannot be made: it is not a folder", remedy)


def test_plugins_of_others_are_in_it_and_broken_ones_are_told(shell: Shell, repository: Path) -> None:
    site = shell.folder / "site"
    for name, module in (("parcel", "steplane_parcel"), ("broken", "steplane_gone")):
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
        (info / "entry_points.txt").write_text(f"[steplane.steps]\n{name} = {module}\n", "utf-8")
    source = repository / "tests" / "third_party" / "parcel" / "steplane_parcel.py"
    (site / "steplane_parcel.py").write_text(source.read_text("utf-8"), "utf-8")
    done = shell("schema", env={"PYTHONPATH": str(site)})
    assert done.returncode == 0
    assert "parcel.quote" in done.stdout
    assert json.loads(done.stdout)
    assert done.stderr.startswith("warning: ")
    assert "broken" in done.stderr


def test_a_workflow_is_told_its_schema_and_is_not_lost(shell: Shell) -> None:
    before = (shell.folder / "hello.yaml").read_text("utf-8")
    lost = shell("schema", "--write", "hello.yaml")
    assert lost.returncode == 2
    assert "hello.yaml is there already and is no JSON Schema" in lost.stderr
    shell.write("deep/script.yaml", f"#!/usr/bin/env steplane\r\n{before}")
    done = shell("schema", "--modeline", "hello.yaml", "--modeline", "deep/script.yaml")
    assert (done.returncode, done.stdout) == (0, "")
    told = "# yaml-language-server: $schema={}.vscode/steplane.schema.json"
    assert (shell.folder / "hello.yaml").read_text("utf-8") == f"{told.format('')}\n{before}"
    script = (shell.folder / "deep" / "script.yaml").read_bytes().decode()
    assert script.splitlines()[:2] == ["#!/usr/bin/env steplane", told.format("../")]
    assert (shell.folder / ".vscode" / "steplane.schema.json").is_file()
    shell("schema", "--write", "other.json", "--modeline", "hello.yaml")
    first = "# yaml-language-server: $schema=other.json\n"
    assert (shell.folder / "hello.yaml").read_text("utf-8") == f"{first}{before}"
    assert "none.yaml cannot be read" in shell("schema", "--modeline", "none.yaml").stderr
