"""The summary in Markdown: what it says, that no text gets out of its place, that it stays within its limit."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from steplane.events import ErrorInfo
from steplane.reporters.markdown import block, literal
from steplane.reporters.paint import visible
from steplane.reporters.report import RunReport, StepReport, related
from steplane.reporters.summary import summary_text

WIDE = 1 << 20


def _report(*steps: StepReport, status: str = "failed", **more: Any) -> RunReport:
    related(steps, status)
    facts = {"run": "r1", "workflow": "demo", "file": "flows/demo.yaml", "started_at": 1, "seconds": 3.25, **more}
    return RunReport(status=status, steps=steps, resume="steplane resume r1", **facts)


def _step(path: str, status: str = "succeeded", **more: Any) -> StepReport:
    if status == "failed" and "error" not in more:
        more["error"] = ErrorInfo("shell.exit", "exit code 2", 2, step=path)
    return StepReport(path=path, status=status, file="flows/demo.yaml", line=4, seconds=1.5, **more)


def _tail(path: str, most: int) -> list[str]:
    return [f"{path} {number}" for number in range(30)][-most:]


class Page:
    """The Markdown as a reader takes it apart."""

    def __init__(self, text: str) -> None:
        self.tokens = MarkdownIt("commonmark").enable("table").parse(text)

    def _all(self) -> list[Token]:
        return [inner for one in self.tokens for inner in (one, *(one.children or ()))]

    @property
    def headings(self) -> list[str]:
        return [
            self.plain(self.tokens[at + 1]) for at, one in enumerate(self.tokens) if one.type == "heading_open"
        ]  # fmt: skip

    @property
    def rows(self) -> list[list[str]]:
        """The cells of all tables, without their heads."""
        rows: list[list[str]] = []
        for at, one in enumerate(self.tokens):
            if one.type == "tr_open":
                rows.append([])
            elif one.type == "td_open":
                rows[-1].append(self.plain(self.tokens[at + 1]))
        return [row for row in rows if row]

    @property
    def html(self) -> list[str]:
        return [one.content for one in self._all() if one.type in {"html_inline", "html_block"}]

    @property
    def blocks(self) -> list[str]:
        return [one.content for one in self.tokens if one.type == "fence"]

    @property
    def kinds(self) -> set[str]:
        """What there is beside text."""
        return {one.type.removesuffix("_open").removesuffix("_close") for one in self._all()}

    @staticmethod
    def plain(inline: Token) -> str:
        return "".join(one.content for one in inline.children or () if one.type in {"text", "text_special"})


def test_a_page() -> None:
    report = _report(
        _step("build", attempts=2), _step("ship", "failed", attempts=3), _step("tell", "blocked", reason="by `ship`"),
        version="1.2", title="Ships it", case="order-7", outputs={"total": 7, "name": "a|b"},
    )  # fmt: skip
    page = Page(summary_text(report, _tail, WIDE))
    assert page.headings == ["❌ demo 1.2 failed in 3.2s", "❌ ship", "Steps", "Outputs", "Go on with"]
    assert page.rows == [
        ["✅", "build", "succeeded", "1.5s", "2", ""],
        ["❌", "ship", "failed", "1.5s", "3", "exit code 2 (shell.exit)"],
        ["⛔", "tell", "blocked", "1.5s", "", "by `ship`"],
        ["total", "7"],
        ["name", "a|b"],
    ]
    assert page.blocks == ["".join(f"ship {number}\n" for number in range(10, 30)), "steplane resume r1\n"]
    text = summary_text(report, _tail, WIDE)
    assert "Run <code>r1</code> of <code>flows/demo.yaml</code>, case <code>order-7</code>" in text
    assert "1 succeeded, 1 failed, 1 blocked. Ships it." in text
    assert r"**exit code 2 \(shell.exit\)** after 3 attempts at <code>flows/demo.yaml:4</code>" in text


@pytest.mark.parametrize(
    ("status", "words", "ways"),
    [("succeeded", "✅ demo succeeded in 3.2s", 0), ("warning", "⚠️ demo ended with warnings in 3.2s", 0),
     ("cancelled", "🚫 demo cancelled in 3.2s", 0), ("waiting", "⏳ demo waits after 3.2s", 1),
     ("interrupted", "🛑 demo was interrupted after 3.2s", 1)],
)  # fmt: skip
def test_how_it_stands_and_how_to_go_on(status: str, words: str, ways: int) -> None:
    page = Page(summary_text(_report(_step("a"), status=status, reason="nothing is due"), _tail, WIDE))
    assert page.headings[0] == words
    assert len(page.blocks) == ways


def test_what_was_caught_looks_like_that() -> None:
    page = Page(summary_text(_report(_step("g"), _step("g/a", "failed"), status="succeeded"), _tail, WIDE))
    assert page.rows == [["⚠️", "g/a", "failed, caught", "1.5s", "", "exit code 2 (shell.exit)"]]
    assert page.headings == ["✅ demo succeeded in 3.2s", "Steps"]


def test_a_run_that_failed_by_itself_says_why() -> None:
    report = _report(_step("a"), error=ErrorInfo("expression", "`x` is missing"))
    assert "❌ \\`x\\` is missing \\(expression\\)" in summary_text(report, _tail, WIDE)


NASTY = st.one_of(
    st.sampled_from(
        ["|", "\\|", "\\\\|", "a|b|c", "`|`", "``` x", "</code>", "<script>x</script>", "<!--", "&lt;", "# x", "- x",
         "[a](b)", "![a](b)", "*b*", "_b_", "~~~", "$x$", "@team", "https://x.y", "a\n\n# b", "\r\n|---|", "---",
         "1. x", "> x", "\x1b[31m", "&#124;", "\\", "`", "<", "  x  "]
    ),
    st.text(alphabet="|\\`<>&*_[]()#-~$!\n x", max_size=12),
    st.text(max_size=12),
)  # fmt: skip


@settings(deadline=None)
@given(NASTY)
def test_a_text_is_that_text_and_nothing_else(text: str) -> None:
    page = Page(f"x {literal(text)}\n")
    assert page.kinds <= {"paragraph", "inline", "text", "text_special"}
    assert (
        "".join(Page.plain(one) for one in page.tokens if one.type == "inline") == f"x {visible(text.strip())}".rstrip()
    )


@settings(deadline=None)
@given(st.lists(NASTY, min_size=8, max_size=8))
def test_no_text_gets_out_of_its_place(texts: list[str]) -> None:
    name, key, message, title, case, output, line, why = texts
    report = _report(
        _step(f"a[{key}]", "failed", error=ErrorInfo("x", message or "m", step=f"a[{key}]")),
        _step("b", "skipped", reason=visible(why)), workflow=name or "w", title=title, case=case, outputs={"o": output},
    )  # fmt: skip
    page = Page(summary_text(report, lambda *_: [visible(line), "end"], WIDE))
    assert len(page.headings) == 5
    assert [len(row) for row in page.rows] == [6, 6, 2]
    assert page.rows[0][1] == visible(f"a[{key}]")
    assert set(page.html) <= {"<code>", "</code>"}
    assert len(page.blocks) == 2
    assert page.blocks[0] == f"{visible(line)}\nend\n"
    assert not page.kinds & {"link", "image", "blockquote", "bullet_list", "ordered_list", "hr", "code_inline", "em"}


@settings(deadline=None)
@given(st.lists(st.text(alphabet="`~ x", max_size=12), max_size=4))
def test_a_block_holds_any_line(lines: list[str]) -> None:
    (found,) = Page(block(lines)).blocks
    assert found == "".join(f"{line}\n" for line in lines)


def test_a_long_run_is_shortened_to_what_says_most() -> None:
    steps = [_step(f"s{number}", "failed" if number % 100 == 99 else "succeeded") for number in range(1000)]
    report = _report(*steps)
    page = Page(summary_text(report, _tail, WIDE))
    assert len(page.rows) == 400
    assert [row[1] for row in page.rows if row[2] == "failed"] == [f"s{number}" for number in range(99, 1000, 100)]
    assert "600 more steps: <code>steplane show r1</code>" in summary_text(report, _tail, WIDE)


@pytest.mark.parametrize("limit", [0, 40, 200, 1000, 5000, 50_000])
def test_it_stays_within_its_limit(limit: int) -> None:
    steps = [_step(f"é{number}", "failed") for number in range(300)]
    text = summary_text(_report(*steps), _tail, limit)
    assert len(text.encode()) <= limit
    assert (text == "") == (limit == 0)
    assert text.startswith("❌ demo failed" if limit < 1000 else "## ❌ demo failed") or not text
