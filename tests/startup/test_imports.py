"""What a command imports, by the names of the modules, in all processes of real calls."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import COMMAND, Steplane
from tests.runner.cli.live.terminal import on_terminal

RECORDER = """\
import os, sys

class Recorder:
    def find_spec(self, name, path=None, target=None):
        descriptor = os.open(os.environ["MODULES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, (name + "\\n").encode())
        os.close(descriptor)

sys.meta_path.insert(0, Recorder())
"""
"""A finder that finds nothing: it writes down what is looked for, in this process and in those forked from it."""

WORKFLOW = """\
steplane: 1
name: small
inputs:
  who: {type: string, default: world}
  direct: {type: boolean, default: true}
steps:
  - id: words
    foreach: [one, two]
    run: echo "${{ item }} $(date)"
  - id: direct
    if: inputs.direct
    run: echo ${{ inputs.who }}
  - id: named
    run: echo "place=${{ inputs.who }}" >> "$STEPLANE_OUTPUT"
    outputs: [place]
outputs:
  place: ${{ steps.named.outputs.place }}
"""

IN_A_WORKER = """\
  - id: called
    uses: python.call
    with: {function: "math:sqrt", args: [4]}
outputs:
"""

HEAVY = {
    "yaml", "jsonschema", "referencing", "jinja2", "markupsafe", "tree_sitter", "tree_sitter_bash", "re2", "rich",
    "asyncio", "logging", "importlib.metadata", "email", "concurrent.futures", "multiprocessing", "subprocess",
    "dataclasses", "unittest", "http", "ssl", "tomllib",
}  # fmt: skip
"""What a run of an unchanged file does without."""

COMPILING = {"steplane.checks", "steplane.model", "steplane.plan.compiler", "steplane.source.events"}


@pytest.fixture
def modules(steplane: Steplane, tmp_path: Path) -> "Modules":
    """Calls the command and tells what it has imported."""
    return Modules(steplane, tmp_path)


class Modules:
    """The command in a folder, with the recorder."""

    def __init__(self, steplane: Steplane, folder: Path) -> None:
        (folder / "recorder").mkdir()
        (folder / "recorder" / "sitecustomize.py").write_text(RECORDER, "utf-8")
        self.steplane, self.folder = steplane, folder

    @property
    def path(self) -> str:
        """The search path with the recorder first."""
        return os.pathsep.join([str(self.folder / "recorder"), *filter(None, sys.path)])

    def of(self, *words: str, code: int = 0, env: dict[str, str] | None = None) -> set[str]:
        """All modules that the call looked for."""
        file = self.folder / "modules"
        file.unlink(missing_ok=True)
        done = self.steplane(*words, env={**(env or {}), "PYTHONPATH": self.path, "MODULES": str(file)})
        assert done.returncode == code, done.stderr
        found = set(file.read_text("utf-8").split())
        assert "steplane" in found, "the recorder works"
        return found


def packages(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(
    "words",
    [("--help",), ("run", "--help"), ("help",), ("help", "graph"), ("help", "expressions"), ("completion", "zsh"),
     ("--version",)],
)  # fmt: skip
def test_help_imports_only_click_beside_the_standard_library(modules: Modules, words: tuple[str, ...]) -> None:
    found = modules.of(*words)
    bare = {"sitecustomize", "usercustomize", "nt", "org", "_typeshed"}
    hooks = {name for name in packages(found) if name.startswith(("_distutils", "__editable__", "_virtualenv"))}
    others = packages(found) - sys.stdlib_module_names - {"click", "steplane"} - bare - hooks
    assert others == set()
    assert not found & (HEAVY | {"sqlite3", "ctypes", "json"})
    assert not {name for name in found if name.startswith(("steplane.app", "steplane.store", "steplane.plugins"))}


COMPLETING = {"_STEPLANE_COMPLETE": "zsh_complete"}


@pytest.mark.parametrize("words", [("",), ("re",), ("run", "--"), ("run", "small.yaml", "--format", "")])
def test_completing_commands_and_options_imports_click_only(modules: Modules, words: tuple[str, ...]) -> None:
    found = modules.of(*words, env=COMPLETING)
    assert not found & (HEAVY | {"sqlite3", "msgspec"})
    assert not {name for name in found if name.startswith(("steplane.app", "steplane.store", "steplane.plugins"))}


@pytest.mark.parametrize("words", [("run", ""), ("run", "small.yaml", "-i", ""), ("show", ""), ("logs", "")])
def test_completing_a_value_imports_no_more_than_who_knows_it(modules: Modules, words: tuple[str, ...]) -> None:
    (modules.folder / "small.yaml").write_text(WORKFLOW, "utf-8")
    modules.of("run", "small.yaml")
    found = modules.of(*words, env=COMPLETING)
    reader = {"yaml", "steplane.source.events"} if "-i" in words else set()
    assert not found & ((HEAVY | COMPILING) - reader)
    unused = {"steplane.plugins", "steplane.driver", "steplane.kernel", "steplane.executors", "steplane.expressions"}
    assert not {name for name in found if ".".join(name.split(".")[:2]) in unused}


@pytest.mark.parametrize("form", ["plain", "json", "auto", "live"])
def test_a_second_run_of_an_unchanged_file_reads_no_yaml_and_checks_nothing(modules: Modules, form: str) -> None:
    (modules.folder / "small.yaml").write_text(WORKFLOW, "utf-8")
    first = modules.of("run", "--format", form, "small.yaml")
    assert {"yaml", "tree_sitter", *COMPILING} <= first
    second = modules.of("run", "--format", form, "small.yaml")
    assert second & (HEAVY | COMPILING) == set()
    assert not {name for name in second if name.startswith("steplane.reporters.live")}


def test_a_live_view_imports_rich_and_nothing_else_that_is_heavy(modules: Modules) -> None:
    """Its thread imports it, once the run has gone on for a moment."""
    (modules.folder / "small.yaml").write_text(WORKFLOW.replace("date", "sleep 0.5"), "utf-8")
    modules.of("run", "--format", "plain", "small.yaml")
    command = [sys.executable, "-c", COMMAND, "run", "--format", "live", "small.yaml"]
    file = modules.folder / "modules"
    file.unlink()
    env = {**os.environ, "TERM": "xterm", "PYTHONPATH": modules.path, "MODULES": str(file)}
    with on_terminal(command, modules.folder, env) as terminal:
        terminal.shows("words", "running")
        assert terminal.wait() == 0
    found = set(file.read_text("utf-8").split())
    assert "rich" in found
    assert found & COMPILING == set()
    assert not found & {"yaml", "jsonschema", "jinja2", "tree_sitter", "asyncio", "importlib.metadata", "re2"}


def test_only_the_plugins_that_a_file_uses_are_imported(modules: Modules) -> None:
    (modules.folder / "small.yaml").write_text(WORKFLOW, "utf-8")
    for _ in range(2):
        found = modules.of("run", "small.yaml")
        assert "steplane_steps.shell" in found
        unused = {"assertion", "csv", "fail", "file", "files", "json", "log", "python", "calls"}
        assert found & {f"steplane_steps.{name}" for name in unused} == set()
        assert "steplane.executors.worker" not in found
        assert "steplane.executors.worker_main" not in found


def test_a_changed_file_is_read_again(modules: Modules) -> None:
    file = modules.folder / "small.yaml"
    file.write_text(WORKFLOW, "utf-8")
    modules.of("run", "small.yaml")
    file.write_text(WORKFLOW.replace("world", "moon"), "utf-8")
    assert "yaml" in modules.of("run", "small.yaml")


def test_what_lies_in_the_working_directory_is_not_imported(tmp_path: Path) -> None:
    """As with the installed command, whose own folder and not the working directory is on the search path."""
    script = tmp_path / "bin" / "steplane"
    script.parent.mkdir()
    script.write_text("import sys\nfrom steplane.cli import main\nsys.exit(main())\n", "utf-8")
    (tmp_path / "small.yaml").write_text(WORKFLOW.replace("outputs:\n", IN_A_WORKER), "utf-8")
    for name in ("yaml", "click", "msgspec", "pluggy", "sitecustomize", "usercustomize", "steplane", "json", "array"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'w').close()\nraise ImportError\n", "utf-8")
    path = os.pathsep.join(filter(None, sys.path))
    for _ in range(2):
        command = [sys.executable, str(script), "run", "small.yaml"]
        done = subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert not (tmp_path / "imported").exists()
