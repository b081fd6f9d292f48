"""What a user gets: the README's first screen and commands, the workflows, the packages."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from tests.conftest import ROOT, Steplane, blocks, command_of_readme

from steplane import __version__

README = (ROOT / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
WORKFLOWS = sorted((ROOT / "workflows").rglob("*.yaml"))

TOOLS = ("ruff", "mypy", "lint-imports", "pytest", "hatchling")


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org")
    done = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clean clone of what is committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    git(tmp_path, "clone", "-q", str(ROOT), "clone")
    return tmp_path / "clone"


def test_the_first_screen_shows_a_workflow_and_its_output() -> None:
    """That both are real is held by the tests of the generated blocks."""
    assert blocks(README, "yaml workflow")[0][1] == (ROOT / "workflows" / "hello.yaml").read_text("utf-8")
    assert blocks(README, "text")[0][1].startswith("$ steplane run hello\nhello (workflows/hello.yaml), run ")
    assert README.index("## Two commands") < 2500, "the first screen"


@pytest.mark.parametrize("name", ["main", "test"])
def test_the_commands_of_the_readme_are_one_line_each(name: str) -> None:
    command = command_of_readme(name)
    assert "\n" not in command
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/")


def test_ci_takes_its_commands_from_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "$(command_of main)" in script  # and not a copy
    assert "$(command_of test)" in script
    assert ".venv" not in script
    assert subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=False).returncode == 0


def test_what_the_commands_need_is_in_the_development_extra() -> None:
    wanted = " ".join(PROJECT["project"]["optional-dependencies"]["dev"])
    for name in ("build", "hatchling", "import-linter", "mypy", "pytest", "pytest-xdist", "ruff"):
        assert f"{name}>=" in f"{wanted} "


def test_the_changelog_has_this_version() -> None:
    assert f"\n## {__version__} (" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert PROJECT["project"]["license"] == "Apache-2.0"


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_the_workflows_have_no_mistakes(file: Path, steplane: Steplane) -> None:
    done = steplane("check", "--strict", file)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["world", 'O\'Hara; echo $(id) `id` "*"', ""])
def test_hello_greets_anyone(name: str, steplane: Steplane) -> None:
    done = steplane("run", ROOT / "workflows" / "hello.yaml", "--format", "json", "-i", f"who={name}")
    assert done.returncode == 0, done.stderr
    greetings = json.loads(done.stdout.splitlines()[-1])["outputs"]["greetings"]
    assert greetings == [f"Hello, {name}!", f"Bonjour, {name}!", f"Hola, {name}!"]


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_the_installation_of_the_tutorial(clone: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    (install, away) = [block for _, block in blocks(page, "bash") if "file=" not in block][:2]
    assert "mkdir ~/shop" in away
    script = f"set -eu\n{install}\n{away}\nsteplane init --yes && steplane run hello -i who=Ada"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        ["bash", "-c", script], cwd=clone, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "greeting  Hello, Ada!" in done.stdout


def has_tools() -> bool:
    return all((Path(sys.executable).parent / name).exists() for name in TOOLS)


@pytest.mark.timeout(300)
@pytest.mark.skipif(not has_tools(), reason="the tools of the release are not installed")
def test_the_release_from_a_clean_clone(clone: Path, steplane: Steplane) -> None:
    done = steplane("run", "release", "--format", "json", "-i", "checked=true", cwd=clone, timeout=280)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    ended = json.loads(done.stdout.splitlines()[-1])
    assert ended["status"] == "succeeded"
    assert ended["outputs"]["version"] == __version__
    out = clone / "dist" / "release"
    packages = {Path(path).name for path in ended["outputs"]["packages"]}
    assert {path.name for path in out.iterdir()} - {".gitignore"} == {*packages, "SHA256SUMS", "RELEASE_NOTES.md"}
    sums = {f"{hashlib.sha256((out / name).read_bytes()).hexdigest()}  {name}" for name in packages}
    assert set((out / "SHA256SUMS").read_text("utf-8").splitlines()) == sums
    assert_complete(out, packages)
    assert git(clone, "log", "-1", "--no-merges", "--format=- %s (%h)") in (out / "RELEASE_NOTES.md").read_text("utf-8")
    assert git(clone, "status", "--porcelain") == "", "the release leaves the tree as it was"


def assert_complete(out: Path, packages: set[str]) -> None:
    """What has to be in the packages is."""
    wheel, archive = sorted(packages, key=lambda name: name.endswith(".tar.gz"))
    with zipfile.ZipFile(out / wheel) as file:
        names = set(file.namelist())
    wanted = {"steplane/py.typed", "steplane/schemas/workflow.schema.json", "steplane_steps/shell.py"}
    wanted |= {f"steplane/app/templates/{name}" for name in ("hello.yaml", "github.yml", "data/people.csv")}
    wanted |= {f"steplane/cli/completion/steplane.{shell}" for shell in ("bash", "zsh", "fish")}
    wanted |= {"steplane/cli/topics/expressions.txt"}
    assert wanted <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"steplane", "steplane_steps"}
    with tarfile.open(out / archive) as file:
        inside = {name.partition("/")[2] for name in file.getnames()}
    wanted = {"README.md", "LICENSE", "schemas/workflow.schema.json", "tests/conftest.py", "workflows/hello.yaml"}
    assert wanted <= inside


def test_a_strict_release_refuses_a_dirty_tree(clone: Path, steplane: Steplane) -> None:
    (clone / "new.txt").write_text("not committed\n", "utf-8")
    done = steplane("run", "release", "-i", "strict=true", cwd=clone)
    assert done.returncode == 1
    assert "a strict release wants a clean tree and a new version" in done.stderr + done.stdout
    assert not (clone / "dist").exists()


def test_a_release_that_is_not_strict_warns_of_an_old_version(clone: Path, steplane: Steplane) -> None:
    git(clone, "tag", "-a", "-m", "the next", "v999.0")
    done = steplane("run", "release", "--format", "json", "-i", "strict=true", cwd=clone)
    assert done.returncode == 1
    ended = [json.loads(line) for line in done.stdout.splitlines()]
    found = {one["path"]: one["status"] for one in ended if one.get("type") == "step.ended"}
    assert (found["clean"], found["new"], found["refuse"]) == ("succeeded", "warning", "failed")


def test_a_benchmark_runs(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "bench" / "run.py"), "trivial", "--quick", "--json", "--in", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figure = json.loads(done.stdout)[0]
    assert (figure["name"], figure["target"]) == ("trivial", "at most 10")
    assert float(figure["compared"].split()[0]) > 1
    assert list(tmp_path.iterdir()) == [], "nothing is left"
