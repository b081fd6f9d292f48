"""`steplane artifacts`: what is kept of a run, listed and fetched."""

import json
import os
from pathlib import Path

import pytest
from tests.runner.cli.conftest import Shell

FILES = """\
steplane: 1
name: files
steps:
  - id: build
    artifacts: ["dist/*"]
    run: |
      mkdir -p dist; printf 12345 > dist/app.whl; head -c 3000 /dev/zero > dist/zeros
  - id: each
    foreach: [a, b]
    key: ${{ item }}
    run: printf ${{ item }} > "$STEPLANE_ARTIFACTS/report.xml"
  - run: 'true'
"""


@pytest.fixture
def kept(shell: Shell) -> Shell:
    shell.write("files.yaml", FILES)
    assert shell("run", "files.yaml", "--id", "one").returncode == 0
    return shell


def test_the_list(kept: Shell) -> None:
    done = kept("artifacts")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "STEP     FILE          SIZE     SHA-256\n"
        "build    dist/app.whl  5 B      5994471abb01\n"
        "         dist/zeros    2.9 KiB  d89f6f99f4b2\n".replace("d89f6f99f4b2", digest_of_zeros())
        + "each[a]  report.xml    1 B      ca978112ca1b\n"
        "each[b]  report.xml    1 B      3e23e8160039\n"
    )
    assert kept("artifacts", "each[b]").stdout.splitlines()[1:] == ["each[b]  report.xml  1 B   3e23e8160039"]
    assert len(kept("artifacts", "one", "each").stdout.splitlines()) == 3


def real(shell: Shell, shown: str) -> Path:
    """The file whose path was shown; ids of runs are shown shorter here than they are."""
    (found,) = (shell.folder / ".steplane" / "runs").glob(f"one*/{shown.partition('/runs/one/')[2]}")
    return found


def digest_of_zeros() -> str:
    import hashlib

    return hashlib.sha256(bytes(3000)).hexdigest()[:12]


def test_for_programs(kept: Shell) -> None:
    data = json.loads(kept("artifacts", "--format", "json").stdout)
    assert [(one["path"], one["step"], one["name"], one["size"]) for one in data["artifacts"]] == [
        ("build", "build", "dist/app.whl", 5), ("build", "build", "dist/zeros", 3000),
        ("each[a]", "each", "report.xml", 1), ("each[b]", "each", "report.xml", 1),
    ]  # fmt: skip
    assert [real(kept, one["file"]).stat().st_size for one in data["artifacts"]] == [5, 3000, 1, 1]
    lines = [json.loads(line) for line in kept("run", "files.yaml", "--format", "json").stdout.splitlines()]
    told = [one for one in lines if one["type"] == "artifacts.kept"]
    assert [(one["path"], len(one["files"])) for one in told] == [("build", 2), ("each[a]", 1), ("each[b]", 1)]


def test_copies(kept: Shell) -> None:
    done = kept("artifacts", "one", "build", "--copy", "out")
    assert (done.returncode, done.stdout) == (0, "out/dist/app.whl\nout/dist/zeros\n")
    assert done.stderr == "copied 2 files, 2.9 KiB\n"
    assert (kept.folder / "out" / "dist" / "app.whl").read_text() == "12345"
    again = kept("artifacts", "one", "build", "--copy", "out")
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == (
        "error: out/dist/app.whl is there already\n help: Name another directory, or replace it with --force.\n"
    )
    assert kept("artifacts", "one", "build", "--copy", "out", "--force").returncode == 0
    copied = kept("artifacts", "--copy", "all").stdout.splitlines()
    assert len(copied) == 4
    assert len({os.path.dirname(one) for one in copied}) == 3


def test_what_was_changed_since_is_not_passed_on(kept: Shell) -> None:
    data = json.loads(kept("artifacts", "build", "--format", "json").stdout)
    real(kept, data["artifacts"][0]["file"]).write_text("evil!")
    done = kept("artifacts", "build", "--copy", "out")
    assert done.returncode == 2
    assert done.stderr.endswith(
        "artifacts/build/dist/app.whl is not what was recorded\n help: It was changed since; run its step again.\n"
    )
    assert not list((kept.folder / "out").rglob("app.whl"))


def test_where_there_is_none(kept: Shell) -> None:
    done = kept("artifacts", "one", "files_3")
    assert done.returncode == 2
    kept("run", "hello.yaml", "--id", "two")
    none = kept("artifacts", "two")
    assert (none.returncode, none.stdout, kept.plain(none.stderr)) == (0, "", "no files are kept of run two\n")
    assert kept("artifacts", "nowhere").returncode == 2
    assert "build" in kept("artifacts", "one", "buidl").stderr
    assert kept("artifacts", "one", "--copy", "/proc/none").returncode == 6
