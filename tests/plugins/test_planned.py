"""What the built-in step types say of themselves before a run: true, and without doing anything."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from steplane.plugins import Registry, read_index
from steplane.sdk import PlanContext, Planned, Result, Step, StepContext, StepError, convert
from steplane.testing import planned

REGISTRY = Registry(read_index(None))


def said(kind: str, folder: Path, **parameters: Any) -> Planned:
    found = REGISTRY.find(kind)
    assert not isinstance(found, Exception)
    return planned(convert(found.cls, parameters), folder)  # type: ignore[union-attr]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A file of 5 bytes, a large one, a directory, a pipe."""
    (tmp_path / "there").write_text("hello", "utf-8")
    (tmp_path / "large").write_bytes(b"x" * 3_000_000)
    (tmp_path / "sub").mkdir()
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@pytest.mark.parametrize("kind", ["file.read", "file.hash", "csv.read", "json.read"])
@pytest.mark.parametrize(
    ("path", "summary"),
    [
        ("there", "read there (5 bytes)"),
        ("large", "read large (2.9 MiB)"),
        ("gone", "read gone, which is not there now"),
        ("sub", "read sub, which is a directory now"),
        ("pipe", "read pipe, which is no regular file now"),
        ("there/x", "read there/x, which cannot be looked at: Not a directory"),
    ],
)
def test_reading(folder: Path, kind: str, path: str, summary: str) -> None:
    assert said(kind, folder, path=path) == Planned(summary, reads=(str(folder / path),))


@pytest.mark.parametrize(
    ("path", "more", "summary"),
    [
        ("new", {}, "create new (4 bytes)"),
        ("there", {}, "replace there (4 bytes, now 5 bytes)"),
        ("deep/new", {}, "create deep/new (4 bytes), whose directory is not there now"),
        ("deep/new", {"mkdir": True}, "create deep/new (4 bytes), and its directory"),
        ("sub", {}, "write sub (4 bytes), which is a directory now"),
        ("there", {"append": True}, "append 4 bytes to there (5 bytes)"),
        ("new", {"append": True}, "create new (4 bytes)"),
    ],
)
def test_writing(folder: Path, path: str, more: dict[str, Any], summary: str) -> None:
    assert said("file.write", folder, path=path, text="abö", **more) == Planned(summary, changes=(str(folder / path),))


def test_writing_through_a_link_changes_what_it_leads_to(folder: Path) -> None:
    (folder / "link").symlink_to("there")
    expected = Planned("replace link (1 byte, now 5 bytes)", changes=(str(folder / "there"),))
    assert said("file.write", folder, path="link", text="x") == expected


def test_tables_and_documents(folder: Path) -> None:
    assert said("csv.write", folder, path="t.csv", rows=[{"a": 1}]).summary == "create t.csv (1 row)"
    assert said("csv.write", folder, path="there", rows=[]).summary == "replace there (0 rows, now 5 bytes)"
    assert said("json.write", folder, path="d.json", data={"a": 1}, indent=None).summary == "create d.json (8 bytes)"


@pytest.mark.parametrize(
    ("source", "target", "more", "summary", "place"),
    [
        ("there", "new", {}, "copy there (5 bytes) to new", "new"),
        ("there", "sub", {}, "copy there (5 bytes) to sub/there", "sub/there"),
        ("gone", "large", {}, "copy gone, which is not there now to large, which is replaced", "large"),
        ("there", "large", {"overwrite": False},
         "copy there (5 bytes) to large, which exists already: that is an error", "large"),
    ],
)  # fmt: skip
def test_copying(folder: Path, source: str, target: str, more: dict[str, Any], summary: str, place: str) -> None:
    expected = Planned(summary, (str(folder / source),), (str(folder / place),))
    assert said("file.copy", folder, source=source, target=target, **more) == expected


@pytest.mark.parametrize(
    ("kind", "parameters", "summary"),
    [
        ("shell", {"script": "\necho 1\necho 2\n"}, "$ echo 1\necho 2"),
        ("shell", {"argv": ["git", "tag", "--list", "v*"]}, "$ git tag --list 'v*'"),
        ("python.run", {"script": "a = 1\nb = 2\n"}, "run a Python program of 2 lines"),
        ("python.run", {"file": "tools/x.py", "args": ["a b"]}, "$ python3 tools/x.py 'a b'"),
        ("fail", {"message": "no price", "type": "price.missing"}, "fail: no price (price.missing)"),
        ("assert", {"that": [True, True]}, "hold"),
        ("assert", {"that": [True, False]}, "fail: the assertion does not hold"),
        ("assert", {"that": False, "message": "no orders"}, "fail: no orders"),
    ],
)
def test_others(folder: Path, kind: str, parameters: dict[str, Any], summary: str) -> None:
    assert said(kind, folder, **parameters).summary == summary


@pytest.mark.parametrize(
    ("kind", "parameters", "summary", "reads", "changes"),
    [
        ("template.render", {"text": "x"}, "render a template of the workflow", [], []),
        ("template.render", {"file": "there", "path": "new"},
         "render there (5 bytes): create new (rendered)", ["there"], ["new"]),
        ("template.render", {"file": "gone"}, "render gone, which is not there now", ["gone"], []),
        ("http.request", {"url": "https://u:p@h.example:1/a?k=v#f"}, "GET https://h.example:1/a",
         ["https://h.example:1/a"], []),
        ("http.request", {"url": "http://h/", "method": "PUT", "body_file": "there"}, "PUT http://h/", ["there"],
         ["http://h/"]),
        ("http.request", {"url": "http://h/x", "save": "large"},
         "GET http://h/x: replace large (the body, now 2.9 MiB)", ["http://h/x"], ["large"]),
        ("notify.webhook", {"url": "https://u:p@h.example/secret", "text": "x"}, "notify https://h.example/…", [],
         ["https://h.example/…"]),
        ("git.info", {"path": "sub"}, "ask git what is checked out in sub", ["sub"], []),
        ("archive.pack", {"path": "a.zip", "root": "sub", "sources": ["*.py", "x"]}, "create a.zip (of *.py, x)",
         ["sub/*.py", "sub/x"], ["a.zip"]),
        ("archive.unpack", {"path": "there", "target": "new"}, "unpack there (5 bytes) into new", ["there"], ["new"]),
        ("archive.unpack", {"path": "not", "target": "new"}, "unpack not, which is not there now, into new", ["not"],
         ["new"]),
        ("archive.unpack", {"path": "there", "target": ".", "existing": "merge"},
         "unpack there (5 bytes) into ., beside what is there", ["there"], ["."]),
        ("archive.unpack", {"path": "there", "target": "."},
         "unpack there (5 bytes) into ., which is there already and not empty: that is an error", ["there"], ["."]),
    ],
)  # fmt: skip
def test_requests_templates_and_archives(
    folder: Path, kind: str, parameters: dict[str, Any], summary: str, reads: list[str], changes: list[str]
) -> None:
    def placed(names: list[str]) -> tuple[str, ...]:
        return tuple(one if "://" in one else str(folder) + ("/." if one == "." else f"/{one}") for one in names)

    assert said(kind, folder, **parameters) == Planned(summary, placed(reads), placed(changes))


def test_a_path_that_cannot_be(folder: Path) -> None:
    with pytest.raises(StepError, match="NUL"):
        said("file.read", folder, path="a\0b")


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (9_999, "9,999 bytes"), (12_800, "12.5 KiB"), (1 << 50, "1024.0 TiB")],
)
def test_sizes(number: int, text: str) -> None:
    from steplane_steps.planned import size_text

    assert size_text(number) == text


# ---------------------------------------------------------------- the contract itself


class Good(Step, type="trial.good"):
    """Keeps the contract."""

    def run(self, ctx: StepContext) -> None:
        """Nothing."""

    def plan(self, ctx: PlanContext) -> Any:
        """As the class below says."""
        return Planned(f"look at {ctx.workdir.name}", reads=(ctx.env["PLACE"],))


class Silent(Good, type="trial.silent"):
    """Has no summary."""

    def plan(self, ctx: PlanContext) -> Any:
        """Empty."""
        return Planned("")


class Odd(Good, type="trial.odd"):
    """Returns something else."""

    def plan(self, ctx: PlanContext) -> Any:
        """Text."""
        return "text"


class Loud(Good, type="trial.loud"):
    """Prints."""

    def plan(self, ctx: PlanContext) -> Any:
        """Print."""
        print("hello")  # noqa: T201 - just what it must not do
        return Planned("x")


class Busy(Good, type="trial.busy"):
    """Changes a file."""

    def plan(self, ctx: PlanContext) -> Any:
        """Write."""
        (ctx.workdir / "there").write_text("other")
        return Planned("x")


class Fickle(Good, type="trial.fickle"):
    """Says something else each time."""

    def plan(self, ctx: PlanContext) -> Any:
        """A random word."""
        return Planned(os.urandom(4).hex())


class Bare(Step, type="trial.bare"):
    """Has no plan."""

    def run(self, ctx: StepContext) -> Result | None:
        """Nothing."""


def test_the_contract(folder: Path) -> None:
    assert planned(Good(), folder, {"PLACE": "here"}) == Planned(f"look at {folder.name}", reads=("here",))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Silent(), "`plan()` of `trial.silent` has no summary"),
        (Odd(), "`plan()` of `trial.odd` returned str, not `Planned`"),
        (Loud(), "`plan()` of `trial.loud` printed 'hello\\nhello\\n'"),
        (Fickle(), "`plan()` of `trial.fickle` said Planned"),
        (Bare(), "`trial.bare` has no `plan()`"),
    ],
)
def test_who_breaks_the_contract_is_told(folder: Path, step: Step, said: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(said)):
        planned(step, folder)


def test_what_was_changed_is_told(folder: Path) -> None:
    with pytest.raises(AssertionError, match=re.escape(f"`plan()` of `trial.busy` changed {folder / 'there'}")):
        planned(Busy(), folder)
