"""The rules of the house that a machine can hold: floors, one library one module, docstrings, sizes, words."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.conftest import ROOT

SOURCES = ("runner/steplane", "plugins/steplane_steps")
LIMITS = {**dict.fromkeys(SOURCES, 350), "tests": 450, "bench": 350, "docs": 350}
"""Lines of a file; one of tests may list more cases."""

FENCED = {
    "yaml": {"steplane.source", "steplane.app"},
    "jinja2": {"steplane.expressions"},
    "jsonschema": {"steplane.schema"},
    "referencing": {"steplane.schema"},
    "sqlite3": {"steplane.store"},
    "tree_sitter": {"steplane.scripts"},
    "tree_sitter_bash": {"steplane.scripts"},
    "re2": {"steplane.patterns"},
    "click": {"steplane.cli"},
    "pygraphviz": {"steplane.reporters"},
    "rich": {"steplane.reporters"},
    "httpx": {"steplane_steps.http"},
    "httpcore": {"steplane_steps.http"},
    "pluggy": {"steplane.sdk", "steplane.hookspecs", "steplane.plugins"},
}
"""The parts that may import a library. Those of the standard library beside our own code count as libraries here."""

EVERYWHERE = {"msgspec"}
"""Typed values are what all parts are made of."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def files(*folders: str, ending: str = ".py") -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob(f"*{ending}"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module_of(path: Path) -> str:
    """`steplane.store` for any file of it; `steplane.sdk`, `steplane.errors`."""
    parts = path.relative_to(ROOT).with_suffix("").parts[1:]
    return ".".join(parts[:2])


def imported(path: Path) -> Iterator[str]:
    """The top-level packages that a file imports, anywhere in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


def test_imports_go_down_the_floors_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

    monkeypatch.setattr(sys, "path", sys.path[:])  # it puts the working directory there
    monkeypatch.chdir(ROOT)
    code = lint_imports(no_cache=True)
    assert code == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_one_library_is_imported_by_one_part() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for path in files(*SOURCES):
        for library in imported(path):
            found[library].add(module_of(path))
    strangers = {name: parts - FENCED[name] for name, parts in found.items() if name in FENCED and parts - FENCED[name]}
    assert strangers == {}


def test_no_library_comes_in_unseen() -> None:
    later = {"_sha2"}  # of Python itself, since 3.12
    known = {*FENCED, *EVERYWHERE, *sys.stdlib_module_names, *later, "steplane", "steplane_steps", "__future__"}
    unknown = {library: name_of(path) for path in files(*SOURCES) for library in imported(path) if library not in known}
    assert unknown == {}


def test_no_module_takes_the_place_of_a_name_that_its_package_gives() -> None:
    """`from package import name` would be the module once that has been imported."""
    for package in [one for folder in SOURCES for one in (ROOT / folder).rglob("__init__.py")]:
        modules = {
            one.stem for one in package.parent.iterdir() if one.suffix == ".py" or (one / "__init__.py").exists()
        }
        for node in ast.parse(package.read_text("utf-8")).body:
            if isinstance(node, ast.ImportFrom):
                own = f".{package.parent.name}"
                given = {one.asname or one.name for one in node.names if not (node.module or "").endswith(own)}
                assert not given & (modules - {(node.module or "").rpartition(".")[2]}), f"{package}: {node.module}"


@pytest.mark.parametrize("folder", LIMITS)
def test_files_are_small(folder: str) -> None:
    sizes = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in files(folder)}
    assert {name: size for name, size in sizes.items() if size > LIMITS[folder]} == {}


def test_every_public_name_has_a_docstring() -> None:
    missing = [
        f"{name_of(path)}:{getattr(node, 'lineno', 1)} {name}"
        for path in files(*SOURCES)
        for name, node in public(tree(path))
        if not ast.get_docstring(node)
    ]
    assert missing == []


Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public(module: ast.Module) -> Iterator[tuple[str, Documented]]:
    """The module, its public classes and functions, and the public methods of these classes."""
    yield "module", module
    for node in module.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                yield from methods(node)


def methods(owner: ast.ClassDef) -> Iterator[tuple[str, Documented]]:
    for node in owner.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not is_overload(node):
            yield f"{owner.name}.{node.name}", node


def is_overload(node: ast.FunctionDef) -> bool:
    """An overload's words stand at its implementation, a setter's at its property."""
    marks = {ast.unparse(one).rpartition(".")[2] for one in node.decorator_list}
    return bool(marks & {"overload", "setter"})


FUNCTION_LIMIT = 50


def test_functions_are_small() -> None:
    long = {
        f"{name_of(path)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in files(*SOURCES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.end_lineno and node.end_lineno - node.lineno >= FUNCTION_LIMIT
    }
    assert long == {}


# Where packages come from is the installer's business.
BANNED = (
    r"/(?:work|home|Users)/[a-z]",  # paths of one machine
    r"/tmp/(?:venv|contract|bash)",
    r"\b(?:pypi\.org|files\.pythonhosted|index-url|extra-index-url|registry\.npmjs)\b",
    r"\b(?i:chatgpt|claude|copilot|llm|language model)\b",
)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_the_project_speaks_of_itself_alone() -> None:
    pattern = re.compile("|".join(BANNED))
    found = []
    for path in tracked():
        if path == Path(__file__).resolve():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{name_of(path)}: {match[0]}" for match in pattern.finditer(text)]
    assert found == []


def test_what_is_committed_is_utf_8_and_ends_with_a_newline() -> None:
    wrong = []
    for path in tracked():
        content = path.read_bytes()
        if path.suffix in {".py", ".md", ".yaml", ".toml", ".json"} and content and not content.endswith(b"\n"):
            wrong.append(name_of(path))
    assert wrong == []
