"""The files of recorded results: put back as they were, and nowhere else."""

import os
import shutil
from pathlib import Path

import pytest
from tests.runner.app.cached import again, change, results, warnings, why
from tests.runner.running import Workbench

from steplane.app.examining import examine_run
from steplane.app.history import read_run
from steplane.app.kept import kept_files, verify_file
from steplane.store.results import KeptFile


def test_nothing_is_put_back_through_a_link(built: Workbench, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    out = built.folder / "out"
    (out / "bin" / "app").unlink()
    (out / "bin").rmdir()
    os.symlink(outside, out / "bin")
    run = again(built)
    assert run.statuses["build"] == "succeeded"
    assert "a file of the result cannot be put back" in warnings(run)[0]


@pytest.mark.parametrize("path", ["../evil", "/tmp/evil", "out/../../evil", "out//evil", ""])
def test_an_entry_whose_files_lead_out_is_a_miss(built: Workbench, path: str) -> None:
    change(built, files=(KeptFile(path, 1, 0o600, "0" * 64),))
    run = again(built)
    assert run.statuses["build"] == "succeeded"
    assert "which is no file below a folder; the step runs" in warnings(run)[0]
    assert not (built.folder.parent / "evil").exists()


LIBRARY = """
steps:
  - id: build
    run: |
      umask 022; mkdir -p lib/real/closed lib/empty; echo code > lib/real/libx.so.1; echo c > lib/real/closed/c
      ln -sfn real/libx.so.1 lib/libx.so; ln -sfn ../real lib/real/self; ln -sfn nowhere lib/dangling
      test -z "${{ inputs.out }}" || ln -sfn "${{ inputs.out }}" lib/out
      chmod 500 lib/real/closed; chmod 2775 lib; echo ran >> ledger
    cache: {key: 1, outputs: ["lib/**"]}
inputs: {out: {type: string, default: ""}}
"""


def tree(folder: Path) -> dict[str, str]:
    """What is below a folder: permissions of folders, what links name, contents."""
    found = {".": f"{folder.stat().st_mode & 0o777:o}"}
    for one in sorted(folder.rglob("*")):
        link, text = one.is_symlink(), "" if one.is_dir() or one.is_symlink() else one.read_text()
        found[str(one.relative_to(folder))] = os.readlink(one) if link else text or f"{one.stat().st_mode & 0o777:o}"
    return found


def remove(folder: Path) -> None:
    (folder / "real" / "closed").chmod(0o700)
    shutil.rmtree(folder)


def test_links_and_folders_are_put_back_as_they_were(bench: Workbench) -> None:
    lib = bench.folder / "lib"
    bench.run(LIBRARY, run_id="r0")
    before = tree(lib)
    assert (before["libx.so"], before["empty"], before["real/closed"]) == ("real/libx.so.1", "755", "500")
    remove(lib)
    assert again(bench, LIBRARY).statuses["build"] == "reused"
    assert tree(lib) == before
    (lib / "libx.so").unlink()
    (lib / "libx.so").symlink_to("other")
    (lib / "real").chmod(0o700)
    assert again(bench, LIBRARY, 2).statuses["build"] == "reused"
    assert tree(lib) == {**before, "real": "700"}  # a folder that is there is left alone
    (lib / "empty").rmdir()
    (lib / "empty").touch()
    assert warnings(again(bench, LIBRARY, 3))[0].endswith("put back: lib/empty is no folder; the step runs")
    (lib / "empty").unlink()
    (lib / "libx.so").unlink()
    (lib / "libx.so").write_text("no link")
    run = again(bench, LIBRARY, 4)
    assert (run.statuses["build"], (lib / "libx.so").is_symlink()) == ("succeeded", True)
    assert warnings(run) == [
        "cache: a file of the result cannot be put back: lib/libx.so is no symbolic link; the step runs"
    ]
    assert bench.ledger == ["ran", "ran"]  # `mkdir` fails where a file stands in its place


@pytest.mark.parametrize("out", ["/etc/passwd", "../..", "real/../../../x", "real/self/../../.."])
def test_a_link_that_may_lead_out_is_left_out_with_a_warning(bench: Workbench, out: str) -> None:
    run = bench.run(LIBRARY, {"out": out}, run_id="r0")
    assert warnings(run) == [
        "cache: a symbolic link of `cache.outputs` is left out, which may lead out of the working directory"
    ]
    remove(bench.folder / "lib")
    assert again(bench, LIBRARY, out=out).statuses["build"] == "reused"
    assert sorted(one.name for one in (bench.folder / "lib").iterdir()) == ["dangling", "empty", "libx.so", "real"]


@pytest.mark.parametrize("link", ["/etc", "../../x", "real/../../../x", "a\0b"])
def test_an_entry_whose_links_lead_out_is_a_miss(bench: Workbench, link: str) -> None:
    bench.run(LIBRARY, run_id="r0")
    change(bench, files=(KeptFile("lib/x", 0, 0, "", link),))
    run = again(bench, LIBRARY)
    assert run.statuses["build"] == "succeeded"
    assert "the link 'lib/x', which leads out of the folder; the step runs" in warnings(run)[0]


def test_an_entry_of_before_links_were_kept_is_read(built: Workbench) -> None:
    change(built, folders=())
    shutil.rmtree(built.folder / "out")
    assert again(built).statuses["build"] == "reused"
    assert (built.folder / "out" / "bin" / "app").read_text() == "a"


def test_what_a_link_among_the_files_names_counts(built: Workbench) -> None:
    link = built.folder / "src" / "current"
    for number, target in enumerate(["v1", "v2", "v2"], 1):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        run = again(built, number=number)
        assert run.statuses["build"] == ("reused" if number == 3 else "succeeded")
        if number < 3:
            assert why(run) == [f"files: src/current {'is new' if number == 1 else 'changed'}"]


KEEPING = """
steps:
  - id: build
    run: |
      mkdir -p dist/deep; echo app > dist/deep/app; chmod +x dist/deep/app; echo ran >> ledger
      echo log > "$STEPLANE_ARTIFACTS/notes"; test -e fails-once || { touch fails-once; exit 1; }
    retry: {attempts: 2, delay: 1ms}
    artifacts: ["dist/**"]
    cache: {key: 1, outputs: ["dist/**"]}
  - id: group
    artifacts: ["dist/deep/*"]
    cache: {key: 1}
    steps: [{run: 'true'}]
  - {id: none, run: 'true', cache: {key: 1}}
"""


def artifacts(bench: Workbench, run: str) -> dict[str, list[str]]:
    """The names of what is kept, by the path of the instance; each is what was recorded."""
    found: dict[str, list[str]] = {}
    for one in kept_files(bench.store, read_run(bench.store, run)):
        verify_file(bench.store.folder(run), one)
        found.setdefault(one.path, []).append(one.name)
    return found


def test_a_reused_step_has_the_artifacts_of_its_result(bench: Workbench) -> None:
    kept = {"build": ["dist/deep/app", "notes"], "group": ["dist/deep/app"]}
    bench.run(KEEPING, run_id="r0")
    assert artifacts(bench, "r0") == kept
    bench.store.delete("r0")
    run = again(bench, KEEPING)
    assert set(run.statuses.values()) == {"reused"}
    assert artifacts(bench, "r1") == kept
    folder = Path(bench.store.folder("r1").artifacts)
    assert sorted(one.name for one in folder.iterdir()) == ["build", "group"]
    assert (folder / "build" / "dist" / "deep" / "app").stat().st_mode & 0o100
    assert examine_run(bench.store, bench.registry, "r1").problems == []
    assert results(bench).forget(0) == 0  # what is named by an entry stays when others go
    assert artifacts(bench, again(bench, KEEPING, 2).result.run) == kept
    assert bench.ledger == ["ran", "ran"]


def test_artifacts_that_cannot_be_had_again_are_a_miss(bench: Workbench) -> None:
    bench.run(KEEPING, run_id="r0")
    for one in Path(results(bench).files).rglob("*"):
        if one.is_file() and one.read_text() == "log\n":
            one.write_text("evil")
    run = again(bench, KEEPING)
    assert run.statuses["build"] == "succeeded"
    assert "the recorded file notes is not what was recorded; the step runs" in warnings(run)[0]
    assert artifacts(bench, "r1")["build"] == ["dist/deep/app", "notes"]


def test_artifacts_that_were_not_kept_with_a_result_are_told(bench: Workbench) -> None:
    text = KEEPING[: KEEPING.index("  - id: group")]
    bench.run(text, run_id="r0")
    change(bench, artifacts=None)
    run = again(bench, text)
    assert (run.statuses["build"], artifacts(bench, "r1")) == ("reused", {})
    assert warnings(run) == ["cache: its `artifacts` are missing: they were not kept with the result then"]
