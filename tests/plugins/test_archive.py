"""`archive.pack`, `archive.unpack`: archives that the programs tar and zip make and read."""

import glob
import os
import shutil
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from steplane.sdk import Step, StepError, convert, to_plain
from steplane.testing import RecordingContext
from steplane_steps.archive import steplane_steps

TYPES: dict[str, type[Step]] = {one.steplane.type: one for one in steplane_steps()}
NEEDS_TAR = pytest.mark.skipif(shutil.which("tar") is None, reason="there is no tar on this machine")
NEEDS_ZIP = pytest.mark.skipif(shutil.which("zip") is None, reason="there is no zip on this machine")
ENV = {"PATH": os.environ["PATH"]}


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path, env=ENV)


def run(ctx: RecordingContext, name: str, **parameters: Any) -> dict[str, Any]:
    plain = to_plain(convert(TYPES[name], parameters).run(ctx), name)
    assert plain is not None
    return plain


def failure(ctx: RecordingContext, name: str, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(StepError) as caught:
        run(ctx, name, **parameters)
    assert caught.value.type in {*TYPES[name].steplane.errors, "input.invalid", "cancelled"}
    return caught.value.type, caught.value.message


def make(folder: Path) -> None:
    """A small project, with all kinds of things in it."""
    (folder / "src" / "deep").mkdir(parents=True)
    (folder / "src" / "a.txt").write_text("a\n")
    (folder / "src" / "deep" / "ä b.txt").write_text("b\n" * 5000)
    (folder / "src" / "run.sh").write_text("#!/bin/sh\n")
    (folder / "src" / "run.sh").chmod(0o755)
    (folder / "src" / "empty").mkdir()
    (folder / "src" / ".hidden").write_text("h")
    (folder / "src" / "link").symlink_to("deep/ä b.txt")
    (folder / "src" / "up").symlink_to("a.txt")


def tree(folder: Path) -> dict[str, Any]:
    """What is in a folder: contents of files, targets of links, None for folders."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        else:
            found[name] = None if path.is_dir() else (path.read_bytes(), path.stat().st_mode & 0o777)
    return found


def program(folder: Path, *words: str) -> None:
    subprocess.run(words, cwd=folder, check=True, capture_output=True)


FORMATS = ["tar", "tar.gz", "tar.bz2", "tar.xz", "zip"]


class TestBothWays:
    @pytest.mark.parametrize("form", FORMATS)
    @pytest.mark.parametrize("deterministic", [True, False])
    def test_what_is_packed_comes_out_again(self, ctx: RecordingContext, form: str, deterministic: bool) -> None:
        make(ctx.workdir)
        packed = run(ctx, "archive.pack", path=f"a.{form}", sources=["src"], deterministic=deterministic)
        assert packed["count"] == 4
        assert packed["size"] == (ctx.workdir / f"a.{form}").stat().st_size
        out = run(ctx, "archive.unpack", path=f"a.{form}", target="out")
        assert (out["path"], out["top"], out["count"]) == (str(ctx.workdir / "out"), ["src"], 6)
        assert tree(ctx.workdir / "out" / "src") == tree(ctx.workdir / "src")
        assert sorted(one.name for one in ctx.workdir.iterdir()) == [f"a.{form}", "artifacts", "out", "src"]

    @NEEDS_TAR
    @pytest.mark.parametrize(("form", "option"), [("tar", ""), ("tar.gz", "z"), ("tar.bz2", "j"), ("tar.xz", "J")])
    def test_what_tar_makes_and_what_tar_reads(self, ctx: RecordingContext, form: str, option: str) -> None:
        make(ctx.workdir)
        program(ctx.workdir, "tar", f"c{option}f", f"theirs.{form}", "src")
        run(ctx, "archive.unpack", path=f"theirs.{form}", target="out")
        assert tree(ctx.workdir / "out" / "src") == tree(ctx.workdir / "src")
        run(ctx, "archive.pack", path=f"ours.{form}", sources=["src"])
        (ctx.workdir / "again").mkdir()
        program(ctx.workdir, "tar", f"x{option}f", f"ours.{form}", "-C", "again")
        assert tree(ctx.workdir / "again" / "src") == tree(ctx.workdir / "src")

    @NEEDS_ZIP
    def test_what_zip_makes_and_what_unzip_reads(self, ctx: RecordingContext) -> None:
        make(ctx.workdir)
        program(ctx.workdir, "zip", "-qry", "theirs.zip", "src")
        run(ctx, "archive.unpack", path="theirs.zip", target="out")
        assert tree(ctx.workdir / "out" / "src") == tree(ctx.workdir / "src")
        run(ctx, "archive.pack", path="ours.zip", sources=["src"])
        program(ctx.workdir, "unzip", "-q", "ours.zip", "-d", "again")
        assert tree(ctx.workdir / "again" / "src") == tree(ctx.workdir / "src")

    @NEEDS_TAR
    def test_other_things_that_tar_can_make(self, ctx: RecordingContext) -> None:
        """Hard links, sparse files, names longer than a header, archives in a row, old and new formats."""
        folder = ctx.workdir / "src"
        folder.mkdir()
        (folder / "one").write_text("content")
        os.link(folder / "one", folder / "two")
        long = "/".join(["long-name" * 20] * 3)
        (folder / long).parent.mkdir(parents=True)
        (folder / long).write_text("l")
        with (folder / "sparse").open("wb") as file:
            file.truncate(5_000_000)
            file.seek(3_000_000)
            file.write(b"x")
        for form in ("gnu", "pax"):
            program(ctx.workdir, "tar", "-S", f"--format={form}", "-czf", "a.tgz", "src")
            run(ctx, "archive.unpack", path="a.tgz", target="out", existing="replace")
            assert tree(ctx.workdir / "out" / "src") == tree(folder)
            assert os.path.samefile(ctx.workdir / "out/src/one", ctx.workdir / "out/src/two")
        program(ctx.workdir, "tar", "--format=v7", "-cf", "old.tar", "src/one")
        assert run(ctx, "archive.unpack", path="old.tar", target="old")["count"] == 1
        program(ctx.workdir, "sh", "-c", "gzip -c < old.tar > first.gz; head -c 4 old.tar | gzip -c > x.gz; "
                "head -c 700 old.tar | gzip -c > parts.gz; tail -c +701 old.tar | gzip -c >> parts.gz")  # fmt: skip
        assert run(ctx, "archive.unpack", path="parts.gz", target="parts")["count"] == 1
        assert tree(ctx.workdir / "parts") == tree(ctx.workdir / "old")

    @settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
    @given(
        files=some.dictionaries(
            some.text(
                some.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=8
            ).filter(lambda name: name not in {".", ".."} and len(name.encode()) < 200),
            some.binary(max_size=200),
            min_size=1,
            max_size=4,
        ),
        form=some.sampled_from(["tar", "tar.gz", "zip"]),
    )
    def test_any_names_and_contents(self, ctx: RecordingContext, files: dict[str, bytes], form: str) -> None:
        if form == "zip":
            files = {name.replace("\\", "_").replace(":", "_"): content for name, content in files.items()}
        root = ctx.workdir / "r"
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        for name, content in files.items():
            (root / name).write_bytes(content)
        visible = {"**" for name in files if not name.startswith(".")}
        sources = sorted(visible | {glob.escape(name) for name in files if name.startswith(".")})
        run(ctx, "archive.pack", path="a", format=form, root="r", sources=sources)
        run(ctx, "archive.unpack", path="a", target="o", existing="replace")
        assert {one.name: one.read_bytes() for one in (ctx.workdir / "o").iterdir()} == {
            one.name: one.read_bytes() for one in root.iterdir()
        }


UNKNOWN = (
    "`a.rar` ends in none of .tar, .tar.gz, .tgz, .tar.bz2, .tbz2, .tar.xz, .txz, .tar.zst, .tzst, .zip: "
    "say the `format`"
)


class TestPack:
    @pytest.mark.parametrize("form", FORMATS)
    def test_the_same_files_give_the_same_bytes(self, ctx: RecordingContext, tmp_path: Path, form: str) -> None:
        digests = set()
        for number, name in enumerate(["one", "two"]):
            folder = tmp_path / name
            folder.mkdir()
            make(folder)
            for path in folder.rglob("*"):
                if not path.is_symlink():
                    os.utime(path, (number * 1000, number * 1_000_000))
                    path.chmod((0o700 if path.is_dir() or path.name == "run.sh" else 0o600) | number * 0o22)
            there = RecordingContext(folder, env=ENV)
            digests.add(run(there, "archive.pack", path=f"a.{form}", sources=["src"], deterministic=True)["sha256"])
        assert len(digests) == 1

    def test_owners_times_and_permissions_of_a_deterministic_one(self, tmp_path: Path) -> None:
        make(tmp_path)
        ctx = RecordingContext(tmp_path, env={**ENV, "SOURCE_DATE_EPOCH": "1700000000"})
        run(ctx, "archive.pack", path="a.tar", sources=["src"], deterministic=True)
        with tarfile.open(tmp_path / "a.tar") as archive:
            members = archive.getmembers()
        assert [one.name for one in members] == sorted(one.name for one in members)
        assert {(one.uid, one.gid, one.uname, one.mtime) for one in members} == {(0, 0, "", 1700000000)}
        assert {one.name: oct(one.mode) for one in members if one.isreg()} == {
            "src/.hidden": "0o644", "src/a.txt": "0o644", "src/deep/ä b.txt": "0o644", "src/run.sh": "0o755",
        }  # fmt: skip
        run(ctx, "archive.pack", path="a.zip", sources=["src"], deterministic=True)
        with zipfile.ZipFile(tmp_path / "a.zip") as zipped:
            assert {one.date_time for one in zipped.infolist()} == {(2023, 11, 14, 22, 13, 20)}
        broken = RecordingContext(tmp_path, env={"SOURCE_DATE_EPOCH": "soon"})
        assert failure(broken, "archive.pack", path="b.tar", sources=["src"], deterministic=True)[0] == "input.invalid"

    def test_patterns_prefix_and_root(self, ctx: RecordingContext) -> None:
        make(ctx.workdir)
        run(
            ctx,
            "archive.pack",
            path="a.zip",
            root="src",
            sources=["**/*.txt", "*.sh"],
            exclude=["a.*"],
            prefix="x-1.0/",
        )
        with zipfile.ZipFile(ctx.workdir / "a.zip") as archive:
            assert archive.namelist() == ["x-1.0/deep/ä b.txt", "x-1.0/run.sh"]

    def test_links_are_not_followed_and_the_archive_is_not_in_itself(
        self, ctx: RecordingContext, tmp_path: Path
    ) -> None:
        (ctx.workdir / "a").write_text("a")
        (ctx.workdir / "out").symlink_to("/etc")
        os.mkfifo(ctx.workdir / "pipe")
        run(ctx, "archive.pack", path="x.tar", sources=["**"])
        run(ctx, "archive.pack", path="x.tar", sources=["**"], exclude=["artifacts"])
        with tarfile.open(tmp_path / "x.tar") as archive:
            assert [(one.name, one.linkname) for one in archive.getmembers()] == [("a", ""), ("out", "/etc")]
        assert ctx.warned == ["pipe is no file, directory or link: it is left out"] * 2

    @pytest.mark.parametrize(
        ("parameters", "error"),
        [
            ({"sources": ["none"]}, ("archive.empty", "nothing matches `none` in `.`")),
            ({"sources": ["src", "*.md"]}, ("archive.empty", "nothing matches `*.md` in `.`")),
            ({"sources": ["/etc"]},
             ("input.invalid", "the pattern `/etc` of `sources` begins outside of the folder: it must be relative")),
            ({"sources": ["src"], "exclude": ["../x"]},
             ("input.invalid", "the pattern `../x` of `exclude` leads out of the folder by `..`")),
            ({"sources": ["src"], "prefix": "../up"}, ("input.invalid", "`prefix` '../up' leads out of the archive")),
            ({"sources": ["src"], "root": "none"}, ("file.missing", "`none` does not exist")),
            ({"sources": ["src"], "path": "a.rar"}, ("archive.format", UNKNOWN)),
        ],
    )  # fmt: skip
    def test_mistakes_leave_nothing(
        self, ctx: RecordingContext, parameters: dict[str, Any], error: tuple[str, str]
    ) -> None:
        make(ctx.workdir)
        assert failure(ctx, "archive.pack", **{"path": "a.tar", **parameters}) == error
        assert sorted(one.name for one in ctx.workdir.iterdir()) == ["artifacts", "src"]

    def test_names_that_are_not_utf_8(self, ctx: RecordingContext) -> None:
        os.mkdir(b"%s/src" % os.fsencode(ctx.workdir))
        open(b"%s/src/\xff" % os.fsencode(ctx.workdir), "wb").close()
        run(ctx, "archive.pack", path="a.tar", sources=["src"])
        assert failure(ctx, "archive.pack", path="a.zip", sources=["src"])[0] == "archive.format"

    def test_a_step_that_is_stopped(self, ctx: RecordingContext) -> None:
        make(ctx.workdir)
        ctx.cancel()
        assert failure(ctx, "archive.pack", path="a.tar", sources=["src"])[0] == "cancelled"
        assert not (ctx.workdir / "a.tar").exists()


class TestUnpack:
    @pytest.fixture
    def packed(self, ctx: RecordingContext) -> RecordingContext:
        make(ctx.workdir)
        run(ctx, "archive.pack", path="a.tgz", sources=["src"])
        return ctx

    def test_parts_of_it(self, packed: RecordingContext) -> None:
        out = run(packed, "archive.unpack", path="a.tgz", target="o", strip=1, include=["**/*.txt"], exclude=["a.*"])
        assert (out["top"], out["count"], out["size"]) == (["deep"], 1, 10_000)
        assert list(tree(packed.workdir / "o")) == ["deep", "deep/ä b.txt"]
        assert run(packed, "archive.unpack", path="a.tgz", target="p", exclude=["**/deep"])["count"] == 5

    def test_nothing_of_it(self, packed: RecordingContext) -> None:
        out = run(packed, "archive.unpack", path="a.tgz", target="o", strip=9)
        assert (out["top"], out["count"], out["size"]) == ([], 0, 0)
        (warned,) = packed.warned
        assert warned.startswith("nothing is unpacked: none of the ")
        assert warned.endswith(" members is left by `strip`, `include`, `exclude`")

    def test_a_target_that_is_there(self, packed: RecordingContext) -> None:
        out = packed.workdir / "out"
        (out / "src").mkdir(parents=True)
        (out / "src" / "a.txt").write_text("old")
        (out / "src" / "mine").write_text("mine")
        kind, message = failure(packed, "archive.unpack", path="a.tgz", target="out")
        assert (kind, message) == (
            "archive.exists", "`out` is there already, and is not empty; `existing: replace` or `merge` takes it",
        )  # fmt: skip
        run(packed, "archive.unpack", path="a.tgz", target="out", existing="merge")
        assert (out / "src" / "a.txt").read_text() == "a\n"
        assert {**tree(packed.workdir / "src"), "mine": (b"mine", 0o644)} == tree(out / "src")
        run(packed, "archive.unpack", path="a.tgz", target="out", existing="replace")
        assert tree(packed.workdir / "src") == tree(out / "src")
        assert sorted(one.name for one in packed.workdir.iterdir()) == ["a.tgz", "artifacts", "out", "src"]

    def test_an_empty_target_and_one_that_is_no_directory(self, packed: RecordingContext) -> None:
        (packed.workdir / "empty").mkdir()
        run(packed, "archive.unpack", path="a.tgz", target="empty")
        assert tree(packed.workdir / "empty" / "src") == tree(packed.workdir / "src")
        (packed.workdir / "file").write_text("x")
        for existing in ("refuse", "replace", "merge"):
            assert failure(packed, "archive.unpack", path="a.tgz", target="file", existing=existing) == (
                "archive.exists", "`file` is there already, and is no directory",
            )  # fmt: skip
        assert failure(packed, "archive.unpack", path="a.tgz", target="no/such")[0] == "file.missing"
        run(packed, "archive.unpack", path="a.tgz", target="no/such", mkdir=True)

    def test_a_merge_that_would_not_fit_moves_nothing(self, packed: RecordingContext, tmp_path: Path) -> None:
        """S37: nothing is written through a link that lies in the target."""
        (tmp_path / "elsewhere").mkdir()
        out = packed.workdir / "out"
        (out / "src" / "a.txt").mkdir(parents=True)
        assert failure(packed, "archive.unpack", path="a.tgz", target="out", existing="merge") == (
            "archive.exists", "`out/src/a.txt` is there already, and is a directory",
        )  # fmt: skip
        assert list(tree(out)) == ["src", "src/a.txt"]
        shutil.rmtree(out / "src")
        (out / "src").symlink_to(tmp_path / "elsewhere")
        assert failure(packed, "archive.unpack", path="a.tgz", target="out", existing="merge") == (
            "archive.exists", "`out/src` is there already, and is no directory",
        )  # fmt: skip
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(self, packed: RecordingContext) -> None:
        victim = packed.workdir / "victim"
        victim.write_text("untouched")
        (packed.workdir / "out" / "src").mkdir(parents=True)
        (packed.workdir / "out" / "src" / "a.txt").symlink_to(victim)
        run(packed, "archive.unpack", path="a.tgz", target="out", existing="merge")
        assert victim.read_text() == "untouched"
        assert not (packed.workdir / "out" / "src" / "a.txt").is_symlink()

    def test_permissions_under_any_umask(self, packed: RecordingContext) -> None:
        """S41: nobody else can write what was unpacked, or look into it before it is complete."""
        for umask, folder, file in ((0o000, 0o755, 0o644), (0o022, 0o755, 0o644), (0o077, 0o700, 0o600)):
            before = os.umask(umask)
            try:
                run(packed, "archive.unpack", path="a.tgz", target="out", existing="replace")
            finally:
                os.umask(before)
            out = packed.workdir / "out"
            modes = [stat.S_IMODE(one.stat().st_mode) for one in (out, out / "src", out / "src" / "a.txt")]
            assert modes == [folder, folder, file]

    def test_a_file_that_is_no_archive(self, ctx: RecordingContext) -> None:
        (ctx.workdir / "x").write_text("hello" * 500)
        assert failure(ctx, "archive.unpack", path="x", target="o") == (
            "archive.format", "`x` is no archive: neither tar (plain, gzip, bzip2, xz, zstd) nor zip",
        )  # fmt: skip
        (ctx.workdir / "none").write_bytes(b"")
        assert failure(ctx, "archive.unpack", path="none", target="o")[0] == "archive.format"
        assert failure(ctx, "archive.unpack", path="x", target="o", encoding="klingon")[0] == "archive.format"
        assert failure(ctx, "archive.unpack", path="missing", target="o")[0] == "file.missing"

    @pytest.mark.parametrize("form", FORMATS)
    def test_one_that_is_cut_off_or_broken(self, ctx: RecordingContext, form: str) -> None:
        make(ctx.workdir)
        (ctx.workdir / "src" / "noise").write_bytes(os.urandom(50_000))
        run(ctx, "archive.pack", path="a", format=form, sources=["src"])
        whole = (ctx.workdir / "a").read_bytes()
        for cut in (len(whole) * 7 // 10, len(whole) // 2, 600):
            (ctx.workdir / "a").write_bytes(whole[:cut])
            assert failure(ctx, "archive.unpack", path="a", target="o", format=form)[0] == "archive.corrupt"
        middle = len(whole) // 2
        if form != "tar":  # a plain tar has no checksum of contents
            (ctx.workdir / "a").write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :])
            assert failure(ctx, "archive.unpack", path="a", target="o", format=form)[0] == "archive.corrupt"
        assert not (ctx.workdir / "o").exists()

    def test_zstd_where_python_has_it(self, ctx: RecordingContext) -> None:
        make(ctx.workdir)
        try:
            import compression.zstd  # type: ignore[import-not-found, unused-ignore]  # noqa: F401
        except ImportError:
            message = "zstd needs Python 3.14 or newer; repack it as tar.gz or tar.xz"
            assert failure(ctx, "archive.pack", path="a.tar.zst", sources=["src"]) == ("archive.format", message)
            (ctx.workdir / "a.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(600))
            assert failure(ctx, "archive.unpack", path="a.zst", target="o") == ("archive.format", message)
        else:
            run(ctx, "archive.pack", path="a.tar.zst", sources=["src"])
            run(ctx, "archive.unpack", path="a.tar.zst", target="o")
            assert tree(ctx.workdir / "o" / "src") == tree(ctx.workdir / "src")
