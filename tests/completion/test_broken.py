"""Whatever is broken, nothing comes into the prompt: no error, no traceback, no noise of plugins."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import COMMAND

from .conftest import RUN, Project, Prompt

LINES = [
    ("run", ""), ("run", "orders", "-i", ""), ("run", "orders", "-i", "region="), ("show", ""), ("logs", ""),
    ("logs", "monday", ""), ("steps", ""), ("resume", "monday", "--assume", ""), ("check", ""),
]  # fmt: skip
ODD_LINES = [
    ("run", "orders", "--st"), ("runs", "--workflow", ""), ("nonsense", ""), ("run", "nowhere", "-i", ""), ("--", ""),
    ("show", "nothing", ""), ("logs", "nothing", ""), ("run", "--id"), ("run", "--format=x=y"), ("", ""), ("-", "-"),
    ("run", "orders", "-i", "region", "--", ""), ("plan", "orders", "more", ""),
]  # fmt: skip


@pytest.fixture
def own(tmp_path: Path, project: Project) -> Project:
    """A copy of the project that a test may break."""
    one = object.__new__(Project)
    one.folder, one.bin = tmp_path / "own", tmp_path / "own" / "bin"
    shutil.copytree(project.folder, one.folder, symlinks=True)
    one.env = {**project.env, "PATH": f"{one.bin}{os.pathsep}{os.environ['PATH']}", "HOME": str(one.folder)}
    return one


def ask(project: Project, *words: str, shell: str = "zsh", **further: str) -> list[str]:
    """The answer to a shell; that nothing else is written, and that it ends well, is certain."""
    line = " ".join(["steplane", *words])
    env = {**project.env, "_STEPLANE_COMPLETE": f"{shell}_complete", "_STEPLANE_LINE": line, **further}
    done = subprocess.run(
        [str(project.bin / "steplane"), *words], cwd=project.folder, env=env, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), words
    assert all(line.split("\t")[0] in {"value", "file", "dir", "yaml"} for line in done.stdout.splitlines())
    return [line.split("\t")[1] for line in done.stdout.splitlines()]


def nothing(_: Project) -> None:
    pass


def broken_yaml(project: Project) -> None:
    project.write("workflows/orders.yaml", "steplane: 1\ninputs: {region: {enum: [eu\nsteps:\n  - id: [\n\t x")


def binary_yaml(project: Project) -> None:
    (project.folder / "workflows" / "orders.yaml").write_bytes(bytes(range(256)))


def broken_settings(project: Project) -> None:
    project.write("steplane.toml", "jobs = [")


def damaged_catalogue(project: Project) -> None:
    (project.folder / ".steplane" / "steplane.db").write_bytes(b"no database at all" * 100)


def damaged_journal(project: Project) -> None:
    (project.folder / ".steplane" / "runs" / "monday" / "journal.db").write_bytes(b"\0" * 5000)


def state_is_a_file(project: Project) -> None:
    shutil.rmtree(project.folder / ".steplane")
    project.write(".steplane", "")


def no_permission(project: Project) -> None:
    for name in ("workflows", ".steplane"):
        (project.folder / name).chmod(0)


def plugin_that_shouts(project: Project) -> None:
    info = project.folder / "site" / "loud-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: loud\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[steplane.steps]\nloud = loud\n", "utf-8")
    project.write(
        "site/loud.py", "import os, sys\nprint('value\\tloud')\nos.system('echo loud; echo loud >&2')\nsys.exit(3)\n"
    )
    project.env["PYTHONPATH"] += f"{os.pathsep}{project.folder / 'site'}"


BREAKERS = [
    nothing, broken_yaml, binary_yaml, broken_settings, damaged_catalogue, damaged_journal, state_is_a_file,
    no_permission, plugin_that_shouts,
]  # fmt: skip


@pytest.mark.parametrize("breaker", BREAKERS, ids=lambda one: one.__name__)
def test_there_is_an_answer_and_nothing_else(own: Project, breaker: Callable[[Project], None]) -> None:
    breaker(own)
    try:
        for words in LINES:
            assert "loud" not in ask(own, *words)
    finally:
        for name in ("workflows", ".steplane"):
            (own.folder / name).chmod(0o755)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_odd_lines_have_an_answer_too(project: Project, shell: str) -> None:
    for words in ODD_LINES:
        ask(project, *words, shell=shell)


def test_a_file_with_mistakes_is_read_as_far_as_it_can_be(own: Project) -> None:
    text = (own.folder / "workflows" / "orders.yaml").read_text("utf-8")
    own.write("workflows/orders.yaml", text.replace("name: Load the orders", "name: [unclosed"))
    assert ask(own, "run", "orders", "-i", "re") == ["region="]


def test_the_word_for_the_newest_run_is_completed_and_not_listed(project: Project) -> None:
    assert ask(project, "show", "la") == ask(project, "run", "orders", "--of", "la") == ["latest"]
    assert ask(project, "cancel", "la") == [], "none goes on"
    assert "latest" not in ask(project, "show", "")


def test_a_damaged_catalogue_leaves_the_runs_without_their_descriptions(own: Project) -> None:
    damaged_catalogue(own)
    assert set(ask(own, "show", "")) == {"monday", RUN}


def test_nothing_is_made_by_asking(own: Project) -> None:
    shutil.rmtree(own.folder / ".steplane")
    before = sorted(own.folder.rglob("*"))
    for words in LINES:
        ask(own, *words)
    assert sorted(own.folder.rglob("*")) == before


def test_a_folder_that_is_gone(own: Project) -> None:
    program = 'mkdir gone; cd gone; rmdir ../gone; _STEPLANE_COMPLETE=zsh_complete "$0" -c "$1" run ""'
    done = subprocess.run(
        ["sh", "-c", program, sys.executable, COMMAND],
        cwd=own.folder,
        env=own.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_another_state_directory_is_looked_into(own: Project) -> None:
    (own.folder / ".steplane").rename(own.folder / "elsewhere")
    assert ask(own, "show", "mon") == []
    assert ask(own, "show", "--state", "elsewhere", "mon") == ["monday"]
    assert ask(own, "show", "mon", STEPLANE_STATE="elsewhere") == ["monday"]


def test_control_characters_stay_out(own: Project) -> None:
    own.write("workflows/evil\x1b[31m.yaml", "steplane: 1\n")
    own.write("workflows/hello.yaml", 'steplane: 1\ntitle: "a\x1b]0;x\x07b"\nsteps: []\n')
    own.write("workflows/new\nline.yaml", "steplane: 1\n")
    env = {**own.env, "_STEPLANE_COMPLETE": "zsh_complete"}
    done = subprocess.run(
        [str(own.bin / "steplane"), "run", ""], cwd=own.folder, env=env, capture_output=True, text=True, check=True
    )
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout
    assert sorted(line.split("\t")[1] for line in done.stdout.splitlines()) == ["hello", "nightly.yaml", "orders"]


def test_what_takes_too_long_ends_silently(own: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    own.write(
        "slow/sitecustomize.py", "import steplane.app.outline as o, time\no.outline_of = lambda _: time.sleep(60)\n"
    )
    own.env["PYTHONPATH"] = f"{own.folder / 'slow'}{os.pathsep}{own.env['PYTHONPATH']}"
    assert ask(own, "run", "orders", "-i", "") == []


def test_an_unknown_shell_is_refused(own: Project) -> None:
    env = {**own.env, "_STEPLANE_COMPLETE": "tcsh_complete"}
    done = subprocess.run([str(own.bin / "steplane")], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


@pytest.fixture(params=["bash", "zsh", "fish"])
def broken_prompt(request: pytest.FixtureRequest, own: Project) -> Iterator[Prompt]:
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    broken_yaml(own)
    damaged_catalogue(own)
    plugin_that_shouts(own)
    with Prompt(request.param, own) as one:
        yield one


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("steplane run orders -i ", "region="),  # it stands before what cannot be read
        ("steplane show x", ""),
        ("steplane run nowhere -i ", ""),
        ("steplane zzz ", ""),
    ],
)
def test_a_prompt_stays_clean(broken_prompt: Prompt, line: str, known: str) -> None:
    broken_prompt.press(line)
    broken_prompt.type("END")
    shown = broken_prompt.until("END")
    assert shown == f"ready> {line}{known}END"


def test_the_program_may_be_gone(own: Project) -> None:
    others = [one for one in own.env["PATH"].split(os.pathsep) if not shutil.which("steplane", path=one)]
    own.env["PATH"] = os.pathsep.join([str(own.bin), *others])  # no other one stands in for it
    for shell in ("bash", "zsh", "fish"):
        if shutil.which(shell):
            with Prompt(shell, own) as one:
                (own.bin / "steplane").rename(own.bin / "away")
                one.press("steplane ru")
                one.type("END")
                assert one.until("END") == "ready> steplane ruEND"
            (own.bin / "away").rename(own.bin / "steplane")


def test_codes_are_completed(own: Project) -> None:
    assert ask(own, "check", "--explain", "needs-i") == ["needs-itself"]
