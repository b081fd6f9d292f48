"""What is kept of an attempt: never anything from outside of the working directory, never more than the limits."""

import hashlib
import os
import stat
from pathlib import Path

import pytest

from steplane.executors import artifacts
from steplane.executors.own_folder import OwnFolder, clear, sweep
from steplane.parts import Artifact
from steplane.sdk.globs import Found


class Desk:
    """A working directory and a folder for what is kept."""

    def __init__(self, root: Path) -> None:
        self.work, self.kept, self.outside = root / "work", root / "kept", root / "outside"
        for one in (self.work, self.kept, self.outside):
            one.mkdir()
        (self.outside / "secret").write_text("secret")
        self.said: list[str] = []

    def put(self, name: str, content: str = "x") -> None:
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def collect(self, *patterns: str, **how: bool | str) -> list[str]:
        """The names of what is kept."""
        found = artifacts.collect(str(self.kept), str(self.work), patterns, self.said.append, **how)  # type: ignore[arg-type]
        for one in found:
            content = (self.kept / one.name).read_bytes()
            assert (one.size, one.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        return [one.name for one in found]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_what_matches_is_copied_with_its_folders(desk: Desk) -> None:
    for name in ("a.txt", "b.csv", "out/x", "out/deep/y", "out/.hidden", ".git/config"):
        desk.put(name, name)
    (desk.work / "out" / "x").chmod(0o755)
    assert desk.collect("*.txt", "out") == ["a.txt", "out/.hidden", "out/deep/y", "out/x"]
    assert (desk.kept / "out" / "deep" / "y").read_text() == "out/deep/y"
    modes = [stat.S_IMODE((desk.kept / one).stat().st_mode) for one in ("a.txt", "out/x", "out")]
    assert modes == [0o600, 0o700, 0o700]
    assert desk.said == []


def test_what_the_step_put_there_itself_is_kept_and_not_overwritten(desk: Desk) -> None:
    desk.put("report", "of the working directory")
    (desk.kept / "report").write_text("of the step")
    (desk.kept / ".more").mkdir()
    (desk.kept / ".more" / "x").write_text("x")
    assert desk.collect("report") == [".more/x", "report"]
    assert (desk.kept / "report").read_text() == "of the step"
    assert desk.said == ["artifacts: report is left out, the step has put a file of that name there itself"]


def test_a_pattern_that_matches_nothing_is_told_unless_the_attempt_failed(desk: Desk) -> None:
    assert desk.collect("none", "n?ne/*") == []
    assert desk.said == ["artifacts: nothing matches none", "artifacts: nothing matches n?ne/*"]
    desk.said.clear()
    desk.collect("none", quiet=True)
    assert desk.said == []


class TestLinks:
    """S37: no link is followed, neither out of the working directory nor out of the run's folder."""

    def test_in_the_working_directory(self, desk: Desk) -> None:
        desk.put("real")
        (desk.work / "file").symlink_to(desk.outside / "secret")
        (desk.work / "folder").symlink_to(desk.outside)
        (desk.work / "round").symlink_to(".")
        assert desk.collect("**", "folder/*", "folder/secret") == ["real"]
        assert desk.said[0] == "artifacts: 3 symbolic links are left out: none is followed"

    def test_among_what_the_step_left(self, desk: Desk) -> None:
        (desk.kept / "out").symlink_to(desk.outside)
        (desk.kept / "leak").symlink_to(desk.outside / "secret")
        desk.put("out/x")
        desk.put("leak")
        assert desk.collect("out/x", "leak") == []
        assert sorted(one.name for one in desk.outside.iterdir()) == ["secret"]
        assert (desk.outside / "secret").read_text() == "secret"
        assert [one.split(":")[1] for one in desk.said] == [" leak cannot be kept", " out/x cannot be kept"]

    def test_in_the_place_of_the_folder_itself(self, desk: Desk) -> None:
        desk.kept.rmdir()
        desk.kept.symlink_to(desk.outside)
        desk.put("x")
        found = artifacts.collect(str(desk.kept), str(desk.work), ["x"], desk.said.append)
        assert found == ()
        assert [one.name for one in desk.outside.iterdir()] == ["secret"]
        assert desk.said[0].startswith("artifacts cannot be kept: ")

    def test_that_come_between_finding_and_opening(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        desk.put("a")
        desk.put("b")
        real = artifacts._Reader

        def swapped(one: Found) -> artifacts._Reader:
            path = desk.work / one.path
            path.unlink()
            path.symlink_to(desk.outside / "secret")
            return real(one)

        monkeypatch.setattr(artifacts, "_Reader", swapped)
        assert desk.collect("a", "b") == []
        assert len(desk.said) == 2
        assert list(desk.kept.iterdir()) == []


class TestLimits:
    def test_pipes_and_devices_are_no_files(self, desk: Desk) -> None:
        os.mkfifo(desk.work / "pipe")
        os.mkfifo(desk.kept / "pipe")
        desk.put("x")
        assert desk.collect("*") == ["x"]

    def test_of_number_and_size(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(5):
            desk.put(f"f{number}", "1234567890")
        monkeypatch.setattr(artifacts, "FILES", 3)
        assert desk.collect("*") == ["f0", "f1", "f2"]
        assert len(desk.said) == 1
        assert desk.said[0].startswith("artifacts: f3 and what follows is left out: at most 3 files")
        monkeypatch.setattr(artifacts, "FILES", 100)
        monkeypatch.setattr(artifacts, "BYTES", 25)
        clear(str(desk.kept))
        desk.kept.mkdir()
        assert desk.collect("*") == ["f0", "f1"]

    def test_a_file_that_grows_is_taken_as_it_was(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        desk.put("log", "12345")
        monkeypatch.setattr(artifacts, "BLOCK", 2)
        real = os.write

        def growing(descriptor: int, data: bytes) -> int:
            with (desk.work / "log").open("a") as file:
                file.write("more")
            return real(descriptor, data)

        monkeypatch.setattr(os, "write", growing)
        assert desk.collect("log") == ["log"]
        assert (desk.kept / "log").read_text() == "12345"

    def test_the_state_directory_is_left_alone(self, desk: Desk) -> None:
        desk.put(".steplane/runs/r1/journal.db")
        desk.put("x")
        assert desk.collect(".*", "x", private=str(desk.work / ".steplane"), quiet=True) == ["x"]

    def test_when_it_is_stopped_it_stops(self, desk: Desk) -> None:
        desk.put("a")
        desk.put("b")
        calls = iter([False, True])
        found = artifacts.collect(str(desk.kept), str(desk.work), ["*"], desk.said.append, stopped=lambda: next(calls))
        assert [one.name for one in found] == ["a"]

    def test_names_that_are_not_utf_8(self, desk: Desk) -> None:
        Path(os.fsdecode(b"%s/\xff" % os.fsencode(desk.work))).write_text("x")
        desk.put("é")
        assert desk.collect("*") == ["é"]
        assert desk.said == ["artifacts: '\\udcff' is left out, its name is not UTF-8"]

    def test_a_full_disk_is_told_and_leaves_no_half(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        desk.put("a")

        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "write", full)
            assert desk.collect("a") == []
        assert desk.said == ["artifacts: a cannot be kept: No space left on device"]
        assert list(desk.kept.iterdir()) == []


def taken(own: OwnFolder, final: str) -> str:
    """The folder for an attempt that asks for it."""
    own.begin(final)
    return own.take()


class TestOwnFolder:
    def test_goes_from_attempt_to_attempt_until_something_is_left_in_it(self, tmp_path: Path) -> None:
        own = OwnFolder()
        first = taken(own, str(tmp_path / "a"))
        assert own.empty
        assert taken(own, str(tmp_path / "b")) == first
        (Path(first) / "x").write_text("x")
        assert not own.empty
        own.give()
        assert (tmp_path / "b" / "x").read_text() == "x"
        assert (Path(first) / "x").read_text() == "x", "a path that the step has told stays good"
        assert taken(own, str(tmp_path / "c")) != first
        own.close()
        assert sorted(one.name for one in tmp_path.iterdir()) == sorted([Path(first).name, "b"])

    def test_what_an_earlier_attempt_left_is_taken_away(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "old").write_text("old")
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "safe").write_text("safe")
        OwnFolder().begin(str(tmp_path / "a"))
        assert not (tmp_path / "a").exists()
        (tmp_path / "b").symlink_to(tmp_path / "elsewhere")
        OwnFolder().begin(str(tmp_path / "b"))
        assert not (tmp_path / "b").is_symlink()
        assert (tmp_path / "elsewhere" / "safe").exists()

    @pytest.mark.parametrize("becomes", ["nothing", "a file", "a link"])
    def test_one_that_a_step_has_made_something_else_is_given_up(self, tmp_path: Path, becomes: str) -> None:
        own = OwnFolder()
        first = Path(taken(own, str(tmp_path / "a")))
        first.rmdir()
        if becomes == "a file":
            first.write_text("x")
        elif becomes == "a link":
            first.symlink_to(tmp_path)
        assert own.empty
        second = Path(taken(own, str(tmp_path / "a")))
        assert second != first
        assert second.is_dir()

    def test_who_does_not_ask_for_it_gets_none(self, tmp_path: Path) -> None:
        own = OwnFolder()
        own.begin(str(tmp_path / "a"))
        assert own.empty
        assert not own.taken
        own.close()
        assert list(tmp_path.iterdir()) == []

    def test_one_that_has_been_empty_for_long_is_looked_into_when_it_changes(self, tmp_path: Path) -> None:
        own = OwnFolder()
        folder = Path(taken(own, str(tmp_path / "a")))
        os.utime(folder, (1, 1))
        assert own.empty
        assert taken(own, str(tmp_path / "b")) == str(folder)
        assert own.empty
        (folder / "x").touch()
        assert not own.empty
        (folder / "x").unlink()
        assert own.empty

    def test_what_was_cut_off_is_swept_away(self, tmp_path: Path) -> None:
        own = OwnFolder()
        left = Path(taken(own, str(tmp_path / "a")))
        (left / "half").write_text("x")
        kept = OwnFolder()
        (Path(taken(kept, str(tmp_path / "b"))) / "x").write_text("x")
        kept.give()
        sweep(str(tmp_path))
        assert not left.exists()
        assert len([one for one in tmp_path.iterdir() if one.is_symlink()]) == 1
        assert (tmp_path / "b" / "x").exists()


def test_an_artifact_is_plain_data() -> None:
    assert Artifact(name="a", size=1, sha256="x") == Artifact(name="a", size=1, sha256="x")
