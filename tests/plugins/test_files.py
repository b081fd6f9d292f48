"""`file.*`, `csv.*`, `json.*`: real files in a temporary directory."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from steplane.sdk import Step, StepError, convert, to_plain
from steplane.testing import RecordingContext
from steplane_steps import csv, file, json

TYPES: dict[str, type[Step]] = {
    one.steplane.type: one for module in (csv, file, json) for one in module.steplane_steps()
}  # fmt: skip


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


def run(ctx: RecordingContext, name: str, **parameters: Any) -> dict[str, Any]:
    """The outputs of a step."""
    plain = to_plain(convert(TYPES[name], parameters).run(ctx), name)
    assert plain is not None
    return plain


def failure(ctx: RecordingContext, name: str, **parameters: Any) -> tuple[str, str]:
    """Type and message of a step's error."""
    with pytest.raises(StepError) as caught:
        run(ctx, name, **parameters)
    assert caught.value.type in {*TYPES[name].steplane.errors, "input.invalid", "cancelled"}
    return caught.value.type, caught.value.message


def put(ctx: RecordingContext, name: str, content: str | bytes) -> None:
    (ctx.workdir / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def left_over(ctx: RecordingContext) -> list[str]:
    """Temporary files that should not be there any more."""
    return [path.name for path in ctx.workdir.rglob(".*")]


def killed(*_: object) -> None:
    """What stands for a kill."""
    raise KeyboardInterrupt


class TestRead:
    def test_a_text_and_its_size(self, ctx: RecordingContext) -> None:
        put(ctx, "a.txt", "grün\n")
        assert run(ctx, "file.read", path="a.txt") == {"text": "grün\n", "size": 6}
        assert run(ctx, "file.read", path=str(ctx.workdir / "a.txt"), encoding="latin-1")["text"] == "grÃ¼n\n"

    def test_failures(self, ctx: RecordingContext) -> None:
        put(ctx, "bytes", b"\xff")
        os.mkfifo(ctx.workdir / "pipe")
        with (ctx.workdir / "large").open("wb") as large:
            large.truncate((16 << 20) + 1)
        for path, expected in {
            "none": ("file.missing", "`none` does not exist"),
            ".": ("file.kind", "`.` is a directory, not a file"),
            "bytes/x": ("file.kind", "a part of `bytes/x` is no directory"),
            "pipe": ("file.kind", "`pipe` is no regular file"),
            "/dev/zero": ("file.kind", "`/dev/zero` is no regular file"),
            "large": ("file.size", "`large` is larger than 16 MiB: too much for the outputs of a step"),
            "a\0b": ("input.invalid", "a path cannot hold the character NUL"),
        }.items():
            assert failure(ctx, "file.read", path=path) == expected
        assert failure(ctx, "file.read", path="bytes")[0] == "file.encoding"
        assert failure(ctx, "file.read", path="bytes", encoding="klingon") == (
            "input.invalid", "`encoding`: unknown encoding: klingon",
        )  # fmt: skip


class TestWrite:
    def test_a_new_file_in_a_new_directory(self, ctx: RecordingContext) -> None:
        path = ctx.workdir / "out" / "deep" / "a.txt"
        outputs = run(ctx, "file.write", path="out/deep/a.txt", text="hé", mkdir=True, mode="0640")
        assert outputs == {"path": str(path), "size": 3}
        assert path.read_text() == "hé"
        assert path.stat().st_mode & 0o777 == 0o640

    def test_what_a_kill_has_left_is_gone_when_the_attempt_is_made_again(
        self, ctx: RecordingContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As a kill would, what follows a failed rename leaves the temporary file where it is."""
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", killed)
            patch.setattr(os, "unlink", lambda path: os.stat(path) and None)
            with pytest.raises(KeyboardInterrupt):
                run(ctx, "file.write", path="a.txt", text="half")
        assert len(left_over(ctx)) == 1
        other = RecordingContext(ctx.workdir)
        other.attempt = 2
        run(other, "file.write", path="a.txt", text="of another attempt")
        assert len(left_over(ctx)) == 1, "that may be writing still"
        run(ctx, "file.write", path="a.txt", text="whole")
        assert left_over(ctx) == []
        assert (ctx.workdir / "a.txt").read_text() == "whole"

    def test_without_a_mode_the_umask_or_the_old_file_says(self, ctx: RecordingContext) -> None:
        before = os.umask(0o027)
        try:
            run(ctx, "file.write", path="new", text="")
        finally:
            os.umask(before)
        put(ctx, "old", "")
        (ctx.workdir / "old").chmod(0o755)
        run(ctx, "file.write", path="old", text="x")
        assert [(ctx.workdir / one).stat().st_mode & 0o777 for one in ("new", "old")] == [0o640, 0o755]

    def test_append(self, ctx: RecordingContext) -> None:
        for text in ("a\n", "b\n"):
            outputs = run(ctx, "file.write", path="log", text=text, append=True)
        assert (ctx.workdir / "log").read_text() == "a\nb\n"
        assert outputs["size"] == 4

    def test_follows_a_link_and_keeps_it(self, ctx: RecordingContext) -> None:
        put(ctx, "real", "old")
        (ctx.workdir / "link").symlink_to("real")
        run(ctx, "file.write", path="link", text="new")
        assert (ctx.workdir / "link").is_symlink()
        assert (ctx.workdir / "real").read_text() == "new"

    def test_a_failure_leaves_the_old_file_and_nothing_else(self, ctx: RecordingContext) -> None:
        put(ctx, "a", "old")
        (ctx.workdir / "dir").mkdir()
        assert failure(ctx, "file.write", path="a", text="é", encoding="ascii")[0] == "file.encoding"
        no_folder = ("file.missing", "the directory `no` does not exist; `mkdir: true` makes it")
        assert failure(ctx, "file.write", path="no/a", text="x") == no_folder
        assert failure(ctx, "file.write", path="no/a", text="x", append=True) == no_folder
        assert failure(ctx, "file.copy", source="a", target="no/a") == no_folder
        assert failure(ctx, "file.write", path="dir", text="x")[0] == "file.kind"
        assert failure(ctx, "file.write", path="a", text="x", mode="rw")[0] == "input.invalid"
        assert (ctx.workdir / "a").read_text() == "old"
        assert left_over(ctx) == []


class TestCopy:
    def test_content_and_permissions(self, ctx: RecordingContext) -> None:
        put(ctx, "a", b"\0\xff" * 100)
        (ctx.workdir / "a").chmod(0o750)
        (ctx.workdir / "dir").mkdir()
        for target, place in (("b", "b"), ("dir", "dir/a"), ("new/", "new/a")):
            outputs = run(ctx, "file.copy", source="a", target=target, mkdir=True)
            assert outputs == {"path": str(ctx.workdir / place), "size": 200}
            assert (ctx.workdir / place).read_bytes() == b"\0\xff" * 100
            assert (ctx.workdir / place).stat().st_mode & 0o777 == 0o750

    def test_overwrites_only_if_it_may(self, ctx: RecordingContext) -> None:
        put(ctx, "a", "new")
        put(ctx, "b", "old")
        assert failure(ctx, "file.copy", source="a", target="b", overwrite=False) == (
            "file.exists",
            "`b` exists already",
        )
        run(ctx, "file.copy", source="a", target="b")
        assert (ctx.workdir / "b").read_text() == "new"

    def test_stops_when_cancelled_and_leaves_nothing(self, ctx: RecordingContext) -> None:
        put(ctx, "a", "x")
        ctx.cancel()
        assert failure(ctx, "file.copy", source="a", target="b")[0] == "cancelled"
        assert not (ctx.workdir / "b").exists()
        assert left_over(ctx) == []


class TestGlobAndHash:
    def test_lists_sorted_each_once(self, ctx: RecordingContext) -> None:
        (ctx.workdir / "d" / "e").mkdir(parents=True)
        for name in ("b.py", "a.py", ".h.py", "d/c.py", "d/e/f.py", "x.txt"):
            put(ctx, name, "")
        assert run(ctx, "file.glob", patterns=["*.py", "a*"])["paths"] == ["a.py", "b.py"]
        assert run(ctx, "file.glob", patterns=["**/*.py"])["paths"] == ["a.py", "b.py", "d/c.py", "d/e/f.py"]
        assert run(ctx, "file.glob", patterns=["*.py"], hidden=True)["paths"] == [".h.py", "a.py", "b.py"]
        assert run(ctx, "file.glob", patterns=["*"], kind="directory")["paths"] == ["artifacts", "d"]
        assert run(ctx, "file.glob", patterns=["nothing*"]) == {"paths": []}

    @pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha384", "sha1", "md5", "blake2b"])
    def test_hash(self, ctx: RecordingContext, algorithm: str) -> None:
        put(ctx, "a", b"abc")
        expected = hashlib.new(algorithm, b"abc", usedforsecurity=False).hexdigest()
        assert run(ctx, "file.hash", path="a", algorithm=algorithm) == {"hash": expected, "size": 3}

    def test_hash_stops_when_cancelled(self, ctx: RecordingContext) -> None:
        put(ctx, "a", b"abc")
        ctx.cancel()
        assert failure(ctx, "file.hash", path="a")[0] == "cancelled"


class TestCsvRead:
    @pytest.mark.parametrize(
        ("text", "options", "rows"),
        [
            ("a,b\n1,x\n", {}, [{"a": "1", "b": "x"}]),
            ("\ufeffa;b\r\n\r\n\"1;\n2\";\r\n", {"delimiter": ";"}, [{"a": "1;\n2", "b": ""}]),
            ("1,x\n", {"header": False, "columns": ["n", "t"]}, [{"n": "1", "t": "x"}]),
            ("a,b,c\n1,2,3\n", {"columns": ["c", "a"]}, [{"c": "3", "a": "1"}]),
            ("a\n1\n2\n3\n", {"limit": 2}, [{"a": "1"}, {"a": "2"}]),
            ("a,b\n", {}, []),
            ("", {}, []),
            ("", {"header": False, "columns": ["a"]}, []),
        ],
    )  # fmt: skip
    def test_rows(self, ctx: RecordingContext, text: str, options: dict[str, Any], rows: list[dict[str, str]]) -> None:
        put(ctx, "t.csv", text)
        table = run(ctx, "csv.read", path="t.csv", **options)
        assert table["rows"] == rows
        assert table["count"] == len(rows)

    @pytest.mark.parametrize(
        ("text", "options", "expected"),
        [
            ("a,b\n1\n", {}, ("csv.invalid", "`t.csv`, line 2: 1 cells, but there are 2 columns")),
            ("a,b\n1,2\n\"x\n", {}, ("csv.invalid", "`t.csv`, line 3: unexpected end of data")),
            ("a,a\n", {}, ("csv.columns", "`t.csv` has two columns `a`")),
            ("a,b\n", {"columns": ["c"]}, ("csv.columns", "`t.csv` has no column `c`; it has a, b")),
            ("1\n", {"header": False}, ("csv.columns", "without a header `columns` must name the columns")),
            ("a\n", {"delimiter": ";;"},
             ("input.invalid", "`delimiter` of `csv.read` must be text matching regex '^[^\"\\\\r\\\\n]$', not `;;`")),
            ("a\n", {"delimiter": "\n"},
             ("input.invalid", "`delimiter` of `csv.read` must be text matching regex '^[^\"\\\\r\\\\n]$', not `\n`")),
        ],
    )  # fmt: skip
    def test_failures(
        self, ctx: RecordingContext, text: str, options: dict[str, Any], expected: tuple[str, str]
    ) -> None:
        put(ctx, "t.csv", text)
        assert failure(ctx, "csv.read", path="t.csv", **options) == expected


class TestCsvWrite:
    def test_kinds_of_values(self, ctx: RecordingContext) -> None:
        rows = [{"a": 1.5, "b": "x,y"}, {"b": None, "c": [True, {"k": "ü"}]}]
        assert run(ctx, "csv.write", path="o/t.csv", rows=rows, mkdir=True) == {
            "path": str(ctx.workdir / "o/t.csv"), "count": 2,
        }  # fmt: skip
        assert (ctx.workdir / "o/t.csv").read_text() == 'a,b,c\n1.5,"x,y",\n,,"[true,{""k"":""ü""}]"\n'

    def test_columns_choose_and_order(self, ctx: RecordingContext) -> None:
        run(ctx, "csv.write", path="t.csv", rows=[{"a": 1, "b": True}], columns=["b", "z"], header=False, delimiter=";")
        assert (ctx.workdir / "t.csv").read_text() == "true;\n"

    def test_a_failure_leaves_nothing(self, ctx: RecordingContext) -> None:
        rows = [{"a": "ü"}]
        assert failure(ctx, "csv.write", path="t.csv", rows=rows, encoding="ascii")[0] == "file.encoding"
        assert failure(ctx, "csv.write", path="t.csv", rows=rows, encoding="klingon")[0] == "input.invalid"
        assert not (ctx.workdir / "t.csv").exists()
        assert left_over(ctx) == []

    cell = some.text(some.characters(codec="utf-8", exclude_characters="\0"))

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(rows=some.lists(some.fixed_dictionaries({"a": cell, "b": cell}), min_size=1))
    def test_what_was_written_is_read_again(self, ctx: RecordingContext, rows: list[dict[str, str]]) -> None:
        run(ctx, "csv.write", path="t.csv", rows=rows)
        assert run(ctx, "csv.read", path="t.csv")["rows"] == rows


class TestJson:
    def test_there_and_back(self, ctx: RecordingContext) -> None:
        data = {"b": [1, 2.5, None, True, "ü\n"], "a": {}}
        outputs = run(ctx, "json.write", path="d/x.json", data=data, mkdir=True)
        assert outputs["size"] == (ctx.workdir / "d/x.json").stat().st_size
        assert run(ctx, "json.read", path="d/x.json") == {"data": data}

    def test_forms(self, ctx: RecordingContext) -> None:
        run(ctx, "json.write", path="x", data={"b": "ü", "a": [1]}, indent=None, sort_keys=True)
        assert (ctx.workdir / "x").read_text() == '{"a":[1],"b":"ü"}\n'
        run(ctx, "json.write", path="x", data={"b": 1})
        assert (ctx.workdir / "x").read_text() == '{\n  "b": 1\n}\n'

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ('{"a": 1,\n  b}',
             ("json.invalid", "`x.json`, line 2, column 3: Expecting property name enclosed in double quotes")),
            ("", ("json.invalid", "`x.json`, line 1, column 1: Expecting value")),
            ("[NaN]", ("json.invalid", "`x.json`: NaN is no JSON")),
            ("[" * 100_000, ("json.invalid", "`x.json`: maximum recursion depth exceeded while decoding a JSON array")),
        ],
    )  # fmt: skip
    def test_failures(self, ctx: RecordingContext, text: str, expected: tuple[str, str]) -> None:
        put(ctx, "x.json", text)
        kind, said = failure(ctx, "json.read", path="x.json")
        assert kind == expected[0]
        assert said.startswith(expected[1])
