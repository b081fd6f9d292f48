"""`artifacts` of steps in real runs: what is kept, recorded, and fetched again."""

import os
import shutil
from pathlib import Path

import pytest
from tests.runner.running import Outcome, Workbench

from steplane.app.examining import examine_run
from steplane.app.history import read_run
from steplane.app.kept import copy_files, kept_files
from steplane.errors import StateDamaged, StateError, UsageError
from steplane.events import ArtifactsKept


def kept(bench: Workbench, wanted: str | None = None) -> dict[str, list[str]]:
    """The names of what is kept, by the path of the instance."""
    found: dict[str, list[str]] = {}
    for one in kept_files(bench.store, read_run(bench.store, "r1"), wanted):
        assert Path(one.file).stat().st_size == one.size
        found.setdefault(one.path, []).append(one.name)
    return found


def warnings(done: Outcome) -> list[str]:
    return [text for _, stream, text in done.lines if stream == "warning"]


def test_of_a_step_by_pattern_and_by_its_own_folder(bench: Workbench) -> None:
    done = bench.run("""
steps:
  - id: build
    artifacts: ["dist/*.whl", "*.none"]
    run: |
      mkdir -p dist; echo w > dist/a.whl; echo no > dist/a.txt; echo own > "$STEPLANE_ARTIFACTS/own"
      echo "place=$STEPLANE_ARTIFACTS/own" >> "$STEPLANE_OUTPUT"
    outputs: [place]
  - run: test "$(cat "${{ steps.build.outputs.place }}")" = own && rm -r dist
""")
    assert done.status == "succeeded", done.lines
    assert kept(bench) == {"build": ["dist/a.whl", "own"]}
    assert warnings(done) == ["artifacts: nothing matches *.none"]
    (fact,) = [event for event in done.events if isinstance(event, ArtifactsKept)]
    assert (fact.path, fact.attempt, [one.size for one in fact.files]) == ("build", 1, [2, 4])


def test_instances_never_overwrite_each_others_files(bench: Workbench) -> None:
    bench.run("""
steps:
  - id: each
    foreach: [a, b, c/d]
    key: ${{ item }}
    concurrency: 3
    run: echo "${{ item }}" > "$STEPLANE_ARTIFACTS/report"; echo "${{ item }}" > shared-${{ loop.index }}
    artifacts: ["shared-*"]
""")
    found = kept(bench)
    assert list(found) == ["each[a]", "each[b]", "each[c/d]"]
    files = kept_files(bench.store, read_run(bench.store, "r1"))
    assert [Path(one.file).read_text() for one in files if one.name == "report"] == ["a\n", "b\n", "c/d\n"]
    assert len({os.path.dirname(one.file) for one in files}) == 3


def test_of_an_attempt_that_failed_and_of_the_one_that_made_it_good(bench: Workbench) -> None:
    step = """
steps:
  - id: flaky
    retry: {attempts: 2, delay: 1ms}
    artifacts: ["trace-*", only-when-good]
    run: |
      echo x > "trace-$STEPLANE_ATTEMPT"; echo x > "$STEPLANE_ARTIFACTS/core-$STEPLANE_ATTEMPT"
      test "$STEPLANE_ATTEMPT" = 2
"""
    done = bench.run(step)
    assert kept(bench) == {"flaky": ["core-2", "trace-1", "trace-2"]}
    assert warnings(done) == ["artifacts: nothing matches only-when-good"]
    failing = bench.run(step.replace("= 2", "= 3"), run_id="r2")
    assert failing.status == "failed"
    files = kept_files(bench.store, read_run(bench.store, "r2"))
    assert [one.name for one in files] == ["core-2", "trace-1", "trace-2"]


def test_of_groups_branches_and_loops_when_they_have_ended(bench: Workbench) -> None:
    done = bench.run(
        """
steps:
  - id: group
    artifacts: [out/*]
    steps:
      - run: mkdir -p out && echo 1 > out/one
      - run: echo 2 > out/two
  - run: rm -r out
  - id: each
    foreach: [x, y]
    key: ${{ item }}
    artifacts: [each.txt]
    steps: [{run: 'echo ${{ item }} > each.txt'}]
"""
    )
    assert done.status == "succeeded", done.lines
    assert kept(bench) == {"group": ["out/one", "out/two"], "each[x]": ["each.txt"], "each[y]": ["each.txt"]}
    files = kept_files(bench.store, read_run(bench.store, "r1"), "each")
    assert [Path(one.file).read_text() for one in files] == ["x\n", "y\n"]


def test_of_a_group_that_failed_and_not_of_one_that_never_began(bench: Workbench) -> None:
    done = bench.run("""
steps:
  - id: bad
    artifacts: [log, none]
    steps:
      - run: echo why > log; exit 3
  - id: blocked
    artifacts: [log]
    steps: [{run: 'true'}]
""")
    assert done.status == "failed"
    assert kept(bench) == {"bad": ["log"]}
    assert warnings(done) == []


def test_a_resume_keeps_what_succeeded_and_renews_what_runs_again(bench: Workbench) -> None:
    step = """
steps:
  - id: good
    run: echo 1 > "$STEPLANE_ARTIFACTS/good"
  - id: bad
    run: echo "$(date +%N)" > "$STEPLANE_ARTIFACTS/bad-$(ls | grep -c again)"; test -e again
"""
    assert bench.run(step).status == "failed"
    assert kept(bench) == {"good": ["good"], "bad": ["bad-0"]}
    (bench.folder / "again").touch()
    assert bench.resume().status == "succeeded"
    assert kept(bench) == {"good": ["good"], "bad": ["bad-1"]}


def test_what_a_killed_attempt_left_is_gone_after_the_resume(bench: Workbench) -> None:
    bench.run('steps: [{id: a, run: "exit 1"}]')
    root = Path(bench.store.folder("r1").artifacts)
    (root / ".work-0123456789").mkdir()
    (root / ".work-0123456789" / "half").write_text("x")
    (bench.folder / "ok").touch()
    bench.resume()
    assert [one.name for one in root.iterdir()] == []


def test_a_step_type_and_a_worker_process_have_the_folder_too(bench: Workbench) -> None:
    (bench.folder / "mine.py").write_text(
        "import os\ndef leave():\n    open(os.environ['STEPLANE_ARTIFACTS'] + '/from-worker', 'w').close()\n"
    )
    done = bench.run("""
steps:
  - id: call
    uses: python.call
    with: {function: "mine.py:leave"}
    artifacts: [mine.py]
""")
    assert done.status == "succeeded", done.lines
    assert kept(bench) == {"call": ["from-worker", "mine.py"]}


def test_a_name_that_holds_a_secret_is_told_and_stays_nowhere(bench: Workbench) -> None:
    done = bench.run("""
secrets: {key: {env: KEY}}
steps:
  - id: a
    env: {KEY2: "${{ secrets.key }}"}
    run: |
      mkdir -p "$STEPLANE_ARTIFACTS/d-$KEY2/in"; touch "$STEPLANE_ARTIFACTS/d-$KEY2/in/file"
      touch "$STEPLANE_ARTIFACTS/x-$KEY2" "$STEPLANE_ARTIFACTS/plain"
  - id: b
    env: {KEY2: "${{ secrets.key }}"}
    run: touch "dist-$KEY2.txt"
    artifacts: ["dist-*"]
  - id: group
    artifacts: ["dist-*"]
    steps: [{run: 'true'}]
  - id: late
    run: |
      key=zanzibar-$((40+2)); mkdir "$STEPLANE_ARTIFACTS/d"; touch "$STEPLANE_ARTIFACTS/d/$key"
      echo "$key"
    outputs: {made: {value: "${{ result.stdout }}", secret: true}}
""", environ={"KEY": "swordfish-99"})  # fmt: skip
    assert done.status == "succeeded", done.lines
    assert kept(bench) == {"a": ["plain"]}
    assert [(path, text) for path, stream, text in done.lines if stream == "warning"] == [
        ("a", "artifacts: 2 files are left out, their names hold a secret: d-***/in/file, ..."),
        ("b", "artifacts: dist-***.txt is left out, its name holds a secret"),
        ("group", "artifacts: dist-***.txt is left out, its name holds a secret"),
        ("late", "artifacts: d/*** is left out, its name holds a secret"),
    ]
    folder = Path(bench.store.folder("r1").path)
    names = " ".join(str(one) for one in folder.rglob("*"))
    assert "swordfish" not in names
    assert "zanzibar-42" not in names
    for word in (b"swordfish", b"zanzibar-42"):
        assert word not in bench.stored()
    assert "left out" in (folder / "late.log").read_text()


LEAVING = """
steps:
  - id: gone
    run: {take}
  - id: own
    run: echo own > "$STEPLANE_ARTIFACTS/f"
  - id: group
    artifacts: [f]
    steps: [{{run: echo f > f}}]
"""


def test_the_empty_folder_is_made_again_for_a_resume(bench: Workbench) -> None:
    """An empty folder is lost where a state directory is copied without such: archives and caches of CI do so."""
    assert bench.run(LEAVING.format(take="test -e ready")).status == "failed"
    os.rmdir(folder := bench.store.folder("r1").artifacts)
    (bench.folder / "ready").touch()
    assert bench.resume().status == "succeeded"
    assert kept(bench) == {"own": ["f"], "group": ["f"]}
    assert os.stat(folder).st_mode & 0o777 == 0o700


def test_the_folder_is_made_again_in_a_run_that_goes_on(bench: Workbench) -> None:
    take = """'mkdir "$STEPLANE_ARTIFACTS/d"; rm -r "$(dirname "$STEPLANE_ARTIFACTS")"'"""
    assert bench.run(LEAVING.format(take=take), pool=1).status == "succeeded"
    assert kept(bench) == {"own": ["f"], "group": ["f"]}


def test_what_stands_in_the_place_of_the_folder_is_told_and_no_link_followed(bench: Workbench) -> None:
    bench.run(LEAVING.format(take="test -e ready"))
    (bench.folder / "ready").touch()
    os.rmdir(folder := bench.store.folder("r1").artifacts)
    os.symlink(bench.folder / "elsewhere", folder)
    with pytest.raises(StateDamaged, match="artifacts is damaged: it is a link"):
        bench.resume()
    assert not (bench.folder / "elsewhere").exists()
    os.unlink(folder)
    Path(folder).touch()
    with pytest.raises(StateError, match="artifacts is not a directory") as refused:
        bench.resume()
    assert refused.value.remedy == "Move it away: it is made again."
    assert [one.message for one in examine_run(bench.store, bench.registry, "r1").problems] == [refused.value.message]
    os.unlink(folder)
    assert bench.resume().status == "succeeded"


class TestCopy:
    @pytest.fixture
    def done(self, bench: Workbench) -> Workbench:
        bench.run("""
steps:
  - id: a
    run: |
      mkdir -p "$STEPLANE_ARTIFACTS/deep"; echo a > "$STEPLANE_ARTIFACTS/deep/x"
      printf '#!/bin/sh' > "$STEPLANE_ARTIFACTS/run"; chmod +x "$STEPLANE_ARTIFACTS/run"
  - id: b
    run: echo b > "$STEPLANE_ARTIFACTS/x"
""")
        return bench

    def copy(self, bench: Workbench, target: Path, wanted: str | None = None, **how: bool) -> list[str]:
        files = kept_files(bench.store, read_run(bench.store, "r1"), wanted)
        together = len({one.path for one in files}) == 1
        made = copy_files(bench.store.folder("r1"), files, str(target), together=together, **how)
        return [str(Path(place).relative_to(target)) for _, place in made]

    def test_of_all_and_of_one(self, done: Workbench, tmp_path: Path) -> None:
        assert self.copy(done, tmp_path / "all") == ["a/deep/x", "a/run", "b/x"]
        assert self.copy(done, tmp_path / "one", "a") == ["deep/x", "run"]
        assert (tmp_path / "one" / "run").stat().st_mode & 0o100
        assert not (tmp_path / "one" / "deep" / "x").stat().st_mode & 0o100
        assert sorted(one.name for one in (tmp_path / "one").iterdir()) == ["deep", "run"]

    def test_nothing_is_overwritten_unasked(self, done: Workbench, tmp_path: Path) -> None:
        (tmp_path / "t").mkdir()
        (tmp_path / "t" / "run").write_text("mine")
        with pytest.raises(UsageError, match="is there already"):
            self.copy(done, tmp_path / "t", "a")
        assert [one.name for one in (tmp_path / "t").iterdir()] == ["run"]
        self.copy(done, tmp_path / "t", "a", force=True)
        assert (tmp_path / "t" / "run").read_text() == "#!/bin/sh"

    @pytest.mark.parametrize("harm", ["changed", "gone", "a link", "the folder a link"])
    def test_what_is_not_what_was_recorded_is_not_passed_on(self, done: Workbench, tmp_path: Path, harm: str) -> None:
        folder = Path(done.store.folder("r1").artifacts) / "b"
        (tmp_path / "x").write_text("b\n")
        if harm == "changed":
            (folder / "x").write_text("evil")
        elif harm == "the folder a link":
            shutil.move(folder, tmp_path / "moved")
            folder.symlink_to(tmp_path / "moved")
        else:
            (folder / "x").unlink()
            if harm == "a link":
                (folder / "x").symlink_to(tmp_path / "x")
        with pytest.raises(StateDamaged):
            self.copy(done, tmp_path / "t", "b")
        assert not (tmp_path / "t" / "x").exists()
        assert [one.name for one in (tmp_path / "t").glob("*")] == []
