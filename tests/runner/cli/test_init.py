"""`init`: what it makes, what it leaves alone, and that nothing is ever half-made."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from steplane import __version__
from steplane.app.new_files import make_files
from steplane.app.starting import TEMPLATES
from steplane.errors import UsageError
from steplane.source import plain, read

from .conftest import Shell

NEXT = "\nNext:\n  steplane check\n  steplane plan hello\n  steplane run hello -i who=Ada\n"
ALL = ["steplane.toml", "workflows/hello.yaml", ".vscode/steplane.schema.json", ".vscode/settings.json"]


def tree(folder: Path) -> list[str]:
    """Every file and folder below, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def made(*paths: str) -> str:
    return "".join(f"made {path}\n" for path in paths)


@pytest.fixture
def empty(shell: Shell) -> Shell:
    (shell.folder / "hello.yaml").unlink()
    return shell


# ------------------------------------------------------------------------------------------- what it makes


def test_without_a_terminal_it_asks_nothing_and_takes_the_defaults(empty: Shell) -> None:
    done = empty("init")
    assert (done.returncode, done.stdout, done.stderr) == (0, made(*ALL), NEXT)
    assert tree(empty.folder) == sorted([*ALL, ".vscode", "workflows"])
    first = (empty.folder / "workflows" / "hello.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../.vscode/steplane.schema.json"
    settings = json.loads((empty.folder / ".vscode" / "settings.json").read_text("utf-8"))
    assert list(settings["yaml.schemas"]) == ["./.vscode/steplane.schema.json"]
    assert (empty.folder / ".vscode" / "steplane.schema.json").read_text("utf-8") == empty("schema").stdout


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_first_workflow_is_sound_and_runs(empty: Shell, template: str) -> None:
    assert empty("init", "new", "--template", template, "--name", "first", "--ci", "none").returncode == 0
    inside = Shell(empty.folder / "new")
    checked = inside("check", "--strict")
    assert (checked.returncode, checked.stderr) == (0, "workflows/first.yaml: nothing wrong\n")
    workflow = plain(read((inside.folder / "workflows" / "first.yaml").read_text("utf-8"), "first.yaml").root)  # type: ignore[arg-type]
    assert isinstance(workflow, dict)
    assert workflow["name"] == "first"
    assert workflow["inputs"]
    assert workflow["outputs"]
    assert any("foreach" in step for step in workflow["steps"])
    ran = inside("run", "first", "--format", "json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert set(json.loads(ran.stdout.splitlines()[-1])["outputs"]) == set(workflow["outputs"])


def test_the_checks_of_a_python_project_run_the_tools_that_are_there(empty: Shell) -> None:
    empty("init", "--template", "python-checks")
    empty.write("app.py", "x = 1\n")
    tools = empty.folder / "tools"
    for name, code in (("ruff", 0), ("pytest", 5)):
        empty.write(f"tools/{name}", f"#!/bin/sh\necho {name} $*\nexit {code}\n")
        (tools / name).chmod(0o755)
    for name in ("bash", "python3", "sleep"):
        (tools / name).symlink_to(shutil.which(name) or name)
    done = empty("run", "checks", "--format", "json", env={"PATH": str(tools)})
    ended = json.loads(done.stdout.splitlines()[-1])
    assert ended["outputs"] == {"sources": 1, "checks": ["ruff succeeded", "mypy skipped", "pytest succeeded"]}
    strict = empty("run", "checks", "-i", "strict=true", env={"PATH": str(tools)})
    assert strict.returncode == 1


def test_the_data_load_loads(empty: Shell) -> None:
    import sqlite3
    from contextlib import closing

    done = empty("init", "--template", "data-load", "--no-editor")
    assert done.stdout == made("steplane.toml", "workflows/load.yaml", "data/people.csv")
    empty.write("data/towns.csv", "name,people\nBonn,330000\n")
    for _ in range(2):  # again: nothing is there twice
        ended = json.loads(empty("run", "load", "--format", "json").stdout.splitlines()[-1])
        assert ended["outputs"] == {"files": 2, "rows": 4}
    with closing(sqlite3.connect(empty.folder / "data" / "loaded.db")) as database:
        assert database.execute("SELECT name FROM people ORDER BY id").fetchall() == [
            ("Ada",),
            ("Grace",),
            ("Katherine",),
        ]
        assert database.execute("SELECT * FROM towns").fetchall() == [("Bonn", "330000")]


def test_the_job_for_github_pins_what_it_uses(empty: Shell) -> None:
    done = empty("init", "--ci", "github", "--no-editor")
    assert done.stdout == made("steplane.toml", "workflows/hello.yaml", ".github/workflows/steplane.yml")
    text = (empty.folder / ".github" / "workflows" / "steplane.yml").read_text("utf-8")
    job = plain(read(text, "steplane.yml").root)  # type: ignore[arg-type]
    assert isinstance(job, dict)
    assert job["permissions"] == {"contents": "read"}
    steps = job["jobs"]["steplane"]["steps"]
    used = [one["uses"] for one in steps if "uses" in one]
    assert [one.partition("@")[0] for one in used] == ["actions/checkout", "actions/setup-python"]
    assert all(len(one.partition("@")[2]) == 40 for one in used), "by commits"
    assert [one["run"] for one in steps if "run" in one] == [
        f"pip install steplane=={__version__}", "steplane check --strict workflows", "steplane run hello",
    ]  # fmt: skip


def test_the_job_for_gitlab(empty: Shell) -> None:
    empty("init", "--ci", "gitlab", "--name", "nightly", "--no-editor")
    job = plain(read((empty.folder / ".gitlab-ci.yml").read_text("utf-8"), "ci.yml").root)  # type: ignore[arg-type]
    assert isinstance(job, dict)
    assert job["steplane"]["script"][-1] == "steplane run nightly"


@pytest.mark.parametrize("folder", [".", "new/deep", "it's a folder"])
def test_the_three_lines_at_the_end_work_when_they_are_copied(empty: Shell, folder: str) -> None:
    told = empty("init", folder).stderr
    lines = told.split("Next:\n")[1].splitlines()
    assert len(lines) == 3
    program = empty.folder / "bin" / "steplane"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m steplane "$@"\n', "utf-8")
    program.chmod(0o755)
    env = {**empty.env, "PATH": f"{program.parent}:{empty.env['PATH']}"}
    done = subprocess.run(
        ["bash", "-ec", "\n".join(lines)], cwd=empty.folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Hello, Ada!" in done.stdout


def test_git_sees_nothing_of_the_runs(empty: Shell) -> None:
    subprocess.run(["git", "init", "-q", str(empty.folder)], check=True)
    empty("init")
    empty("run", "hello")
    command = ["git", "status", "--porcelain", "-uall"]
    seen = subprocess.run(command, cwd=empty.folder, capture_output=True, text=True, check=True).stdout
    assert sorted(line[3:] for line in seen.splitlines()) == sorted(ALL)


# ------------------------------------------------------------------------------------------- what it leaves alone


def test_again_it_leaves_everything_alone(empty: Shell) -> None:
    empty("init", "--ci", "github")
    before = {
        path: (empty.folder / path).read_bytes() for path in tree(empty.folder) if (empty.folder / path).is_file()
    }
    done = empty("init", "--ci", "github")
    kept = [*ALL, ".github/workflows/steplane.yml"]
    assert done.stdout == "".join(f"left alone, it is there already: {path}\n" for path in kept)
    assert done.returncode == 0
    assert {path: (empty.folder / path).read_bytes() for path in before} == before


def test_what_has_to_be_added_to_files_that_are_there_is_shown(empty: Shell) -> None:
    empty.write(".vscode/settings.json", '{"editor.tabSize": 2}')
    empty.write(".gitlab-ci.yml", "test: {script: [make]}\n")
    done = empty("init", "--ci", "gitlab")
    assert 'To add to .vscode/settings.json:\n  "yaml.schemas": {"./.vscode/steplane.schema.json": [' in done.stderr
    assert "To add to .gitlab-ci.yml:\n  # Checks" in done.stderr
    assert (empty.folder / ".vscode" / "settings.json").read_text() == '{"editor.tabSize": 2}'
    assert (empty.folder / ".gitlab-ci.yml").read_text() == "test: {script: [make]}\n"


def test_inside_a_repository_the_job_is_shown_for_its_root(empty: Shell) -> None:
    (empty.folder / ".git").mkdir()
    done = empty("init", "parts/orders", "--ci", "github", "--no-editor")
    assert done.stdout == made("parts/orders/steplane.toml", "parts/orders/workflows/hello.yaml")
    assert "To make .github/workflows/steplane.yml:\n" in done.stderr
    assert '        working-directory: "parts/orders"\n' in done.stderr


def test_a_configuration_in_pyproject_is_not_hidden(empty: Shell) -> None:
    empty.write("pyproject.toml", "[tool.steplane]\njobs = 2\n")
    assert "steplane.toml" not in empty("init").stdout
    assert empty("check").returncode == 0


def test_a_workflow_of_that_name_with_the_other_ending_is_the_one(empty: Shell) -> None:
    empty.write("workflows/hello.yml", "steplane: 1\nsteps: [{run: echo}]\n")
    assert "left alone, it is there already: workflows/hello.yml\n" in empty("init").stdout
    assert not (empty.folder / "workflows" / "hello.yaml").exists()


def test_no_sample_is_put_beside_data_that_is_there(empty: Shell) -> None:
    empty.write("data/real.csv", "a\n1\n")
    empty("init", "--template", "data-load")
    assert tree(empty.folder / "data") == ["real.csv"]


# ------------------------------------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("taken",), "error: taken is not a folder\n help: Name a folder; one that is not there is made.\n"),
        (
            ("taken/deeper",),
            "error: taken is not a folder, and one has to stand there\n help: Move it away, or name another DIR.\n",
        ),
        (
            ("--template", "helo"),
            "error: there is no template `helo`\n help: Did you mean `hello`? There are: hello, python-checks, ",
        ),
        (
            ("--ci", "jenkins"),
            "error: there is no CI system `jenkins`\n help: There are: none, github, gitlab.\n",
        ),
        (
            ("--name", "My Orders"),
            "error: 'My Orders' cannot be the name of a workflow\n help: Use lower-case letters, digits, `.`, `_` and ",
        ),
        (("--name", "../up"), "error: '../up' cannot be the name of a workflow\n"),
    ],
)
def test_a_wrong_call_makes_nothing(empty: Shell, words: tuple[str, ...], told: str) -> None:
    empty.write("taken", "")
    done = empty("init", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(told)
    assert tree(empty.folder) == ["taken"]


@pytest.mark.parametrize("obstacle", ["workflows", ".vscode", ".vscode/settings.json/", "workflows/hello.yaml/"])
def test_something_in_the_way_leaves_nothing_half_made(empty: Shell, obstacle: str) -> None:
    if obstacle.endswith("/"):
        (empty.folder / "new" / obstacle).mkdir(parents=True)
    else:
        empty.write(f"new/{obstacle}", "")
    before = tree(empty.folder)
    done = empty("init", "new")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: new/{obstacle.rstrip('/')} is ")
    assert tree(empty.folder) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(empty: Shell) -> None:
    (empty.folder / "locked").mkdir(mode=0o555)
    done = empty("init", "locked")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: locked/steplane.toml cannot be made: Permission denied\n"
        " help: Name a folder that you may write in, or change its permissions.\n"
    )
    assert tree(empty.folder) == ["locked"]


def test_a_disk_that_refuses_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.link

    def link(source: str, target: str) -> None:
        if target.endswith("third"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "link", link)
    monkeypatch.setattr(os, "rename", link)
    with pytest.raises(UsageError, match="third cannot be made: No space left on device"):
        make_files(str(tmp_path / "new"), {"first": "1", "a/b/second": "2", "third": "3"})
    assert tree(tmp_path) == []


def test_a_terminated_init_has_made_all(empty: Shell) -> None:
    """A process of its own has one thread: not even SIGTERM comes between the files."""
    program = (
        "import os, signal, sys; real = os.link\n"
        "def link(*paths):\n    real(*paths); os.kill(os.getpid(), signal.SIGTERM)\n"
        "os.link = link; sys.argv[0] = 'steplane'\n"
        "from steplane.cli import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "init"], cwd=empty.folder, env=empty.env, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGTERM
    assert tree(empty.folder) == sorted([*ALL, ".vscode", "workflows"])
