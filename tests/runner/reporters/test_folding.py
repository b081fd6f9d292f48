"""Groups in the log of a CI system: one stream, nothing interleaved, nothing lost, nothing of a failure hidden."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.runner.reporters.readers import GitHubReader, GitLabReader
from tests.runner.reporters.stage import Stage, error, github, gitlab

from steplane.reporters import folding
from steplane.reporters.words import clean

Reader = type[GitHubReader] | type[GitLabReader]
SYSTEMS = pytest.mark.parametrize(("make", "read"), [(github, GitHubReader), (gitlab, GitLabReader)])


@SYSTEMS
def test_a_step_that_runs_alone_is_printed_at_once(make: Callable[..., Stage], read: Reader) -> None:
    stage = make()
    stage.begin("build")
    assert stage.say("build", "first").endswith("first\n")
    assert stage.say("build", "second\nthird") == "second\nthird\n"
    stage.end("build")
    log = read(stage.finish())
    assert [(one.title, one.lines) for one in log.folded] == [("output of build", ["first", "second", "third"])]
    assert log.outside[:4] == ["demo (demo.yaml), run one", "", "▸ build  $ make", "✓ build succeeded"]


@SYSTEMS
def test_steps_that_run_together_come_one_after_the_other(make: Callable[..., Stage], read: Reader) -> None:
    stage = make()
    stage.begin("a")
    stage.begin("b")
    assert [stage.say(path, f"{path} {number}") for number in (1, 2) for path in "ab"] == ["", "", "", ""]
    stage.end("b")
    assert stage.say("a", "a 3") != "", "it runs alone now"
    stage.end("a")
    log = read(stage.finish())
    assert [(one.title, one.lines) for one in log.folded] == [
        ("output of b", ["b 1", "b 2"]), ("output of a", ["a 1", "a 2", "a 3"]),
    ]  # fmt: skip
    assert log.outside[2:6] == ["▸ a  $ make", "▸ b  $ make", "✓ b succeeded", "✓ a succeeded"]


@SYSTEMS
def test_a_group_is_closed_for_what_happens_beside_it_and_goes_on_after(
    make: Callable[..., Stage], read: Reader
) -> None:
    stage = make()
    stage.begin("a")
    stage.say("a", "1")
    stage.begin("b")
    stage.say("a", "2")
    stage.end("b")
    stage.say("a", "3")
    stage.end("a")
    log = read(stage.finish())
    assert [(one.title, one.lines) for one in log.folded] == [
        ("output of a", ["1"]), ("output of a, continued", ["2", "3"]),
    ]  # fmt: skip


def test_each_attempt_has_a_group() -> None:
    stage = github()
    stage.begin("build")
    stage.say("build", "no luck")
    stage.again("build")
    stage.begin("build", 2)
    stage.say("build", "luck")
    stage.end("build", attempts=2)
    log = GitHubReader(stage.finish())
    assert [(one.title, one.lines) for one in log.folded] == [
        ("output of build", ["no luck"]), ("output of build, attempt 2", ["luck"]),
    ]  # fmt: skip
    assert "↻ build attempt 1 failed: exit code 2 (shell.exit); again in 1.0s" in log.outside


def test_a_step_without_output_has_no_group_and_a_warning_is_marked() -> None:
    stage = github()
    stage.begin("silent")
    stage.end("silent")
    stage.begin("build")
    stage.say("build", "`x` is not listed", "warning")
    stage.end("build")
    assert [(one.title, one.lines) for one in GitHubReader(stage.finish()).folded] == [
        ("output of build", ["warning: `x` is not listed"])
    ]


def test_what_is_kept_of_a_step_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "PART", 20)
    stage = github()
    stage.begin("a")
    stage.begin("b")
    assert stage.say("a", "1234567890") == ""
    assert "1234567890\nabcdefghij\n" in stage.say("a", "abcdefghij")
    assert stage.say("b", "beside") == ""
    stage.say("a", "rest")
    stage.end("a")
    stage.end("b")
    assert [(one.title, one.lines) for one in GitHubReader(stage.finish()).folded] == [
        ("output of a", ["1234567890", "abcdefghij"]),
        ("output of a, continued", ["rest"]),
        ("output of b", ["beside"]),
    ]  # fmt: skip


def test_what_was_kept_is_printed_when_the_run_breaks_off() -> None:
    stage = github()
    stage.begin("a")
    stage.begin("b")
    stage.say("a", "half")
    stage.say("b", "way")
    log = GitHubReader(stage.finish("interrupted"))
    assert [one.lines for one in log.folded] == [["half"], ["way"]]
    assert "  cut off, to run again: `a`, `b`" in log.outside


@SYSTEMS
def test_a_failure_stands_outside_with_the_end_of_its_log(
    make: Callable[..., Stage], read: Reader, tmp_path: Path
) -> None:
    (tmp_path / "build.log").write_text("".join(f"line {number}\n" for number in range(30)))
    stage = make(tmp_path)
    stage.begin("build")
    stage.say("build", "line 29")
    stage.end("build", "failed")
    log = read(stage.finish("failed", error=error()))
    for line in ("✗ build failed: exit code 2 (shell.exit)", " --> demo.yaml:4:9", "| line 10", "| line 29"):
        assert line in log.outside
    assert "| line 9" not in log.outside
    assert log.outside[-2:] == ["Go on with: steplane resume one", ""]


def test_quiet_prints_failures_only(tmp_path: Path) -> None:
    stage = github(tmp_path, quiet=True)
    stage.begin("build")
    assert stage.say("build", "much") == ""
    stage.end("build", "failed")
    log = GitHubReader(stage.finish("failed", error=error()))
    assert log.folded == []
    assert [one.data for one in log.annotations()] == ["`build` failed: exit code 2 (shell.exit) (demo.yaml:4)"]
    assert log.outside[:2] == ["", "error[shell.exit]: `build` failed: exit code 2"]


@SYSTEMS
def test_times_before_lines(make: Callable[..., Stage], read: Reader) -> None:
    stage = make(stamps=True)
    stage.begin("a")
    stage.begin("b")
    stage.say("a", "one\n\ntwo")
    stage.end("a")
    log = read(stage.finish())
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert log.folded[0].title == "output of a"
    assert [bool(re.fullmatch(rf"{time}( \w+)?", line)) for line in log.folded[0].lines] == [True, True, True]
    assert all(re.match(rf"{time} \S", line) for line in log.outside if line), log.outside


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "::endgroup::", "::group::x", "##[endgroup]", "##[group]x", "a ##[add-mask]e", " ::error::x", "::abc::",
                "::set-env n=1::v", "::stop-commands::abc", "\x1b[0Ksection_end:1:steplane_1_output_of_a\r\x1b[0K",
                "section_start:1:x[collapsed=true]\r\x1b[0Kx", "\ufeff::warning::x", "\x1b[1m::notice::x", "",
                "\u00a0::debug::x", "✓ a succeeded", "x\r::error::x", "std::vector::size", "\u200b::error::",
                "::ERROR::x", "\u2028::error::x", "##[\x1b[m[error]",
            ]
        ),
        st.text(alphabet=st.sampled_from(":#[]e \t\r\x1bK0%,=x"), max_size=12),
        st.text(alphabet=st.characters(exclude_characters="\n"), max_size=10),
    ),
    min_size=1,
    max_size=3,
)  # fmt: skip


PATHS = ("a", "b[::error::]", "c[##[group]x]", "d[%0A::x::]")
Doing = tuple[str, str, list[str]]
ENDS = ("succeeded", "failed", "warning", "retry")


def _sensible(wishes: list[Doing]) -> list[Doing]:
    """What can be of it: a step begins before it does anything, and all of them end, once."""
    doings: list[Doing] = []
    begun: list[str] = []
    ended: set[str] = set()
    for kind, path, lines in wishes:
        if path in ended:
            continue
        if path not in begun:
            begun.append(path)
            doings.append(("begin", path, []))
        elif kind in ENDS:
            ended.add(path)
            doings.append((kind, path, []))
        else:
            doings.append(("say", path, lines))
    return doings + [("succeeded", path, []) for path in begun if path not in ended]


KINDS = st.sampled_from(("say", "say", "say", *ENDS))
SCRIPTS = st.lists(st.tuples(KINDS, st.sampled_from(PATHS), LINES), max_size=16).map(_sensible)


def _played(stage: Stage, doings: list[Doing]) -> tuple[dict[str, list[str]], int]:
    """What each step has written, and how many failed."""
    said: dict[str, list[str]] = {}
    for kind, path, lines in doings:
        if kind == "begin":
            stage.begin(path)
        elif kind == "say":
            stage.say(path, "\n".join(lines))
            said.setdefault(path, []).extend(lines)
        elif kind == "retry":
            stage.again(path)
        else:
            stage.end(path, kind)
    return said, sum(kind == "failed" for kind, _, _ in doings)


def _shown(log: Any, change: Callable[[str], str]) -> dict[str, list[str]]:
    """The lines under each path."""
    found: dict[str, list[str]] = {}
    for group in log.folded:
        path = change(group.title.removeprefix("output of ").removesuffix(", continued"))
        found.setdefault(path, []).extend(group.lines)
    return found


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SCRIPTS)
def test_github_executes_nothing_that_a_step_printed(doings: list[Doing]) -> None:
    stage = github()
    said, failed = _played(stage, doings)
    log = GitHubReader(stage.finish("failed" if failed else "succeeded"))
    assert {one.name for one in log.executed} <= {"error", "warning"}
    assert len(log.annotations("error")) == failed
    assert {one.properties["file"] for one in log.executed} <= {"demo.yaml"}
    wanted = {
        path.replace("##[", "## ["): [clean(line).rstrip().replace("##[", "## [") for line in lines]
        for path, lines in said.items()
    }
    assert _shown(log, str) == wanted


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SCRIPTS)
def test_gitlab_folds_nothing_that_a_step_printed(doings: list[Doing]) -> None:
    stage = gitlab()
    said, failed = _played(stage, doings)
    log = GitLabReader(stage.finish("failed" if failed else "succeeded"))
    assert _shown(log, str) == {path: [clean(line).rstrip() for line in lines] for path, lines in said.items()}
    assert "\x1b" not in "".join(log.outside)
