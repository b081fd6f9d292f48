"""Workflow commands: escaping, places, limits, and who may give them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runner.reporters.readers import GitHubReader
from tests.runner.reporters.stage import error, github

from steplane.diagnostics import Diagnostic, Fix, Span
from steplane.reporters.annotations import Annotation, repository_path
from steplane.reporters.diagnostics import render
from steplane.reporters.github import LONGEST, command


def _read(text: str) -> GitHubReader:
    return GitHubReader(text)


def test_an_annotation_as_documented() -> None:
    one = Annotation("error", "flows/a,b.yaml", "demo: x", "50% of\nit: no", 3, 5, 3, 8)
    assert command(one) == (
        "::error file=flows/a%2Cb.yaml,line=3,endLine=3,col=5,endColumn=7,title=demo%3A x::50%25 of%0Ait: no\n"
    )


@pytest.mark.parametrize(
    ("one", "place"),
    [
        (Annotation("hint", "f", "t", "m"), {}),
        (Annotation("hint", "f", "t", "m", 2), {"line": "2"}),
        (Annotation("hint", "f", "t", "m", 2, 4), {"line": "2", "col": "4"}),
        (Annotation("hint", "f", "t", "m", 2, 4, 5, 1), {"line": "2", "endLine": "5"}),
        (Annotation("hint", "f", "t", "m", 2, 4, 2, 4), {"line": "2", "endLine": "2", "col": "4", "endColumn": "4"}),
    ],
)
def test_columns_only_within_one_line(one: Annotation, place: dict[str, str]) -> None:
    (found,) = _read(command(one)).annotations("notice")
    assert found.properties == {"file": "f", **place, "title": "t"}


@settings(deadline=None)
@given(st.text(), st.text(min_size=1), st.text())
def test_no_text_gets_out_of_its_command(title: str, file: str, message: str) -> None:
    (found,) = _read(command(Annotation("warning", file, title, message, 1))).executed
    assert found.name == "warning"
    assert found.properties["file"] == file
    assert found.properties["line"] == "1"
    assert set(found.properties) <= {"file", "line", "title"}
    assert found.data == message.replace("##[", "## [")


def test_a_long_message_is_cut() -> None:
    (found,) = _read(command(Annotation("error", "f", "t", "x" * 5000))).executed
    assert len(found.data) == LONGEST + 2


@pytest.mark.parametrize(("count", "last"), [(10, "`s9` failed"), (11, "2 more: steplane show one")])
def test_no_more_annotations_than_github_keeps(tmp_path: Path, count: int, last: str) -> None:
    stage = github(tmp_path)
    for number in range(count):
        stage.begin(f"s{number}")
        stage.end(f"s{number}", "failed")
    found = _read(stage.finish("failed", error=error(step="s0"))).annotations()
    assert len(found) == 10
    assert found[-1].data.startswith(last)


def test_failures_that_were_caught_and_warnings(tmp_path: Path) -> None:
    stage = github(tmp_path)
    for path, status in (("group/inner", "failed"), ("group", "succeeded"), ("lint", "warning")):
        stage.begin(path)
        stage.end(path, status)
    log = _read(stage.finish("warning"))
    assert log.annotations() == []
    (warning,) = log.annotations("warning")
    assert warning.data == "`lint` ended with a warning: exit code 2 (shell.exit) (demo.yaml:4)"
    assert warning.properties == {"file": "demo.yaml", "line": "4", "col": "9", "title": "demo: lint"}


def test_tolerated_failures_of_a_loop_are_one_warning(tmp_path: Path) -> None:
    stage = github(tmp_path)
    for path, status in (("loop[a]", "failed"), ("loop[b]", "failed"), ("loop", "warning"), ("group", "warning")):
        stage.begin(path)
        stage.end(path, status, **({} if status == "failed" else {"error": None}))
    log = _read(stage.finish("warning"))
    assert [one.data for one in log.executed] == [
        "`loop` ended with a warning: 2 failures within `max_failures` (demo.yaml:4)"
    ]


def test_a_run_that_fails_by_itself(tmp_path: Path) -> None:
    found = _read(github(tmp_path).finish("failed", error=error("`x` is missing\nsecond", "expression", "")))
    assert [(one.properties["file"], one.data) for one in found.annotations()] == [
        ("demo.yaml", "demo failed: `x` is missing (expression)\nsecond")
    ]


def test_an_error_of_many_lines_cannot_command(tmp_path: Path) -> None:
    stage = github(tmp_path)
    stage.begin("build")
    evil = error("first\n::add-mask::e\n  ::error::x\n##[endgroup]")
    stage.end("build", "failed", error=evil)
    log = _read(stage.finish("failed", error=evil))
    assert [one.name for one in log.executed] == ["error"]
    assert "  ::add-mask::e" in log.outside


def test_commands_of_steps_get_through_where_that_is_asked_for() -> None:
    stage = github(obey=True, stamps=True)
    stage.begin("build")
    stage.say("build", "::warning file=a.c::mind\nplain\n  ::set-output name=x::\ty")
    stage.end("build")
    log = _read(stage.finish())
    assert [(one.name, one.data) for one in log.executed] == [("warning", "mind"), ("set-output", "\ty")]
    assert [line[25:] for line in log.folded[0].lines] == ["plain"]


def test_tokens_are_random_and_used_once() -> None:
    stage = github()
    for path in "ab":
        stage.begin(path)
        stage.say(path, "::error::x")
        stage.end(path)
    lines = stage.finish().splitlines()
    tokens = [line.removeprefix("::stop-commands::") for line in lines if line.startswith("::stop-commands::")]
    assert len(set(tokens)) == 2
    assert [lines.count(f"::{token}::") for token in tokens] == [1, 1]


# ---------------------------------------------------------------- what the checker found


def _found(number: int, severity: str = "error", **more: object) -> Diagnostic:
    return Diagnostic("names", f"there is no step `x{number}`", Span("a.yaml", number, 5, number, 7), severity, **more)  # type: ignore[arg-type]


def test_diagnostics() -> None:
    fix = Fix("write `y`")
    found = [_found(1, help="look", fix=fix), _found(2, "warning", label="did you mean `x`?"), _found(3, "hint")]
    log = _read(render(found, {}, "github"))
    assert [(one.name, one.data) for one in log.executed] == [
        ("error", "a.yaml:1:5: there is no step `x1`\nhelp: look\nfix: write `y`"),
        ("warning", "a.yaml:2:5: there is no step `x2`; did you mean `x`?"),
        ("notice", "a.yaml:3:5: there is no step `x3`"),
    ]
    assert log.executed[0].properties == {
        "file": "a.yaml", "line": "1", "endLine": "1", "col": "5", "endColumn": "6", "title": "names",
    }  # fmt: skip


def test_diagnostics_beyond_the_limit_are_lines() -> None:
    log = _read(render([_found(number) for number in range(1, 13)], {}, "github"))
    assert len(log.annotations()) == 10
    assert log.outside == [
        "a.yaml:11:5: error[names]: there is no step `x11`", "a.yaml:12:5: error[names]: there is no step `x12`", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("flows/a.yaml", "repo/flows/a.yaml"),
        ("../b.yaml", "b.yaml"),
        ("../../c.yaml", "../../c.yaml"),
        ("<stdin>", "<stdin>"),
    ],
)
def test_paths_are_those_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, shown: str
) -> None:
    (tmp_path / "top" / "repo").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "top" / "repo")
    assert repository_path(file, str(tmp_path / "top")) == shown
    assert repository_path(file, "") == file


def test_a_root_behind_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path / "real")
    assert repository_path("a.yaml", str(tmp_path / "link")) == "a.yaml"
