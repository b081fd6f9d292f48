"""Lines for people: what each event looks like, what cannot be forged, which failures are told at the end."""

from pathlib import Path

import msgspec
import pytest

from steplane.events import (
    AnyEvent,
    CancelRequested,
    ErrorInfo,
    Resumed,
    RunStarted,
    RunWaiting,
    StepCompensated,
    StepEnded,
    StepRetry,
    StepStarted,
)
from steplane.expressions.templates import Expression, Literal
from steplane.kernel import Instance
from steplane.plan.nodes import Body, Call, Node, Perform, Plan, StepList
from steplane.plan.retries import Retry
from steplane.reporters.annotations import of_step
from steplane.reporters.failures import describe
from steplane.reporters.paint import Paint
from steplane.reporters.plain import PlainReporter, Style
from steplane.reporters.subject import Result, Subject
from steplane.reporters.words import clean, clock, shortened, shown_value
from steplane.store import RunFolder

TEXT = "steplane: 1\nname: demo\nsteps:\n  - id: build\n    run: make\n"
BUILD = Node(
    number=1,
    id="build",
    action=Perform("shell", Literal({"script": "make all\nmake check"})),
    list=0,
    line=4,
    column=9,
    condition=Expression("inputs.deep"),
    retry=Retry(attempts=3),
)
PLAN = Plan(
    name="demo",
    file="demo.yaml",
    hash="0",
    text=TEXT,
    nodes=(Node(number=0, id="demo", action=Body(0)), BUILD),
    lists=(StepList(0, 0, "steps", "", (1,)),),
)
ERROR = ErrorInfo("shell.exit", "exit code 2", 2, step="build")


class Screen:
    """A reporter with what it has written so far."""

    def __init__(self, folder: Path, style: Style) -> None:
        self.out: list[str] = []
        self.err: list[str] = []
        subject = Subject("one", PLAN, RunFolder(str(folder / "one")), "steplane resume one")
        self.reporter = PlainReporter(subject, self.out.append, self.err.append, style)

    def show(self, *events: AnyEvent) -> str:
        """What these events add to stdout."""
        before = len(self.out)
        for event in events:
            path = getattr(event, "path", "")
            node = BUILD if path == "build" else PLAN.nodes[0]
            self.reporter.event(event, Instance(1, node, None, path, 1, PLAN))
        return "".join(self.out[before:])

    def last(self, result: Result) -> tuple[str, str]:
        """The last words on stdout and stderr."""
        before = len(self.out)
        self.reporter.finish(result)
        return "".join(self.out[before:]), "".join(self.err)


@pytest.fixture
def screen(tmp_path: Path) -> Screen:
    return Screen(tmp_path, Style())


def _ended(status: str, path: str = "build", **more: object) -> StepEnded:
    return StepEnded(step="build", path=path, status=status, **more)  # type: ignore[arg-type]


def test_lines_of_a_step(screen: Screen) -> None:
    assert screen.show(RunStarted(at=1)) == "demo (demo.yaml), run one\n\n"
    assert screen.show(StepStarted(step="build", path="build")) == "▸ build  $ make all …\n"
    retry = StepRetry(step="build", path="build", attempt=1, delay=1.5, error=ERROR)
    assert screen.show(retry) == "↻ build attempt 1 of 3 failed: exit code 2 (shell.exit); again in 1.5s\n"
    assert screen.show(StepStarted(step="build", path="build", attempt=2)) == "▸ build  attempt 2\n"
    assert screen.show(_ended("succeeded", attempts=2)) == "✓ build succeeded after 2 attempts\n"


def test_what_was_cut_off_has_not_taken_the_time_in_which_nobody_ran_it(screen: Screen) -> None:
    screen.show(Resumed(at=86_400_000_000))
    instance = Instance(1, BUILD, None, "build", 1, PLAN)
    instance.first_at = 1_000_000
    screen.reporter.event(_ended("succeeded", at=86_402_500_000), instance)
    assert screen.out[-1] == "✓ build succeeded in 2.5s\n"


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (_ended("succeeded", recovered=True), "✓ build succeeded: its `rescue` succeeded"),
        (_ended("warning", error=ERROR), "! build warning: exit code 2 (shell.exit)"),
        (_ended("failed", error=ERROR), "✗ build failed: exit code 2 (shell.exit)"),
        (_ended("skipped", reason="`if` is false"), "○ build skipped: `if: inputs.deep` is false"),
        (_ended("skipped", by="stop"), "○ build skipped: `stop` ended the workflow"),
        (_ended("skipped"), "○ build skipped: what it waits for did not come about"),
        (_ended("blocked", by="lint"), "⊘ build blocked: by `lint`"),
        (_ended("cancelled"), "■ build cancelled"),
        (_ended("compensated"), "↩ build compensated"),
        (CancelRequested(actor="ada", reason="wrong day"), "■ cancel requested by ada: wrong day"),
        (RunWaiting(steps=("build",), reason="nothing is due"), "… waiting in `build`: nothing is due"),
    ],
)
def test_every_end_has_its_reason(screen: Screen, event: AnyEvent, line: str) -> None:
    assert screen.show(event) == line + "\n"


def test_what_a_step_writes_always_stands_behind_its_path(screen: Screen) -> None:
    screen.reporter.log(
        "a[x]/b", "stdout", "✓ build succeeded\n::set-output x\n\x1b[2J\x1b[31mred\x1b[0m\n10%\r100%\r\n"
    )
    screen.reporter.log("b", "warning", "mind this")
    assert "".join(screen.out) == (
        "[a[x]/b] ✓ build succeeded\n[a[x]/b] ::set-output x\n[a[x]/b] red\n[a[x]/b] 100%\n[a[x]/b]\n"
        "[b] warning: mind this\n"
    )


def test_a_hostile_key_cannot_begin_a_line(screen: Screen) -> None:
    screen.reporter.log("a[\n✓ all]", "stdout", "x")
    assert "".join(screen.out) == "[a[ ✓ all]] x\n"


def test_what_is_undone_has_not_succeeded(screen: Screen) -> None:
    screen.show(_ended("succeeded", "one"), _ended("succeeded", "two"), _ended("succeeded", "three"))
    undone = StepCompensated(step="one", path="one")
    screen.show(undone, StepCompensated(step="two", path="two", ok=False, error=ERROR))
    assert screen.last(Result("failed"))[0] == "\n✗ demo failed (2 succeeded, 1 compensated)\n"


def test_the_place_of_a_failure_in_a_file_that_is_called(tmp_path: Path) -> None:
    call = Node(number=1, id="sub", action=Call("kid.yaml", Literal({})), list=0, line=4, column=9)
    nodes = (msgspec.structs.replace(PLAN.nodes[0], id="kid"), *PLAN.nodes[1:])
    kid = msgspec.structs.replace(PLAN, name="kid", file="kid.yaml", text=f"# kid\n{TEXT}", nodes=nodes)
    plan = msgspec.structs.replace(PLAN, nodes=(PLAN.nodes[0], call), callees={"kid.yaml": kid})
    event = _ended("failed", "sub/kid/build", error=ERROR)
    told = describe(event, msgspec.structs.replace(BUILD, line=5), plan, str(tmp_path / "none.log"), Paint(False))
    assert told.splitlines()[1:] == [" --> kid.yaml:5:9", "  |", "5 |   - id: build", "  |         ^^^^^ this step"]
    itself = describe(
        _ended("failed", "sub/kid", error=ERROR), kid.nodes[0], plan, str(tmp_path / "none"), Paint(False)
    )
    assert itself.splitlines()[1:] == [" --> kid.yaml"]
    subject = Subject("one", plan, RunFolder(str(tmp_path)), "", home=str(tmp_path / "flows"))
    noted = of_step(event, BUILD, subject, str(tmp_path))
    assert (noted.file, noted.line) == ("flows/kid.yaml", 4)


def test_a_failure_in_full(tmp_path: Path) -> None:
    screen = Screen(tmp_path, Style())
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "build.log").write_bytes(b"".join(b"line %d\n" % number for number in range(50)) + b"\xff end")
    screen.show(_ended("failed", error=ERROR, attempts=3))
    out, err = screen.last(Result("failed", None, ERROR))
    assert out == "\n✗ demo failed (1 failed)\n"
    assert err.startswith(
        "\nerror[shell.exit]: `build` failed: exit code 2\n"
        " --> demo.yaml:4:9\n  |\n4 |   - id: build\n  |         ^^^^^ failed after 3 attempts\n\nThe end of its log ("
    )
    tail = err[err.index("):\n") + 3 :].splitlines()
    assert tail[:2] == ["| line 31", "| line 32"]
    assert tail[-2:] == ["| \ufffd end", "Go on with: steplane resume one"]
    assert len(tail) == 21


def test_failures_that_were_caught_are_not_told(screen: Screen) -> None:
    inner = ErrorInfo("shell.exit", "no", step="group/inner")
    screen.show(_ended("failed", "group/inner", error=inner), _ended("succeeded", "group", recovered=True))
    screen.show(_ended("failed", "loop[a]", error=ErrorInfo("x", step="loop[a]")))
    screen.show(_ended("failed", "loop", error=ErrorInfo("loop.failures", "1 of 2", step="loop")))
    _, err = screen.last(Result("failed", None, ERROR))
    assert "group" not in err
    assert "`loop[a]` failed" in err
    assert "loop.failures" not in err


def test_many_failures_are_counted(screen: Screen) -> None:
    for number in range(7):
        path = f"s{number}"
        screen.show(_ended("failed", path, error=ErrorInfo("x", "no", step=path)))
    assert "\n2 more failed steps: steplane show one\n" in screen.last(Result("failed", None, ERROR))[1]


def test_an_error_of_the_run_alone_stands_in_the_summary(screen: Screen) -> None:
    out, _ = screen.last(Result("failed", None, ErrorInfo("expression", "`x` is missing")))
    assert out == "\n✗ demo failed\n  `x` is missing (expression)\n"


def test_outputs_stand_under_the_summary(screen: Screen) -> None:
    outputs = {"a": "text", "long_name": {"b": [1, None]}, "lines": "x\ny", "big": "z" * 300}
    out, err = screen.last(Result("succeeded", outputs))
    assert out.splitlines()[2:] == [
        "  a          text", '  long_name  {"b":[1,null]}', '  lines      "x\\ny"',
        f"  big        {'z' * 200} … (300 characters)",
    ]  # fmt: skip
    assert err == ""


def test_quiet_and_ascii(tmp_path: Path) -> None:
    quiet = Screen(tmp_path, Style(quiet=True))
    assert quiet.show(RunStarted(at=1), _ended("failed", error=ERROR)) == ""
    assert quiet.last(Result("failed", None, ERROR))[1].endswith("Go on with: steplane resume one\n")
    plain = Screen(tmp_path, Style(unicode=False))
    assert plain.show(_ended("blocked", by="x"), _ended("succeeded")) == "- build blocked: by `x`\n+ build succeeded\n"


def test_colour_says_the_same_words(tmp_path: Path) -> None:
    import re

    bare, painted = Screen(tmp_path, Style()), Screen(tmp_path, Style(color=True))
    events = (RunStarted(at=1), StepStarted(step="build", path="build"), _ended("failed", error=ERROR))
    shown = painted.show(*events)
    assert "\x1b[1;31m✗\x1b[0m" in shown
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == bare.show(*events)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0ms"), (0.0123, "12ms"), (0.9999, "1.0s"), (3.44, "3.4s"), (59.96, "1m00s"), (125, "2m05s"),
     (3720, "1h02m"), (183600, "2d03h"), (-1, "0ms")],
)  # fmt: skip
def test_lengths_of_time(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("written", "shown"),
    [("plain", "plain"), ("\x1b]0;title\x07x", "x"), ("\x1b[1;31mred\x1b[m", "red"), ("a\tb", "a    b"),
     ("a\x00b", "a\\u{0}b"), ("50%\r75%", "75%"), ("75%\r", "75%"), ("\u202eabc", "\\u{202e}abc"), ("é ✓", "é ✓"),
     ("\x1b", "\\u{1b}")],
)  # fmt: skip
def test_lines_of_programs_are_made_harmless(written: str, shown: str) -> None:
    assert clean(written) == shown


def test_long_texts_are_cut() -> None:
    assert shortened("one\ntwo") == "one …"
    assert shortened("x" * 200) == "x" * 98 + " …"
    assert shown_value(" blank ") == '" blank "'
