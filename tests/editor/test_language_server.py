"""The schema in the real yaml-language-server, which is what most editors ask about a YAML file."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.test_docs import snippets, whole

from steplane.app.editor import FILES, Kind, modeline, schema_text, settings_text
from steplane.app.loading import make_registry

from .server import MARK, LanguageServer

PACKAGE = "yaml-language-server@1.25.0"
FILE = "workflows/shown.yaml"
HEAD = "steplane: 1\nname: shown\n"
GOOD = sorted((ROOT / "workflows").rglob("*.yaml"))


@cache
def schema() -> str:
    return schema_text("workflow", make_registry(None, None))[0]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The language server, installed once for all processes of the tests."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    shared = tmp_path_factory.getbasetemp().parent / "language-server"
    shared.mkdir(exist_ok=True)
    found = shared / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists() and not (shared / "unreachable").exists():
            command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(shared), PACKAGE]
            done = subprocess.run(command, cwd=shared, capture_output=True, text=True, timeout=100, check=False)
            if done.returncode:
                (shared / "unreachable").write_text(done.stderr, "utf-8")
    if not found.exists():
        pytest.skip(f"npm cannot install {PACKAGE}: {(shared / 'unreachable').read_text('utf-8')[-300:]}")
    return found


@pytest.fixture(scope="module")
def server(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """A server on a project as `steplane init` leaves it."""
    folder = project(tmp_path_factory.mktemp("project"))
    with LanguageServer(program, folder) as one:
        yield one


def project(folder: Path) -> Path:
    (folder / "workflows").mkdir()
    (folder / ".vscode").mkdir()
    (folder / FILES["workflow"]).write_text(schema(), "utf-8")
    (folder / FILES["decision"]).write_text(schema_text("decision", make_registry(None, None))[0], "utf-8")
    return folder


def told(text: str, kind: Kind = "workflow") -> str:
    """The text with the line that names the schema."""
    return modeline(FILES[kind], "workflows") + "\n" + text


def labels(items: list[dict[str, Any]]) -> set[str]:
    return {one["label"] for one in items}


def documentation(items: list[dict[str, Any]], label: str) -> str:
    found = next(one for one in items if one["label"] == label)["documentation"]
    return str(found["value"] if isinstance(found, dict) else found)


def inserted(items: list[dict[str, Any]], label: str) -> str:
    one = next(one for one in items if one["label"] == label)
    return str(one.get("insertText") or one["textEdit"]["newText"])


# ------------------------------------------------------------------------------------------- mistakes


def test_there_is_no_false_alarm_on_the_workflows_of_this_repository(server: LanguageServer) -> None:
    found = {file.name: server.open(FILE, told(file.read_text("utf-8"), kind_of(file))) for file in GOOD}
    assert {name: marks for name, marks in found.items() if marks} == {}


def kind_of(file: Path) -> Kind:
    return "decision" if file.stem.endswith(".decision") else "workflow"


def test_there_is_no_false_alarm_on_the_manual(server: LanguageServer) -> None:
    texts = [whole(*one.values) for one in snippets("workflow", "steps", "step", "keys")]  # type: ignore[arg-type]
    assert len(texts) > 20
    assert [(text, marks) for text in texts if (marks := server.open(FILE, told(text)))] == []


@pytest.mark.parametrize(
    ("step", "line", "message"),
    [
        ("uses: csv.read\n    with: {pathh: a.csv}", 5, "Property pathh is not allowed."),
        ("uses: csv.read", 4, 'Missing property "with".'),
        ("run: make\n    with: {capture: jsn}", 5, "Value is not accepted."),
        ("run: make\n    timeout: 30", 5, "Must be a duration such as `250ms`"),
        ("name: nothing", 4, "A step has one action: `run`, `uses`, `steps`,"),
        ("run: make\n    retires: 3", 5, "Property retires is not allowed."),
        ("uses: csv.raed\n    with: {path: a.csv}", 4, "Value must be "),
    ],
)
def test_a_mistake_is_marked_where_it_is(server: LanguageServer, step: str, line: int, message: str) -> None:
    marks = server.open(FILE, told(f"{HEAD}steps:\n  - {step}\n"))
    at = [one["message"] for one in marks if one["range"]["start"]["line"] == line]
    assert any(one.startswith(message) for one in at), marks


# ------------------------------------------------------------------------------------------- completion


def test_the_keys_of_a_file_are_offered(server: LanguageServer) -> None:
    items = server.complete(FILE, told(f"{HEAD}{MARK}\n"))
    assert {"inputs", "vars", "steps", "outputs", "finally"} <= labels(items)
    assert documentation(items, "steps") == "What is done, from top to bottom."


def test_the_keys_of_a_step_are_offered_with_whole_steps(server: LanguageServer) -> None:
    items = server.complete(FILE, told(f"{HEAD}steps:\n  - {MARK}\n"))
    assert {"run", "uses", "foreach", "retry", "if", "run: a shell script", "uses: csv.read"} <= labels(items)
    assert inserted(items, "run: a shell script") == "id: ${1:build}\n  run: ${2:make}"
    assert "cache" in labels(items)


def test_the_step_types_are_offered(server: LanguageServer) -> None:
    items = server.complete(FILE, told(f"{HEAD}steps:\n  - uses: {MARK}\n"))
    assert {"csv.read", "file.copy", "shell", "python.call"} <= labels(items)
    assert documentation(items, "file.copy").startswith("Copy a file")


def test_the_parameters_of_a_step_type_are_offered(server: LanguageServer) -> None:
    items = server.complete(FILE, told(f"{HEAD}steps:\n  - uses: csv.read\n    with:\n      {MARK}\n"))
    assert {"path", "delimiter", "header", "limit"} <= labels(items)
    assert not {"rows", "script"} & labels(items), "of other step types"
    assert inserted(items, "delimiter") == "delimiter: ${1:,}"
    assert "working directory" in documentation(items, "path")


def test_the_values_of_a_parameter_are_offered_and_an_expression(server: LanguageServer) -> None:
    items = server.complete(FILE, told(f"{HEAD}steps:\n  - run: make\n    with:\n      capture: {MARK}\n"))
    assert labels(items) == {"text", "json", "lines", "none", "${{ }}"}


def test_the_keys_of_an_input_are_offered_without_the_seldom_ones(server: LanguageServer) -> None:
    items = server.complete(FILE, told(f"{HEAD}inputs:\n  who:\n    {MARK}\nsteps: [{{run: make}}]\n"))
    assert {"type", "default", "enum", "optional", "secret", "a text"} <= labels(items)
    assert not {"$ref", "dependentSchemas", "if"} & labels(items)


# ------------------------------------------------------------------------------------------- hovers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"re{MARK}try: 3\n    run: make", "How failed attempts are repeated."),
        (f"uses: csv.re{MARK}ad\n    with: {{path: a.csv}}", "Read a table from a CSV file"),
        (f"uses: file.write\n    with: {{path: a, te{MARK}xt: b}}", "What to write; no newline is added"),
        (f"run: make\n    with: {{cap{MARK}ture: json}}", "What to make of standard output in the result"),
        (f"run: make\n    on_{MARK}error: warn", "`warn`: a failed step counts as ok"),
    ],
)
def test_what_stands_there_is_explained(server: LanguageServer, text: str, words: str) -> None:
    assert words in server.hover(FILE, told(f"{HEAD}steps:\n  - {text}\n"))


# ------------------------------------------------------------------------------------------- how it is found


def test_the_settings_of_the_folder_name_the_schema_too(program: Path, tmp_path: Path) -> None:
    """As VS Code has them, for files without the line."""
    import json

    with LanguageServer(program, project(tmp_path), json.loads(settings_text())["yaml.schemas"]) as one:
        marks = one.open(FILE, f"{HEAD}steps:\n  - uses: csv.read\n")
        assert [mark["message"] for mark in marks] == ['Missing property "with".']
