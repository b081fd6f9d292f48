"""`archive.unpack` of hostile archives (S37, S39, S40, S42): nothing gets out of the target, nothing is left behind."""

import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tests.plugins.test_archive import failure, run, tree

from steplane.sdk import StepError
from steplane.testing import RecordingContext
from steplane_steps.archive.members import check_link


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    inner = tmp_path / "inner" / "work"
    inner.mkdir(parents=True)
    return RecordingContext(inner, env={})


def tar_of(*members: tuple[str, Any], form: str = "w") -> bytes:
    """A tar file: each member a name and its content, or a dict of what its header says."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=form, format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]
        for name, what in members:
            info = tarfile.TarInfo(name)
            content = what if isinstance(what, bytes) else b""
            if isinstance(what, dict):
                content = what.pop("content", b"")
                for key, value in what.items():
                    setattr(info, key, value)
            info.size = what.get("size", len(content)) if isinstance(what, dict) else len(content)
            tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return made.getvalue()


def zip_of(*members: tuple[str, bytes, int], **how: Any) -> bytes:
    """A zip file: each member a name, a content, and the mode of Unix (0: none)."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", **how) as archive:
        for name, content, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.create_system = mode << 16, 3
            info.compress_type = how.get("compression", zipfile.ZIP_STORED)
            archive.writestr(info, content)
    return made.getvalue()


def link(target: str) -> dict[str, Any]:
    return {"type": tarfile.SYMTYPE, "linkname": target}


def hard(target: str) -> dict[str, Any]:
    return {"type": tarfile.LNKTYPE, "linkname": target}


def attempt(ctx: RecordingContext, **parameters: Any) -> str:
    """Unpack `a` into `out`; the type of the error, nothing where there is none."""
    try:
        run(ctx, "archive.unpack", path="a", target="out", **parameters)
    except StepError as error:
        return error.type
    return ""


def refused(ctx: RecordingContext, content: bytes, **parameters: Any) -> tuple[str, str]:
    """The error of unpacking it; nothing must be left, inside or outside."""
    root = ctx.workdir.parent.parent
    (ctx.workdir / "a").write_bytes(content)
    before = tree(root)
    error = failure(ctx, "archive.unpack", path="a", target="out", **parameters)
    assert tree(root) == before
    assert not Path("/tmp/steplane-evil").exists()
    return error


ESCAPES: dict[str, list[tuple[str, Any]]] = {
    "up": [("../evil", b"x")],
    "up later": [("a/../../evil", b"x")],
    "up within": [("a/../b", b"x")],
    "absolute": [("/tmp/steplane-evil", b"x")],
    "a link up": [("l", link("../evil"))],
    "a link up from a folder": [("a/b", link("../../evil"))],
    "an absolute link": [("l", link("/etc/passwd"))],
    "a link through a link": [("deep/up", link("..")), ("evil", link("deep/up/../x"))],
    "a link down and up": [("l", link("a/../../x"))],
    "writing through a link": [("l", link(".")), ("l/x", b"x")],
    "writing through a link to elsewhere": [("l", link("../..")), ("l/x", b"x")],
    "a folder that becomes a link": [("d/", {"type": tarfile.DIRTYPE}), ("d", link("/tmp")), ("d/x", b"x")],
    "a link that becomes a folder": [("d", link("x")), ("d", {"type": tarfile.DIRTYPE}), ("d/x", b"x")],
    "a file that becomes a link": [("f", b"x"), ("f", link("/etc/passwd"))],
    "a link that becomes a file": [("f", link("g")), ("f", b"x")],
    "a hard link to elsewhere": [("h", hard("/etc/passwd"))],
    "a hard link up": [("h", hard("../../x"))],
    "a hard link to what is not there": [("h", hard("nothing"))],
    "a hard link to what comes later": [("h", hard("f")), ("f", b"x")],
    "a hard link to a folder": [("d", {"type": tarfile.DIRTYPE}), ("h", hard("d"))],
    "a hard link to a bad link": [("l", link("x")), ("d/h", hard("l")), ("d/i", hard("../l"))],
    "twice": [("f", b"x"), ("./f", b"y")],
    "in a file": [("f", b"x"), ("f/g", b"y")],
    "a character device": [("dev", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5})],
    "a block device": [("dev", {"type": tarfile.BLKTYPE, "devmajor": 8, "devminor": 0})],
    "a pipe": [("p", {"type": tarfile.FIFOTYPE})],
    "a name that is too long": [("x" * 256, b"x")],
    "too deep": [("/".join("d" * 201), b"x")],
    "a link to nothing": [("l", link(""))],
    "a link that is too long": [("l", link("x" * 5000))],
}


@pytest.mark.parametrize("case", ESCAPES)
@pytest.mark.parametrize("existing", ["refuse", "merge"])
def test_what_leads_out_or_is_two_things_is_refused(ctx: RecordingContext, case: str, existing: str) -> None:
    members = [
        ("good", b"good"),
        *((name, dict(what) if isinstance(what, dict) else what) for name, what in ESCAPES[case]),
    ]
    kind, message = refused(ctx, tar_of(*members), existing=existing)
    assert kind == "archive.unsafe"
    assert message.startswith("the member `")


ZIP_ESCAPES = {
    "up": ("../evil", b"x", 0),
    "absolute": ("/tmp/steplane-evil", b"x", 0),
    "backslashes": ("..\\..\\evil", b"x", 0),
    "a drive": ("C:\\evil", b"x", 0),
    "a drive without a root": ("c:evil", b"x", 0),
    "a link up": ("l", b"../../evil", stat.S_IFLNK | 0o777),
    "an absolute link": ("l", b"/etc/passwd", stat.S_IFLNK | 0o777),
    "a device": ("d", b"", stat.S_IFCHR | 0o666),
    "a pipe": ("p", b"", stat.S_IFIFO | 0o666),
    "twice": ("good", b"y", 0),
}


@pytest.mark.parametrize("case", ZIP_ESCAPES)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_in_a_zip_file(ctx: RecordingContext, case: str) -> None:
    assert refused(ctx, zip_of(("good", b"good", 0), ZIP_ESCAPES[case]))[0] == "archive.unsafe"


def test_links_that_stay_inside_are_kept(ctx: RecordingContext) -> None:
    content = tar_of(
        ("d/e/f", b"x"), ("d/l", link("e/f")), ("d/e/up", link("../../top")), ("top", b"t"), ("dir", link("d/e")),
        ("here", link(".")), ("h", hard("d/e/f")), ("hl", hard("top")), ("dangling", link("nowhere/at/all")),
    )  # fmt: skip
    (ctx.workdir / "a").write_bytes(content)
    run(ctx, "archive.unpack", path="a", target="out")
    out = ctx.workdir / "out"
    assert (out / "d" / "l").read_bytes() == (out / "dir" / "f").read_bytes() == b"x"
    assert (out / "d" / "e" / "up").read_bytes() == b"t"
    for path in out.rglob("*"):
        assert os.path.realpath(path).startswith(str(out))


WORDS = some.lists(some.sampled_from(["..", ".", "a", "b", "c", "l", "m"]), min_size=1, max_size=5).map("/".join)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(links=some.dictionaries(WORDS, WORDS, min_size=1, max_size=4))
def test_no_chain_of_links_ever_leads_out(tmp_path_factory: pytest.TempPathFactory, links: dict[str, str]) -> None:
    """Whatever links are let through: from each of them the system itself comes out inside."""
    ctx = RecordingContext(tmp_path_factory.mktemp("links"), env={})
    kept: list[tuple[str, Any]] = []
    for name, target in links.items():
        (ctx.workdir / "a").write_bytes(tar_of(*kept, (name, link(target))))
        error = attempt(ctx, existing="replace")
        assert error in {"", "archive.unsafe"}
        if error:
            continue
        kept.append((name, link(target)))
        out = ctx.workdir / "out"
        for path in out.rglob("*"):
            assert os.path.realpath(path).startswith(str(out)), (kept, path)


@given(WORDS, WORDS)
def test_a_link_is_judged_as_the_system_would_resolve_it(name: str, target: str) -> None:
    parts = tuple(one for one in name.split("/") if one not in {".", ".."})
    if not parts:
        return
    lexical = os.path.normpath(os.path.join("/", *(["r"] * 20), *parts[:-1], target))
    try:
        check_link(name, parts, target)
    except StepError:
        return
    assert f"{lexical}/".startswith("/" + "r/" * 20)


class TestBits:
    def test_no_setuid_and_nothing_for_others_to_write(self, ctx: RecordingContext) -> None:
        content = tar_of(
            ("suid", {"mode": 0o6777, "content": b"x"}), ("none", {"mode": 0, "content": b"y"}),
            ("d", {"type": tarfile.DIRTYPE, "mode": 0o1777}), ("ro", {"type": tarfile.DIRTYPE, "mode": 0o500}),
            ("ro/f", b"z"), ("old", {"mtime": -5.5, "content": b"o"}), ("far", {"mtime": 1e18, "content": b"f"}),
        )  # fmt: skip
        (ctx.workdir / "a").write_bytes(content)
        before = os.umask(0)
        try:
            run(ctx, "archive.unpack", path="a", target="out")
        finally:
            os.umask(before)
        modes = {
            name: stat.S_IMODE((ctx.workdir / "out" / name).stat().st_mode) for name in ("suid", "none", "d", "ro")
        }
        assert modes == {"suid": 0o755, "none": 0o600, "d": 0o755, "ro": 0o700}
        assert (ctx.workdir / "out" / "old").stat().st_mtime == 0
        assert (ctx.workdir / "out" / "ro" / "f").read_bytes() == b"z"
        assert (ctx.workdir / "out" / "suid").stat().st_uid == os.getuid()

    def test_while_it_is_unpacked_nobody_else_can_enter(
        self, ctx: RecordingContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (ctx.workdir / "a").write_bytes(tar_of(("x", b"1"), ("y", b"2")))
        seen = []
        real = os.open

        def watching(path: Any, *args: Any, **how: Any) -> int:
            if path in {"x", "y"}:
                (folder,) = [one for one in ctx.workdir.iterdir() if one.name.startswith(".unpacking")]
                seen.append(stat.S_IMODE(folder.stat().st_mode))
            return real(path, *args, **how)

        monkeypatch.setattr(os, "open", watching)
        before = os.umask(0)
        try:
            run(ctx, "archive.unpack", path="a", target="out")
        finally:
            os.umask(before)
        assert seen == [0o700, 0o700]


class TestNames:
    def test_that_are_not_utf_8(self, ctx: RecordingContext) -> None:
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as tar:
            tar.addfile(tarfile.TarInfo("grün"))
        kind, message = refused(ctx, made.getvalue())
        assert kind == "archive.unsafe"
        assert "has a name that is not UTF-8: say its `encoding`" in message
        assert run(ctx, "archive.unpack", path="a", target="out", encoding="latin-1")["top"] == ["grün"]

    @pytest.mark.parametrize(
        ("raw", "encoding", "name"),
        [
            (b"gr\x81n", None, "grün"),
            (b"gr\xfcn", "latin-1", "grün"),
            ("grün".encode(), None, "grün"),
            (b"a b", None, "a b"),
        ],
    )
    def test_of_zip_files_without_a_word_on_their_encoding(
        self, ctx: RecordingContext, raw: bytes, encoding: str | None, name: str
    ) -> None:
        filler = "x" * len(raw)
        (ctx.workdir / "a").write_bytes(zip_of((filler, b"", 0)).replace(filler.encode(), raw))
        assert run(ctx, "archive.unpack", path="a", target="out", encoding=encoding)["top"] == [name]

    def test_that_differ_in_capitals_only(self, ctx: RecordingContext) -> None:
        (ctx.workdir / "a").write_bytes(tar_of(("d/README", b"1"), ("d/readme", b"2")))
        if attempt(ctx) != "archive.unsafe":  # as on a file system that takes them for one
            assert ctx.warned == [
                "`d/README` and `d/readme` differ in small and capital letters only: other systems take them for one"
            ]

    def test_with_control_characters_are_shown_harmlessly(self, ctx: RecordingContext) -> None:
        _, message = refused(ctx, tar_of(("../\x1b[31mevil\n", b"")))
        assert message == "the member `../\\x1b[31mevil\\n` leads out of the archive by `..`"


class TestBombs:
    def test_of_zeros(self, ctx: RecordingContext) -> None:
        bomb = tar_of(("zeros", bytes(200_000_000)), form="w:gz")
        assert len(bomb) < 300_000
        assert refused(ctx, bomb) == (
            "archive.limit", "the archive holds more than 200 times as much as it is itself (`max_ratio`)",
        )  # fmt: skip
        assert refused(ctx, bomb, max_bytes=1000, max_ratio=1e6) == (
            "archive.limit", "the archive holds more than 1000 bytes (`max_bytes`)",
        )  # fmt: skip
        assert run(ctx, "archive.unpack", path="a", target="out", max_ratio=2000)["size"] == 200_000_000

    def test_in_a_zip_file(self, ctx: RecordingContext) -> None:
        bomb = zip_of(("a", bytes(80_000_000), 0), compression=zipfile.ZIP_DEFLATED)
        assert refused(ctx, bomb)[0] == "archive.limit"

    def test_a_zip_file_that_lies_about_its_size(self, ctx: RecordingContext) -> None:
        bomb = zip_of(("a", bytes(3_000_000), 0), compression=zipfile.ZIP_DEFLATED)
        small = bomb.replace(struct.pack("<I", 3_000_000), struct.pack("<I", 30))
        assert refused(ctx, small, max_bytes=1000)[0] in {"archive.corrupt", "archive.limit"}

    def test_of_members(self, ctx: RecordingContext) -> None:
        many = tar_of(*((f"d{number}", {"type": tarfile.DIRTYPE}) for number in range(300)), form="w:gz")
        assert refused(ctx, many, max_members=299) == (
            "archive.limit", "the archive holds more than 299 members (`max_members`)",
        )  # fmt: skip
        zipped = zip_of(*((f"f{number}", b"", 0) for number in range(300)))
        assert refused(ctx, zipped, max_members=299)[0] == "archive.limit"
        assert refused(ctx, zipped, max_members=299, include=["nothing"])[0] == "archive.limit"

    def test_a_header_that_says_it_is_endless(self, ctx: RecordingContext) -> None:
        """A pax header of a gigabyte, which the library would read whole."""
        info = tarfile.TarInfo("././@PaxHeader")
        info.type, info.size = tarfile.XHDTYPE, 1 << 30
        header = info.tobuf(tarfile.USTAR_FORMAT)
        bomb = gzip.compress(header + bytes(100 << 20))
        assert len(bomb) < 200_000
        tracemalloc.start()
        try:
            assert refused(ctx, bomb) == ("archive.limit", "a header of the archive is far too long")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 30_000_000

    def test_a_zip_directory_that_is_endless(self, ctx: RecordingContext) -> None:
        junk = bytes(60_000_000)
        end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(junk), 0, 0)
        assert refused(ctx, b"PK\x03\x04"[:0] + junk + end, format="zip", max_members=10)[0] == "archive.limit"

    def test_what_stands_behind_the_end(self, ctx: RecordingContext) -> None:
        endless = gzip.compress(tar_of(("a", b"x")) + bytes(40 << 20))
        assert refused(ctx, endless)[0] == "archive.limit"

    def test_xz_that_wants_much_memory(self, ctx: RecordingContext) -> None:
        filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
        content = lzma.compress(tar_of(("a", b"x")), filters=filters)
        assert refused(ctx, content) == ("archive.corrupt", "the archive is broken: Memory usage limit exceeded")

    def test_a_sparse_file(self, ctx: RecordingContext) -> None:
        """A hole of a terabyte in a plain tar file of a few kilobytes."""
        headers = {
            "GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": "s", "GNU.sparse.size": str(1 << 40),
            "GNU.sparse.numblocks": "1", "GNU.sparse.map": f"{(1 << 40) - 1},1",
        }  # fmt: skip
        content = tar_of(("GNUSparseFile.0/s", {"pax_headers": headers, "content": b"x"}))
        assert refused(ctx, content)[0] == "archive.limit"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(data=some.data())
def test_a_broken_archive_is_an_error_and_never_an_exception(ctx: RecordingContext, data: some.DataObject) -> None:
    """Bytes of a good archive changed at random: it is unpacked, or refused in the step's own words."""
    good = {
        "tar": tar_of(("d/a", b"x" * 700), ("l", link("d")), ("h", hard("d/a")), ("ä" * 120, b"y")),
        "gz": tar_of(("d/a", b"x" * 700), ("é", b"y"), form="w:gz"),
        "zip": zip_of(("a", b"x" * 700, 0o644 | stat.S_IFREG), ("d/é", b"y", 0), compression=zipfile.ZIP_DEFLATED),
    }[data.draw(some.sampled_from(["tar", "gz", "zip"]))]
    broken = bytearray(good)
    for _ in range(data.draw(some.integers(1, 4))):
        broken[data.draw(some.integers(0, len(broken) - 1))] = data.draw(some.integers(0, 255))
    (ctx.workdir / "a").write_bytes(broken[: data.draw(some.integers(1, len(broken)))])
    error = attempt(ctx, existing="replace", max_bytes=10_000_000)
    assert error.startswith(("archive.", "file.")) or not error
    outside = [one.name for one in ctx.workdir.parent.iterdir()]
    assert outside == ["work"]
    assert {one.name for one in ctx.workdir.iterdir()} <= {"a", "out", "artifacts"}
